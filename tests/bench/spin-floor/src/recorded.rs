//! What the gateway asked of its host, as `recorder.mjs` noted it.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use spin_sdk::sqlite;

static RECORDED: OnceLock<Option<Recorded>> = OnceLock::new();

#[derive(Deserialize)]
pub struct Recorded {
    pub models: Models,
    #[serde(rename = "http")]
    pub chat: Chat,
}

#[derive(Deserialize)]
pub struct Models {
    pub statement: Statement,
    /// The answer, as JSON.
    pub body: Box<RawValue>,
}

#[derive(Deserialize)]
pub struct Chat {
    pub reserve: Statement,
    pub finish: Statement,
    pub call: Call,
}

#[derive(Deserialize)]
pub struct Statement {
    pub sql: String,
    values: Vec<Value>,
}

impl Statement {
    /// Returns the parameters with these in place of those recorded, by position.
    pub fn with<const N: usize>(&self, changes: [(usize, sqlite::Value); N]) -> Vec<sqlite::Value> {
        let mut values: Vec<_> = self.values.iter().map(to_sqlite).collect();
        for (place, value) in changes {
            values[place] = value;
        }
        values
    }
}

fn to_sqlite(value: &Value) -> sqlite::Value {
    match value {
        Value::String(text) => sqlite::Value::Text(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => sqlite::Value::Integer(integer),
            None => sqlite::Value::Real(number.as_f64().expect("a number of JSON fits")),
        },
        Value::Null => sqlite::Value::Null,
        other => panic!("{other} is not a parameter of a statement"),
    }
}

/// A request to Grok.
#[derive(Deserialize)]
pub struct Call {
    url: String,
    pub headers: Vec<(String, String)>,
    /// The payload, as JSON.
    body: String,
}

impl Call {
    /// Returns the host with its port, and the path.
    pub fn target(&self) -> (&str, &str) {
        let rest = self.url.strip_prefix("http://").expect("the scripted Grok has no TLS");
        rest.split_at(rest.find('/').expect("the URL has a path"))
    }

    /// Returns the body with this question.
    pub fn asking(&self, question: &str) -> Vec<u8> {
        let mut payload: Map<String, Value> = serde_json::from_str(&self.body).expect("the payload is an object");
        payload.insert("message".to_owned(), question.into());
        serde_json::to_vec(&payload).expect("plain data always has a JSON form")
    }
}

/// Returns the recording, `None` without one. Each instance reads it once.
pub fn get() -> Option<&'static Recorded> {
    let read = || {
        let text = std::env::var("RECORDED").ok()?;
        Some(serde_json::from_str(&text).expect("the recording has this form"))
    };
    RECORDED.get_or_init(read).as_ref()
}
