//! The server's JSON on the WebSocket, with exactly the fields that are read.
//!
//! Grok adds and removes fields and may change their types: unknown or malformed fields are skipped.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess};

use super::{
    code::Code,
    image::{Image, Images},
};
use crate::json::{Field, Kind, Number, Object, ObjectOrText};

pub type Text<'a> = Field<Cow<'a, str>>;
pub type Part<T> = Field<Object<T>>;

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

/// The fields of all types of events. Those of a piece of text come first.
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
    #[serde(borrow)]
    pub result: Part<SearchResult<'a>>,
    #[serde(borrow)]
    pub search_result: Part<SearchResult<'a>>,
    #[serde(borrow)]
    pub error: Field<ErrorValue<'a>>,
    /// An error's fields, if it has no object of its own.
    #[serde(borrow)]
    pub code: Field<Code<'a>>,
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// An error: an object, or only its text.
pub type ErrorValue<'a> = ObjectOrText<'a, ErrorFields<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorFields<'a> {
    #[serde(borrow)]
    pub code: Field<Code<'a>>,
    #[serde(borrow)]
    pub message: Text<'a>,
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
    pub metadata: Part<Metadata<'a>>,
    #[serde(borrow)]
    pub ui_layout: Part<UiLayout<'a>>,
    #[serde(borrow)]
    pub tool_result: Part<ToolResult<'a>>,
    #[serde(borrow)]
    pub render_citation: Part<RenderCitation<'a>>,
    pub render_generated_image: Field<Images>,
    pub render_edited_image: Field<Images>,
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

/// The place of a chunk in the work on an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Metadata<'a> {
    pub step_id: Field<Number>,
    pub phase_index: Field<Number>,
    /// The agent, if several work on an answer.
    #[serde(borrow)]
    pub rollout_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UiLayout<'a> {
    /// The agents. The first of them leads, and its text is the answer.
    #[serde(borrow)]
    pub rollout_ids: Field<Vec<Text<'a>>>,
}

/// The results of one of Grok's tools.
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
    #[serde(borrow)]
    pub webpages: Field<Vec<Part<Webpage<'a>>>>,
    #[serde(borrow)]
    pub web_results: Field<Vec<Part<Webpage<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Webpage<'a> {
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow)]
    pub snippet: Text<'a>,
    #[serde(borrow)]
    pub preview: Text<'a>,
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

/// `response.search.result`: one page or several.
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
    #[serde(borrow, alias = "videoUuid")]
    pub video_uuid: Text<'a>,
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
    pub card_attachment: Field<Images>,
    #[serde(borrow)]
    pub tool_result: Part<ToolResult<'a>>,
    #[serde(borrow)]
    pub progress_report: Part<ProgressReport<'a>>,
    pub generated_image: Field<Image>,
}

/// An error inside the answer.
#[derive(Debug, Clone, Default)]
pub struct StreamError {
    /// Names that may be its kind, the likeliest first: the field `kind`, the names of fields with details, a reason.
    pub names: Vec<String>,
    pub message: String,
    /// Whether the answer continues after it.
    pub is_minor: bool,
}

impl<'de> Kind<'de> for StreamError {
    fn object<A: MapAccess<'de>>(mut entries: A) -> Result<Option<Self>, A::Error> {
        let mut error = StreamError::default();
        let (mut kind, mut reason) = (None, None);
        while let Some(name) = entries.next_key::<String>()? {
            match name.as_str() {
                "kind" => kind = entries.next_value::<Field<String>>()?.given(),
                "message" => error.message = entries.next_value::<Field<String>>()?.given().unwrap_or_default(),
                "severity" => {
                    let severity = entries.next_value::<Field<String>>()?.given().unwrap_or_default();
                    error.is_minor = severity.to_ascii_uppercase().ends_with("NORMAL");
                }
                "details" => {
                    let Object(details) = entries.next_value::<Part<StatusDetails>>()?.given().unwrap_or_default();
                    reason = details.reason.given().map(Cow::into_owned);
                }
                _ => {
                    // A serializer may write the kinds that do not apply as null.
                    if entries.next_value::<Option<IgnoredAny>>()?.is_some() {
                        error.names.push(name);
                    }
                }
            }
        }
        error.names.splice(0..0, kind);
        error.names.extend(reason);
        Ok(Some(error))
    }
}
