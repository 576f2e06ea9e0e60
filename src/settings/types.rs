//! Types of settings, and how a stored value becomes one.

use std::time::Duration;

use super::Scalar;
use crate::crypto::vault::Vault;

/// Conversions between a stored value and a typed field.
pub trait Field: Sized {
    /// Returns the field; `None` if the value is missing or of another type.
    fn from_scalar(value: Option<&Scalar>) -> Option<Self>;
    /// Returns the value to serve; `None` for a secret.
    fn to_scalar(&self) -> Option<Scalar>;
}

impl Field for bool {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        if let Scalar::Boolean(flag) = value? { Some(*flag) } else { None }
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Boolean(*self))
    }
}

impl Field for i64 {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        if let Scalar::Integer(number) = value? { Some(*number) } else { None }
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Integer(*self))
    }
}

impl Field for Size {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        i64::from_scalar(value).filter(|mb| *mb >= 0).map(|mb| Size { mb })
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Integer(self.mb))
    }
}

impl Field for String {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        if let Scalar::Text(text) = value? { Some(text.clone()) } else { None }
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Text(self.clone()))
    }
}

impl Field for Vec<String> {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        let text = String::from_scalar(value)?;
        Some(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Text(self.join(",")))
    }
}

impl Field for Option<Duration> {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        if let Scalar::Integer(seconds) = value? {
            let seconds = u64::try_from(*seconds).ok()?;
            Some((seconds > 0).then(|| Duration::from_secs(seconds)))
        } else {
            None
        }
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Integer(self.map_or(0, |time| time.as_secs() as i64)))
    }
}

impl Field for Sealed {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        match value {
            Some(Scalar::Text(text)) => Some(Sealed(text.clone())),
            _ => Some(Sealed::default()),
        }
    }

    fn to_scalar(&self) -> Option<Scalar> {
        None
    }
}

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

/// When xAI's API answers for the models of Grok accounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum XaiRoute {
    /// If no account can.
    #[default]
    Last,
    First,
    Never,
}

impl XaiRoute {
    /// The words that the setting accepts.
    pub const NAMES: &[&str] = &["last", "first", "never"];

    /// Returns the word that the setting stores.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl Field for XaiRoute {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        let Scalar::Text(name) = value? else { return None };
        [Self::Last, Self::First, Self::Never].into_iter().find(|route| route.name() == name)
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Text(self.name().to_owned()))
    }
}

/// Where an answer has the reasoning, in the words of Groq's API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReasoningFormat {
    /// In the text, between `<think>` and `</think>`.
    #[default]
    Raw,
    /// In a field of its own.
    Parsed,
    Hidden,
}

impl ReasoningFormat {
    /// The words that the setting and requests accept.
    pub const NAMES: &[&str] = &["raw", "parsed", "hidden"];

    /// Returns the word that the setting stores.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Returns the format of this word.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Raw, Self::Parsed, Self::Hidden].into_iter().find(|format| format.name() == name)
    }
}

impl Field for ReasoningFormat {
    fn from_scalar(value: Option<&Scalar>) -> Option<Self> {
        if let Scalar::Text(name) = value? { Self::named(name) } else { None }
    }

    fn to_scalar(&self) -> Option<Scalar> {
        Some(Scalar::Text(self.name().to_owned()))
    }
}

/// An amount of storage in MB; one MB is 2^20 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    mb: i64,
}

impl Size {
    /// Returns the amount in bytes.
    pub fn bytes(self) -> i64 {
        self.mb << 20
    }
}

/// A secret of a section, as it is stored: encrypted, or unencrypted if there was no key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sealed(pub(super) String);

impl Sealed {
    /// Returns whether the secret is set.
    pub fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Decrypts the secret; `None` if it is empty or cannot be decrypted.
    pub fn open(&self, vault: &Vault) -> Option<String> {
        vault.unseal(&self.0, SECTION_AAD).filter(|clear| !clear.is_empty())
    }
}

/// Binds encrypted settings to this table: they decrypt nowhere else.
pub const SECTION_AAD: &str = "settings";
