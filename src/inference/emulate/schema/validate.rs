//! Checks a value against a schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::json::Json;
use super::refs::{self, Schema};

/// The most schemas that one check may look at.
const MAX_STEPS: usize = 200_000;
/// The most schemas in each other, through references and alternatives. Values nest less deep than this.
pub(super) const MAX_DEPTH: usize = 200;

/// Checks a value of serde_json against a schema. Fails with the path of the value that does not fit, and why.
pub fn validate(schema: &Map<String, Value>, value: &Value) -> Result<(), String> {
    validate_json(schema, &value.into())
}

/// Checks a value against a schema. Fails with the path of the value that does not fit, and why.
pub fn validate_json(schema: &Map<String, Value>, value: &Json) -> Result<(), String> {
    Check { root: schema, steps: 0, depth: 0 }.object(schema, value).map_err(|misfit| {
        let path = misfit.path.iter().rev().map(String::as_str).collect::<Vec<_>>().concat();
        let path = path.trim_start_matches('.');
        if path.is_empty() { misfit.reason } else { format!("{path}: {}", misfit.reason) }
    })
}

/// Why a value does not fit.
pub(super) struct Misfit {
    /// From the innermost value outward.
    path: Vec<String>,
    reason: String,
    /// Whether the limit of steps is reached, so that alternatives are not tried.
    is_final: bool,
}

impl Misfit {
    fn new(reason: impl Into<String>) -> Self {
        Misfit { path: Vec::new(), reason: reason.into(), is_final: false }
    }

    fn under(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }
}

type Fit = Result<(), Misfit>;

pub(super) struct Check<'s> {
    pub root: &'s Map<String, Value>,
    pub steps: usize,
    pub depth: usize,
}

impl<'s> Check<'s> {
    /// Checks a value against a schema, or what stands in the place of one. What is none is fitted by all.
    pub fn value(&mut self, schema: &'s Value, value: &Json) -> Fit {
        Schema::of(schema).map_or(Ok(()), |schema| self.schema(schema, value))
    }

    /// Checks a value against a schema, or `true` and `false` in its place.
    pub fn schema(&mut self, schema: Schema<'s>, value: &Json) -> Fit {
        match schema {
            Schema::Object(schema) => self.object(schema, value),
            Schema::Always(true) => Ok(()),
            Schema::Always(false) => Err(Misfit::new("is not allowed")),
        }
    }

