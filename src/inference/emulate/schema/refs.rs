//! References inside a schema.

use serde_json::{Map, Value};

/// A schema: an object, or `true` and `false` in its place.
#[derive(Debug, Clone, Copy)]
pub enum Schema<'s> {
    Object(&'s Map<String, Value>),
    Always(bool),
}

impl<'s> Schema<'s> {
    /// Returns the schema that a value is; `None` if it is none.
    pub fn of(value: &'s Value) -> Option<Self> {
        match value {
            Value::Object(schema) => Some(Schema::Object(schema)),
            Value::Bool(all) => Some(Schema::Always(*all)),
            _ => None,
        }
    }
}

/// Returns the schema that a `$ref` names: `#`, or a JSON pointer after it.
pub fn find<'s>(root: &'s Map<String, Value>, reference: &str) -> Option<Schema<'s>> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() {
        return Some(Schema::Object(root));
    }
    let mut steps = pointer.strip_prefix('/')?.split('/');
    let mut at = root.get(&unescape(steps.next()?))?;
    for step in steps {
        at = match at {
            Value::Object(members) => members.get(&unescape(step))?,
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Schema::of(at)
}

/// Returns a step of a JSON pointer in a fragment of a URL as the name that it means.
fn unescape(step: &str) -> String {
    let decoded = if step.contains('%') { percent_decoded(step) } else { step.to_owned() };
    decoded.replace("~1", "/").replace("~0", "~")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
