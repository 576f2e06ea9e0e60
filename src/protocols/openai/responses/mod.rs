//! OpenAI's Responses API.
//!
//! * [`parse`] checks the JSON and returns a [`request`], whose messages are those of a chat.
//! * [`answer`] writes the answer as one object, [`event_stream`] as events; [`wire`] has the JSON of both.
//! * [`keeper`] stores it, [`history`] reads what a request continues, [`stored`] serves what is stored.

use std::{borrow::Cow, rc::Rc};

use bytes::Bytes;

use self::{
    answer::ResponsesAnswer,
    history::{History, input_of},
    keeper::Keeper,
    parse::input::{Input, InputBody, items, joined},
    request::ResponsesRequest,
    wire::{Head, text_of},
};
use super::{
    chat_completions::{
        chat_request::{Message, Part},
        prompt,
    },
    models,
};
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::{Error, Result},
    host::{Request, Response},
    inference::{
        prompt::{OutputFormat, Role, ToolChoice},
        record::RequestRecord,
        run::Respond,
    },
    json::{self, Field},
    protocols::{
        answer::exchange::{Asked, Delivery, exchange},
        fields::wrong_type,
    },
};

pub mod answer;
pub mod event_stream;
pub mod history;
pub mod keeper;
pub mod parse;
pub mod request;
pub mod stored;
pub mod wire;

/// Answers `POST /v1/responses` with a response object or a stream of events. Fails with 401 before 400.
pub async fn create(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let hash = key.hash.clone();
    let read = async |body: Bytes, record: &mut RequestRecord| read(&app, &hash, &body, record).await;
    exchange(app.clone(), key, request, read).await
}

/// Checks the request, reads what it continues, and notes in the record what it finds. Fails with 400 on the field at
/// fault, 404 if the model or what it continues is unknown.
async fn read(app: &App, key_hash: &str, body: &[u8], record: &mut RequestRecord) -> Result<(Asked, Box<dyn Respond>)> {
    let mut repaired = String::new();
    let request = json::from_client(body, &mut repaired, parse::responses_request)?;
    let ResponsesRequest { mut chat, instructions, references, previous, store, namespaced, includes_encrypted, echo } =
        request;
    record.model = chat.model.to_string();
    record.stream = chat.stream;
    let model = models::find(&chat.model)?;
    let history = History::read(app, key_hash, previous.as_deref(), &references).await?;
    let mut input = if store || !references.is_empty() { input_of(body)? } else { Vec::new() };
    history.resolve(&mut input)?;
    let new = text_of(&input);
    if !references.is_empty() {
        chat.messages = messages_in(&new)?;
    }
    let earlier = history.items();
    chat.messages = dialogue_of(instructions, messages_in(&earlier)?, chat.messages);
    let mut head = Head::new(app.random(), app.now_seconds(), &chat.model, store, &echo);
    head.namespaced = namespaced;
    head.includes_encrypted = includes_encrypted;
    let keeper = if store { Keeper::new(&head, new.clone(), previous) } else { Keeper::default() };
    let delivery = Delivery {
        wire: Rc::new(ResponsesAnswer { head: Rc::new(head), keeper: Rc::new(keeper) }),
        stream: chat.stream,
        reasoning: chat.reasoning_format,
        has_tools: !chat.tools.is_empty() && chat.tool_choice != ToolChoice::None,
        is_json: chat.format != OutputFormat::Text,
    };
    // A model that makes pictures or videos may miss something in the dialogue.
    let asked = prompt::asked(model, chat).map_err(|error| match error.param.as_deref() {
        Some("messages") => error.with_param("input"),
        _ => error,
    })?;
    Ok((asked, Box::new(delivery)))
}

/// Returns the messages of stored items, a JSON array. Fails with 400 if they cannot be read.
fn messages_in(items_as_json: &str) -> Result<Vec<Message<'_>>> {
    let body: Field<InputBody> =
        serde_json::from_str(items_as_json).map_err(|error| Error::invalid("input", error.to_string()))?;
    match body {
        Field::Given(body) => {
            let Input { messages, .. } = items(body, true)?;
            Ok(messages)
        }
        _ => Err(wrong_type(Some("input"), "an array", "another type").into()),
    }
}

/// Returns all messages of a dialogue in order.
fn dialogue_of<'a>(
    instructions: Option<Cow<'a, str>>,
    earlier: Vec<Message<'a>>,
    new: Vec<Message<'a>>,
) -> Vec<Message<'a>> {
    let instructions = instructions.map(|text| Message { role: Role::System, parts: vec![Part::Text(text)] });
    joined(instructions.into_iter().chain(earlier).chain(new).collect())
}

#[cfg(test)]
mod tests;
