//! The models that the gateway offers, as data.

use serde::Serialize;

/// The one of an account's two counters that a model spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuotaBucket {
    Normal,
    Heavy,
}

/// The provider that answers for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    GrokWeb,
}

/// The accounts that may serve a model, and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// All accounts; Basic ones first, to save the Super ones for models that need them.
    BasicFirst,
    /// All accounts; Super ones first. A Basic account may have more rights than its label: Grok decides.
    SuperFirst,
    SuperOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// The name that clients use.
    pub id: &'static str,
    pub provider: Provider,
    /// The mode under which Grok's web gateway knows it.
    pub mode: &'static str,
    /// The mode that answers when no account has any of `mode` left.
    pub fallback: Option<&'static str>,
    /// The pair under which the older HTTP chat knows it.
    pub upstream_name: &'static str,
    pub upstream_mode: &'static str,
    /// The name under which an account cools down: the mode, or a name of its own.
    pub limit_name: &'static str,
    pub bucket: QuotaBucket,
    /// The units of quota that an answer costs.
    pub cost: u32,
    pub accounts: Accounts,
    pub is_video: bool,
    pub thinking: bool,
    pub display_name: &'static str,
    pub description: &'static str,
    pub raw_model_path: &'static str,
    pub default_max_output_tokens: u32,
}

/// The rate-limit names under which an account's two counters are read.
pub const NORMAL_QUOTA: &str = FAST.mode;
pub const HEAVY_QUOTA: &str = HEAVY.mode;
/// The units of quota that an answer with pictures costs.
pub const PICTURES_COST: u32 = 4;

const FAST: Model = Model {
    id: "grok-fast",
    provider: Provider::GrokWeb,
    mode: "fast",
    fallback: None,
    upstream_name: "grok-4-mini-thinking-tahoe",
    upstream_mode: "MODEL_MODE_GROK_4_MINI_THINKING",
    limit_name: "fast",
    bucket: QuotaBucket::Normal,
    cost: 1,
    accounts: Accounts::BasicFirst,
    is_video: false,
    thinking: true,
    display_name: "Grok Fast",
    description: "Quick answers; every account has it",
    raw_model_path: "xai/grok-fast",
    default_max_output_tokens: 8192,
};

const AUTO: Model = Model {
    id: "grok-auto",
    mode: "auto",
    fallback: Some(FAST.mode),
    upstream_name: "grok-4",
    upstream_mode: "MODEL_MODE_FAST",
    limit_name: "auto",
    display_name: "Grok Auto",
    description: "Grok chooses between fast and expert; uses fast if every account has used up auto",
    raw_model_path: "xai/grok-auto",
    ..FAST
};

const EXPERT: Model = Model {
    id: "grok-expert",
    mode: "expert",
    upstream_name: "grok-4",
    upstream_mode: "MODEL_MODE_EXPERT",
    limit_name: "expert",
    cost: 4,
    accounts: Accounts::SuperFirst,
    display_name: "Grok Expert",
    description: "Thinks longer; needs a SuperGrok account",
    raw_model_path: "xai/grok-expert",
    default_max_output_tokens: 32768,
    ..FAST
};

const HEAVY: Model = Model {
    id: "grok-heavy",
    mode: "heavy",
    upstream_name: "grok-4-heavy",
    upstream_mode: "MODEL_MODE_HEAVY",
    limit_name: "heavy",
    bucket: QuotaBucket::Heavy,
    accounts: Accounts::SuperOnly,
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
        cost: 1,
        display_name: "Grok 4.1 Thinking",
        description: "Grok 4.1 model with advanced thinking and tool capabilities",
        raw_model_path: "xai/grok-4-1-thinking-1129",
        ..EXPERT
    },
    Model {
        id: "grok-imagine-0.9",
        upstream_name: "grok-3",
        upstream_mode: "MODEL_MODE_FAST",
        limit_name: "video",
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
        self.fallback.map(|mode| Model { mode, limit_name: mode, fallback: None, ..*self })
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
            assert_eq!((model.mode, model.fallback, model.limit_name), (mode, fallback, mode), "{id}");
        }
        let fallback = find("grok-4").and_then(Model::in_fallback_mode).expect("it has one");
        assert_eq!(
            (fallback.id, fallback.mode, fallback.limit_name, fallback.fallback),
            ("grok-4", "fast", "fast", None)
        );
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
