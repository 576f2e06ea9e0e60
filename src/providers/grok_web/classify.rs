//! Classifies failures of Grok: an HTTP response, or an error inside a 200 stream, becomes one [`ProviderError`].
//!
//! This file decides only the class. The pool decides its effect on an account, and `inference::failure` the client's
//! error. Texts in an error are Grok's own and go to the log, not to clients.

use super::{
    frames::FrameTooLong,
    rest::wire::{self, UpstreamError},
};
use crate::{
    host::SendError,
    providers::{ProviderError, wait_of},
};

impl From<FrameTooLong> for ProviderError {
    fn from(_: FrameTooLong) -> Self {
        ProviderError::TooLong
    }
}

/// Classifies a request that got no response.
impl From<&SendError> for ProviderError {
    fn from(error: &SendError) -> Self {
        match error {
            SendError::Timeout(_) => ProviderError::Timeout,
            SendError::Unresolved(text) => ProviderError::NoAddress(clip(text)),
            SendError::Denied(_) | SendError::Connection(_) => ProviderError::Connect(clip(&error.to_string())),
        }
    }
}

/// Markers of a challenge page, and of the edge's short refusals (1015, 1020), in lower case.
const CHALLENGE: [&str; 6] =
    ["just a moment", "challenge-platform", "__cf_chl", "cf-chl", "cf-turnstile", "error code: 10"];
/// Markers of a session or account that no longer exists, in lower case.
const DEAD: [&str; 10] = [
    "wke=unauthenticated",
    "invalid-credentials",
    "bad-credentials",
    "no-credentials",
    "blocked-user",
    "user is blocked",
    "email-domain-rejected",
    "account suspended",
    "token revoked",
    "session not found",
];
/// Grok's answer to a signature of an older release of its page, in lower case.
const OUT_OF_DATE: &str = "page is out of date";
const MODERATED: [&str; 2] = ["content-moderated", "content moderated"];
const OVERLOADED: [&str; 2] = ["heavy usage", "under heavy load"];
const QUOTA_SPENT: [&str; 4] = ["usage limit", "usage quota", "message limit", "quota exceeded"];
const TOO_MANY: [&str; 3] = ["too many requests", "rate limit", "rate_limit"];

/// Only this many bytes of a body are searched. Error bodies are short, and pages identify themselves at the start.
const LOOKED_AT: usize = 16 << 10;

pub mod code {
    //! gRPC codes that Grok puts into its errors.

    pub const INVALID_ARGUMENT: i64 = 3;
    pub const DEADLINE_EXCEEDED: i64 = 4;
    pub const NOT_FOUND: i64 = 5;
    pub const PERMISSION_DENIED: i64 = 7;
    pub const RESOURCE_EXHAUSTED: i64 = 8;
    pub const UNAVAILABLE: i64 = 14;
    pub const UNAUTHENTICATED: i64 = 16;
}

/// Classifies a response without a 2xx status. `retry_after` is the value of that header.
pub fn from_answer(status: u16, retry_after: Option<&str>, body: &[u8]) -> ProviderError {
    let body = &body[..body.len().min(LOOKED_AT)];
    let retry_after = wait_of(retry_after);
    let text = String::from_utf8_lossy(body);
    let page = is_page(body);
    let Some(error) = (!page).then(|| structured(&text)).flatten() else {
        return unstructured(status, retry_after, &text, page);
    };
    let lower = error.message.to_lowercase();
    let fault = by_marker(error.code, &lower, &error.message, retry_after, Some(status));
    fault.unwrap_or_else(|| by_status(status, error.code, &error.message, retry_after))
}

/// Classifies a redirect that was not followed. It leads to the sign-in page if the session is invalid.
pub fn from_redirect(location: Option<&str>) -> ProviderError {
    match location {
        Some(location) if location.contains("accounts.x.ai") => {
            ProviderError::DeadAccount("sent to the sign-in page".to_owned())
        }
        _ => ProviderError::Server(502),
    }
}

/// Classifies an error inside a stream whose status was 200.
pub fn from_stream(error: &UpstreamError) -> ProviderError {
    let lower = error.message.to_lowercase();
    if is_page(error.message.as_bytes()) || has(&lower, &CHALLENGE) {
        return ProviderError::AntiBot;
    }
    let message = clip(&error.message);
    if let Some(fault) = by_marker(error.code, &lower, &error.message, None, None) {
        return fault;
    }
    match error.code {
        Some(code::INVALID_ARGUMENT) => ProviderError::CallerError(message),
        Some(code::PERMISSION_DENIED) => ProviderError::Policy(message),
        Some(code::DEADLINE_EXCEEDED) => ProviderError::Server(504),
        Some(code::UNAVAILABLE) => ProviderError::Server(503),
        _ => ProviderError::Server(500),
    }
}

