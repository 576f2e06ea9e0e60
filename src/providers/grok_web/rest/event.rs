//! A frame of Grok's stream as typed events.
//!
//! Grok adds and removes fields, several may share a frame, and any may change its type overnight. Unknown or
//! malformed fields are skipped, and only what carries meaning becomes an [`Event`].

use std::borrow::Cow;

use super::wire::{self, ImageWire, ModelWire, Rare, UpstreamError, VideoWire};
use crate::json::{self, Field, Number, Object};

/// One event in Grok's stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// The conversation, our own message or the title, repeated by Grok: not part of the answer.
    Echo,
    /// The next piece of text, never empty.
    Token(Token<'a>),
    /// The results of a search, never empty.
    SearchResults {
        thinking: bool,
        results: Vec<SearchResult<'a>>,
    },
    /// The answer will be pictures.
    ImagesAnnounced,
    Image(Image<'a>),
    Video(Video<'a>),
    /// The complete stored answer. There may be several; the last one that is not partial counts.
    ModelResponse(ModelResponse<'a>),
    /// The text is complete.
    SoftStop,
    /// The last frame of an answer.
    FinalMetadata,
    /// Grok failed inside its own 200.
    Error(UpstreamError<'a>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Token<'a> {
    pub text: Cow<'a, str>,
    pub thinking: bool,
    /// A heading inside the thinking.
    pub header: bool,
    /// Part of a tool's work. Outside the thinking it does not belong to the answer.
    pub tool: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SearchResult<'a> {
    pub title: Cow<'a, str>,
    pub url: Cow<'a, str>,
    pub preview: Cow<'a, str>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Image<'a> {
    /// As Grok wrote it: a path without host and leading slash, an absolute URL, or nothing yet.
    pub url: Cow<'a, str>,
    pub finished: bool,
    pub moderated: bool,
    /// Why the picture is missing, if its content is not the cause.
    pub error: Option<Cow<'a, str>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Video<'a> {
    pub progress: Option<u8>,
    pub url: Option<Cow<'a, str>>,
    pub thumbnail: Option<Cow<'a, str>>,
    pub moderated: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ModelResponse<'a> {
    pub message: Cow<'a, str>,
    pub image_urls: Vec<Cow<'a, str>>,
    pub error: Option<UpstreamError<'a>>,
    pub partial: bool,
}

/// Reads the object at the start of `text` and returns its length. Returns `None` if it is not complete or not JSON;
/// fails if `each` does.
pub fn read_ahead<E>(text: &str, each: &mut impl FnMut(Event) -> Result<(), E>) -> Result<Option<usize>, E> {
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<wire::Frame>();
    match objects.next() {
        Some(Ok(frame)) => {
            let length = objects.byte_offset();
            events(frame, each)?;
            Ok(Some(length))
        }
        _ => Ok(None),
    }
}

/// Reads exactly one object and returns whether it is one. Bytes that are not UTF-8, and halves of surrogate pairs,
/// become U+FFFD, so that the frame is not lost. Other bytes are skipped. Fails if `each` does.
pub fn read_frame<E>(bytes: &[u8], each: &mut impl FnMut(Event) -> Result<(), E>) -> Result<bool, E> {
    if let Ok(frame) = serde_json::from_slice::<wire::Frame>(bytes) {
        return events(frame, each).map(|()| true);
    }
    match serde_json::from_str::<wire::Frame>(&json::lossy(bytes)) {
        Ok(frame) => events(frame, each).map(|()| true),
        Err(_) => Ok(false),
    }
}

fn events<E>(frame: wire::Frame, each: &mut impl FnMut(Event) -> Result<(), E>) -> Result<(), E> {
    let (soft_stop, echo, result) = (frame.soft_stop, frame.echo, frame.result);
    let rare = text_events(frame, each)?;
    if soft_stop {
        each(Event::SoftStop)?;
    }
    if let Some(rare) = rare {
        rare_events(*rare, result, each)?;
    }
    if echo { each(Event::Echo) } else { Ok(()) }
}

fn rare_events<E>(rare: wire::Rare, result: bool, each: &mut impl FnMut(Event) -> Result<(), E>) -> Result<(), E> {
    if rare.images_announced {
        each(Event::ImagesAnnounced)?;
    }
    for image in [rare.image, rare.cached_image].into_iter().flatten() {
        each(Event::Image(image_event(image)))?;
    }
    if let Some(json) = rare.card {
        // A card is JSON inside a JSON string. Only picture cards are relevant here.
        if let Ok(wire::Card { image_chunk: Field::Given(Object(image)) }) = serde_json::from_str(&json) {
            each(Event::Image(image_event(image)))?;
        }
    }
    if let Some(video) = rare.video {
        each(Event::Video(video_event(video)))?;
    }
    if let Some(model) = rare.model_response {
        each(Event::ModelResponse(model_event(model)))?;
    }
    if rare.final_metadata {
        each(Event::FinalMetadata)?;
    }
    match (rare.error, rare.message) {
        (Some(error), _) => each(Event::Error(error)),
        // An error without its envelope.
        (None, Some(message)) if !result && rare.code.is_some() => {
            each(Event::Error(UpstreamError { code: rare.code, message }))
        }
        _ => Ok(()),
    }
}

/// Tags of frames that belong to Grok's page, whatever text they carry.
const INTERNAL_TAGS: [&str; 3] = ["tool_usage_card", "function_call", "heartbeat"];
/// Tags of reasoning. With a step number they mean reasoning even if `isThinking` is not set.
const REASONING_TAGS: [&str; 4] = ["header", "summary", "assistant", "analysis"];

/// Emits the frame's text and search results, and returns the rest.
fn text_events<'a, E>(
    mut frame: wire::Frame<'a>,
    each: &mut impl FnMut(Event) -> Result<(), E>,
) -> Result<Option<Box<Rare<'a>>>, E> {
    let tag = frame.tag.as_deref().unwrap_or("");
    let thinking = frame.thinking || (frame.step && REASONING_TAGS.contains(&tag));
    let results = frame.rare.as_deref_mut().map(search_results).unwrap_or_default();
    let tool = frame.tool_card;
    // A tool's frame without results is the call itself, written as XML for Grok's page.
    let internal = (tool && results.is_empty()) || INTERNAL_TAGS.contains(&tag);
    if let Some(text) = frame.token
        && !text.is_empty()
        && !internal
    {
        each(Event::Token(Token { text, thinking, header: tag == "header", tool }))?;
    }
    if !results.is_empty() {
        each(Event::SearchResults { thinking, results })?;
    }
    Ok(frame.rare)
}

fn search_results<'a>(rare: &mut Rare<'a>) -> Vec<SearchResult<'a>> {
    let mut found = Vec::new();
    for item in std::mem::take(&mut rare.web_results) {
        if let Some(url) = item.url.given() {
            let title = item.title.given().filter(|title| !title.is_empty());
            let preview = item.preview.given().unwrap_or_default();
            found.push(SearchResult { title: title.unwrap_or_else(|| url.clone()), url, preview });
        }
    }
    for post in std::mem::take(&mut rare.x_results) {
        if let (Some(user), Some(id)) = (post.username.given(), post.post_id.given()) {
            found.push(SearchResult {
                title: format!("@{user}").into(),
                url: format!("https://x.com/{user}/status/{id}").into(),
                preview: post.text.given().unwrap_or_default(),
            });
        }
    }
    found
}

fn image_event(image: ImageWire<'_>) -> Image<'_> {
    let url = image.image_url.given().or(image.url.given());
    let progress = image.progress.as_ref().map_or(0.0, |Number(n)| *n);
    Image {
        url: url.unwrap_or_default(),
        finished: progress >= 100.0 || image.is_final.is_true() || image.finished,
        moderated: image.moderated.is_true(),
        error: image.system_err_code.given().filter(|code| !code.is_empty()),
    }
}

fn video_event(video: VideoWire<'_>) -> Video<'_> {
    let refused = [&video.moderated, &video.is_soft_block, &video.is_disallowed];
    Video {
        progress: video.progress.given().map(|Number(n)| n.clamp(0.0, 100.0) as u8),
        url: video.video_url.given().filter(|url| !url.trim().is_empty()),
        thumbnail: video.thumbnail_image_url.given().filter(|url| !url.trim().is_empty()),
        moderated: refused.into_iter().any(Field::is_true),
    }
}

fn model_event(model: ModelWire<'_>) -> ModelResponse<'_> {
    let errors = model.stream_errors.given().unwrap_or_default().into_iter();
    let mut errors = std::iter::once(model.error).chain(errors);
    let urls = model.generated_image_urls.given().unwrap_or_default();
    ModelResponse {
        message: model.message.given().unwrap_or_default(),
        error: errors.find_map(|error| error.given()?.into_error()),
        image_urls: urls.into_iter().filter_map(Field::given).collect(),
        partial: model.partial.is_true(),
    }
}
