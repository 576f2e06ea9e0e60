//! OpenAI's Images API: parses the request, and writes the pictures.
//!
//! * [`fields`] reads JSON or a form ([`multipart`]); [`check`] checks the values, with [`ratio`] for sizes.
//! * [`made`] collects the pictures; [`collect`] writes them in one object, [`stream`] as they come. [`wire`] has the JSON
//!   of both.

use std::rc::Rc;

use bytes::Bytes;
use futures::{FutureExt, future::LocalBoxFuture};
use http::{HeaderName, HeaderValue, header};

use self::{
    check::{Checked, Form, Operation, check},
    fields::{from_form, from_json},
    stream::Streamed,
};
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    inference::{
        prompt::{Message, Part, Prompt, Role},
        record::RequestRecord,
        run::{Failure, Respond, StartedAnswer},
    },
    json,
    media::input::Source,
    protocols::answer::exchange::{Asked, exchange},
};

mod check;
mod collect;
mod fields;
mod made;
mod multipart;
mod ratio;
mod stream;
mod wire;

/// The headers that say in which ratio the pictures are drawn, and how many of them are missing.
pub const ASPECT_RATIO: HeaderName = HeaderName::from_static("x-aspect-ratio");
pub const MISSING: HeaderName = HeaderName::from_static("x-images-missing");

/// The form in which the client wants its pictures.
#[derive(Debug, Clone)]
struct Wanted {
    operation: Operation,
    form: Form,
    stream: bool,
    count: usize,
    ratio: &'static str,
    quality: &'static str,
}

/// Answers `POST /v1/images/generations` with pictures made from a text. Fails as [`edits`] does.
pub async fn generations(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    answer(app, key, request, Operation::Generate).await
}

/// Answers `POST /v1/images/edits` with changed pictures. Fails with 401 before 400, and records only requests with a
/// valid key.
pub async fn edits(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    answer(app, key, request, Operation::Edit).await
}

async fn answer(app: Rc<App>, key: PresentedKey, request: Request, operation: Operation) -> Result<Response> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = content_type.and_then(multipart::boundary);
    let read = async |body: Bytes, record: &mut RequestRecord| read(&body, boundary.as_deref(), operation, record);
    exchange(app, key, request, read).await
}

/// Checks the request, and notes in the record what it finds. Fails with 400 on the field at fault, 404 if the model is
/// unknown.
fn read(
    body: &Bytes,
    boundary: Option<&str>,
    operation: Operation,
    record: &mut RequestRecord,
) -> Result<(Asked, Box<dyn Respond>)> {
    let (checked, sources) = match boundary {
        Some(boundary) => of_form(body, boundary, operation)?,
        None => of_json(body, operation)?,
    };
    let Checked { model, prompt, drawing, form, stream, quality } = checked;
    (record.model, record.stream) = (model.id.to_string(), stream);
    let (count, ratio) = (drawing.count, drawing.ratio);
    let mut parts: Vec<_> = (0..sources.len()).map(Part::Picture).collect();
    parts.push(Part::Text(prompt));
    let prompt = Prompt { messages: vec![Message { role: Role::User, parts }], drawing, ..Prompt::default() };
    let wanted = Wanted { operation, form, stream, count, ratio, quality };
    Ok((Asked { model, prompt, sources }, Box::new(wanted)))
}

fn of_json(body: &[u8], operation: Operation) -> Result<(Checked, Vec<Source>)> {
    let mut repaired = String::new();
    let fields = json::from_client(body, &mut repaired, from_json)?;
    Ok((check(&fields, operation)?, Source::read_given(&fields.images)?))
}

fn of_form(body: &Bytes, boundary: &str, operation: Operation) -> Result<(Checked, Vec<Source>)> {
    let parts = multipart::parts(body, boundary).map_err(|message| Error::new(ErrorKind::Invalid, message))?;
    let fields = from_form(&parts)?;
    Ok((check(&fields, operation)?, Source::read_given(&fields.images)?))
}

impl Respond for Wanted {
    fn respond<'a>(
        &'a self,
        answer: StartedAnswer,
        record: &'a mut RequestRecord,
    ) -> LocalBoxFuture<'a, Result<Response, Failure>> {
        self.responded(answer, record).boxed_local()
    }
}

impl Wanted {
    async fn responded(&self, answer: StartedAnswer, record: &mut RequestRecord) -> Result<Response, Failure> {
        let mut reply = if self.stream {
            Streamed { answer, wanted: self.clone(), record: record.clone() }.respond()
        } else {
            let reply = collect::respond(answer, self, record).await?;
            record.clone().completed();
            reply
        };
        reply.headers_mut().insert(ASPECT_RATIO, HeaderValue::from_static(self.ratio));
        Ok(reply)
    }
}
