//! The table of settings. A row is all that a setting needs: field, type, default and range, unit, description.

use std::{sync::LazyLock, time::Duration};

use super::{
    Definition, Form, Rule, Values, default_of, renamed,
    types::{Field, ReasoningFormat, Sealed, Size, Transport, XaiRoute},
};

/// Declares a section: its struct, its definitions, and the conversions between stored values and the struct.
macro_rules! section {
    ($(#[$doc:meta])* $section:literal $struct:ident {
        $($field:ident: $type:ty = $rule:expr, $unit:literal, $description:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $struct { $(#[doc = $description] pub $field: $type),* }

        impl $struct {
            pub(super) const DEFINITIONS: &[Definition] = &[$(Definition {
                section: $section,
                name: stringify!($field),
                rule: $rule,
                unit: $unit,
                description: $description,
            }),*];

            pub(super) fn read(stored: Option<&str>) -> Self {
                // Made once: most settings have their default, and each request reads them all.
                static DEFAULT: LazyLock<$struct> = LazyLock::new(|| $struct {
                    $($field: <$type>::from_scalar(default_of(&$rule).as_ref())
                        .expect("a setting's default has the type of its field")),*
                });
                let mut section = DEFAULT.clone();
                let mut values: Values = stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
                renamed::read(&mut values);
                for (name, value) in &values {
                    match name.as_str() {
                        $(stringify!($field) => if let Some(value) = <$type>::from_scalar(Some(value)) {
                            section.$field = value;
                        },)*
                        _ => {}
                    }
                }
                section
            }

            /// Returns the values as the API serves them, without secrets.
            pub fn values(&self) -> Values {
                let mut values = [$((stringify!($field), self.$field.to_scalar())),*]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                    .collect();
                renamed::serve(&mut values);
                values
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
            "How long links to pictures and videos stay valid, and the gallery shows them with their prompts";
        keep_prompts: bool = Rule::Boolean { default: true }, "",
            "Whether the gallery keeps the prompts of pictures and videos, encrypted like tokens";
        log_retention_days: i64 = Rule::Integer { default: 30, min: 1, max: 3650 }, "days",
            "How long a request stays in the log";
        log_retention_rows: i64 = Rule::Integer { default: 100_000, min: 100, max: 1_000_000 }, "rows",
            "Maximum number of requests in the log";
        store_responses: bool = Rule::Boolean { default: true }, "",
            "Whether answers of /v1/responses are stored, so that clients can continue and read them. A request may refuse it";
        responses_retention_days: i64 = Rule::Integer { default: 30, min: 1, max: 3650 }, "days",
            "How long a stored response can be continued and read";
        responses_max_size_mb: Size = size(64, 100_000), "MB",
            "Size of all stored responses. Above it, the oldest ones are deleted";
        error_skip_requests: i64 = Rule::Integer { default: 5, min: 0, max: 100 }, "requests",
            "How many requests pass over an account after an error, while others are usable";
        rate_limit_cooldown_minutes: i64 = Rule::Integer { default: 60, min: 1, max: 1440 }, "min",
            "How long an account rests for a mode after a rate limit with quota left, if Grok does not say until when";
        used_up_cooldown_minutes: i64 = Rule::Integer { default: 600, min: 1, max: 1440 }, "min",
            "How long an account rests for a mode that is used up, if the end of its window is unknown";
    }
}

section! {
    /// Settings of the requests to Grok.
    "grok" Grok {
        x_statsig_id: Sealed = Rule::Secret { form: Form::Header }, "",
            "Value of the header x-statsig-id, which you supply. Videos, edits of pictures and chat_transport http need it. Empty: not sent";
        cf_clearance: Sealed = Rule::Secret { form: Form::Cookie }, "",
            "Value of the cookie cf_clearance, which you supply. Empty: not sent";
        user_agent: String = text("", Form::Header), "",
            "Value of the header user-agent. It must be that of the browser which received cf_clearance. If it is empty, the \
             console saves the value of your browser with the first account. Empty: the gateway's own name";
        filtered_tags: Vec<String> = text("xaiartifact,xai:tool_usage_card,grok:render", Form::List), "",
            "Tags that are removed from answers, separated by commas";
        reasoning_format: ReasoningFormat = Rule::Choice { default: "raw", options: ReasoningFormat::NAMES }, "",
            "Where answers have the thinking: raw, in <think> before the text; parsed, in a field of its own; hidden, nowhere. \
             A request may choose another";
        list_sources: bool = Rule::Boolean { default: false }, "",
            "Whether answers end with a list of the sources that they cite";
        max_prompt_chars: i64 = Rule::Integer { default: 40_000, min: 5_000, max: 1_000_000 }, "characters",
            "Longest message to Grok. Of a longer dialogue, Grok gets the older part as a text file beside the message";
        chat_transport: Transport = Rule::Choice { default: "websocket", options: Transport::NAMES }, "",
            "Transport of chats to Grok: websocket, as its page uses, or http, the older stream, which needs x_statsig_id";
        xai_route: XaiRoute = Rule::Choice { default: "last", options: XaiRoute::NAMES }, "",
            "When keys of xAI's API, which cost money, answer for the models of Grok accounts: last, if no account can; first; \
             never. Names that begin with xai/ always mean the API";
        xai_estimate_tokens: i64 = Rule::Integer { default: 4_000, min: 100, max: 128_000 }, "tokens",
            "Longest answer whose price is held of a daily budget while xAI's API answers. The real price takes its place";
        temporary: bool = Rule::Boolean { default: true }, "",
            "Whether conversations are temporary and stay out of the account's history";
        read_accounts: bool = Rule::Boolean { default: true }, "",
            "Whether the gateway reads the types and quotas of accounts from Grok by itself. Off: only tests and refreshes do";
        stream_first_response_timeout: Option<Duration> = timeout(30), "s",
            "Timeout of the first part of an answer. 0: no limit";
        stream_chunk_timeout: Option<Duration> = timeout(120), "s",
            "Timeout between two parts of an answer; of xAI's API at least 300, also for the first part. 0: no limit";
        stream_total_timeout: Option<Duration> = timeout(600), "s",
            "Timeout of a whole answer; of xAI's API at least 900. 0: no limit";
    }
}

/// Secrets with their own tables, which therefore have no field.
pub(super) const ELSEWHERE: &[Definition] = &[
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

const fn text(default: &'static str, form: Form) -> Rule {
    Rule::Text { default, form }
}

const fn size(default_mb: i64, max_mb: i64) -> Rule {
    Rule::Integer { default: default_mb, min: 0, max: max_mb }
}

const fn timeout(seconds: i64) -> Rule {
    Rule::Integer { default: seconds, min: 0, max: 3600 }
}
