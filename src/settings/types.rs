//! Types of settings that are a choice between words.

use super::{Field, Scalar};

/// How chats reach Grok. It changes the way alone, not what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// The gateway that Grok's page uses.
    Websocket,
    /// The older stream, which answers only callers with a signature.
    Http,
}

impl Transport {
    pub const NAMES: &[&str] = &["websocket", "http"];

    pub fn name(self) -> &'static str {
        match self {
            Transport::Websocket => "websocket",
            Transport::Http => "http",
        }
    }
}

impl Field for Transport {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        match value? {
            Scalar::Text(text) if text == "websocket" => Some(Transport::Websocket),
            Scalar::Text(text) if text == "http" => Some(Transport::Http),
            _ => None,
        }
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Text(self.name().to_owned()))
    }
}
