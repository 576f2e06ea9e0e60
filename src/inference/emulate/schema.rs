//! JSON Schema, as far as tools and formats use it.
//!
//! - **Checked**: `type` (a name or a list), `properties`, `required`, `additionalProperties`, `minProperties`,
//!   `maxProperties`, `items`, `prefixItems`, `minItems`, `maxItems`, `uniqueItems`, `enum`, `const`, `anyOf`, `oneOf`,
//!   `allOf`, `$ref` to a place in the same schema (`#`, `#/$defs/…`, `#/definitions/…`, …), `minimum`, `maximum`,
//!   `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`, `nullable`, and `true` and `false`
//!   as schemas.
//! - **Passed on to the model, not checked**: `title`, `description`, `default`, `examples`, `example`, `format`,
//!   `pattern`, `$schema`, `$id`, `$comment`, `deprecated`, `readOnly`, `writeOnly`, `contentEncoding`,
//!   `contentMediaType`, and names that begin with `x-`.
//! - **Others** are errors if the client asks for `strict`, and ignored if not.
//!
//! Limits are those of [OpenAI's structured outputs](https://platform.openai.com/docs/guides/structured-outputs): 10
//! levels of objects and lists, 5,000 properties, 1,000 values of `enum`, and 120,000 characters in names and values
//! together. They hold for strict schemas. Others have 64 levels and 20,000 properties at most.
//!
//! References that lead in a circle without a step into the value are errors in all schemas.
//!
//! Checking a value takes a bounded number of steps, whatever the schema refers to.

use serde_json::{Map, Value};

mod circles;
mod coerce;
mod refs;
mod validate;

pub use coerce::coerce;
pub use validate::{validate, validate_json};

/// What is wrong with a client's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// Where, from the schema's root: `properties.city.type`. Empty for the root.
    pub path: String,
    pub message: String,
}

const CHECKED: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "definitions",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "nullable",
];
const PASSED_ON: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "example",
    "format",
    "pattern",
    "$schema",
    "$id",
    "$comment",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
];
const TYPES: &[&str] = &["null", "boolean", "number", "integer", "string", "array", "object"];

/// The size that a schema may have.
struct Limits {
    depth: usize,
    properties: usize,
    enum_values: usize,
    characters: usize,
}

const STRICT: Limits = Limits { depth: 10, properties: 5_000, enum_values: 1_000, characters: 120_000 };
const TOLERANT: Limits = Limits { depth: 64, properties: 20_000, enum_values: 20_000, characters: 1 << 20 };

/// Checks a schema of a tool or a format before it is used. Fails with the path of the keyword at fault.
pub fn check(schema: &Map<String, Value>, strict: bool) -> Result<(), SchemaError> {
    let limits = if strict { STRICT } else { TOLERANT };
    let mut check = Check { root: schema, strict, limits, path: Vec::new() };
    check.schema(schema, 0).map_err(|message| SchemaError { path: check.path.join("."), message })?;
    circles::find(schema).map_or(Ok(()), |reference| {
        let message = format!(
            "the $ref '{reference}' leads in a circle, or too far, without a step into the value: let the schema refer \
             to itself through properties or items only"
        );
        Err(SchemaError { path: String::new(), message })
    })
}

struct Check<'s> {
    root: &'s Map<String, Value>,
    strict: bool,
    /// What is left of each limit but the depth.
    limits: Limits,
    /// Of the keyword that is being checked; that of the mistake after an error.
    path: Vec<String>,
}

