//! Models as `/v1/models` lists them.

use std::borrow::Cow;

use serde::Serialize;

use super::{API_PREFIX, MODELS, Model, ModelRow};

/// A model in the response of `/v1/models`.
#[derive(Debug, Serialize)]
pub struct ModelObject {
    pub id: Cow<'static, str>,
    pub object: &'static str,
    pub created: u64,
    pub owned_by: &'static str,
    pub display_name: Cow<'static, str>,
    pub description: &'static str,
    pub raw_model_path: Cow<'static, str>,
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
    /// Returns the model as `/v1/models` lists it. `created` is the time of the request in Unix seconds.
    pub fn object(&self, created: u64) -> ModelObject {
        match MODELS.iter().find(|row| row.id == self.id) {
            Some(row) => row.object(created),
            None => api_object(&self.upstream_name, created),
        }
    }
}

impl ModelRow {
    fn object(&self, created: u64) -> ModelObject {
        ModelObject {
            id: self.id.into(),
            object: "model",
            created,
            owned_by: "x-ai",
            display_name: self.display_name.into(),
            description: self.description,
            raw_model_path: self.raw_model_path.into(),
            default_temperature: 1.0,
            default_max_output_tokens: self.default_max_output_tokens,
            supported_max_output_tokens: 131_072,
            default_top_p: 0.95,
        }
    }
}

/// Returns a model of xAI's API as `/v1/models` lists it.
fn api_object(id: &str, created: u64) -> ModelObject {
    let name = format!("{API_PREFIX}{id}");
    ModelObject {
        id: name.clone().into(),
        object: "model",
        created,
        owned_by: "x-ai",
        display_name: format!("{id} (xAI API)").into(),
        description: "A model of xAI's API; needs an xAI key",
        raw_model_path: name.into(),
        default_temperature: 1.0,
        default_max_output_tokens: 128_000,
        supported_max_output_tokens: 128_000,
        default_top_p: 0.95,
    }
}

/// Returns the list of all models: those of accounts, then those of xAI's API with these ids. `created` is the time of the
/// request in Unix seconds.
pub fn list(created: u64, api_ids: &[String]) -> ModelList {
    let rows = MODELS.iter().map(|row| row.object(created));
    ModelList { object: "list", data: rows.chain(api_ids.iter().map(|id| api_object(id, created))).collect() }
}
