//! One exchange with a client: from the request's body to the response.

use std::rc::Rc;

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};

use super::{
    blanks,
    collect::{Finished, Unfinished, collect},
    render::{Renderer, Style},
    stream::Streamed,
    wire::Wire,
};
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::Result,
    host::{Request, Response},
    http::{client_ip, request, response},
    inference::{
        media::SentTo,
        prompt::Prompt,
        record::RequestRecord,
        run::{Failure, InferenceRequest, Respond, StartedAnswer, run},
    },
    media::input::Source,
    providers::catalog::Model,
    settings::{Grok, ReasoningFormat},
    store::authenticate::authenticate,
};

/// What a client asks.
pub struct Asked {
    pub model: Model,
    pub prompt: Prompt,
    /// The prompt's pictures, in the order of their indices.
    pub sources: Vec<Source>,
}

/// How a client wants its answer.
pub struct Delivery {
    pub wire: Rc<dyn Wire>,
    /// As server-sent events.
    pub stream: bool,
    /// `None`: as the setting says.
    pub reasoning: Option<ReasoningFormat>,
    pub has_tools: bool,
    pub is_json: bool,
}

/// Answers a request for an answer. `read` checks the body, notes in the record what it finds, and returns what writes the
/// answer. Fails with 401 before 400, and records only requests with a valid key.
pub async fn exchange(
    app: Rc<App>,
    key: PresentedKey,
    request: Request,
    read: impl AsyncFnOnce(Bytes, &mut RequestRecord) -> Result<(Asked, Box<dyn Respond>)>,
) -> Result<Response> {
    let mut record = RequestRecord::new(&app, client_ip::client_address(&app, request.headers()).await?);
    // Only clients with a valid key may fill memory with a long body.
    if !request::has_short_body(&request) {
        record.authenticated(authenticate(&app.db, &key.hash, app.now_ms()).await?);
    }
    let sent_to = Rc::new(SentTo { uri: request.uri().clone(), headers: request.headers().clone() });
    let read = async |record: &mut RequestRecord| read(request::read_body(request).await?, record).await;
    let read = read(&mut record).await;
    answer(&app, &key, sent_to, record, read).await
}

/// Answers a request that was read, or records why it is refused. Not generic, so that the module has one copy of it.
async fn answer(
    app: &Rc<App>,
    key: &PresentedKey,
    sent_to: Rc<SentTo>,
    mut record: RequestRecord,
    read: Result<(Asked, Box<dyn Respond>)>,
) -> Result<Response> {
    match read {
        Ok((Asked { model, prompt, sources }, respond)) => {
            record.prompt_tokens = prompt.tokens();
            let asked = InferenceRequest { model, prompt, sources, sent_to };
            run(app, key, asked, record, &*respond).await
        }
        Err(error) => {
            record.authenticated(authenticate(&app.db, &key.hash, app.now_ms()).await?);
            Err(record.refused(error))
        }
    }
}

impl Respond for Delivery {
    fn respond<'a>(
        &'a self,
        answer: StartedAnswer,
        record: &'a mut RequestRecord,
    ) -> LocalBoxFuture<'a, Result<Response, Failure>> {
        self.responded(answer, record).boxed_local()
    }
}

impl Delivery {
    async fn responded(&self, answer: StartedAnswer, record: &mut RequestRecord) -> Result<Response, Failure> {
        let renderer = Renderer::new(self.style(&answer.files.settings.grok));
        self.wire.begin(&answer.files.settings, record);
        if self.stream {
            let stream = self.wire.stream();
            return Ok(Streamed { answer, renderer, stream, record: record.clone() }.respond());
        }
        let work = collect(answer, renderer, self.wire.clone(), record.prompt_tokens).boxed_local();
        let collected = if self.has_tools || self.is_json {
            // A failure after a while must still have a status of its own, because programs handle it.
            work.await
        } else {
            match blanks::in_time(work, record).await {
                Ok(collected) => collected,
                Err(response) => return Ok(response),
            }
        };
        let Finished { json, usage, repairs } = collected.map_err(|Unfinished { failure, repairs }| {
            record.repaired(repairs);
            failure
        })?;
        record.used(usage, repairs);
        record.clone().completed();
        Ok(response::json_bytes(json))
    }

    /// Returns how the answer is written. Reasoning never stands in the text of an answer with tools or in JSON.
    fn style(&self, settings: &Grok) -> Style {
        let reasoning = match self.reasoning.unwrap_or(settings.reasoning_format) {
            ReasoningFormat::Raw if !self.wire.allows_raw_reasoning() => ReasoningFormat::Parsed,
            ReasoningFormat::Raw if self.is_json => ReasoningFormat::Hidden,
            ReasoningFormat::Raw if self.has_tools => ReasoningFormat::Parsed,
            format => format,
        };
        Style { reasoning, lists_sources: settings.list_sources, is_json: self.is_json }
    }
}