/// Classifies a 200 whose body should have been a short JSON object but was not.
pub fn from_body(body: &[u8]) -> ProviderError {
    let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
    match structured(&text) {
        Some(error) if !is_page(body) => from_stream(&error),
        _ => match from_text(body) {
            ProviderError::Empty => ProviderError::Server(502),
            fault => fault,
        },
    }
}

/// Classifies the `terminalError` of an upload. Unless its text says otherwise, the file is the cause.
pub fn from_upload(message: &str) -> ProviderError {
    let fault = by_marker(None, &message.to_lowercase(), message, None, None);
    fault.unwrap_or_else(|| ProviderError::CallerError(clip(message)))
}

/// Classifies a 200 without a single frame: a page, an error in words, or nothing.
pub fn from_text(body: &[u8]) -> ProviderError {
    let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
    let lower = text.to_lowercase();
    if is_page(body) || has(&lower, &CHALLENGE) {
        return ProviderError::AntiBot;
    }
    by_marker(None, &lower, &text, None, None).unwrap_or(ProviderError::Empty)
}

/// Returns whether a body is a page instead of JSON.
pub fn is_page(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}

/// Returns whether an error's body refuses the signature of the request, and is not a challenge page of the edge.
pub fn refuses_signature(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]).to_lowercase();
    !is_page(body) && (text.contains("anti-bot") || text.contains(OUT_OF_DATE))
}

fn has(lower: &str, markers: &[&str]) -> bool {
    markers.iter().any(|marker| lower.contains(marker))
}

/// Returns the class that the text names, whatever the status.
fn by_marker(
    code: Option<i64>,
    lower: &str,
    message: &str,
    retry_after: Option<u64>,
    status: Option<u16>,
) -> Option<ProviderError> {
    if lower.contains("anti-bot") {
        return Some(ProviderError::AntiBot);
    }
    // Only a signature is of an older release of the page.
    if lower.contains(OUT_OF_DATE) {
        return Some(ProviderError::StaleSignature);
    }
    if has(lower, &MODERATED) {
        return Some(ProviderError::Moderated(clip(message)));
    }
    let may_be_dead = matches!(status, None | Some(400 | 401 | 403));
    if may_be_dead && (code == Some(code::UNAUTHENTICATED) || status == Some(401) || has(lower, &DEAD)) {
        return Some(ProviderError::DeadAccount(clip(message)));
    }
    if has(lower, &OVERLOADED) {
        return Some(ProviderError::Overloaded { retry_after });
    }
    if has(lower, &QUOTA_SPENT) {
        return Some(ProviderError::RateLimited { quota_spent: true, retry_after });
    }
    // Only the text counts, or the gRPC code if no status contradicts it: a 500 may carry any code.
    if has(lower, &TOO_MANY) || (code == Some(code::RESOURCE_EXHAUSTED) && status.is_none()) {
        return Some(ProviderError::RateLimited { quota_spent: false, retry_after });
    }
    if lower.contains("model is not found") || lower.contains("model not found") {
        return Some(ProviderError::ModelNotFound);
    }
    None
}

fn by_status(status: u16, code: Option<i64>, message: &str, retry_after: Option<u64>) -> ProviderError {
    match status {
        429 => ProviderError::RateLimited { quota_spent: false, retry_after },
        // The post is gone or belongs to another account: the flow must start again with one account.
        404 if message.contains("invalid-parent-post") => ProviderError::Server(404),
        404 if code == Some(code::NOT_FOUND) && message.to_lowercase().contains("model") => {
            ProviderError::ModelNotFound
        }
        400 | 413 | 415 | 422 => ProviderError::CallerError(clip(message)),
        408 => ProviderError::Timeout,
        402..=499 => ProviderError::Policy(clip(message)),
        _ => ProviderError::Server(status),
    }
}

/// Classifies a response without a JSON error: a page, plain text, or nothing.
fn unstructured(status: u16, retry_after: Option<u64>, text: &str, page: bool) -> ProviderError {
    let lower = text.to_lowercase();
    let challenged = has(&lower, &CHALLENGE);
    match status {
        _ if challenged => ProviderError::AntiBot,
        // Grok answers in JSON: a page or an empty body is the edge's refusal.
        401 | 403 if page => ProviderError::AntiBot,
        _ if page => by_status(status, None, "a page", retry_after),
        _ => by_marker(None, &lower, text, retry_after, Some(status)).unwrap_or_else(|| match status {
            403 => ProviderError::AntiBot,
            _ => by_status(status, None, text, retry_after),
        }),
    }
}

/// Returns the error in a JSON body: from its envelope, bare, or, for JSON of another shape, the body itself.
fn structured(text: &str) -> Option<UpstreamError<'_>> {
    let frame: wire::Frame = serde_json::from_str(text).ok()?;
    let wire::Rare { error, code, message, .. } = frame.rare.map_or_else(Default::default, |rare| *rare);
    Some(error.unwrap_or_else(|| UpstreamError { code, message: message.unwrap_or_else(|| text.into()) }))
}

/// Returns a message for the log: one line of at most 200 characters.
pub(super) fn clip(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
