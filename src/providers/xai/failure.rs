//! Classifies failures of xAI's API: a response with an error status, or an error inside a stream.
//!
//! Bodies have four forms: `{code, error}` with a sentence or a word as the code, `{error: {message, type, code}}`, plain
//! text, and pages of the edge. Both kinds of codes are in use, so the words decide. Keys in texts are masked.

use serde::Deserialize;

use super::{
    key::{IS_WRONG, masked},
    wire::TextOrNumber,
};
use crate::{
    json::{Field, ObjectOrText},
    providers::{ProviderError, wait_of},
};

/// The seconds for which a key rests after a limit that does not say how long.
const REST: u64 = 60;
/// The most characters of a text of the API.
const LONGEST: usize = 400;
/// The bytes of a body that are read.
pub const LOOKED_AT: usize = 16 << 10;

/// A request that the API has refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub error: ProviderError,
    /// What the request must leave out, if it is accepted without.
    pub without: Option<Optional>,
}

/// A part of a request that it can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optional {
    /// The encrypted reasoning of earlier answers.
    Reasoning,
    /// How much the model is to think.
    Effort,
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        Refusal { error, without: None }
    }
}

/// Wrong keys, whatever the status, in lower case.
const WRONG_KEY: [&str; 3] = ["incorrect api key", "invalid api key", "no api key provided"];
/// Refusals of a content, in lower case.
const MODERATED: [&str; 5] =
    ["usage guidelines", "safety_check_type", "content moderation", "content policy", "content was moderated"];
/// Teams without money, in lower case.
const NO_CREDITS: [&str; 5] =
    ["available credits", "spending limit", "purchase more credits", "any credits", "insufficient credits"];
/// Prompts that are too long, in lower case.
const TOO_LONG: [&str; 5] =
    ["maximum prompt length", "maximum context length", "context length", "context window", "prompt is too long"];
/// Ends of keys and teams, in lower case.
const ENDED: [&str; 5] = ["blocked", "disabled", "suspended", "revoked", "expired"];
/// Whose end it may be, in lower case.
const OF_KEY: [&str; 3] = ["api key", "team", "account"];
const OVERLOADED: [&str; 3] = ["overloaded", "at capacity", "temporarily unavailable"];
const EFFORT: [&str; 3] = ["reasoningeffort", "reasoning effort", "reasoning.effort"];

/// Classifies a response without a 2xx status. `retry_after` is the value of that header.
pub fn of_response(status: u16, retry_after: Option<&str>, body: &[u8]) -> Refusal {
    let body = &body[..body.len().min(LOOKED_AT)];
    let text = String::from_utf8_lossy(body);
    let message = match words(&text) {
        Some((_, message)) => message,
        None if is_page(body) => "a page instead of an answer".to_owned(),
        None => text.into_owned(),
    };
    classify(status, wait_of(retry_after), &message)
}

/// Classifies an error inside a stream, by its code and its text.
pub fn of_event(code: &str, message: &str) -> ProviderError {
    classify(status_of(code), None, message).error
}

/// Classifies a 200 whose body is not a stream: an error in JSON, a page, or another text; [`ProviderError::Empty`] if it
/// is empty.
pub fn of_body(body: &[u8]) -> ProviderError {
    let body = &body[..body.len().min(LOOKED_AT)];
    match words(&String::from_utf8_lossy(body)) {
        Some((code, message)) => of_event(&code, &message),
        None if body.trim_ascii().is_empty() => ProviderError::Empty,
        None => ProviderError::Server(502),
    }
}

