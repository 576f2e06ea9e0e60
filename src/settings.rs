//! The operator's settings: one table of definitions, and the typed [`Settings`] that are read with it.
//!
//! A setting is one row of a `section!` below: its field, default, limits, unit and description. The rows define the
//! defaults, the checks of `POST /api/settings` ([`Change`]), and what `GET /api/settings` serves:
//!
//! ```ignore
//! log_retention_days: i64 = Rule::Integer { default: 30, min: 1, max: 3650 }, "days",
//!     "How long a request stays in the log";
//! ```
//!
//! This room never reads or writes the database: [`store::settings`](crate::store::settings) does. `types.rs`
//! has the settings that are one of several words.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    crypto::vault::{Vault, is_clear},
    host::Host,
};

mod change;
mod types;

pub use change::{ApiKeyChange, Change, Checked, Patch};
pub use types::Transport;

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

/// The JSON value of a setting, as the database stores it and the API sends it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    Boolean(bool),
    Integer(i64),
    Text(String),
    /// A value of a type that no setting has.
    #[serde(skip_serializing)]
    Other(IgnoredAny),
}

/// The values of one section by name.
pub type Values = BTreeMap<String, Scalar>;

/// Declares a section: its struct, its definitions, and the conversions between stored values and the struct.
macro_rules! section {
    ($(#[$doc:meta])* $section:literal $struct:ident {
        $($field:ident: $type:ty = $rule:expr, $unit:literal, $description:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $struct { $(#[doc = $description] pub $field: $type),* }

        impl $struct {
            const DEFINITIONS: &[Definition] = &[$(Definition {
                section: $section,
                name: stringify!($field),
                rule: $rule,
                unit: $unit,
                description: $description,
            }),*];

            fn read(stored: Option<&str>) -> Self {
                let values: Values = stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
                $struct {
                    $($field: <$type>::from_scalar(values.get(stringify!($field)))
                        .or_else(|| <$type>::from_scalar(default_of(&$rule).as_ref()))
                        .expect("a setting's default has the type of its field")),*
                }
            }

            /// Returns the values as the API serves them, without secrets.
            pub fn values(&self) -> Values {
                [$((stringify!($field), self.$field.to_scalar())),*]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                    .collect()
            }
        }
    };
}

section! {
    /// Settings of the gateway itself.
    "global" Global {
        base_url: String = text("", Form::BaseUrl), "",
            "Address under which clients reach this service. Links to media start with it. Empty: the address of the request";
        admin_username: String = text("admin", Form::Name), "",
            "User name of the console";
        image_cache_max_size_mb: Size = size(256, 100_000), "MB",
            "Size of the picture cache. Above it, the oldest pictures are evicted";
        video_cache_max_size_mb: Size = size(512, 100_000), "MB",
            "Size of the video cache. Above it, the oldest videos are evicted";
        cache_max_file_mb: Size = size(25, 32), "MB",
            "Largest file that is cached. Larger files are fetched for each request";
        media_retention_days: i64 = Rule::Integer { default: 90, min: 1, max: 3650 }, "days",
            "How long links to pictures and videos stay valid";
        log_retention_days: i64 = Rule::Integer { default: 30, min: 1, max: 3650 }, "days",
            "How long a request stays in the log";
        log_retention_rows: i64 = Rule::Integer { default: 100_000, min: 100, max: 1_000_000 }, "rows",
            "Maximum number of requests in the log";
    }
}

section! {
    /// Settings of the requests to Grok.
    "grok" Grok {
        x_statsig_id: Sealed = Rule::Secret { form: Form::Header }, "",
            "Value of the header x-statsig-id, which you supply. Videos and chat_transport http need it. Empty: not sent";
        cf_clearance: Sealed = Rule::Secret { form: Form::Cookie }, "",
            "Value of the cookie cf_clearance, which you supply. Empty: not sent";
        user_agent: String = text("", Form::Header), "",
            "Value of the header user-agent. It must be that of the browser which received cf_clearance. If it is empty, the \
             console saves the value of your browser with the first account. Empty: the gateway's own name";
        filtered_tags: Vec<String> = text("xaiartifact,xai:tool_usage_card,grok:render", Form::List), "",
            "Tags that are removed from answers, separated by commas";
        show_thinking: bool = Rule::Boolean { default: true }, "",
            "Whether answers include the thinking";
        chat_transport: Transport = Rule::Choice { default: "websocket", options: Transport::NAMES }, "",
            "Transport of chats to Grok: websocket, as its page uses, or http, the older stream, which needs x_statsig_id";
        temporary: bool = Rule::Boolean { default: true }, "",
            "Whether conversations are temporary and stay out of the account's history";
        stream_first_response_timeout: Option<Duration> = timeout(30), "s",
            "Timeout of the first part of an answer. 0: no limit";
        stream_chunk_timeout: Option<Duration> = timeout(120), "s",
            "Timeout between two parts of an answer. 0: no limit";
        stream_total_timeout: Option<Duration> = timeout(600), "s",
            "Timeout of a whole answer. 0: no limit";
    }
}

/// Secrets with their own tables, which therefore have no field.
const ELSEWHERE: &[Definition] = &[
    Definition {
        section: "global",
        name: "admin_password",
        rule: Rule::Secret { form: Form::Password },
        unit: "",
        description: "Password of the console. A new one ends all sessions",
    },
    Definition {
        section: "grok",
        name: "api_key",
        rule: Rule::Secret { form: Form::ApiKey },
        unit: "",
        description: "An API key that you choose. It is valid in addition to those of the key table",
    },
];

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
    Global::DEFINITIONS.iter().chain(Grok::DEFINITIONS).chain(ELSEWHERE)
}

/// A secret of a section, as it is stored: encrypted, or unencrypted if there was no key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sealed(String);

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

impl Grok {
    /// Returns whether a secret is stored unencrypted.
    pub fn has_clear_secret(&self) -> bool {
        [&self.x_statsig_id, &self.cf_clearance].into_iter().any(|secret| secret.is_set() && is_clear(&secret.0))
    }

    /// Returns a patch that encrypts with the current key those secrets which are not yet encrypted with it. It leaves
    /// out secrets that cannot be decrypted.
    pub fn sealed_anew(&self, host: &dyn Host, vault: &Vault) -> Patch {
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

/// Binds encrypted settings to this table: they decrypt nowhere else.
const SECTION_AAD: &str = "settings";

const fn text(default: &'static str, form: Form) -> Rule {
    Rule::Text { default, form }
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

const fn size(default_mb: i64, max_mb: i64) -> Rule {
    Rule::Integer { default: default_mb, min: 0, max: max_mb }
}

const fn timeout(seconds: i64) -> Rule {
    Rule::Integer { default: seconds, min: 0, max: 3600 }
}

fn default_of(rule: &Rule) -> Option<Scalar> {
    match *rule {
        Rule::Boolean { default } => Some(Scalar::Boolean(default)),
        Rule::Integer { default, .. } => Some(Scalar::Integer(default)),
        Rule::Text { default, .. } | Rule::Choice { default, .. } => Some(Scalar::Text(default.to_owned())),
        Rule::Secret { .. } => None,
    }
}

/// Conversions between a stored value and a typed field.
trait Field: Sized {
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
