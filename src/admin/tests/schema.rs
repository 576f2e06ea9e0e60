//! Checks values against the part of JSON Schema that the OpenAPI document uses. Panics on any other keyword.

use serde_json::{Map, Value};

use crate::admin::openapi::DOCUMENT;

pub fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("the document is JSON")
}

/// Follows a `$ref`.
pub fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(to) => {
            let path = to.strip_prefix('#').unwrap_or_else(|| panic!("{to} leads elsewhere"));
            document.pointer(path).unwrap_or_else(|| panic!("{to} leads nowhere"))
        }
        None => value,
    }
}

/// Returns what does not fit, with its path; empty if the value fits.
pub fn faults(document: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let rules = resolved(document, schema).as_object().expect("a schema is an object");
    let mut faults = Vec::new();
    for (keyword, rule) in rules {
        let fits = match keyword.as_str() {
            "type" => types(rule).any(|name| is_a(value, name)),
            "const" => rule == value,
            "enum" => rule.as_array().is_some_and(|values| values.contains(value)),
            "anyOf" => list(rule).iter().any(|schema| self::faults(document, schema, value, path).is_empty()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= number(rule)),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= number(rule)),
            "minimum" => value.as_f64().is_none_or(|value| value >= rule.as_f64().expect("it is a number")),
            "maximum" => value.as_f64().is_none_or(|value| value <= rule.as_f64().expect("it is a number")),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= number(rule)),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    faults.extend(self::faults(document, rule, item, &format!("{path}[{n}]")));
                }
                true
            }
            "required" => {
                let missing = |name: &&Value| value.is_object() && value.get(name.as_str().expect("a name")).is_none();
                faults.extend(list(rule).iter().filter(missing).map(|name| format!("{path} lacks {name}")));
                true
            }
            "properties" | "additionalProperties" => true,
            // These describe nothing in one answer, or are tested with requests.
            "description" | "default" | "pattern" => true,
            other => panic!("the keyword {other} at {path} is not checked"),
        };
        if !fits {
            faults.push(format!("{path} is {value}, against {keyword} {rule}"));
        }
    }
    faults.extend(value.as_object().into_iter().flat_map(|fields| members(document, rules, fields, path)));
    faults
}

fn members(document: &Value, rules: &Map<String, Value>, fields: &Map<String, Value>, path: &str) -> Vec<String> {
    let member = |(name, value): (&String, &Value)| {
        let at = format!("{path}.{name}");
        match rules.get("properties").and_then(|known| known.get(name)).or(rules.get("additionalProperties")) {
            None | Some(Value::Bool(true)) => vec![],
            Some(Value::Bool(false)) => vec![format!("{at} is not in the document")],
            Some(schema) => faults(document, schema, value, &at),
        }
    };
    fields.iter().flat_map(member).collect()
}

fn types(rule: &Value) -> impl Iterator<Item = &str> {
    let several = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
    rule.as_str().into_iter().chain(several)
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("{other} is not a type"),
    }
}

fn list(rule: &Value) -> &[Value] {
    rule.as_array().expect("the rule is a list")
}

fn number(rule: &Value) -> u64 {
    rule.as_u64().expect("the rule is a number")
}

/// Returns a value that fits, or with `wrong` one of another type.
pub fn example(document: &Value, schema: &Value, wrong: bool) -> Value {
    let schema = resolved(document, schema);
    if let Some(first) = schema["enum"].get(0).filter(|_| !wrong) {
        return first.clone();
    }
    match types(&schema["type"]).next().unwrap_or_else(|| panic!("{schema} has no type")) {
        "object" if wrong => 7.into(),
        "boolean" if wrong => "yes".into(),
        "integer" | "number" | "string" | "array" if wrong => Value::Object(Map::new()),
        "object" => Value::Object(Map::new()),
        "boolean" => true.into(),
        "integer" | "number" => 1.into(),
        "array" => Value::Array(vec![example(document, &schema["items"], false)]),
        _ => "x".into(),
    }
}

#[test]
fn the_checker_finds_faults() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": { "a": { "type": ["integer", "null"] }, "b": { "type": "array", "items": { "enum": ["x"] } } },
    });
    let faults = |text| faults(&Value::Null, &schema, &serde_json::from_str(text).expect("it is JSON"), "it").len();
    for (text, count) in [
        (r#"{"a":1}"#, 0),
        (r#"{"a":null,"b":["x"]}"#, 0),
        (r#"{"a":1.5}"#, 1),
        (r#"{"b":["x","y"]}"#, 2),
        (r#"{"a":1,"c":1}"#, 1),
        ("[]", 1),
    ] {
        assert_eq!(faults(text), count, "{text}");
    }
}
