//! Repairs types of which it is certain what the model meant.
//!
//! - a string that holds a number, a boolean or `null`, where a string is not allowed: that value;
//! - a string that holds a list or an object, where one is expected: that value;
//! - a number or a boolean, where a string is expected: its text;
//! - `5.0`, where a whole number is expected: `5`;
//! - a single value, where a list is expected: a list of it;
//! - `null` for a member that is not required and must not be null: left out;
//! - a string that is one of `enum` but for upper and lower case: that one.

use serde_json::{Map, Value};

use super::super::json::Json;
use super::super::lenient;
use super::refs::{self, Schema};
use super::validate::{Check, is_of, of, types};

/// The most schemas that are looked at, and values that are copied to try alternatives.
const MAX_STEPS: usize = 100_000;
/// The most schemas in each other.
const MAX_DEPTH: usize = 100;

/// Repairs a value in place, as far as it is certain. What does not fit afterwards is left as it was written.
pub fn coerce(schema: &Map<String, Value>, value: &mut Json) {
    Repair { root: schema, steps: 0 }.object(schema, value, 0);
}

struct Repair<'s> {
    root: &'s Map<String, Value>,
    /// Schemas that were looked at, and values that were copied.
    steps: usize,
}

impl<'s> Repair<'s> {
    fn value(&mut self, schema: &'s Value, value: &mut Json, depth: usize) {
        if let Some(Schema::Object(schema)) = Schema::of(schema) {
            self.object(schema, value, depth);
        }
    }

    fn object(&mut self, schema: &'s Map<String, Value>, value: &mut Json, depth: usize) {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(Schema::Object(target)) = refs::find(self.root, reference)
        {
            self.object(target, value, depth + 1);
        }
        let types = types(schema);
        if !types.is_empty() && !is_of(value, &types) {
            retype(&types, value);
        }
        if types.contains(&"integer") && !types.contains(&"number") {
            without_fraction(value);
        }
        as_listed(schema, value);
        match value {
            Json::List(items) => {
                let first = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                for (at, item) in items.iter_mut().enumerate() {
                    if let Some(schema) = first.get(at).or_else(|| schema.get("items")) {
                        self.value(schema, item, depth + 1);
                    }
                }
            }
            Json::Object(members) => self.members(schema, members, depth),
            _ => {}
        }
        for part in of(schema, "allOf") {
            self.value(part, value, depth + 1);
        }
        for keyword in ["anyOf", "oneOf"] {
            self.alternatives(of(schema, keyword), value, depth);
        }
    }

    fn members(&mut self, schema: &'s Map<String, Value>, members: &mut Vec<(String, Json)>, depth: usize) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (name, value) in members.iter_mut() {
            let known = properties.and_then(|known| known.get(name)).or_else(|| schema.get("additionalProperties"));
            if let Some(schema) = known {
                self.value(schema, value, depth + 1);
            }
        }
        members.retain(|(name, value)| {
            let Some(schema) = properties.and_then(|known| known.get(name)).filter(|_| *value == Json::Null) else {
                return true;
            };
            required.iter().any(|one| one == name) || self.fits(schema, value)
        });
    }

    /// Repairs a value that fits none of the alternatives, for the first one that it fits then.
    fn alternatives(&mut self, alternatives: &'s [Value], value: &mut Json, depth: usize) {
        if let Some(fitting) = alternatives.iter().find(|one| self.fits(one, value)) {
            return self.value(fitting, value, depth + 1);
        }
        for alternative in alternatives {
            self.steps += size(value);
            if self.steps > MAX_STEPS {
                return;
            }
            let mut repaired = value.clone();
            self.value(alternative, &mut repaired, depth + 1);
            if self.fits(alternative, &repaired) {
                *value = repaired;
                return;
            }
        }
    }

    fn fits(&mut self, schema: &'s Value, value: &Json) -> bool {
        let mut check = Check { root: self.root, steps: self.steps, depth: 0 };
        let fits = check.value(schema, value).is_ok();
        self.steps = check.steps;
        fits
    }
}

fn retype(types: &[&str], value: &mut Json) {
    if let Json::Text(text) = &*value {
        let held = lenient::read_all(text, false).ok().filter(|held| !matches!(held, Json::Text(_)));
        if let Some(held) = held.filter(|held| is_of(held, types)) {
            *value = held;
            return;
        }
    }
    if types.contains(&"string") && matches!(value, Json::Number(_) | Json::Bool(_)) {
        *value = Json::Text(value.to_json());
    } else if types == ["array"] && *value != Json::Null {
        let one = std::mem::replace(value, Json::Null);
        *value = Json::List(vec![one]);
    }
}

fn without_fraction(value: &mut Json) {
    if let Json::Number(digits) = value
        && let Some((whole, fraction)) = digits.split_once('.')
        && fraction.bytes().all(|digit| digit == b'0')
    {
        *digits = whole.to_owned();
    }
}

/// Replaces a string by the one of `enum` that differs in upper and lower case only.
fn as_listed(schema: &Map<String, Value>, value: &mut Json) {
    let Json::Text(text) = value else { return };
    let values = of(schema, "enum").iter().filter_map(Value::as_str);
    let mut alike = values.filter(|one| one.eq_ignore_ascii_case(text.trim()));
    if let (Some(one), None) = (alike.next(), alike.next()) {
        one.clone_into(text);
    }
}

/// Returns the number of values in a value.
fn size(value: &Json) -> usize {
    match value {
        Json::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Json::Object(members) => 1 + members.iter().map(|(_, value)| size(value)).sum::<usize>(),
        _ => 1,
    }
}
