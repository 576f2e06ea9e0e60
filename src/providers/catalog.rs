//! The models that the gateway offers, as data: the rows of [`MODELS`], and any model of xAI's API as `xai/<id>`.
//!
//! A [`Model`] is what one request asks for, on one of its [routes](Model::routes): Grok accounts, or xAI's API. A name
//! that a row has means the row; other names that begin with `grok-` mean the API.

use std::borrow::Cow;

use crate::inference::prompt::Effort;

mod listed;
mod quota;
mod table;

pub use listed::{ModelList, ModelObject, list};
pub use quota::{QuotaBucket, TokenType};
use table::ALIASES;
pub use table::MODELS;

/// The provider that answers for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Grok's web back end.
    GrokWeb,
    /// xAI's API.
    Xai,
}

impl Provider {
    /// Returns whether the provider itself has tools, formats of the answer and a limit of its length.
    pub fn has_tools(self) -> bool {
        self == Provider::Xai
    }
}

/// How a model makes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureModel {
    /// From text.
    Draw { is_pro: bool },
    /// From pictures and text.
    Edit,
}

/// A row of the table: a model that Grok accounts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelRow {
    /// The name that clients use.
    pub id: &'static str,
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
    /// What answers for it in xAI's API, and how much that thinks unless the client says.
    pub api: Option<(&'static str, Option<Effort>)>,
    pub display_name: &'static str,
    pub description: &'static str,
    pub raw_model_path: &'static str,
    pub default_max_output_tokens: u32,
}

/// A model that a request asks for, on one of its routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The name that clients use.
    pub id: Cow<'static, str>,
    pub provider: Provider,
    /// What an answer spends.
    pub bucket: QuotaBucket,
    /// The mode that answers when no account has any of the first one left.
    pub fallback: Option<QuotaBucket>,
    /// The name under which the provider knows it, and its mode in the older HTTP chat.
    pub upstream_name: Cow<'static, str>,
    pub upstream_mode: &'static str,
    /// The requests of the quota that an answer costs.
    pub cost: u32,
    pub is_video: bool,
    /// `None` for a model that does not only make pictures.
    pub pictures: Option<PictureModel>,
    /// What answers for it in xAI's API when accounts do not.
    api: Option<(&'static str, Option<Effort>)>,
    /// How much it thinks unless the client says.
    pub effort: Option<Effort>,
}

/// Returns the model with that name or alias: a row of the table, else one of xAI's API, which may not exist.
pub fn find(id: &str) -> Option<Model> {
    let id = ALIASES.iter().find(|(alias, _)| *alias == id).map_or(id, |(_, id)| id);
    let row = MODELS.iter().find(|row| row.id == id);
    row.map(Model::of).or_else(|| Model::of_api(id))
}

/// How names begin that always mean xAI's API.
pub const API_PREFIX: &str = "xai/";

impl Model {
    fn of(row: &ModelRow) -> Self {
        Model {
            id: row.id.into(),
            provider: Provider::GrokWeb,
            bucket: row.bucket,
            fallback: row.fallback,
            upstream_name: row.upstream_name.into(),
            upstream_mode: row.upstream_mode,
            cost: row.cost,
            is_video: row.is_video,
            pictures: row.pictures,
            api: row.api,
            effort: None,
        }
    }

    /// Returns the model of xAI's API that this name means: `xai/<id>`, or an id that begins with `grok-`.
    fn of_api(name: &str) -> Option<Self> {
        let id = name.strip_prefix(API_PREFIX).or_else(|| name.starts_with("grok-").then_some(name))?;
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
        // Videos are not offered through the API.
        if !(1..=64).contains(&id.len()) || !id.bytes().all(is_allowed) || id.starts_with("grok-imagine-video") {
            return None;
        }
        let is_pro = id.starts_with("grok-imagine-image-2");
        let draws = id.starts_with("grok-imagine-image");
        Some(Model {
            id: name.to_owned().into(),
            provider: Provider::Xai,
            bucket: QuotaBucket::Api,
            fallback: None,
            upstream_name: id.to_owned().into(),
            upstream_mode: "",
            cost: 1,
            is_video: false,
            pictures: draws.then_some(PictureModel::Draw { is_pro }),
            api: None,
            effort: None,
        })
    }

    /// Returns whether only xAI's API has the model.
    pub fn is_only_of_api(&self) -> bool {
        self.provider == Provider::Xai && !MODELS.iter().any(|row| row.id == self.id)
    }

    /// Returns the ways to an answer, in the order in which they are tried: the accounts' modes, then xAI's API if the
    /// setting `xai_route` is `last`; the API first if it is `first`; without it if it is `never`.
    pub fn routes(&self) -> Vec<Route> {
        const ALWAYS: &str = "first,last,never";
        let modes = |when| {
            let second = self.fallback.map(|bucket| Model { bucket, fallback: None, ..self.clone() });
            std::iter::once(self.clone()).chain(second).map(move |model| Route { model, when })
        };
        let Some((id, effort)) = self.api else { return modes(ALWAYS).collect() };
        let api = Model {
            provider: Provider::Xai,
            bucket: QuotaBucket::Api,
            fallback: None,
            upstream_name: id.into(),
            api: None,
            effort,
            ..self.clone()
        };
        let api = Route { model: api, when: "first,last" };
        modes("last,never").chain([api]).chain(modes("first")).collect()
    }

