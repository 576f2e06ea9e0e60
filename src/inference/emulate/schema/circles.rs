//! Finds references that lead in a circle, which no value can be checked against.
//!
//! A schema may refer to itself through `properties`, `items` and the like: each turn takes a step into the value, which
//! ends. `$ref`, `allOf`, `anyOf` and `oneOf` stay at the same value.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::refs::{self, Schema};
use super::validate::{MAX_DEPTH, of};

type Object<'s> = &'s Map<String, Value>;

/// Returns the `$ref` of a circle, or of a chain that is too long to be followed. Returns `None` if no check can reach one.
/// Each schema is looked at once.
pub fn find(root: Object<'_>) -> Option<&str> {
    let mut search = Search { root, open: BTreeSet::new(), known: BTreeSet::new(), inside: vec![root] };
    while let Some(schema) = search.inside.pop() {
        if let Err(reference) = search.stay(schema, 0) {
            return Some(reference);
        }
    }
    None
}

struct Search<'s> {
    root: Object<'s>,
    /// The addresses of schemas that are being followed.
    open: BTreeSet<*const Map<String, Value>>,
    /// The addresses of schemas from which no circle can be reached.
    known: BTreeSet<*const Map<String, Value>>,
    /// Schemas for parts of the value, which are to be searched.
    inside: Vec<Object<'s>>,
}

impl<'s> Search<'s> {
    /// Follows what is checked against the same value. Fails with the last `$ref` of what does not end.
    fn stay(&mut self, schema: Object<'s>, depth: usize) -> Result<(), &'s str> {
        if self.known.contains(&std::ptr::from_ref(schema)) {
            return Ok(());
        }
        self.open.insert(schema);
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && let Some(Schema::Object(target)) = refs::find(self.root, reference)
        {
            if depth + 1 >= MAX_DEPTH || self.open.contains(&std::ptr::from_ref(target)) {
                return Err(reference);
            }
            self.stay(target, depth + 1)?;
        }
        for part in ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| of(schema, keyword)) {
            if let Value::Object(part) = part {
                self.stay(part, depth + 1)?;
            }
        }
        self.open.remove(&std::ptr::from_ref(schema));
        self.known.insert(schema);
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values);
        let others = ["items", "additionalProperties"].into_iter().filter_map(|keyword| schema.get(keyword));
        let parts = properties.chain(others).chain(of(schema, "prefixItems"));
        self.inside.extend(parts.filter_map(Value::as_object));
        Ok(())
    }
}