impl Check<'_> {
    /// Runs `check` for the keyword or name `name`.
    fn at(&mut self, name: &str, check: impl FnOnce(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.path.push(name.to_owned());
        check(self)?;
        self.path.pop();
        Ok(())
    }

    fn schema(&mut self, schema: &Map<String, Value>, depth: usize) -> Result<(), String> {
        if depth > self.limits.depth {
            return Err(format!("the schema is nested deeper than {} levels", self.limits.depth));
        }
        for (keyword, value) in schema {
            self.at(keyword, |check| check.keyword(keyword, value, depth))?;
        }
        Ok(())
    }

    fn keyword(&mut self, keyword: &str, value: &Value, depth: usize) -> Result<(), String> {
        match keyword {
            "properties" | "$defs" | "definitions" => {
                let Some(schemas) = self.expect(value.as_object(), "an object")? else {
                    return Ok(());
                };
                // Definitions are not a level of their own.
                let depth = depth + usize::from(keyword == "properties");
                for (name, schema) in schemas {
                    self.at(name, |check| {
                        take(&mut check.limits.properties, 1, "properties")?;
                        take(&mut check.limits.characters, name.len(), "characters in names and values")?;
                        check.subschema(schema, depth)
                    })?;
                }
                Ok(())
            }
            "items" => self.subschema(value, depth + 1),
            "additionalProperties" => self.subschema(value, depth + 1),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                let Some(schemas) =
                    self.expect(value.as_array().filter(|list| !list.is_empty()), "a list of schemas")?
                else {
                    return Ok(());
                };
                // Alternatives are not a level of their own for OpenAI, but must not nest without end either.
                let depth = depth + usize::from(keyword == "prefixItems" || self.path.len() > 4 * self.limits.depth);
                for (at, schema) in schemas.iter().enumerate() {
                    self.at(&at.to_string(), |check| check.subschema(schema, depth))?;
                }
                Ok(())
            }
            "enum" => self.enum_values(value),
            "$ref" => match value.as_str() {
                Some(reference) if refs::find(self.root, reference).is_some() => Ok(()),
                _ if !self.strict => Ok(()),
                _ => Err("a $ref names a place in the same schema that exists, such as #/$defs/NAME".to_owned()),
            },
            _ => self.leaf(keyword, value),
        }
    }

    /// Checks a keyword that holds no schema.
    fn leaf(&mut self, keyword: &str, value: &Value) -> Result<(), String> {
        let fits = match keyword {
            "type" => {
                let names = match value {
                    Value::Array(names) if !names.is_empty() => names.as_slice(),
                    one => std::slice::from_ref(one),
                };
                names.iter().all(|name| name.as_str().is_some_and(|name| TYPES.contains(&name)))
            }
            "required" => value.as_array().is_some_and(|names| names.iter().all(Value::is_string)),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
            "multipleOf" => value.as_f64().is_some_and(|number| number > 0.0),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => value.is_u64(),
            "uniqueItems" | "nullable" => value.is_boolean(),
            known if CHECKED.contains(&known) || PASSED_ON.contains(&known) || known.starts_with("x-") => true,
            _ if self.strict => {
                return Err(format!("this keyword is not supported; strict schemas may use {}", CHECKED.join(", ")));
            }
            _ => true,
        };
        let expected = match keyword {
            "type" => "one of null, boolean, number, integer, string, array, object, or a list of them",
            "required" => "a list of names",
            "multipleOf" => "a number above 0",
            "uniqueItems" | "nullable" => "a boolean",
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => "a number",
            _ => "a whole number",
        };
        self.expect(fits.then_some(()), expected).map(drop)
    }

    fn enum_values(&mut self, value: &Value) -> Result<(), String> {
        let Some(values) = self.expect(value.as_array().filter(|list| !list.is_empty()), "a list of values")? else {
            return Ok(());
        };
        take(&mut self.limits.enum_values, values.len(), "values of enum")?;
        let characters = values.iter().filter_map(Value::as_str).map(str::len).sum();
        take(&mut self.limits.characters, characters, "characters in names and values")
    }

    fn subschema(&mut self, schema: &Value, depth: usize) -> Result<(), String> {
        match schema {
            Value::Object(schema) => self.schema(schema, depth),
            Value::Bool(_) => Ok(()),
            _ => self.expect(None::<()>, "a schema").map(drop),
        }
    }

    /// Returns what was found. If it was not, fails in strict schemas only: a tolerant one has no effect there.
    fn expect<T>(&self, found: Option<T>, expected: &str) -> Result<Option<T>, String> {
        match found {
            None if self.strict => Err(format!("{} must be {expected}", self.path.last().map_or("it", String::as_str))),
            found => Ok(found),
        }
    }
}

/// Takes `count` of what is left of a limit.
fn take(left: &mut usize, count: usize, of: &str) -> Result<(), String> {
    *left = left.checked_sub(count).ok_or_else(|| format!("the schema has too many {of}"))?;
    Ok(())
}
