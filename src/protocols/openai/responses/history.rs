//! What earlier responses said: the dialogue that a request continues, and the items that it names.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    app::App,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    json,
    store::responses::{self, Found, Stored},
};

/// A stored response.
#[derive(Debug, Deserialize)]
pub struct Kept {
    pub response: Map<String, Value>,
    /// The new items of its request.
    pub input: Vec<Value>,
}

impl Kept {
    /// Returns the response that a stored text holds; `None` if its key is not available.
    pub fn open(vault: &Vault, id: &str, sealed: &str) -> Option<Self> {
        serde_json::from_str(&vault.unseal(sealed, id)?).ok()
    }

    /// Returns the items of its request in full, each with an id.
    pub fn input_items(&self) -> impl Iterator<Item = Value> {
        let digits = self.response.get("id").and_then(Value::as_str).and_then(digits_of).unwrap_or_default();
        self.input.iter().enumerate().map(move |(index, item)| in_full(item.clone(), digits, index))
    }

    /// Returns the items of its answer.
    pub fn output_items(&self) -> &[Value] {
        self.response.get("output").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// What a request continues and names.
#[derive(Debug, Default)]
pub struct History {
    /// From the first to the last.
    pub dialogue: Vec<Kept>,
    named: Vec<Kept>,
}

impl History {
    /// Returns the dialogue that ends with the response `previous`, and the responses that contain the items
    /// `references`, in one statement. Fails with the 404 of OpenAI's service if one of them is not stored for the key
    /// with this SHA-256.
    pub async fn read(app: &App, key_hash: &str, previous: Option<&str>, references: &[String]) -> Result<Self> {
        if previous.is_none() && references.is_empty() {
            return Ok(History::default());
        }
        let named: Vec<String> =
            references.iter().filter_map(|id| digits_of(id)).map(|digits| format!("resp_{digits}")).collect();
        let Found { dialogue, named } = responses::find(&app.db, key_hash, previous, &named).await?;
        let vault = Vault::open(&*app.host).await?;
        if let Some(id) = previous {
            let is_last = dialogue.last().is_some_and(|last| last.id == id);
            let missing = match dialogue.first() {
                Some(first) if is_last => first.previous.as_deref(),
                _ => Some(id),
            };
            if let Some(missing) = missing {
                return Err(no_such_previous(missing));
            }
        }
        let open =
            |Stored { id, sealed, .. }: Stored| Kept::open(&vault, &id, &sealed).ok_or_else(|| no_such_previous(&id));
        let dialogue = dialogue.into_iter().map(open).collect::<Result<Vec<_>>>()?;
        let named = named.into_iter().map(open).collect::<Result<Vec<_>>>()?;
        Ok(History { dialogue, named })
    }

    /// Returns the items of the dialogue as a JSON array.
    pub fn items(&self) -> String {
        let items: Vec<&Value> =
            self.dialogue.iter().flat_map(|kept| kept.input.iter().chain(kept.output_items())).collect();
        serde_json::to_string(&items).expect("a JSON value always has a JSON form")
    }

    /// Puts the items that are named into the places of their references. Fails with the 404 of OpenAI's service if one
    /// is not there.
    pub fn resolve(&self, input: &mut [Value]) -> Result<()> {
        for item in input {
            let Some(id) = referred(item) else { continue };
            if !id.starts_with("rs_") {
                *item = self.item(id).ok_or_else(|| no_such_item(id))?;
            }
        }
        Ok(())
    }

    fn item(&self, id: &str) -> Option<Value> {
        let digits = digits_of(id)?;
        let has_it = |kept: &&Kept| kept.response.get("id").and_then(Value::as_str).and_then(digits_of) == Some(digits);
        let kept = self.dialogue.iter().chain(&self.named).find(has_it)?;
        let is_it = |item: &Value| item.get("id").and_then(Value::as_str) == Some(id);
        kept.output_items().iter().cloned().chain(kept.input_items()).find(is_it)
    }
}

/// Returns the id in a reference to an item; `None` for other items.
fn referred(item: &Value) -> Option<&str> {
    let kind = item.get("type").and_then(Value::as_str);
    let is_reference = kind == Some("item_reference") || (kind.is_none() && item.get("role").is_none());
    item.get("id").and_then(Value::as_str).filter(|_| is_reference)
}

/// Returns the 32 digits in the id of a response or an item, by which they belong together.
fn digits_of(id: &str) -> Option<&str> {
    let digits = id.split_once('_')?.1.get(..32)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)
}

/// Returns the items of a request's `input`, of which a text is one. The body has been checked. Fails with 400 if it is
/// not JSON.
pub fn input_of(body: &[u8]) -> Result<Vec<Value>> {
    #[derive(Deserialize)]
    struct Body {
        input: Value,
    }
    let unreadable = |error: serde_json::Error| Error::invalid("input", format!("The input cannot be read: {error}"));
    let read = json::from_client(body, &mut String::new(), serde_json::from_slice::<Body>);
    Ok(match read.map_err(unreadable)?.input {
        Value::Array(items) => items,
        Value::String(text) => vec![json!({ "type": "message", "role": "user", "content": text })],
        _ => Vec::new(),
    })
}

/// Returns an item with its type, id and status, and with parts in place of a text.
fn in_full(item: Value, digits: &str, index: usize) -> Value {
    let Value::Object(mut item) = item else { return item };
    let kind = item.entry("type").or_insert_with(|| json!("message")).as_str().unwrap_or_default().to_owned();
    if kind == "message"
        && let Some(Value::String(text)) = item.get("content")
    {
        let part = match item.get("role").and_then(Value::as_str) {
            Some("assistant") => json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }),
            _ => json!({ "type": "input_text", "text": text }),
        };
        item.insert("content".into(), json!([part]));
    }
    let prefix = if kind == "message" { "msg" } else { "item" };
    item.entry("id").or_insert_with(|| json!(format!("{prefix}_{digits}i{index}")));
    if kind != "item_reference" && kind != "reasoning" {
        item.entry("status").or_insert_with(|| json!("completed"));
    }
    Value::Object(item)
}

/// Returns the error for a response that is not stored for this key, and that the request continues.
fn no_such_previous(id: &str) -> Error {
    let id: String = id.chars().take(100).collect();
    let message = format!(
        "Previous response with id '{id}' not found: it was not stored, has expired or was deleted. Send the whole dialogue \
         as 'input' instead."
    );
    let error = Error::new(ErrorKind::NotFound, message).with_param("previous_response_id");
    Error { code: Some("previous_response_not_found"), ..error }
}

/// Returns the error for an item that is not stored for this key.
fn no_such_item(id: &str) -> Error {
    let id: String = id.chars().take(100).collect();
    let message = format!(
        "Item with id '{id}' not found: its response was not stored, has expired or was deleted. Send the item itself, or \
         leave it out."
    );
    Error::new(ErrorKind::NotFound, message).with_param("input")
}
