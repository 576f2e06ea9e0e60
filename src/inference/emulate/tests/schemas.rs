//! Schemas are checked, and values against them.

use super::super::json::Json;
use super::super::schema::{check, coerce, validate, validate_json};
use super::*;
use serde_json::Map;

fn schema(value: Value) -> Map<String, Value> {
    let Value::Object(schema) = value else { panic!("a schema is an object") };
    schema
}

/// Returns the path and the message of what is wrong with a schema.
fn fault_of(value: Value, strict: bool) -> Option<(String, String)> {
    check(&schema(value), strict).err().map(|error| (error.path, error.message))
}

#[test]
fn schemas_of_the_subset_pass() {
    let all = json!({
        "$schema": "x", "title": "t", "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {
            "a": {"type": ["string", "null"], "minLength": 1, "pattern": "^a", "format": "date", "x-order": 1},
            "b": {"anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/c"}]},
            "d": {"type": "array", "items": {"enum": ["x", 1, null]}, "uniqueItems": true, "maxItems": 3},
            "e": true,
        },
        "$defs": {"c": {"const": "c"}},
    });
    assert_eq!(fault_of(all, true), None);
    assert_eq!(fault_of(json!({}), true), None);
}

#[test]
fn other_keywords_are_errors_that_name_their_path() {
    for (value, path, message) in [
        (json!({"properties": {"a": {"not": {}}}}), "properties.a.not", "this keyword is not supported"),
        (json!({"items": {"type": "text"}}), "items.type", "type must be one of null, boolean"),
        (json!({"anyOf": [{"minimum": "1"}]}), "anyOf.0.minimum", "minimum must be a number"),
        (json!({"required": "a"}), "required", "required must be a list of names"),
        (json!({"properties": {"a": 1}}), "properties.a", "a must be a schema"),
        (json!({"$ref": "#/$defs/missing"}), "$ref", "a $ref names a place"),
        (json!({"enum": []}), "enum", "enum must be a list of values"),
    ] {
        let (found, said) = fault_of(value.clone(), true).expect("strict schemas have none of these");
        assert_eq!(found, path);
        assert!(said.starts_with(message), "{said}");
        assert_eq!(fault_of(value, false), None);
    }
}

#[test]
fn schemas_have_limits() {
    let nested = |levels: usize| {
        (0..levels).fold(json!({"type": "string"}), |inside, _| json!({"type": "array", "items": inside}))
    };
    assert_eq!(fault_of(nested(10), true), None);
    assert_eq!(
        fault_of(nested(11), true).map(|(_, said)| said),
        Some("the schema is nested deeper than 10 levels".to_owned())
    );
    assert_eq!(fault_of(nested(60), false), None);
    assert!(fault_of(nested(65), false).is_some());
    let alternatives = (0..200).fold(json!({}), |inside, _| json!({"anyOf": [inside]}));
    assert!(fault_of(alternatives, true).is_some());
    let wide = |count: usize| {
        let properties: Map<String, Value> = (0..count).map(|number| (number.to_string(), json!({}))).collect();
        json!({"properties": properties})
    };
    assert_eq!(fault_of(wide(5_000), true), None);
    assert_eq!(
        fault_of(wide(5_001), true).map(|(_, said)| said),
        Some("the schema has too many properties".to_owned())
    );
    assert!(fault_of(json!({"enum": vec!["x"; 1_001]}), true).is_some());
    assert!(fault_of(json!({"properties": {"x".repeat(120_001): {}}}), true).is_some());
}

