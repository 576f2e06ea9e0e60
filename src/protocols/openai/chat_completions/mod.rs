//! OpenAI's Chat Completions.
//!
//! * [`parse`] checks the JSON and returns a [`chat_request`]; [`prompt`] converts it to the neutral prompt,
//!   and [`pictures`] leaves what a model that makes pictures uses.
//! * [`completion`] writes the answer as one object, [`event_stream`] as chunks; [`wire`] has the JSON of both.

use std::rc::Rc;

use bytes::Bytes;

use self::{completion::ChatAnswer, wire::Head};
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
    protocols::answer::exchange::{Asked, Delivery, exchange},
};

pub mod chat_request;
pub mod completion;
pub mod event_stream;
pub mod parse;
pub mod pictures;
pub mod prompt;
pub mod wire;

/// Answers `POST /v1/chat/completions` with a completion or a stream of chunks. Fails with 401 before 400.
pub async fn completions(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let read = async |body: Bytes, record: &mut RequestRecord| read(&app, &body, record);
    exchange(app.clone(), key, request, read).await
}

/// Checks the request, and notes in the record what it finds. Fails with 400 on the field at fault, 404 if the model is
/// unknown.
fn read(app: &App, body: &[u8], record: &mut RequestRecord) -> Result<(Asked, Box<dyn Respond>)> {
    let mut repaired = String::new();
    let request = json::from_client(body, &mut repaired, parse::chat_request)?;
    record.model = request.model.to_string();
    record.stream = request.stream;
    let model = models::find(&request.model)?;
    let head = Head::new(app.random(), app.now_seconds(), &request.model);
    let delivery = Delivery {
        wire: Rc::new(ChatAnswer { head, include_usage: request.include_usage }),
        stream: request.stream,
        reasoning: request.reasoning_format,
        has_tools: !request.tools.is_empty() && request.tool_choice != ToolChoice::None,
        is_json: request.format != OutputFormat::Text,
    };
    Ok((prompt::asked(model, request)?, Box::new(delivery)))
}
