//! Anthropic's Messages.
//!
//! * [`parse`] checks the JSON and returns a [`MessageRequest`](parse::MessageRequest) with the neutral prompt.
//! * [`answer`] writes the answer as one message, [`event_stream`] as events; [`wire`] has the JSON of both.

use std::rc::Rc;

use bytes::Bytes;

use self::{
    answer::MessageAnswer,
    wire::{Head, message_id},
};
use super::models;
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::Result,
    host::{Request, Response},
    inference::{
        prompt::{OutputFormat, ToolChoice},
        record::RequestRecord,
        run::Respond,
    },
    json,
    media::input::Source,
    protocols::answer::exchange::{Asked, Delivery, exchange},
    settings::ReasoningFormat,
};

pub mod answer;
pub mod event_stream;
pub mod parse;
pub mod wire;

/// Answers `POST /v1/messages` with a message or a stream of events. Fails with 401 before 400.
pub async fn create(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let read = async |body: Bytes, record: &mut RequestRecord| read(&app, &body, record);
    exchange(app.clone(), key, request, read).await
}

/// Checks the request, and notes in the record what it finds. Fails with 400 on the field at fault, 404 if the model is
/// unknown.
fn read(app: &App, body: &[u8], record: &mut RequestRecord) -> Result<(Asked, Box<dyn Respond>)> {
    let mut repaired = String::new();
    let request = json::from_client(body, &mut repaired, parse::message_request)?;
    record.model = request.model.to_string();
    record.stream = request.stream;
    let model = models::find(&request.model)?;
    let prompt = request.prompt;
    let head = Head {
        id: message_id(app.random()),
        model: request.model.to_string(),
        request_id: app.request_id.clone(),
        input_tokens: prompt.tokens(),
        stop_sequences: prompt.limits.stop.clone(),
    };
    let delivery = Delivery {
        wire: Rc::new(MessageAnswer { head: head.into() }),
        stream: request.stream,
        // Clients of this API get reasoning only if they ask for it, whatever the setting says.
        reasoning: Some(if request.thinks { ReasoningFormat::Parsed } else { ReasoningFormat::Hidden }),
        has_tools: !prompt.tools.is_empty() && prompt.tool_choice != ToolChoice::None,
        is_json: prompt.format != OutputFormat::Text,
    };
    let sources = Source::read(&request.images)?;
    Ok((Asked { model, prompt, sources }, Box::new(delivery)))
}