#[test]
fn values_that_do_not_fit_are_named_with_their_path() {
    let text = || json!({"type": "string"});
    for (schema_of, value, wrong) in [
        (json!({"type": "object"}), json!([]), "must be of type object, not array"),
        (json!({"type": ["string", "null"]}), json!(1), "must be of type string or null, not number"),
        (json!({"type": "integer"}), json!(1.5), "must be of type integer, not number"),
        (json!({"required": ["a"]}), json!({}), "`a` is required"),
        (
            json!({"properties": {"a": {"items": text()}}}),
            json!({"a": ["x", 1]}),
            "a[1]: must be of type string, not number",
        ),
        (json!({"properties": {}, "additionalProperties": false}), json!({"b": 1}), "b: is not allowed"),
        (json!({"additionalProperties": text()}), json!({"b": 1}), "b: must be of type string, not number"),
        (json!({"enum": ["a", "b"]}), json!("c"), "must be one of [\"a\",\"b\"]"),
        (json!({"const": 1}), json!(2), "must be 1"),
        (json!({"minimum": 1}), json!(0), "must be at least 1"),
        (json!({"maximum": 1}), json!(2), "must be at most 1"),
        (json!({"exclusiveMinimum": 1}), json!(1), "must be above 1"),
        (json!({"exclusiveMaximum": 1}), json!(1), "must be below 1"),
        (json!({"multipleOf": 0.1}), json!(0.35), "must be a multiple of 0.1"),
        (json!({"minLength": 2}), json!("ä"), "must have at least 2 characters"),
        (json!({"maxItems": 1}), json!([1, 2]), "must have at most 1 items"),
        (json!({"uniqueItems": true}), json!([1, 1]), "has the same item twice"),
        (json!({"minProperties": 1}), json!({}), "must have at least 1 members"),
        (json!({"prefixItems": [text()], "items": false}), json!(["x", 1]), "[1]: is not allowed"),
        (json!({"allOf": [text(), {"minLength": 1}]}), json!(""), "must have at least 1 characters"),
        (json!({"anyOf": [text(), {"type": "null"}]}), json!(1), "must be of type string, not number"),
        (json!({"oneOf": [text(), {"minLength": 0}]}), json!("x"), "fits more than one schema of oneOf"),
        (
            json!({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": text()}}),
            json!(1),
            "must be of type string, not number",
        ),
    ] {
        assert_eq!(validate(&schema(schema_of.clone()), &value), Err(wrong.to_owned()), "{schema_of}");
    }
}

#[test]
fn values_that_fit_pass() {
    for (schema_of, value) in [
        (json!({"type": "integer"}), json!(1.0)),
        (json!({"multipleOf": 0.1}), json!(0.3)),
        (json!({"type": "string", "nullable": true}), json!(null)),
        (json!({"enum": [1, {"a": [1.0]}]}), json!({"a": [1]})),
        (json!({"not": {}, "type": "unknown", "minimum": "x"}), json!("anything")),
        (json!({"properties": {"next": {"$ref": "#"}}, "additionalProperties": false}), json!({"next": {"next": {}}})),
    ] {
        assert_eq!(validate(&schema(schema_of.clone()), &value), Ok(()), "{schema_of}");
    }
}

#[test]
fn schemas_that_refer_to_themselves_come_to_an_end() {
    let circle = schema(json!({"$ref": "#"}));
    assert!(validate(&circle, &json!(1)).is_err());
    // Each level has two ways to fail, so that 64 levels have too many to try all.
    let both = json!({"anyOf": [{"$ref": "#/$defs/n"}, {"$ref": "#/$defs/n"}]});
    let items = json!({"type": "array", "items": both});
    let twice = schema(json!({"$ref": "#/$defs/n", "$defs": {"n": items}}));
    let mut value = (0..60).fold(Json::Null, |inside, _| Json::List(vec![inside]));
    assert!(validate_json(&twice, &value).is_err());
    coerce(&twice, &mut value);
}

#[test]
fn circles_that_stay_at_one_value_are_errors() {
    let pair = |a: Value, b: Value| json!({"$ref": "#/$defs/a", "$defs": {"a": a, "b": b}});
    let to = |reference: &str| json!({"$ref": reference});
    let step = |schema: Value| json!({"type": "object", "properties": {"next": schema}});
    for value in [
        to("#"),
        json!({"anyOf": [to("#")]}),
        json!({"oneOf": [{"type": "null"}, {"allOf": [to("#")]}]}),
        pair(to("#/$defs/b"), to("#/$defs/a")),
        // Inside of a value, and where only a reference leads.
        step(json!({"anyOf": [{"type": "null"}, to("#/properties/next")]})),
        json!({"items": to("#/items")}),
        json!({"prefixItems": [to("#/prefixItems/0")]}),
        json!({"additionalProperties": to("#/additionalProperties")}),
        json!({"$ref": "#/x-a", "x-a": step(to("#/x-a/properties/next"))}),
    ] {
        for strict in [true, false] {
            let (path, message) = fault_of(value.clone(), strict).unwrap_or_else(|| panic!("{value} has a circle"));
            assert!(path.is_empty() && message.contains("leads in a circle"), "{path}: {message}");
        }
    }
    let chain = |length: usize| {
        let next = |at: usize| json!({"$ref": format!("#/$defs/{}", at + 1)});
        let defs = (0..length).map(|at| (at.to_string(), if at + 1 < length { next(at) } else { json!({}) }));
        json!({"$ref": "#/$defs/0", "$defs": defs.collect::<Map<_, _>>()})
    };
    assert_eq!(fault_of(chain(199), true), None);
    assert_eq!(validate(&schema(chain(199)), &json!(1)), Ok(()));
    assert!(validate(&schema(chain(200)), &json!(1)).is_err());
    assert!(fault_of(chain(200), true).is_some());
    assert!(fault_of(chain(10_000), false).is_some());
}

#[test]
fn recursion_into_the_value_passes() {
    let to = |reference: &str| json!({"$ref": reference});
    for value in [
        json!({"properties": {"next": to("#")}}),
        json!({"properties": {"next": {"anyOf": [to("#"), {"type": "null"}]}}}),
        json!({"$ref": "#/$defs/n", "$defs": {"n": {"properties": {"children": {"items": to("#/$defs/n")}}}}}),
        json!({"type": "array", "prefixItems": [to("#")], "items": {"oneOf": [to("#"), {"type": "string"}]}}),
        json!({"additionalProperties": to("#")}),
        // One schema in two places is not a circle, nor is what no check reaches.
        json!({"allOf": [to("#/$defs/n"), {"anyOf": [to("#/$defs/n")]}], "$defs": {"n": {"type": "string"}}}),
        json!({"type": "string", "$defs": {"n": to("#/$defs/n")}}),
    ] {
        assert_eq!(fault_of(value.clone(), true), None, "{value}");
    }
    // Each schema has two ways to the next one: they are not all tried.
    let next = |at: usize| json!({"anyOf": [to(&format!("#/$defs/{at}")), to(&format!("#/$defs/{at}"))]});
    let defs = (1..60).map(|at| ((at - 1).to_string(), next(at))).chain([("59".to_owned(), json!({}))]);
    let wide = json!({"anyOf": [to("#/$defs/0")], "$defs": defs.collect::<Map<_, _>>()});
    assert_eq!(fault_of(wide, true), None);
}

#[test]
fn types_that_are_certain_are_repaired() {
    let list = || json!({"type": "array", "items": {"type": "integer"}});
    let properties = |of: Value| json!({"type": "object", "properties": {"a": of}});
    for (schema_of, before, after) in [
        (json!({"type": "integer"}), "\"3\"", "3"),
        (json!({"type": "integer"}), "3.0", "3"),
        (json!({"type": "number"}), "3.0", "3.0"),
        (json!({"type": "boolean"}), "\"true\"", "true"),
        (json!({"type": "string"}), "3", "\"3\""),
        (json!({"type": "string"}), "\"3\"", "\"3\""),
        (list(), "\"[1, 2]\"", "[1,2]"),
        (list(), "\"1\"", "[1]"),
        (list(), "[\"1\"]", "[1]"),
        (json!({"enum": ["Small"]}), "\"small\"", "\"Small\""),
        (properties(json!({"type": "string"})), "{\"a\":null}", "{}"),
        (properties(json!({"type": ["string", "null"]})), "{\"a\":null}", "{\"a\":null}"),
        (json!({"anyOf": [{"type": "null"}, list()]}), "\"[\\\"1\\\"]\"", "[1]"),
        (json!({"anyOf": [{"type": "string"}, list()]}), "\"[1]\"", "\"[1]\""),
        // What is not certain stays.
        (json!({"type": "integer"}), "\"three\"", "\"three\""),
        (json!({"type": "object"}), "\"x\"", "\"x\""),
    ] {
        let value: Value = serde_json::from_str(before).expect("JSON");
        let mut value = Json::from(&value);
        coerce(&schema(schema_of.clone()), &mut value);
        assert_eq!(value.to_json(), after, "{schema_of} {before}");
    }
}
