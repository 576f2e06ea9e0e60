//! Grok's JSON, with exactly the fields that are read.
//!
//! The three levels `{"result":{"response":{…}}}` are read into one flat record in one pass. The follow-up envelope
//! lacks the inner level, and an error may be on any level.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::json::{Field, Number, Object, ObjectOrText, Present};

/// A frame with the fields of all its levels. The fields of a token's frame come first; nearly all frames are such.
#[derive(Debug, Default)]
pub struct Frame<'a> {
    pub token: Option<Cow<'a, str>>,
    pub tag: Option<Cow<'a, str>>,
    pub thinking: bool,
    pub soft_stop: bool,
    pub step: bool,
    pub tool_card: bool,
    pub echo: bool,
    /// Whether there was a `result`.
    pub result: bool,
    pub rare: Option<Box<Rare<'a>>>,
}

/// An error inside the stream, on any level.
#[derive(Debug, Clone, PartialEq)]
pub struct UpstreamError<'a> {
    pub code: Option<i64>,
    pub message: Cow<'a, str>,
}

/// The fields that few frames have.
#[derive(Debug, Default)]
pub struct Rare<'a> {
    pub images_announced: bool,
    pub final_metadata: bool,
    pub web_results: Vec<WebResult<'a>>,
    pub x_results: Vec<XResult<'a>>,
    pub image: Option<ImageWire<'a>>,
    pub cached_image: Option<ImageWire<'a>>,
    pub card: Option<Cow<'a, str>>,
    pub video: Option<VideoWire<'a>>,
    pub model_response: Option<ModelWire<'a>>,
    pub error: Option<UpstreamError<'a>>,
    pub code: Option<i64>,
    pub message: Option<Cow<'a, str>>,
}

type Text<'a> = Field<Cow<'a, str>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WebResult<'a> {
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow)]
    pub preview: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct XResult<'a> {
    #[serde(borrow)]
    pub username: Text<'a>,
    #[serde(borrow)]
    pub post_id: Text<'a>,
    #[serde(borrow)]
    pub text: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ImageWire<'a> {
    #[serde(borrow)]
    pub image_url: Text<'a>,
    #[serde(borrow)]
    pub url: Text<'a>,
    pub progress: Field<Number>,
    pub is_final: Field<bool>,
    pub moderated: Field<bool>,
    #[serde(borrow)]
    pub system_err_code: Text<'a>,
    /// Set for the form of 2025, which is only sent for a finished picture.
    #[serde(skip)]
    pub finished: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VideoWire<'a> {
    pub progress: Field<Number>,
    #[serde(borrow)]
    pub video_url: Text<'a>,
    #[serde(borrow)]
    pub thumbnail_image_url: Text<'a>,
    pub moderated: Field<bool>,
    pub is_soft_block: Field<bool>,
    pub is_disallowed: Field<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ModelWire<'a> {
    #[serde(borrow)]
    pub message: Text<'a>,
    #[serde(borrow)]
    pub generated_image_urls: Field<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub error: Field<ErrorValue<'a>>,
    #[serde(borrow)]
    pub stream_errors: Field<Vec<Field<ErrorValue<'a>>>>,
    pub partial: Field<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorWire<'a> {
    pub code: Field<Number>,
    #[serde(borrow)]
    pub message: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Card<'a> {
    #[serde(borrow)]
    pub image_chunk: Field<Object<ImageWire<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Results<T> {
    results: Field<Vec<Field<Object<T>>>>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    // The fields of a token's frame come first, because names are compared in this order.
    Token,
    IsThinking,
    ResponseId,
    IsSoftStop,
    MessageTag,
    Result,
    Response,
    MessageStepId,
    ToolUsageCardId,
    WebSearchResults,
    XSearchResults,
    ImageAttachmentInfo,
    StreamingImageGenerationResponse,
    CachedImageGenerationResponse,
    CardAttachment,
    StreamingVideoGenerationResponse,
    ModelResponse,
    FinalMetadata,
    Conversation,
    UserResponse,
    Title,
    Error,
    Code,
    Message,
    #[serde(other)]
    Unknown,
}

/// Reads an object's fields into the record. Other values are skipped.
struct Into<'r, 'a>(&'r mut Frame<'a>);

impl<'a> Deserialize<'a> for Frame<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        let mut frame = Frame::default();
        Into(&mut frame).deserialize(deserializer)?;
        Ok(frame)
    }
}