    /// Checks a value against a schema, within the limits of steps and depth.
    pub fn object(&mut self, schema: &'s Map<String, Value>, value: &Json) -> Fit {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.depth >= MAX_DEPTH {
            let reason = "the schema refers to itself too often to be checked";
            return Err(Misfit { is_final: true, ..Misfit::new(reason) });
        }
        self.depth += 1;
        let fit = self.keywords(schema, value);
        self.depth -= 1;
        fit
    }

    fn keywords(&mut self, schema: &'s Map<String, Value>, value: &Json) -> Fit {
        if *value == Json::Null && schema.get("nullable") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = refs::find(self.root, reference)
        {
            self.schema(target, value)?;
        }
        has_type(schema, value)?;
        if let Some(Value::Array(values)) = schema.get("enum")
            && !values.iter().any(|one| value.equals(one))
        {
            return Err(Misfit::new(format!("must be one of {}", shortened(schema["enum"].to_string()))));
        }
        if let Some(one) = schema.get("const")
            && !value.equals(one)
        {
            return Err(Misfit::new(format!("must be {}", shortened(one.to_string()))));
        }
        match value {
            Json::Number(_) => number(schema, value.as_number().unwrap_or(f64::NAN))?,
            Json::Text(text) => in_range(schema, ["minLength", "maxLength"], text.chars().count(), "characters")?,
            Json::List(items) => self.list(schema, items)?,
            Json::Object(members) => self.members(schema, members)?,
            Json::Null | Json::Bool(_) => {}
        }
        self.alternatives(schema, value)
    }

    fn list(&mut self, schema: &'s Map<String, Value>, items: &[Json]) -> Fit {
        in_range(schema, ["minItems", "maxItems"], items.len(), "items")?;
        let first = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(at).or_else(|| schema.get("items")) {
                self.value(schema, item).map_err(|misfit| misfit.under(format!("[{at}]")))?;
            }
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = BTreeSet::new();
            if !items.iter().all(|item| seen.insert(item.to_json())) {
                return Err(Misfit::new("has the same item twice"));
            }
        }
        Ok(())
    }

    fn members(&mut self, schema: &'s Map<String, Value>, members: &[(String, Json)]) -> Fit {
        in_range(schema, ["minProperties", "maxProperties"], members.len(), "members")?;
        if let Some(Value::Array(required)) = schema.get("required") {
            let names: BTreeSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            if let Some(missing) = required.iter().filter_map(Value::as_str).find(|name| !names.contains(name)) {
                return Err(Misfit::new(format!("`{missing}` is required")));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in members {
            let schema = properties.and_then(|known| known.get(name)).or_else(|| schema.get("additionalProperties"));
            if let Some(schema) = schema {
                self.value(schema, value).map_err(|misfit| misfit.under(format!(".{name}")))?;
            }
        }
        Ok(())
    }

    fn alternatives(&mut self, schema: &'s Map<String, Value>, value: &Json) -> Fit {
        for part in of(schema, "allOf") {
            self.value(part, value)?;
        }
        for (keyword, is_one) in [("anyOf", false), ("oneOf", true)] {
            let mut fitting = 0;
            let mut first = None;
            for alternative in of(schema, keyword) {
                match self.value(alternative, value) {
                    Ok(()) => fitting += 1,
                    Err(misfit) if misfit.is_final => return Err(misfit),
                    // That of the alternative which the value resembles most is the most useful.
                    Err(misfit) if first.as_ref().is_none_or(|known: &Misfit| known.path.len() < misfit.path.len()) => {
                        first = Some(misfit);
                    }
                    Err(_) => {}
                }
                if fitting == 1 && !is_one {
                    break;
                }
            }
            match first {
                Some(misfit) if fitting == 0 => return Err(misfit),
                _ if fitting > 1 => return Err(Misfit::new("fits more than one schema of oneOf")),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Returns the schemas of `allOf`, `anyOf` or `oneOf`.
pub(super) fn of<'s>(schema: &'s Map<String, Value>, keyword: &str) -> &'s [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the types that a schema names. Unknown ones are left out.
pub(super) fn types(schema: &Map<String, Value>) -> Vec<&str> {
    let names = match schema.get("type") {
        Some(Value::Array(names)) => names.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    names.iter().filter_map(Value::as_str).filter(|name| super::TYPES.contains(name)).collect()
}

/// Returns whether a value has one of these types.
pub(super) fn is_of(value: &Json, types: &[&str]) -> bool {
    let is_whole = || value.as_number().is_some_and(|number| number.fract() == 0.0);
    types.contains(&value.type_name()) || types.contains(&"integer") && is_whole()
}

fn has_type(schema: &Map<String, Value>, value: &Json) -> Fit {
    let types = types(schema);
    if types.is_empty() || is_of(value, &types) {
        return Ok(());
    }
    Err(Misfit::new(format!("must be of type {}, not {}", types.join(" or "), value.type_name())))
}

fn number(schema: &Map<String, Value>, value: f64) -> Fit {
    let limit = |keyword| schema.get(keyword).and_then(Value::as_f64);
    let broken = [
        ("at least", limit("minimum").filter(|limit| value < *limit)),
        ("at most", limit("maximum").filter(|limit| value > *limit)),
        ("above", limit("exclusiveMinimum").filter(|limit| value <= *limit)),
        ("below", limit("exclusiveMaximum").filter(|limit| value >= *limit)),
        ("a multiple of", limit("multipleOf").filter(|step| *step > 0.0 && !is_multiple(value, *step))),
    ];
    match broken.into_iter().find_map(|(words, limit)| limit.map(|limit| (words, limit))) {
        Some((words, limit)) => Err(Misfit::new(format!("must be {words} {limit}"))),
        None => Ok(()),
    }
}

/// Returns whether a number is a multiple, but for the error of binary fractions.
fn is_multiple(value: f64, step: f64) -> bool {
    let times = value / step;
    (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}

fn in_range(schema: &Map<String, Value>, keywords: [&str; 2], count: usize, of: &str) -> Fit {
    let limit = |keyword| schema.get(keyword).and_then(Value::as_u64);
    let [least, most] = keywords.map(limit);
    match (least, most) {
        (Some(least), _) if (count as u64) < least => Err(Misfit::new(format!("must have at least {least} {of}"))),
        (_, Some(most)) if count as u64 > most => Err(Misfit::new(format!("must have at most {most} {of}"))),
        _ => Ok(()),
    }
}

/// Returns the beginning of a text that goes into a message.
fn shortened(mut text: String) -> String {
    if text.len() > 200 {
        text.truncate(text.floor_char_boundary(200));
        text.push('…');
    }
    text
}
