//! Types of accounts, and what they have a quota of.

use serde::{Deserialize, Serialize};

use super::Provider;

/// The type of an account, which decides the modes that it has. The cheapest is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TokenType {
    #[serde(rename = "sso")]
    Basic,
    #[serde(rename = "ssoSuper")]
    Super,
    #[serde(rename = "ssoHeavy")]
    Heavy,
    /// A key of xAI's API.
    #[serde(rename = "xai")]
    Xai,
}

impl TokenType {
    pub const ALL: [TokenType; 4] = [TokenType::Basic, TokenType::Super, TokenType::Heavy, TokenType::Xai];

    /// Returns the word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenType::Basic => "sso",
            TokenType::Super => "ssoSuper",
            TokenType::Heavy => "ssoHeavy",
            TokenType::Xai => "xai",
        }
    }

    /// Returns who answers for an account of this type.
    pub fn provider(self) -> Provider {
        match self {
            TokenType::Basic | TokenType::Super | TokenType::Heavy => Provider::GrokWeb,
            TokenType::Xai => Provider::Xai,
        }
    }

    /// Returns the type of a stored word.
    pub fn of(text: &str) -> Option<Self> {
        TokenType::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// Returns the type as the operator's word counts: only Grok's own word makes an account Heavy.
    pub fn as_given(self) -> Self {
        if self == TokenType::Heavy { TokenType::Super } else { self }
    }

    /// Returns the name that people know.
    pub fn label(self) -> &'static str {
        match self {
            TokenType::Basic => "Basic",
            TokenType::Super => "SuperGrok",
            TokenType::Heavy => "SuperGrok Heavy",
            TokenType::Xai => "xAI API",
        }
    }

    /// Reads the names in files of this and other gateways.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "sso" | "ssobasic" | "ssonormal" | "basic" | "normal" => Some(TokenType::Basic),
            "ssosuper" | "super" => Some(TokenType::Super),
            "ssoheavy" | "heavy" => Some(TokenType::Heavy),
            "xai" => Some(TokenType::Xai),
            _ => None,
        }
    }
}

/// What an account has a quota of: a chat mode, or a pool of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaBucket {
    Auto,
    Fast,
    Expert,
    Heavy,
    /// Pictures that no model of this gateway draws.
    Image,
    /// Pictures of the Imagine WebSocket.
    ImagePro,
    ImageEdit,
    Video,
    /// All that a key of xAI's API does.
    Api,
}

impl QuotaBucket {
    /// The chat modes, in the order in which people see them.
    pub const CHAT: [QuotaBucket; 4] = [QuotaBucket::Auto, QuotaBucket::Fast, QuotaBucket::Expert, QuotaBucket::Heavy];

    /// The pools of media, in the order in which people see them.
    pub const MEDIA: [QuotaBucket; 4] =
        [QuotaBucket::Image, QuotaBucket::ImagePro, QuotaBucket::ImageEdit, QuotaBucket::Video];

    /// Returns the name that is stored: for a chat mode that of the provider.
    pub fn name(self) -> &'static str {
        match self {
            QuotaBucket::Auto => "auto",
            QuotaBucket::Fast => "fast",
            QuotaBucket::Expert => "expert",
            QuotaBucket::Heavy => "heavy",
            QuotaBucket::Image => "image",
            QuotaBucket::ImagePro => "image_pro",
            QuotaBucket::ImageEdit => "image_edit",
            QuotaBucket::Video => "video",
            QuotaBucket::Api => "api",
        }
    }

    /// Returns the bucket of this name.
    pub fn named(name: &str) -> Option<Self> {
        QuotaBucket::CHAT
            .into_iter()
            .chain(QuotaBucket::MEDIA)
            .chain([QuotaBucket::Api])
            .find(|bucket| bucket.name() == name)
    }

    /// Returns the bit of a chat mode in the column `blocked`; 0 for others, which do not sort the rotation.
    pub fn bit(self) -> i64 {
        QuotaBucket::CHAT.iter().position(|mode| *mode == self).map_or(0, |place| 1 << place)
    }

    /// Returns the cheapest type of account that has it.
    pub fn needs(self) -> TokenType {
        match self {
            QuotaBucket::Auto | QuotaBucket::Fast => TokenType::Basic,
            QuotaBucket::Image | QuotaBucket::ImagePro | QuotaBucket::ImageEdit | QuotaBucket::Video => {
                TokenType::Basic
            }
            QuotaBucket::Expert => TokenType::Super,
            QuotaBucket::Heavy => TokenType::Heavy,
            QuotaBucket::Api => TokenType::Xai,
        }
    }
}
