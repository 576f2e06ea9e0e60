//! A chat request, checked: whoever holds a [`ChatRequest`] need not look for mistakes in it again.

use std::borrow::Cow;

use crate::{
    error::{Error, ErrorKind},
    inference::prompt::Role,
    media::input::ImageInput,
};

/// A chat request. Borrows from the body: an inline picture may be megabytes long.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest<'a> {
    /// As the client wrote it; not yet known to exist.
    pub model: Cow<'a, str>,
    /// Never empty, and never without any text or picture.
    pub messages: Vec<Message<'a>>,
    pub stream: bool,
    /// `stream_options.include_usage`.
    pub include_usage: bool,
}

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

#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    Text(Cow<'a, str>),
    Image(ImageInput<'a>),
}

/// Why a request is refused, in OpenAI's terms: all of it can be told to the client.
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
