//! Schemas of tools as the API takes them. It refuses some keywords that clients and MCP servers write.
//!
//! Only what the API refuses is changed, and only so that a schema allows more: the client checks the arguments.

use serde_json::{Map, Value, json};

/// Keywords whose value is a schema, a list of schemas, or schemas by name.
const ONE: [&str; 6] = ["items", "not", "additionalProperties", "contains", "if", "then"];
const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
const MAPS: [&str; 4] = ["properties", "$defs", "definitions", "patternProperties"];
/// Keywords that the API refuses.
const REFUSED: [&str; 2] = ["minContains", "maxContains"];
/// Constructs of patterns that the API refuses.
const IN_PATTERNS: [&str; 8] = ["(?=", "(?!", "(?<", "(?i", "(?m", "(?s", "\\p", "\\b"];
/// How deep schemas are read.
const DEEPEST: usize = 64;

/// Returns the schema of a tool's arguments with what the API refuses left out.
pub fn accepted(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut schema = schema.clone();
    relax(&mut schema, 0);
    let is_object = ["type", "properties", "$ref", "anyOf"].iter().any(|keyword| schema.contains_key(*keyword));
    if !is_object {
        schema.insert("type".to_owned(), json!("object"));
    }
    schema
}

fn relax(schema: &mut Map<String, Value>, depth: usize) {
    if depth == DEEPEST {
        return;
    }
    schema.retain(|keyword, value| !is_refused(keyword, value));
    if let Some(Value::Array(_)) = schema.get("items") {
        let items = schema.shift_remove("items").unwrap_or_default();
        schema.entry("prefixItems").or_insert(items);
    }
    for (keyword, value) in schema.iter_mut() {
        let is = |keywords: &[&str]| keywords.contains(&keyword.as_str());
        match value {
            Value::Object(one) if is(&ONE) => relax(one, depth + 1),
            Value::Array(list) if is(&LISTS) => list.iter_mut().for_each(|each| relax_value(each, depth + 1)),
            Value::Object(map) if is(&MAPS) => {
                for each in map.values_mut() {
                    // A property that may be anything is written so.
                    if each.is_boolean() {
                        *each = json!({});
                    }
                    relax_value(each, depth + 1);
                }
            }
            _ => {}
        }
    }
}

fn relax_value(value: &mut Value, depth: usize) {
    if let Value::Object(schema) = value {
        relax(schema, depth);
    }
}

fn is_refused(keyword: &str, value: &Value) -> bool {
    match (keyword, value) {
        ("enum" | "anyOf" | "oneOf", Value::Array(variants)) => variants.is_empty(),
        ("pattern", Value::String(pattern)) => {
            let refers_back = (1..=9).any(|n| pattern.contains(&format!("\\{n}")));
            refers_back || IN_PATTERNS.iter().any(|construct| pattern.contains(construct))
        }
        _ => REFUSED.contains(&keyword),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: Value) -> Value {
        Value::Object(accepted(schema.as_object().expect("a test's schema is an object")))
    }

    #[test]
    fn only_what_is_refused_is_left_out() {
        let fine = json!({ "type": "object", "additionalProperties": false, "required": ["b", "a"], "properties": {
            "b": { "enum": ["x"], "pattern": "^[a-z]+$" }, "a": { "type": "array", "items": { "$ref": "#/$defs/c" } } },
            "$defs": { "c": { "anyOf": [{ "type": "string" }, { "type": "null" }] } } });
        assert_eq!(of(fine.clone()).to_string(), fine.to_string(), "the order is kept");
        let odd = json!({ "properties": {
            "a": true, "b": { "enum": [], "pattern": "(?=x)" },
            "minContains": { "type": "array", "items": [{ "pattern": "(a)\\1" }, false], "minContains": 1 },
            "c": { "anyOf": [{ "oneOf": [] }], "items": { "maxContains": 2 } } } });
        let expected = json!({ "properties": {
            "a": {}, "b": {}, "minContains": { "type": "array", "prefixItems": [{}, false] },
            "c": { "anyOf": [{}], "items": {} } } });
        assert_eq!(of(odd), expected);
        assert_eq!(of(json!({})), json!({ "type": "object" }));
    }
}
