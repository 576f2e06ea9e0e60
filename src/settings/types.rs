//! Settings that are one of several words.

use super::{Field, Scalar};

/// The transport of chats to Grok. The request's content is the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// The WebSocket gateway that Grok's page uses.
    Websocket,
    /// The older HTTP stream, which requires the header `x-statsig-id`.
    Http,
}

impl Transport {
    /// The words that the setting accepts.
    pub const NAMES: &[&str] = &["websocket", "http"];

    /// Returns the word that the setting stores.
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
