//! Pictures by `POST /images/generations` and `POST /images/edits`. They come all at once.

use std::{borrow::Cow, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use futures::{FutureExt, StreamExt, future::LocalBoxFuture};
use serde::{Deserialize, Serialize};

use super::{
    client::Client,
    failure,
    items::DataUrl,
    prices::Price,
    wire::{Part, Text, listed, text, ticks},
};
use crate::{
    host::{ByteStream, timeout::timeout},
    inference::{
        event::{Events, FileRef, Finish, InlinePicture},
        usage::Usage,
    },
    json::{Field, Number, Object},
    media::{
        kind::MediaKind,
        media_type::{MediaType, SNIFFED, sniffed},
    },
    providers::{Answer, Call, ProviderError},
};

/// How long pictures may take. Nothing comes before all are finished.
const LIMIT: Duration = Duration::from_secs(180);
/// The largest response in bytes: ten pictures of some megabytes.
const MAX_ANSWER: usize = 64 << 20;

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    prompt: &'a str,
    n: usize,
    response_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<&'static str>,
    /// The API takes either one picture or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Input<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Input<'a>>,
}

#[derive(Debug, Serialize)]
struct Input<'a> {
    url: DataUrl<'a>,
    r#type: &'static str,
}

/// Draws pictures, or changes those of the prompt, and returns when the head of the response has arrived. Fails with the
/// API's error.
pub async fn open(call: &Call<'_>, client: &Client<'_>, is_edit: bool) -> Result<Box<dyn Answer>, ProviderError> {
    let drawing = &call.prompt.drawing;
    let question = call.prompt.last_question();
    let mut inputs = Vec::new();
    if is_edit {
        for at in 0..call.prompt.pictures.len() {
            inputs.push(Input { url: DataUrl::of(call.prompt, at)?, r#type: "image_url" });
        }
    }
    let body = Body {
        model: &call.model.upstream_name,
        prompt: &question,
        n: drawing.count,
        response_format: "b64_json",
        aspect_ratio: Some(drawing.ratio).filter(|ratio| *ratio != "auto"),
        image: if inputs.len() == 1 { inputs.pop() } else { None },
        images: inputs,
    };
    let path = if is_edit { "/images/edits" } else { "/images/generations" };
    let sent = timeout(&*call.app.host, Some(LIMIT), client.post(path, &body)).await;
    let body = sent.ok_or(ProviderError::Timeout)?.map_err(|refusal| refusal.error)?;
    // The limit of the first part of an answer is shorter than pictures take.
    call.asked.set(Some(call.app.host.monotonic_ms()));
    let cost = Price::of(&call.model.upstream_name).picture.saturating_mul(drawing.count as u64);
    Ok(Box::new(Drawn { body, whole: BytesMut::new(), cost, usage: None }))
}

/// Pictures that come as the body of a response.
struct Drawn {
    body: ByteStream,
    whole: BytesMut,
    /// The most that the pictures cost.
    cost: u64,
    usage: Option<Usage>,
}

impl Answer for Drawn {
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>> {
        async move {
            match self.body.next().await {
                Some(Ok(chunk)) if self.whole.len() + chunk.len() > MAX_ANSWER => Err(ProviderError::TooLong),
                Some(Ok(chunk)) => {
                    self.whole.extend_from_slice(&chunk);
                    Ok(None)
                }
                Some(Err(_)) => Err(ProviderError::Cut),
                None => {
                    let whole = std::mem::take(&mut self.whole).freeze();
                    let cost = read(&whole, events)?;
                    self.usage = Some(Usage { cost: cost.unwrap_or(self.cost), ..Usage::estimated(0, 0) });
                    Ok(Some(Finish::Stop))
                }
            }
        }
        .boxed_local()
    }

    fn started(&self) -> bool {
        self.usage.is_some()
    }

    fn close(&mut self, _events: &mut Events) {}

    fn usage(&self) -> Option<Usage> {
        self.usage
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answered<'a> {
    #[serde(borrow)]
    data: Field<Vec<Part<Picture<'a>>>>,
    usage: Part<Cost>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Picture<'a> {
    #[serde(borrow)]
    b64_json: Text<'a>,
    respect_moderation: Field<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    cost_in_usd_ticks: Field<Number>,
}

/// Appends the pictures of a response and returns their cost, if it says. Fails if it has none.
fn read(whole_body: &Bytes, events: &mut Events) -> Result<Option<u64>, ProviderError> {
    let answered: Answered = match serde_json::from_slice(whole_body) {
        Ok(answered) => answered,
        // The end is missing: the connection was closed early.
        Err(error) if error.is_eof() && !whole_body.is_empty() => return Err(ProviderError::Cut),
        Err(_) => return Err(failure::of_body(whole_body)),
    };
    if answered.data.as_ref().is_none() {
        return Err(failure::of_body(whole_body));
    }
    let (mut made, mut withheld) = (0, 0);
    for picture in listed(&answered.data) {
        if matches!(picture.respect_moderation, Field::Given(false)) || text(&picture.b64_json).is_none() {
            withheld += 1;
            events.withheld(MediaKind::Image);
        } else if let Some(inline) = inline(&picture.b64_json, whole_body) {
            made += 1;
            let inline = Some(inline);
            events.file(FileRef { kind: MediaKind::Image, url: String::new(), thumbnail: None, inline });
        }
    }
    match (made, withheld) {
        (0, 0) => Err(ProviderError::Empty),
        (0, _) => Err(ProviderError::Moderated("all pictures were withheld".to_owned())),
        _ => Ok(answered.usage.as_ref().and_then(|Object(cost)| ticks(&cost.cost_in_usd_ticks))),
    }
}

/// Returns a picture, without a copy if it can be; `None` if it is not base64, or no picture that browsers show.
fn inline(field: &Text<'_>, whole_body: &Bytes) -> Option<InlinePicture> {
    let base64 = match field.as_ref()? {
        Cow::Borrowed(base64) => whole_body.slice_ref(base64.as_bytes()),
        Cow::Owned(base64) => Bytes::copy_from_slice(base64.as_bytes()),
    };
    // Older answers have a `data:` URL.
    let base64 = match base64.starts_with(b"data:") {
        true => base64.slice(base64.iter().position(|byte| *byte == b',')? + 1..),
        false => base64,
    };
    let media_type = media_type(&base64)?;
    Some(InlinePicture { media_type, base64, width: 0, height: 0 })
}

/// Returns the type of a picture in base64. Megabytes are not read for that: only the beginning and the end are decoded.
fn media_type(base64: &[u8]) -> Option<MediaType> {
    const HEAD: usize = SNIFFED.div_ceil(3) * 4;
    let head = STANDARD.decode(base64.get(..HEAD)?).ok()?;
    let is_whole = base64.len().is_multiple_of(4) && STANDARD.decode(&base64[base64.len() - 4..]).is_ok();
    sniffed(&head).filter(|_| is_whole)
}
