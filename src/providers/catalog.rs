//! The models that the gateway offers, as data.

use serde::{Deserialize, Serialize};

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
#[serde(rename_all = "lowercase")]
pub enum QuotaBucket {
    Auto,
    Fast,
    Expert,
    Heavy,
    Video,
}

impl QuotaBucket {
    /// The chat modes, in the order in which people see them.
    pub const CHAT: [QuotaBucket; 4] = [QuotaBucket::Auto, QuotaBucket::Fast, QuotaBucket::Expert, QuotaBucket::Heavy];

    /// Returns the name that is stored: for a chat mode that of the provider.
    pub fn name(self) -> &'static str {
        match self {
            QuotaBucket::Auto => "auto",
            QuotaBucket::Fast => "fast",
            QuotaBucket::Expert => "expert",
            QuotaBucket::Heavy => "heavy",
            QuotaBucket::Video => "video",
        }
    }

    /// Returns the bucket of this name.
    pub fn named(name: &str) -> Option<Self> {
        [QuotaBucket::CHAT.as_slice(), &[QuotaBucket::Video]].concat().into_iter().find(|bucket| bucket.name() == name)
    }

    /// Returns the bit of a chat mode in the column `blocked`; 0 for media, which do not sort the rotation.
    pub fn bit(self) -> i64 {
        QuotaBucket::CHAT.iter().position(|mode| *mode == self).map_or(0, |place| 1 << place)
    }

    /// Returns the cheapest type of account that has it.
    pub fn needs(self) -> TokenType {
        match self {
            QuotaBucket::Auto | QuotaBucket::Fast | QuotaBucket::Video => TokenType::Basic,
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
    pub thinking: bool,
    pub display_name: &'static str,
    pub description: &'static str,
    pub raw_model_path: &'static str,
    pub default_max_output_tokens: u32,
}

const FAST: Model = Model {
    id: "grok-fast",
    provider: Provider::GrokWeb,
    fallback: None,
    upstream_name: "grok-4-mini-thinking-tahoe",
    upstream_mode: "MODEL_MODE_GROK_4_MINI_THINKING",
    bucket: QuotaBucket::Fast,
    cost: 1,
    is_video: false,
    thinking: true,
    display_name: "Grok Fast",
    description: "Quick answers; every account has it",
    raw_model_path: "xai/grok-fast",
    default_max_output_tokens: 8192,
};

const AUTO: Model = Model {
    id: "grok-auto",
    fallback: Some(QuotaBucket::Fast),
    upstream_name: "grok-4",
    upstream_mode: "MODEL_MODE_FAST",
    bucket: QuotaBucket::Auto,
    display_name: "Grok Auto",
    description: "Grok chooses between fast and expert; uses fast if every account has used up auto",
    raw_model_path: "xai/grok-auto",
    ..FAST
};

const EXPERT: Model = Model {
    id: "grok-expert",
    upstream_name: "grok-4",
    upstream_mode: "MODEL_MODE_EXPERT",
    bucket: QuotaBucket::Expert,
    display_name: "Grok Expert",
    description: "Thinks longer; needs a SuperGrok account",
    raw_model_path: "xai/grok-expert",
    default_max_output_tokens: 32768,
    ..FAST
};

const HEAVY: Model = Model {
    id: "grok-heavy",
    upstream_name: "grok-4-heavy",
    upstream_mode: "MODEL_MODE_HEAVY",
    bucket: QuotaBucket::Heavy,
    display_name: "Grok Heavy",
    description: "Several agents at once; needs a SuperGrok Heavy account",
    raw_model_path: "xai/grok-heavy",
    default_max_output_tokens: 65536,
    ..FAST
};

/// All models in the order of the list: Grok's modes, then their names of early 2026.
pub const MODELS: [Model; 12] = [
    FAST,
    AUTO,
    EXPERT,
    HEAVY,
    Model {
        id: "grok-3-fast",
        upstream_name: "grok-3",
        upstream_mode: "MODEL_MODE_FAST",
        thinking: false,
        display_name: "Grok 3 Fast",
        description: "Fast and efficient Grok 3 model",
        raw_model_path: "xai/grok-3",
        ..FAST
    },
    Model {
        id: "grok-4-fast",
        display_name: "Grok 4 Fast",
        description: "Fast version of Grok 4 with mini thinking capabilities",
        raw_model_path: "xai/grok-4-mini-thinking-tahoe",
        ..FAST
    },
    Model {
        id: "grok-4-fast-expert",
        upstream_name: "grok-4-mini-thinking-tahoe",
        display_name: "Grok 4 Fast Expert",
        description: "Expert mode of Grok 4 Fast with enhanced reasoning",
        raw_model_path: "xai/grok-4-mini-thinking-tahoe",
        ..EXPERT
    },
    Model {
        id: "grok-4",
        display_name: "Grok 4",
        description: "Standard Grok 4 model",
        raw_model_path: "xai/grok-4",
        ..AUTO
    },
    Model {
        id: "grok-4-expert",
        display_name: "Grok 4 Expert",
        description: "Full Grok 4 model with expert mode capabilities",
        raw_model_path: "xai/grok-4",
        ..EXPERT
    },
    Model {
        id: "grok-4-heavy",
        display_name: "Grok 4 Heavy",
        description: "Most powerful Grok model. Requires Super Token for access.",
        raw_model_path: "xai/grok-4-heavy",
        ..HEAVY
    },
    Model {
        id: "grok-4.1-thinking",
        upstream_name: "grok-4-1-thinking-1129",
        upstream_mode: "MODEL_MODE_AUTO",
        display_name: "Grok 4.1 Thinking",
        description: "Grok 4.1 model with advanced thinking and tool capabilities",
        raw_model_path: "xai/grok-4-1-thinking-1129",
        ..EXPERT
    },
    Model {
        id: "grok-imagine-0.9",
        upstream_name: "grok-3",
        upstream_mode: "MODEL_MODE_FAST",
        bucket: QuotaBucket::Video,
        is_video: true,
        thinking: false,
        display_name: "Grok Imagine 0.9",
        description: "Makes a video from a picture and a prompt; needs the setting x_statsig_id",
        raw_model_path: "xai/grok-imagine-0.9",
        ..FAST
    },
];

/// Further names of models.
const ALIASES: [(&str, &str); 4] = [
    ("grok-chat-fast", FAST.id),
    ("grok-chat-auto", AUTO.id),
    ("grok-chat-expert", EXPERT.id),
    ("grok-chat-heavy", HEAVY.id),
];

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
