//! A checked chat request. [`parse`](super::parse) makes it, so code that has a [`ChatRequest`] need not check it
//! again.

use std::borrow::Cow;

use crate::{
    error::{Error, ErrorKind},
    inference::prompt::Role,
    media::input::ImageInput,
};

/// A checked chat request. Borrows from the body, because an inline picture may be megabytes long.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest<'a> {
    /// The client's model name, which may not exist.
    pub model: Cow<'a, str>,
    /// At least one message; at least one has text or a picture.
    pub messages: Vec<Message<'a>>,
    pub stream: bool,
    /// `stream_options.include_usage`.
    pub include_usage: bool,
}

/// A message of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    pub role: Role,
    pub parts: Vec<Part<'a>>,
}

/// The roles by their names.
pub const ROLES: [(&str, Role); 6] = [
    ("system", Role::System),
    ("developer", Role::Developer),
    ("user", Role::User),
    ("assistant", Role::Assistant),
    ("tool", Role::Tool),
    ("function", Role::Function),
];

/// A part of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    Text(Cow<'a, str>),
    Image(ImageInput<'a>),
}

/// Why a request is refused, in OpenAI's terms. The client sees all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Path of the field at fault, such as `messages.0.content.1.type`.
    pub param: Option<String>,
    pub code: &'static str,
    pub message: String,
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        let missing = invalid.code == "missing_required_parameter" && invalid.param.as_deref() == Some("model");
        let kind = if missing { ErrorKind::MissingModel } else { ErrorKind::Invalid };
        Error { param: invalid.param, code: Some(invalid.code), ..Error::new(kind, invalid.message) }
    }
}
