//! The API's JSON, with exactly the fields that are read. Fields may be missing or of another type: they are skipped.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    json::{Field, Kind, Number, Object},
    money::MOST_TICKS,
};

pub type Text<'a> = Field<Cow<'a, str>>;
pub type Part<T> = Field<Object<T>>;

/// The text of a string or number.
#[derive(Debug, Clone, PartialEq)]
pub struct TextOrNumber(pub String);

impl Kind<'_> for TextOrNumber {
    fn number(value: f64) -> Option<Self> {
        Some(TextOrNumber(value.to_string()))
    }
    fn text(text: &str) -> Option<Self> {
        Some(TextOrNumber(text.to_owned()))
    }
}

/// The fields of all types of events. Those of a piece of text come first.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event<'a> {
    #[serde(borrow)]
    pub r#type: Text<'a>,
    #[serde(borrow)]
    pub delta: Text<'a>,
    pub output_index: Field<Number>,
    /// Which part of the item it is: of a message, or of a reasoning.
    pub content_index: Field<Number>,
    pub summary_index: Field<Number>,
    #[serde(borrow)]
    pub text: Text<'a>,
    #[serde(borrow)]
    pub refusal: Text<'a>,
    #[serde(borrow)]
    pub arguments: Text<'a>,
    #[serde(borrow)]
    pub item: Part<Item<'a>>,
    #[serde(borrow)]
    pub annotation: Part<Annotation<'a>>,
    #[serde(borrow)]
    pub response: Part<Response<'a>>,
    /// Those of an `error`.
    pub code: Field<TextOrNumber>,
    #[serde(borrow)]
    pub message: Text<'a>,
    #[serde(borrow)]
    pub error: Part<Failure<'a>>,
}

/// One item of the output.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Item<'a> {
    #[serde(borrow)]
    pub r#type: Text<'a>,
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub call_id: Text<'a>,
    #[serde(borrow)]
    pub name: Text<'a>,
    #[serde(borrow)]
    pub arguments: Text<'a>,
    #[serde(borrow)]
    pub encrypted_content: Text<'a>,
    #[serde(borrow)]
    pub summary: Field<Vec<Part<Content<'a>>>>,
    #[serde(borrow)]
    pub content: Field<Vec<Part<Content<'a>>>>,
    #[serde(borrow)]
    pub action: Part<Action<'a>>,
}

/// One part of a message, or of a reasoning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Content<'a> {
    #[serde(borrow)]
    pub text: Text<'a>,
    #[serde(borrow)]
    pub refusal: Text<'a>,
}

/// What a search did.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Action<'a> {
    #[serde(borrow)]
    pub sources: Field<Vec<Part<Annotation<'a>>>>,
}

/// A source of a search, or what a message says of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotation<'a> {
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow)]
    pub title: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Response<'a> {
    #[serde(borrow)]
    pub output: Field<Vec<Part<Item<'a>>>>,
    pub usage: Part<Usage>,
    #[serde(borrow)]
    pub status: Text<'a>,
    #[serde(borrow)]
    pub incomplete_details: Part<Incomplete<'a>>,
    #[serde(borrow)]
    pub error: Part<Failure<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Incomplete<'a> {
    #[serde(borrow)]
    pub reason: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Failure<'a> {
    pub code: Field<TextOrNumber>,
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// What an answer used, in language tokens, calls of the API's tools, and ticks.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub input_tokens: Field<Number>,
    pub input_tokens_details: Part<InputDetails>,
    pub output_tokens: Field<Number>,
    pub output_tokens_details: Part<OutputDetails>,
    pub num_server_side_tools_used: Field<Number>,
    pub cost_in_usd_ticks: Field<Number>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InputDetails {
    pub cached_tokens: Field<Number>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OutputDetails {
    pub reasoning_tokens: Field<Number>,
}

/// Returns a count that was given and can be true.
pub fn whole(number: &Field<Number>) -> Option<u64> {
    number.as_ref().and_then(|number| number.up_to(u32::MAX.into()))
}

/// Returns a price that was given, in [`TICKS_PER_USD`](crate::inference::usage::TICKS_PER_USD).
pub fn ticks(number: &Field<Number>) -> Option<u64> {
    number.as_ref().and_then(|number| number.up_to(MOST_TICKS))
}

/// Returns a text that was given and is not empty.
pub fn text<'t>(field: &'t Text<'_>) -> Option<&'t str> {
    field.as_ref().map(|text| &**text).filter(|text| !text.is_empty())
}

/// Returns the objects of a list.
pub fn listed<T>(list: &Field<Vec<Part<T>>>) -> impl Iterator<Item = &T> {
    let items = list.as_ref().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_ref()).map(|Object(item)| item)
}
