//! OpenAI's Chat Completions: parses the request, has [`inference`](crate::inference) run it, and writes the answer.
//!
//! * [`parse`] checks the JSON and returns a [`chat_request`]; [`prompt`] converts it to the neutral prompt.
//! * [`render`] writes the answer's events as a message. [`stream`] sends it as it comes, with [`event_stream`];
//!   [`collect`] gathers it in one object, and `blanks` keeps the connection open meanwhile. [`wire`] has the JSON of
//!   both.

use std::rc::Rc;

use futures::FutureExt;

use self::{
    collect::{Finished, Unfinished, collect},
    render::{Renderer, Style},
    stream::Streamed,
    wire::Head,
};
use super::models::does_not_exist;
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::{client_ip, request, response},
    inference::{
        media::SentTo,
        prompt::{OutputFormat, Part, ToolChoice},
        record::RequestRecord,
        run::{Failure, InferenceRequest, StartedAnswer, run},
    },
    json,
    media::input::Source,
    providers::catalog,
    settings::{Grok, ReasoningFormat},
    store::authenticate::authenticate,
};

mod blanks;
pub mod chat_request;
pub mod collect;
pub mod event_stream;
pub mod parse;
mod prompt;
pub mod render;
pub mod stream;
pub mod wire;

/// The form in which the client wants its answer.
struct Format {
    /// The client's name of the model.
    model: String,
    stream: bool,
    include_usage: bool,
    reasoning_format: Option<ReasoningFormat>,
    has_tools: bool,
    is_json: bool,
}

/// Answers `POST /v1/chat/completions` with a completion or a stream of chunks. Fails with 401 before 400, and
/// records only requests with a valid key.
pub async fn completions(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let mut record = RequestRecord::new(&app, client_ip::client_address(&app, request.headers()).await);
    // Only clients with a valid key may fill memory with a long body.
    if !request::has_short_body(&request) {
        record.authenticated(authenticate(&app.db, &key.hash, app.now_ms()).await?);
    }
    match read(request, &mut record).await {
        Ok((request, format)) => {
            run(&app, &key, request, record, async |answer, record| format.respond(&app, answer, record).await).await
        }
        Err(error) => {
            record.authenticated(authenticate(&app.db, &key.hash, app.now_ms()).await?);
            Err(record.refused(error))
        }
    }
}

/// Reads and checks the request, and notes in the record what it finds. Fails with 400 on the field at fault, 404 if
/// the model is unknown, 413 if the body is too large.
async fn read(request: Request, record: &mut RequestRecord) -> Result<(InferenceRequest, Format)> {
    let sent_to = Rc::new(SentTo { uri: request.uri().clone(), headers: request.headers().clone() });
    let body = request::read_body(request).await?;
    let mut repaired = String::new();
    let request = json::from_client(&body, &mut repaired, parse::chat_request)?;
    record.model = request.model.to_string();
    record.stream = request.stream;
    let model = catalog::find(&request.model).ok_or_else(|| no_such_model(&request.model))?;
    let format = Format {
        model: request.model.to_string(),
        stream: request.stream,
        include_usage: request.include_usage,
        reasoning_format: request.reasoning_format,
        has_tools: !request.tools.is_empty() && request.tool_choice != ToolChoice::None,
        is_json: request.format != OutputFormat::Text,
    };
    let (mut prompt, mut images) = prompt::convert(request);
    if model.is_video {
        if images.is_empty() {
            let message = format!("{} makes a video of a picture: send one as an image_url part", model.id);
            return Err(Error::invalid("messages", message));
        }
        // Grok animates one picture; further ones are dropped unchecked.
        images.truncate(1);
        for message in &mut prompt.messages {
            message.parts.retain(|part| !matches!(part, Part::Picture(1..)));
        }
    }
    let sources = Source::read(&images)?;
    record.prompt_tokens = prompt.tokens();
    Ok((InferenceRequest { model, prompt, sources, sent_to }, format))
}

impl Format {
    /// Responds with a started answer, as a stream or read to its end.
    async fn respond(&self, app: &App, answer: StartedAnswer, record: &mut RequestRecord) -> Result<Response, Failure> {
        let renderer = Renderer::new(self.style(&answer.files.settings.grok));
        let head = Head::new(app.random(), app.now_seconds(), &self.model);
        if self.stream {
            return Ok(Streamed { answer, renderer, head, record: record.clone() }.respond(self.include_usage));
        }
        let work = collect(answer, renderer, head, record.prompt_tokens).boxed_local();
        let collected = if self.has_tools || self.is_json {
            work.await
        } else {
            match blanks::in_time(work, record).await {
                Ok(collected) => collected,
                Err(response) => return Ok(response),
            }
        };
        let Finished { json, completion_tokens, repairs } = collected.map_err(|Unfinished { failure, repairs }| {
            record.repaired(repairs);
            failure
        })?;
        record.completion_tokens = completion_tokens;
        record.repaired(repairs);
        record.clone().completed();
        Ok(response::json_bytes(json))
    }

    /// Returns how the answer is written. Reasoning never stands in the text of an answer with tools or in JSON.
    fn style(&self, settings: &Grok) -> Style {
        let reasoning = match self.reasoning_format.unwrap_or(settings.reasoning_format) {
            ReasoningFormat::Raw if self.is_json => ReasoningFormat::Hidden,
            ReasoningFormat::Raw if self.has_tools => ReasoningFormat::Parsed,
            format => format,
        };
        Style { reasoning, lists_sources: settings.list_sources, is_json: self.is_json }
    }
}

/// Returns the 404 that OpenAI's clients expect.
fn no_such_model(id: &str) -> Error {
    Error::new(ErrorKind::ModelNotFound, does_not_exist(id)).with_param("model")
}
