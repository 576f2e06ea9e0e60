//! The models that the gateway offers, as data.

use serde::{Deserialize, Serialize};

mod table;

use table::ALIASES;
pub use table::MODELS;

/// The type of an account, which decides the modes that it has. The cheapest is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TokenType {
    #[serde(rename = "sso")]
    Basic,
    #[serde(rename = "ssoSuper")]
    Super,
    #[serde(rename = "ssoHeavy")]
    Heavy,
}

impl TokenType {
    pub const ALL: [TokenType; 3] = [TokenType::Basic, TokenType::Super, TokenType::Heavy];

    /// Returns the word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenType::Basic => "sso",
            TokenType::Super => "ssoSuper",
            TokenType::Heavy => "ssoHeavy",
        }
    }

    /// Returns the type of a stored word.
    pub fn of(text: &str) -> Option<Self> {
        TokenType::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// Returns the type as the operator's word counts: only Grok's own word makes an account Heavy.
    pub fn as_given(self) -> Self {
        self.min(TokenType::Super)
    }

    /// Returns the name that people know.
    pub fn label(self) -> &'static str {
        match self {
            TokenType::Basic => "Basic",
            TokenType::Super => "SuperGrok",
            TokenType::Heavy => "SuperGrok Heavy",
        }
    }

    /// Reads the names in files of this and other gateways.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "sso" | "ssobasic" | "ssonormal" | "basic" | "normal" => Some(TokenType::Basic),
            "ssosuper" | "super" => Some(TokenType::Super),
            "ssoheavy" | "heavy" => Some(TokenType::Heavy),
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
        }
    }

    /// Returns the bucket of this name.
    pub fn named(name: &str) -> Option<Self> {
        QuotaBucket::CHAT.into_iter().chain(QuotaBucket::MEDIA).find(|bucket| bucket.name() == name)
    }

    /// Returns the bit of a chat mode in the column `blocked`; 0 for media, which do not sort the rotation.
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
        }
    }
}

/// The provider that answers for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    GrokWeb,
}

/// How a model makes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureModel {
    /// From text.
    Draw { is_pro: bool },
    /// From pictures and text.
    Edit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// The name that clients use.
    pub id: &'static str,
    pub provider: Provider,
    /// What an answer spends. The name of a chat mode is also the one under which Grok's web gateway knows the model.
    pub bucket: QuotaBucket,
    /// The mode that answers when no account has any of the first one left.
    pub fallback: Option<QuotaBucket>,
    /// The pair under which the older HTTP chat knows it.
    pub upstream_name: &'static str,
    pub upstream_mode: &'static str,
    /// The requests of the quota that an answer costs.
    pub cost: u32,
    pub is_video: bool,
    /// `None` for a model that does not only make pictures.
    pub pictures: Option<PictureModel>,
    pub thinking: bool,
    pub display_name: &'static str,
    pub description: &'static str,
    pub raw_model_path: &'static str,
    pub default_max_output_tokens: u32,
}

/// Returns the model with that name or alias.
pub fn find(id: &str) -> Option<&'static Model> {
    let id = ALIASES.iter().find(|(alias, _)| *alias == id).map_or(id, |(_, id)| id);
    MODELS.iter().find(|model| model.id == id)
}

/// A model in the response of `/v1/models`.
#[derive(Debug, Serialize)]
pub struct ModelObject {
    pub id: &'static str,
    pub object: &'static str,
    pub created: u64,
    pub owned_by: &'static str,
    pub display_name: &'static str,
    pub description: &'static str,
    pub raw_model_path: &'static str,
    // The web service accepts no sampling parameters; it is known to use these values.
    pub default_temperature: f64,
    pub default_max_output_tokens: u32,
    pub supported_max_output_tokens: u32,
    pub default_top_p: f64,
}

/// The response of `/v1/models`.
#[derive(Debug, Serialize)]
pub struct ModelList {
    pub object: &'static str,
    pub data: Vec<ModelObject>,
}

impl Model {
    /// Returns the model in the mode that answers when its own is used up, or `None` if it has no such mode.
    pub fn in_fallback_mode(&self) -> Option<Model> {
        self.fallback.map(|bucket| Model { bucket, fallback: None, ..*self })
    }

    /// Returns the model as `/v1/models` lists it. `created` is the time of the request in Unix seconds.
    pub fn object(&self, created: u64) -> ModelObject {
        ModelObject {
            id: self.id,
            object: "model",
            created,
            owned_by: "x-ai",
            display_name: self.display_name,
            description: self.description,
            raw_model_path: self.raw_model_path,
            default_temperature: 1.0,
            default_max_output_tokens: self.default_max_output_tokens,
            supported_max_output_tokens: 131_072,
            default_top_p: 0.95,
        }
    }
}

/// Returns the list of all models. `created` is the time of the request in Unix seconds.
pub fn list(created: u64) -> ModelList {
    ModelList { object: "list", data: MODELS.iter().map(|model| model.object(created)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_for_a_mode() {
        for (id, mode, fallback) in [
            ("grok-auto", "auto", Some("fast")),
            ("grok-4", "auto", Some("fast")),
            ("grok-chat-auto", "auto", Some("fast")),
            ("grok-fast", "fast", None),
            ("grok-4-fast", "fast", None),
            ("grok-3-fast", "fast", None),
            ("grok-chat-fast", "fast", None),
            ("grok-expert", "expert", None),
            ("grok-4.1-thinking", "expert", None),
            ("grok-4-expert", "expert", None),
            ("grok-4-fast-expert", "expert", None),
            ("grok-chat-expert", "expert", None),
            ("grok-heavy", "heavy", None),
            ("grok-4-heavy", "heavy", None),
            ("grok-chat-heavy", "heavy", None),
        ] {
            let model = find(id).expect(id);
            assert_eq!((model.bucket.name(), model.fallback.map(QuotaBucket::name)), (mode, fallback), "{id}");
        }
        let fallback = find("grok-4").and_then(Model::in_fallback_mode).expect("it has one");
        assert_eq!((fallback.id, fallback.bucket, fallback.fallback), ("grok-4", QuotaBucket::Fast, None));
    }

    #[test]
    fn a_model_is_listed_as_clients_know_it() {
        let json = serde_json::to_string(&find("grok-4").unwrap().object(1_769_700_000)).unwrap();
        let expected = concat!(
            r#"{"id":"grok-4","object":"model","created":1769700000,"owned_by":"x-ai","display_name":"Grok 4","#,
            r#""description":"Standard Grok 4 model","raw_model_path":"xai/grok-4","default_temperature":1.0,"#,
            r#""default_max_output_tokens":8192,"supported_max_output_tokens":131072,"default_top_p":0.95}"#
        );
        assert_eq!(json, expected);
        assert!(find("grok-5").is_none());
    }
}
