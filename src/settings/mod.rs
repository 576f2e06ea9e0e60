//! The operator's settings: one table of definitions, and the typed [`Settings`] that are read with it.
//!
//! A setting is one row of a `section!` in `table.rs`: its field, default, limits, unit and description. The rows define the
//! defaults, the checks of `POST /api/settings` ([`Change`]), and what `GET /api/settings` serves:
//!
//! ```ignore
//! log_retention_days: i64 = Rule::Integer { default: 30, min: 1, max: 3650 }, "days",
//!     "How long a request stays in the log";
//! ```
//!
//! This room never reads or writes the database: [`store::settings`](crate::store::settings) does. `patch.rs`
//! checks a change as a whole, `scalar.rs` has the JSON of one value, `types.rs` the types of fields, `renamed.rs` what earlier releases called one.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    crypto::vault::{Vault, is_clear},
    host::Host,
};

mod patch;
mod renamed;
mod scalar;
mod table;
mod types;

pub use patch::{ApiKeyChange, Change, Checked, Patch};
pub use scalar::Scalar;
pub use table::{Global, Grok};
use types::SECTION_AAD;
pub use types::{ReasoningFormat, Sealed, Size, Transport, XaiRoute};

/// The definition of one setting, as `GET /api/settings` serves it.
#[derive(Debug, Serialize)]
pub struct Definition {
    pub section: &'static str,
    pub name: &'static str,
    #[serde(flatten)]
    pub rule: Rule,
    pub unit: &'static str,
    pub description: &'static str,
}

/// The type of a setting, its default and its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Rule {
    Boolean {
        default: bool,
    },
    Integer {
        default: i64,
        min: i64,
        max: i64,
    },
    Text {
        default: &'static str,
        #[serde(rename = "format")]
        form: Form,
    },
    /// One of a few words.
    Choice {
        default: &'static str,
        options: &'static [&'static str],
    },
    /// Can be written, but is never served. The password and the API key have their own tables. Other secrets are
    /// encrypted in their section.
    Secret {
        #[serde(rename = "format")]
        form: Form,
    },
}

/// The format of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Empty, or an absolute http(s) address.
    BaseUrl,
    Name,
    /// Names separated by commas.
    List,
    /// Empty, or the value of a request header.
    Header,
    /// Empty, or the value of the cookie `cf_clearance`.
    Cookie,
    ApiKey,
    Password,
}

/// The values of one section by name.
pub type Values = BTreeMap<String, Scalar>;

/// All settings, typed. A timeout without a limit is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub global: Global,
    pub grok: Grok,
}

impl Settings {
    /// Returns the settings of the JSON texts in table `settings`. A missing or malformed value becomes its default.
    pub fn from_sections(global: Option<&str>, grok: Option<&str>) -> Self {
        Settings { global: Global::read(global), grok: Grok::read(grok) }
    }
}

/// Returns the definitions of all settings, in the order of the console.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    Global::DEFINITIONS.iter().chain(Grok::DEFINITIONS).chain(table::ELSEWHERE)
}

impl Grok {
    /// Returns whether a secret is stored unencrypted.
    pub fn has_clear_secret(&self) -> bool {
        [&self.x_statsig_id, &self.cf_clearance].into_iter().any(|secret| secret.is_set() && is_clear(&secret.0))
    }

    /// Returns a patch that encrypts with the current key those secrets which are not yet encrypted with it. It leaves
    /// out secrets that cannot be decrypted.
    pub fn reencrypted(&self, host: &dyn Host, vault: &Vault) -> Patch {
        [("x_statsig_id", &self.x_statsig_id), ("cf_clearance", &self.cf_clearance)]
            .into_iter()
            .filter(|(_, secret)| secret.is_set() && !vault.is_up_to_date(&secret.0))
            .filter_map(|(name, secret)| {
                let clear = secret.open(vault)?;
                Some((name, Some(Scalar::Text(vault.seal(host, &clear, SECTION_AAD)))))
            })
            .collect()
    }
}

fn default_of(rule: &Rule) -> Option<Scalar> {
    match *rule {
        Rule::Boolean { default } => Some(Scalar::Boolean(default)),
        Rule::Integer { default, .. } => Some(Scalar::Integer(default)),
        Rule::Text { default, .. } | Rule::Choice { default, .. } => Some(Scalar::Text(default.to_owned())),
        Rule::Secret { .. } => None,
    }
}