fn classify(status: u16, retry_after: Option<u64>, message: &str) -> Refusal {
    let lower = message.to_lowercase();
    let has = |markers: &[&str]| markers.iter().any(|marker| lower.contains(marker));
    let words = clip(message);
    if status == 400 && lower.contains("decrypt") && lower.contains("encrypted_content") {
        return Refusal { error: ProviderError::CallerError(words), without: Some(Optional::Reasoning) };
    }
    if status == 400 && lower.contains("support") && has(&EFFORT) {
        return Refusal { error: ProviderError::CallerError(words), without: Some(Optional::Effort) };
    }
    let error = match status {
        _ if has(&WRONG_KEY) => ProviderError::DeadAccount(format!("{IS_WRONG}: {words}")),
        400..=403 | 422 if has(&MODERATED) || lower.contains("moderat") => ProviderError::Moderated(words),
        402 => ProviderError::RateLimited { quota_spent: true, retry_after: None },
        403 | 429 if has(&NO_CREDITS) => ProviderError::RateLimited { quota_spent: true, retry_after: None },
        401 => ProviderError::DeadAccount(format!("{IS_WRONG}: {words}")),
        403 if has(&ENDED) && has(&OF_KEY) => ProviderError::DeadAccount(words),
        // The edge refuses the network, not the key.
        403 if lower.starts_with("a page") => {
            ProviderError::Policy("the edge of xAI's API refused this network".to_owned())
        }
        403 => ProviderError::NotEntitled(words),
        404 if lower.contains("model") => ProviderError::ModelNotFound,
        408 => ProviderError::Timeout,
        413 => ProviderError::PromptTooLong,
        400 | 422 if has(&TOO_LONG) => ProviderError::PromptTooLong,
        400 | 422 => ProviderError::CallerError(words),
        429 => ProviderError::Throttled { retry_after: retry_after.unwrap_or(REST).max(1) },
        503 | 529 => ProviderError::Overloaded { retry_after },
        500..=599 if has(&OVERLOADED) => ProviderError::Overloaded { retry_after },
        405 | 409..=499 => ProviderError::Policy(words),
        _ => ProviderError::Server(status),
    };
    error.into()
}

/// Returns the status that a code stands for: a number, a word or a sentence.
fn status_of(code: &str) -> u16 {
    if let Some(status) = code.parse().ok().filter(|status| (400..=599).contains(status)) {
        return status;
    }
    let code = code.to_lowercase();
    let known = [
        ("invalid", 400),
        ("credential", 401),
        ("unauthenticated", 401),
        ("permission", 403),
        ("not found", 404),
        ("not_found", 404),
        ("not-found", 404),
        ("exhausted", 429),
        ("rate_limit", 429),
        ("rate limit", 429),
        ("unavailable", 503),
        ("overloaded", 503),
        ("deadline", 504),
        ("timeout", 504),
    ];
    known.into_iter().find(|(word, _)| code.contains(word)).map_or(500, |(_, status)| status)
}

/// Returns whether a body is a page instead of JSON.
fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    code: Field<TextOrNumber>,
    #[serde(borrow)]
    error: Field<ObjectOrText<'a, Inner>>,
    message: Field<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    code: Field<TextOrNumber>,
    message: Field<String>,
    r#type: Field<String>,
}

/// Returns the code and the message of an error in JSON; `None` if the text is not one. For JSON of another form, the
/// message is the text itself.
fn words(text: &str) -> Option<(String, String)> {
    let body: Body = serde_json::from_str(text).ok()?;
    let of = |code: Field<TextOrNumber>| code.given().map(|TextOrNumber(code)| code).unwrap_or_default();
    let whole = || text.to_owned();
    Some(match body.error {
        Field::Given(ObjectOrText::Object(inner)) => {
            let code = Some(of(inner.code)).filter(|code| !code.is_empty()).or(inner.r#type.given());
            (code.unwrap_or_default(), inner.message.given().unwrap_or_else(whole))
        }
        Field::Given(ObjectOrText::Text(error)) => (of(body.code), error.into_owned()),
        _ => (of(body.code), body.message.given().unwrap_or_else(whole)),
    })
}

/// Returns a text of the API for logs and clients: one line without keys.
pub fn clip(message: &str) -> String {
    let line: String = masked(message).chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    line.trim().to_owned()
}
