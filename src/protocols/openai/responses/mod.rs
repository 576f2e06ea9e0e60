//! OpenAI's Responses API.
//!
//! * [`parse`] checks the JSON and returns a [`request`], whose messages are those of a chat.
//! * [`answer`] writes the answer as one object, [`event_stream`] as events; [`wire`] has the JSON of both.

use std::rc::Rc;

use bytes::Bytes;

use self::{answer::ResponsesAnswer, parse::input::joined, request::ResponsesRequest, wire::Head};
use super::{chat_completions::prompt, models};
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    inference::{
        prompt::{OutputFormat, ToolChoice},
        record::RequestRecord,
    },
    json,
    protocols::answer::exchange::{Asked, Delivery, exchange},
};

pub mod answer;
pub mod event_stream;
pub mod parse;
pub mod request;
pub mod wire;

/// Answers `POST /v1/responses` with a response object or a stream of events. Fails with 401 before 400.
pub async fn create(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let read = async |body: Bytes, record: &mut RequestRecord| read(&app, &body, record);
    exchange(app.clone(), key, request, read).await
}

/// Checks the request, and notes in the record what it finds. Fails with 400 on the field at fault, 404 if the model or
/// the response that it continues is unknown.
fn read(app: &App, body: &[u8], record: &mut RequestRecord) -> Result<(Asked, Delivery<ResponsesAnswer>)> {
    let mut repaired = String::new();
    let request = json::from_client(body, &mut repaired, parse::responses_request)?;
    let ResponsesRequest { mut chat, references, previous, namespaced, echo, .. } = request;
    record.model = chat.model.to_string();
    record.stream = chat.stream;
    let model = models::find(&chat.model)?;
    if let Some(id) = previous {
        return Err(no_such_previous(&id));
    }
    if let Some(reference) = references.first() {
        return Err(no_such_item(&reference.item_id));
    }
    chat.messages = joined(chat.messages);
    let mut head = Head::new(app.random(), app.now_seconds(), &chat.model, false, &echo);
    head.namespaced = namespaced;
    let delivery = Delivery {
        wire: Rc::new(ResponsesAnswer { head: Rc::new(head) }),
        stream: chat.stream,
        reasoning: chat.reasoning_format,
        has_tools: !chat.tools.is_empty() && chat.tool_choice != ToolChoice::None,
        is_json: chat.format != OutputFormat::Text,
    };
    Ok((prompt::asked(model, chat)?, delivery))
}

/// Returns the error for a response to continue that is not stored for this key.
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

#[cfg(test)]
mod tests;
