//! What the server says on the socket, exactly as wide as it is read.
//!
//! Fields come and go and may change their type: what is unknown or odd is passed over.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess};

use super::super::rest::wire::ErrorValue;
use crate::json::{Field, Kind, Number, Object};

pub type Text<'a> = Field<Cow<'a, str>>;
type Part<T> = Field<Object<T>>;

/// One message: an event in its envelope, or an error without one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Envelope<'a> {
    #[serde(borrow)]
    pub session_id: Text<'a>,
    #[serde(borrow)]
    pub event: Part<Event<'a>>,
    #[serde(borrow)]
    pub error: Field<ErrorValue<'a>>,
}

/// The fields of all types of events; those of a piece of text come first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event<'a> {
    #[serde(borrow)]
    pub r#type: Text<'a>,
    #[serde(borrow)]
    pub event_id: Text<'a>,
    #[serde(borrow)]
    pub response_id: Text<'a>,
    #[serde(borrow)]
    pub chunk: Part<Chunk<'a>>,
    /// `response.output_text.delta`, `response.reasoning_text.delta`.
    #[serde(borrow)]
    pub delta: Text<'a>,
    #[serde(borrow)]
    pub text: Text<'a>,
    pub x_grok: Part<DeltaMark>,
    #[serde(borrow)]
    pub client_event_id: Text<'a>,
    #[serde(borrow)]
    pub conversation: Part<Conversation<'a>>,
    #[serde(borrow)]
    pub response: Part<Response<'a>>,
    #[serde(borrow)]
    pub output: Part<Output<'a>>,
    #[serde(borrow, alias = "search_result")]
    pub result: Part<SearchResult<'a>>,
    #[serde(borrow)]
    pub error: Field<ErrorValue<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeltaMark {
    pub is_thinking: Field<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conversation<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Response<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub status: Text<'a>,
    #[serde(borrow)]
    pub status_details: Part<StatusDetails<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatusDetails<'a> {
    #[serde(borrow)]
    pub reason: Text<'a>,
}

/// One payload of `response.chunk`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chunk<'a> {
    #[serde(borrow)]
    pub text: Part<ChunkText<'a>>,
    #[serde(borrow)]
    pub tool_result: Part<ToolResult<'a>>,
    #[serde(borrow)]
    pub render_citation: Part<RenderCitation<'a>>,
    #[serde(borrow, alias = "render_edited_image")]
    pub render_generated_image: Part<ImageCard<'a>>,
    #[serde(borrow)]
    pub render_generated_video: Part<VideoCard<'a>>,
    #[serde(borrow)]
    pub render_searched_image: Part<SearchedImage<'a>>,
    #[serde(borrow)]
    pub progress_report: Part<ProgressReport<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChunkText<'a> {
    #[serde(borrow)]
    pub text: Text<'a>,
    #[serde(borrow)]
    pub channel: Text<'a>,
}

/// What a tool of Grok's found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ToolResult<'a> {
    #[serde(borrow)]
    pub web_search: Part<Webpages<'a>>,
    #[serde(borrow)]
    pub x_post: Part<Posts<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Webpages<'a> {
    #[serde(borrow, alias = "web_results")]
    pub webpages: Field<Vec<Part<Webpage<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Webpage<'a> {
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow, alias = "preview")]
    pub snippet: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Posts<'a> {
    #[serde(borrow)]
    pub posts: Field<Vec<Part<Post<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Post<'a> {
    #[serde(borrow)]
    pub userhandle: Text<'a>,
    #[serde(borrow)]
    pub post_id: Text<'a>,
    #[serde(borrow)]
    pub text: Text<'a>,
}

/// `response.search.result`: one page, or several.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchResult<'a> {
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow)]
    pub web_results: Field<Vec<Part<Webpage<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RenderCitation<'a> {
    #[serde(borrow)]
    pub url: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VideoCard<'a> {
    #[serde(borrow)]
    pub video_chunk: Part<VideoChunk<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VideoChunk<'a> {
    pub progress: Field<Number>,
    #[serde(borrow, alias = "videoUrl")]
    pub video_url: Text<'a>,
    pub moderated: Field<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchedImage<'a> {
    #[serde(borrow)]
    pub image: Part<FoundImage<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FoundImage<'a> {
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow)]
    pub link: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProgressReport<'a> {
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// `response.grok.output`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Output<'a> {
    pub stream_error: Field<StreamError>,
    #[serde(borrow)]
    pub card_attachment: Field<Card<'a>>,
    #[serde(borrow)]
    pub tool_result: Part<ToolResult<'a>>,
    #[serde(borrow)]
    pub progress_report: Part<ProgressReport<'a>>,
    #[serde(borrow)]
    pub generated_image: Part<ImageChunk<'a>>,
}

/// A picture's card, as an object or as the JSON text of one.
#[derive(Debug)]
pub enum Card<'a> {
    Object(Box<ImageCard<'a>>),
    Json(Cow<'a, str>),
}

impl<'de: 'a, 'a> Kind<'de> for Card<'a> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(Card::Json(text.into()))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Card::Json(text.to_owned().into()))
    }
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        Object::object(entries).map(|found| found.map(|Object(card)| Card::Object(Box::new(card))))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImageCard<'a> {
    #[serde(borrow)]
    pub image_chunk: Part<ImageChunk<'a>>,
}

/// A picture being made: previews are inline, the finished one is a path on the file host.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ImageChunk<'a> {
    #[serde(borrow)]
    pub image_url: Text<'a>,
    #[serde(borrow)]
    pub url: Text<'a>,
    pub progress: Field<Number>,
    pub moderated: Field<bool>,
    pub system_err_code: Field<Number>,
    #[serde(borrow, rename = "rejection_reason")]
    pub rejection_reason: Text<'a>,
}

/// An error inside the answer: its kind is a field, or the name of the field that holds its details.
#[derive(Debug, Default)]
pub struct StreamError {
    pub kind: String,
    pub message: String,
}

impl<'de> Kind<'de> for StreamError {
    fn object<A: MapAccess<'de>>(mut entries: A) -> Result<Option<Self>, A::Error> {
        let mut error = StreamError::default();
        let (mut named, mut reason) = (String::new(), String::new());
        while let Some(name) = entries.next_key::<String>()? {
            match name.as_str() {
                "kind" => error.kind = entries.next_value::<Field<String>>()?.given().unwrap_or_default(),
                "message" => error.message = entries.next_value::<Field<String>>()?.given().unwrap_or_default(),
                "details" => {
                    let Object(details) = entries.next_value::<Part<StatusDetails>>()?.given().unwrap_or_default();
                    reason = details.reason.given().unwrap_or_default().into_owned();
                }
                "severity" => drop(entries.next_value::<IgnoredAny>()?),
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                    named = name;
                }
            }
        }
        if error.kind.is_empty() {
            error.kind = if named.is_empty() { reason } else { named };
        }
        Ok(Some(error))
    }
}