    /// Returns the model for as many pictures as this, each of which costs the quota.
    pub fn times(self, pictures: u32) -> Model {
        Model { cost: self.cost * pictures, ..self }
    }

    /// Returns the model that changes pictures if this one draws them.
    pub fn for_edits(self) -> Model {
        match self.provider {
            // Grok has one way to edit, whatever the name.
            Provider::GrokWeb => find("grok-imagine-image-edit").expect("the catalogue has it"),
            Provider::Xai => Model { pictures: Some(PictureModel::Edit), ..self },
        }
    }

    /// Returns the model that draws in high quality if this one draws.
    pub fn in_high_quality(self) -> Model {
        match (self.provider, self.pictures) {
            (Provider::GrokWeb, Some(PictureModel::Draw { is_pro: false })) => {
                find("grok-imagine-image-2.0").expect("the catalogue has it")
            }
            _ => self,
        }
    }
}

/// One way to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub model: Model,
    /// The values of the setting `xai_route` with which it is taken.
    pub when: &'static str,
}

impl Route {
    /// Returns whether the setting `xai_route` and the accounts allow it. `has_api` says whether there is an active key of
    /// xAI's API.
    pub fn is_open(&self, setting: &str, has_api: bool) -> bool {
        (has_api || self.model.provider != Provider::Xai) && self.when.split(',').any(|when| when == setting)
    }
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
    }

    #[test]
    fn routes_lead_from_accounts_to_the_api_or_the_other_way() {
        let routes = |id: &str, setting: &str| -> Vec<String> {
            let all = find(id).expect(id).routes().into_iter().filter(|route| route.is_open(setting, true));
            all.map(|Route { model, .. }| format!("{} {}", model.bucket.name(), model.upstream_name)).collect()
        };
        assert_eq!(routes("grok-4", "last"), ["auto grok-4", "fast grok-4", "api grok-4.6"]);
        assert_eq!(routes("grok-4", "first"), ["api grok-4.6", "auto grok-4", "fast grok-4"]);
        assert_eq!(routes("grok-4", "never"), ["auto grok-4", "fast grok-4"]);
        for setting in ["first", "last", "never"] {
            assert_eq!(routes("xai/grok-4.7", setting), ["api grok-4.7"]);
            assert_eq!(routes("grok-imagine-0.9", setting), ["video grok-3"]);
        }
    }

    #[test]
    fn names_of_the_api_are_its_models_unless_a_row_has_them() {
        for (name, upstream, provider) in [
            ("xai/grok-4.7", "grok-4.7", Provider::Xai),
            ("grok-4.7", "grok-4.7", Provider::Xai),
            ("xai/grok-imagine-image", "grok-imagine-image", Provider::Xai),
            ("grok-imagine-image", FAST_UPSTREAM, Provider::GrokWeb),
        ] {
            let model = find(name).expect(name);
            assert_eq!((&*model.upstream_name, model.provider, &*model.id), (upstream, provider, name));
        }
        let long = format!("grok-{}", "x".repeat(64));
        for unknown in ["gpt-4", "xai/", "xai/GROK", "xai/a b", "xai/grok-imagine-video", "grok-4/../x", &long] {
            assert!(find(unknown).is_none(), "{unknown}");
        }
        assert_eq!(
            find("xai/grok-imagine-image").and_then(|model| model.pictures),
            Some(PictureModel::Draw { is_pro: false })
        );
        let edits = find("xai/grok-imagine-image-2.0").expect("it is one").for_edits();
        assert_eq!((&*edits.upstream_name, edits.pictures), ("grok-imagine-image-2.0", Some(PictureModel::Edit)));
    }

    const FAST_UPSTREAM: &str = "grok-4-mini-thinking-tahoe";

    #[test]
    fn a_model_is_listed_as_clients_know_it() {
        let json = serde_json::to_string(&find("grok-4").unwrap().object(1_769_700_000)).unwrap();
        let expected = concat!(
            r#"{"id":"grok-4","object":"model","created":1769700000,"owned_by":"x-ai","display_name":"Grok 4","#,
            r#""description":"Standard Grok 4 model","raw_model_path":"xai/grok-4","default_temperature":1.0,"#,
            r#""default_max_output_tokens":8192,"supported_max_output_tokens":131072,"default_top_p":0.95}"#
        );
        assert_eq!(json, expected);
        assert_eq!(list(0, &["grok-4.7".to_owned()]).data.last().expect("it has some").id, "xai/grok-4.7");
    }
}