impl<'a> DeserializeSeed<'a> for Into<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Into<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key>()? {
            self.0.take(key, &mut map)?;
        }
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'a> Frame<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: Key, map: &mut A) -> Result<(), A::Error> {
        match key {
            Key::Result => {
                self.result = true;
                map.next_value_seed(Into(self))?;
            }
            Key::Response => map.next_value_seed(Into(self))?,
            Key::Token => self.token = text(map)?,
            Key::IsThinking => self.thinking = flag(map)?,
            Key::IsSoftStop => self.soft_stop = flag(map)?,
            Key::MessageTag => self.tag = text(map)?,
            Key::MessageStepId => self.step = map.next_value::<Field<Number>>()?.given().is_some(),
            Key::ToolUsageCardId => self.tool_card = text(map)?.is_some_and(|id| !id.is_empty()),
            Key::Conversation | Key::UserResponse | Key::Title => self.echo |= present(map)?,
            Key::ResponseId | Key::Unknown => {
                map.next_value::<IgnoredAny>()?;
            }
            key => self.rare.get_or_insert_default().take(key, map)?,
        }
        Ok(())
    }
}

impl<'a> Rare<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: Key, map: &mut A) -> Result<(), A::Error> {
        match key {
            Key::WebSearchResults => self.web_results = results(map)?,
            Key::XSearchResults => self.x_results = results(map)?,
            Key::ImageAttachmentInfo => self.images_announced = present(map)?,
            Key::StreamingImageGenerationResponse => self.image = object(map)?,
            Key::CachedImageGenerationResponse => {
                self.cached_image = object(map)?.map(|image| ImageWire { finished: true, ..image });
            }
            Key::CardAttachment => self.card = card(map)?,
            Key::StreamingVideoGenerationResponse => self.video = object(map)?,
            Key::ModelResponse => self.model_response = object(map)?,
            Key::FinalMetadata => self.final_metadata = present(map)?,
            Key::Error => self.error = error(map)?,
            Key::Code => self.code = map.next_value::<Field<Number>>()?.given().map(|Number(n)| n as i64),
            Key::Message => self.message = text(map)?,
            // The frame itself has read the others.
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

fn text<'a, A: MapAccess<'a>>(map: &mut A) -> Result<Option<Cow<'a, str>>, A::Error> {
    Ok(map.next_value::<Text>()?.given())
}

fn flag<'a, A: MapAccess<'a>>(map: &mut A) -> Result<bool, A::Error> {
    Ok(map.next_value::<Field<bool>>()?.is_true())
}

fn present<'a, A: MapAccess<'a>>(map: &mut A) -> Result<bool, A::Error> {
    Ok(map.next_value::<Field<Present>>()?.given().is_some())
}

fn object<'a, A: MapAccess<'a>, T: Deserialize<'a>>(map: &mut A) -> Result<Option<T>, A::Error> {
    Ok(map.next_value::<Field<Object<T>>>()?.given().map(|Object(value)| value))
}

fn results<'a, A: MapAccess<'a>, T: Deserialize<'a> + Default>(map: &mut A) -> Result<Vec<T>, A::Error> {
    let found = map.next_value::<Field<Object<Results<T>>>>()?.given();
    let items = found.and_then(|Object(found)| found.results.given()).unwrap_or_default();
    Ok(items.into_iter().filter_map(Field::given).map(|Object(item)| item).collect())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CardAttachment<'a> {
    #[serde(borrow)]
    json_data: Text<'a>,
}

fn card<'a, A: MapAccess<'a>>(map: &mut A) -> Result<Option<Cow<'a, str>>, A::Error> {
    let card = map.next_value::<Field<Object<CardAttachment>>>()?.given();
    Ok(card.and_then(|Object(card)| card.json_data.given()))
}

/// An error: an object, or in some answers only its text.
pub type ErrorValue<'a> = ObjectOrText<'a, ErrorWire<'a>>;

impl<'a> ErrorValue<'a> {
    /// Returns the error, or `None` if it is an empty text.
    pub fn into_error(self) -> Option<UpstreamError<'a>> {
        match self {
            ErrorValue::Object(error) => Some(UpstreamError {
                code: error.code.given().map(|Number(n)| n as i64),
                message: error.message.given().unwrap_or_default(),
            }),
            ErrorValue::Text(message) if message.is_empty() => None,
            ErrorValue::Text(message) => Some(UpstreamError { code: None, message }),
        }
    }
}

fn error<'a, A: MapAccess<'a>>(map: &mut A) -> Result<Option<UpstreamError<'a>>, A::Error> {
    Ok(map.next_value::<Field<ErrorValue>>()?.given().and_then(ErrorValue::into_error))
}
