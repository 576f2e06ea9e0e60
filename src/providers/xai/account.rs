//! Reads a key: whether it is valid, and the models that it may use. No message reaches a model.

use bytes::Bytes;
use futures::future::join;
use serde::Deserialize;

use super::{
    client::Client,
    failure,
    wire::{Part, Text, listed, text},
};
use crate::{
    app::App,
    json::{Field, Object},
    providers::ProviderError,
};

/// The most calls of one reading.
pub const MOST_CALLS: usize = 3;

/// What the API reports of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The name that its owner gave it; may be empty.
    pub name: String,
    /// Keys of one team share its limits and credits; may be empty.
    pub team_id: String,
    /// The ids of the models that it may use, for text and pictures, in the API's order.
    pub models: Vec<String>,
}

/// Reads a key in 1 to [`MOST_CALLS`] calls. Fails with [`ProviderError::DeadAccount`] if the key is wrong, blocked or
/// disabled, and with another error if its models could not be read.
pub async fn read(app: &App, key: &str) -> Result<Facts, ProviderError> {
    let client = Client::new(app, key).await?;
    let info = info(&client).await?;
    let models = models(&client, &info).await?;
    Ok(info.with(models))
}

/// What the API says of the key itself.
#[derive(Debug, Default)]
pub(super) struct Info {
    name: String,
    team_id: String,
    /// The models that the key is limited to; `None`: all.
    allowed: Option<Vec<String>>,
}

impl Info {
    /// Returns the facts of a key with these models.
    pub(super) fn with(self, models: Vec<String>) -> Facts {
        Facts { name: self.name, team_id: self.team_id, models }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeyBody<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    team_id: Text<'a>,
    acls: Field<Vec<Field<String>>>,
    api_key_blocked: Field<bool>,
    api_key_disabled: Field<bool>,
    team_blocked: Field<bool>,
}

/// Reads what the API says of the key itself. Fails with [`ProviderError::DeadAccount`] if the key cannot be used.
pub(super) async fn info(client: &Client<'_>) -> Result<Info, ProviderError> {
    let body = client.get("/api-key").await?;
    let Ok(Field::Given(Object(key))) = serde_json::from_slice::<Part<KeyBody>>(&body) else {
        return Err(failure::of_body(&body));
    };
    let ends = [
        (key.api_key_blocked.is_true(), "the key is blocked"),
        (key.api_key_disabled.is_true(), "the key is disabled"),
        (key.team_blocked.is_true(), "the key's team is blocked"),
    ];
    if let Some((_, words)) = ends.into_iter().find(|(has_ended, _)| *has_ended) {
        return Err(ProviderError::DeadAccount(words.to_owned()));
    }
    let of = |field: &Text<'_>| text(field).unwrap_or_default().to_owned();
    Ok(Info { name: of(&key.name), team_id: of(&key.team_id), allowed: allowed(key.acls) })
}

/// Returns the models to which rules such as `api-key:model:grok-4.3` limit a key; `None` if they do not.
fn allowed(acls: Field<Vec<Field<String>>>) -> Option<Vec<String>> {
    let rules = acls.given()?.into_iter().filter_map(Field::given);
    let models: Vec<_> = rules.filter_map(|rule| Some(rule.strip_prefix("api-key:model:")?.to_owned())).collect();
    (!models.is_empty() && models.iter().all(|model| model != "*")).then_some(models)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Models<'a> {
    #[serde(borrow)]
    models: Field<Vec<Part<Model<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    aliases: Field<Vec<Field<String>>>,
}

/// Reads the models for text and pictures that the key may use. A key may be kept from one of both. Fails if neither can be
/// read.
pub(super) async fn models(client: &Client<'_>, info: &Info) -> Result<Vec<String>, ProviderError> {
    let (texts, pictures) = join(client.get("/language-models"), client.get("/image-generation-models")).await;
    let ids = |body: Result<Bytes, ProviderError>| body.and_then(|body| ids(&body, info.allowed.as_deref()));
    match (ids(texts), ids(pictures)) {
        (Ok(texts), pictures) => Ok(texts.into_iter().chain(pictures.unwrap_or_default()).collect()),
        (Err(ProviderError::NotEntitled(_) | ProviderError::ModelNotFound), Ok(pictures)) => Ok(pictures),
        (Err(error), _) => Err(error),
    }
}

/// Returns the ids in a list that are allowed. Fails if the body is not a list.
fn ids(body: &[u8], allowed: Option<&[String]>) -> Result<Vec<String>, ProviderError> {
    let answered: Models = serde_json::from_slice(body).map_err(|_| failure::of_body(body))?;
    if answered.models.as_ref().is_none() {
        return Err(failure::of_body(body));
    }
    let is_allowed = |model: &Model| {
        let aliases = model.aliases.as_ref().map(Vec::as_slice).unwrap_or_default();
        let names = aliases.iter().filter_map(|alias| alias.as_ref().map(String::as_str)).chain(text(&model.id));
        allowed.is_none_or(|allowed| names.into_iter().any(|name| allowed.iter().any(|allowed| allowed == name)))
    };
    let allowed = listed(&answered.models).filter(|model| is_allowed(model));
    let ids = allowed.filter_map(|model| text(&model.id)).filter(|id| !id.contains("video"));
    Ok(ids.map(str::to_owned).collect())
}
