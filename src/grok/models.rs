//! The models the gateway offers, as data.

use serde::Serialize;

/// Which of an account's two counters a model spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    Normal,
    Heavy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// The name clients ask for.
    pub id: &'static str,
    /// The pair by which the upstream knows it.
    pub upstream_name: &'static str,
    pub upstream_mode: &'static str,
    /// The name under which the upstream limits it.
    pub rate_limit_name: &'static str,
    pub bucket: Bucket,
    /// Units of quota an answer costs.
    pub cost: u32,
    /// Whether only `ssoSuper` accounts may serve it.
    pub super_only: bool,
    pub is_video: bool,
    pub thinking: bool,
    pub display_name: &'static str,
    pub description: &'static str,
    pub raw_model_path: &'static str,
    pub default_max_output_tokens: u32,
}

/// The counter that ordinary models spend is read with the rate-limit name of this one.
pub const NORMAL_QUOTA_MODEL: &str = "grok-4-mini-thinking-tahoe";
/// And the counter of the heavy model with this name.
pub const HEAVY_QUOTA_MODEL: &str = "grok-4-heavy";
/// Units an answer with pictures costs.
pub const PICTURES_COST: u32 = 4;

const BASE: Model = Model {
    id: "",
    upstream_name: "grok-3",
    upstream_mode: "MODEL_MODE_FAST",
    rate_limit_name: "grok-3",
    bucket: Bucket::Normal,
    cost: 1,
    super_only: false,
    is_video: false,
    thinking: true,
    display_name: "",
    description: "",
    raw_model_path: "",
    default_max_output_tokens: 8192,
};

/// In the order in which they are listed.
pub const MODELS: [Model; 8] = [
    Model {
        id: "grok-3-fast",
        thinking: false,
        display_name: "Grok 3 Fast",
        description: "Fast and efficient Grok 3 model",
        raw_model_path: "xai/grok-3",
        ..BASE
    },
    Model {
        id: "grok-4-fast",
        upstream_name: NORMAL_QUOTA_MODEL,
        upstream_mode: "MODEL_MODE_GROK_4_MINI_THINKING",
        rate_limit_name: NORMAL_QUOTA_MODEL,
        display_name: "Grok 4 Fast",
        description: "Fast version of Grok 4 with mini thinking capabilities",
        raw_model_path: "xai/grok-4-mini-thinking-tahoe",
        ..BASE
    },
    Model {
        id: "grok-4-fast-expert",
        upstream_name: NORMAL_QUOTA_MODEL,
        upstream_mode: "MODEL_MODE_EXPERT",
        rate_limit_name: NORMAL_QUOTA_MODEL,
        cost: 4,
        display_name: "Grok 4 Fast Expert",
        description: "Expert mode of Grok 4 Fast with enhanced reasoning",
        raw_model_path: "xai/grok-4-mini-thinking-tahoe",
        default_max_output_tokens: 32768,
        ..BASE
    },
    Model {
        id: "grok-4",
        upstream_name: "grok-4",
        rate_limit_name: "grok-4",
        display_name: "Grok 4",
        description: "Standard Grok 4 model",
        raw_model_path: "xai/grok-4",
        ..BASE
    },
    Model {
        id: "grok-4-expert",
        upstream_name: "grok-4",
        upstream_mode: "MODEL_MODE_EXPERT",
        rate_limit_name: "grok-4",
        cost: 4,
        display_name: "Grok 4 Expert",
        description: "Full Grok 4 model with expert mode capabilities",
        raw_model_path: "xai/grok-4",
        default_max_output_tokens: 32768,
        ..BASE
    },
    Model {
        id: "grok-4-heavy",
        upstream_name: HEAVY_QUOTA_MODEL,
        upstream_mode: "MODEL_MODE_HEAVY",
        rate_limit_name: HEAVY_QUOTA_MODEL,
        bucket: Bucket::Heavy,
        super_only: true,
        display_name: "Grok 4 Heavy",
        description: "Most powerful Grok model. Requires Super Token for access.",
        raw_model_path: "xai/grok-4-heavy",
        default_max_output_tokens: 65536,
        ..BASE
    },
    Model {
        id: "grok-4.1-thinking",
        upstream_name: "grok-4-1-thinking-1129",
        upstream_mode: "MODEL_MODE_AUTO",
        rate_limit_name: "grok-4-1-thinking-1129",
        display_name: "Grok 4.1 Thinking",
        description: "Grok 4.1 model with advanced thinking and tool capabilities",
        raw_model_path: "xai/grok-4-1-thinking-1129",
        default_max_output_tokens: 32768,
        ..BASE
    },
    Model {
        id: "grok-imagine-0.9",
        is_video: true,
        thinking: false,
        display_name: "Grok Imagine 0.9",
        description: "Image and video generation model. Supports text-to-image and image-to-video generation.",
        raw_model_path: "xai/grok-imagine-0.9",
        ..BASE
    },
];

pub fn find(id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.id == id)
}

/// A model as `/v1/models` lists it.
#[derive(Debug, Serialize)]
pub struct ModelObject {
    pub id: &'static str,
    pub object: &'static str,
    pub created: u64,
    pub owned_by: &'static str,
    pub display_name: &'static str,
    pub description: &'static str,
    pub raw_model_path: &'static str,
    // The web service takes no sampling parameters; these are what it is known to use.
    pub default_temperature: f64,
    pub default_max_output_tokens: u32,
    pub supported_max_output_tokens: u32,
    pub default_top_p: f64,
}

/// The answer of `/v1/models`.
#[derive(Debug, Serialize)]
pub struct ModelList {
    pub object: &'static str,
    pub data: Vec<ModelObject>,
}

impl Model {
    /// `created` is the time of asking, in Unix seconds.
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

/// All models.
pub fn list(created: u64) -> ModelList {
    ModelList { object: "list", data: MODELS.iter().map(|model| model.object(created)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_names_are_those_of_the_models_they_stand_for() {
        assert_eq!(find("grok-4-fast").unwrap().rate_limit_name, NORMAL_QUOTA_MODEL);
        assert_eq!(find("grok-4-heavy").unwrap().rate_limit_name, HEAVY_QUOTA_MODEL);
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
