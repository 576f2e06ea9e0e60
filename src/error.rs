//! Everything that can go wrong on the way to an answer, and the one place where it becomes HTTP.
//!
//! `/v1` speaks OpenAI's error body, `/api` the console's; the kind decides status and code for both.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{
    host::{Body, Reply},
    http::content_coding::ACCEPTED,
};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is: one row each in [`Kind::describe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A field of the request is missing, of the wrong type or out of range.
    Invalid,
    MissingModel,
    ModelNotFound,
    ContentPolicy,
    MissingKey,
    InvalidKey,
    MissingSession,
    SessionExpired,
    BadLogin,
    PasswordChangeRequired,
    ForeignOrigin,
    NotFound,
    /// It was here, and cannot come back.
    Gone,
    MethodNotAllowed,
    Conflict,
    BodyTooLarge,
    /// The request's body has a content coding that is not decoded.
    UnsupportedCoding,
    /// The request's body did not come in time.
    RequestTimeout,
    TooManyLogins,
    /// Every token that could serve the model is cooling or has spent its quota.
    AllTokensCooling,
    NoToken,
    /// No account's type has the mode that the model needs.
    NotEntitled,
    /// Grok refused this gateway's requests, whichever account they come from.
    UpstreamBlocked,
    UpstreamOverloaded,
    Upstream,
    UpstreamTimeout,
    Database,
    /// The database was written by a newer release.
    DatabaseNewer,
    Internal,
}

impl Kind {
    /// Status, OpenAI error type and code.
    fn describe(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        const CALLER: &str = "invalid_request_error";
        const SERVER: &str = "server_error";
        match self {
            Kind::Invalid => (S::BAD_REQUEST, CALLER, "invalid_value"),
            Kind::MissingModel => (S::BAD_REQUEST, CALLER, "missing_model"),
            Kind::ModelNotFound => (S::NOT_FOUND, CALLER, "model_not_found"),
            Kind::ContentPolicy => (S::BAD_REQUEST, CALLER, "content_policy_violation"),
            Kind::MissingKey => (S::UNAUTHORIZED, "authentication_error", "missing_token"),
            Kind::InvalidKey => (S::UNAUTHORIZED, "authentication_error", "invalid_api_key"),
            Kind::MissingSession => (S::UNAUTHORIZED, "authentication_error", "MISSING_SESSION"),
            Kind::SessionExpired => (S::UNAUTHORIZED, "authentication_error", "SESSION_EXPIRED"),
            Kind::BadLogin => (S::UNAUTHORIZED, "authentication_error", "BAD_CREDENTIALS"),
            Kind::PasswordChangeRequired => (S::FORBIDDEN, "permission_error", "PASSWORD_CHANGE_REQUIRED"),
            Kind::ForeignOrigin => (S::FORBIDDEN, "permission_error", "FOREIGN_ORIGIN"),
            Kind::NotFound => (S::NOT_FOUND, CALLER, "not_found"),
            Kind::Gone => (S::GONE, CALLER, "gone"),
            Kind::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, CALLER, "method_not_allowed"),
            Kind::Conflict => (S::CONFLICT, CALLER, "conflict"),
            Kind::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, CALLER, "body_too_large"),
            Kind::UnsupportedCoding => (S::UNSUPPORTED_MEDIA_TYPE, CALLER, "unsupported_encoding"),
            Kind::RequestTimeout => (S::REQUEST_TIMEOUT, CALLER, "request_timeout"),
            Kind::TooManyLogins => (S::TOO_MANY_REQUESTS, "rate_limit_error", "TOO_MANY_LOGINS"),
            Kind::AllTokensCooling => (S::TOO_MANY_REQUESTS, "rate_limit_error", "rate_limit_exceeded"),
            Kind::NoToken => (S::SERVICE_UNAVAILABLE, SERVER, "no_available_token"),
            Kind::NotEntitled => (S::FORBIDDEN, "permission_error", "model_not_available"),
            Kind::UpstreamBlocked => (S::BAD_GATEWAY, SERVER, "upstream_blocked"),
            Kind::UpstreamOverloaded => (S::SERVICE_UNAVAILABLE, SERVER, "upstream_overloaded"),
            Kind::Upstream => (S::BAD_GATEWAY, SERVER, "upstream_error"),
            Kind::UpstreamTimeout => (S::GATEWAY_TIMEOUT, SERVER, "upstream_timeout"),
            Kind::Database => (S::SERVICE_UNAVAILABLE, SERVER, "database_error"),
            Kind::DatabaseNewer => (S::SERVICE_UNAVAILABLE, SERVER, "database_newer"),
            Kind::Internal => (S::INTERNAL_SERVER_ERROR, SERVER, "internal_error"),
        }
    }
}

/// A failure as the caller may see it. What only the operator may see goes to the host's log instead.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
    /// A code more exact than the kind's own.
    pub code: Option<&'static str>,
    /// The field at fault, as a path: `messages.0.content.1.type`.
    pub param: Option<String>,
    /// Seconds after which a further try is worth it.
    pub retry_after: Option<u64>,
    /// The methods that the path does take.
    pub allow: Option<String>,
}

/// What clients of `/v1` know as an error, in a body or in a stream.
#[derive(Debug, Serialize)]
pub struct OpenAiError<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: &'static str,
}

/// Most bytes of a message or of a field's path in an answer: both may repeat what a client sent.
const MOST_SHOWN: usize = 2_000;

/// The beginning of a text that an answer may show.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_SHOWN)]
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), code: None, param: None, retry_after: None, allow: None }
    }

    /// A 400 that names the field.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Error { param: Some(param.into()), ..Error::new(Kind::Invalid, message) }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Error::new(Kind::Internal, message)
    }

    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub fn status(&self) -> StatusCode {
        self.kind.describe().0
    }

    pub fn code(&self) -> &'static str {
        self.code.unwrap_or(self.kind.describe().2)
    }

    /// The error object of OpenAI's API reference.
    pub fn openai_object(&self) -> OpenAiError<'_> {
        let (_, r#type, _) = self.kind.describe();
        OpenAiError {
            message: shown(&self.message),
            r#type,
            param: self.param.as_deref().map(shown),
            code: self.code(),
        }
    }

    /// The body of OpenAI's API reference: `{"error":{message,type,param,code}}`.
    fn openai_body(&self) -> String {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: OpenAiError<'a>,
        }
        serde_json::to_string(&Envelope { error: self.openai_object() }).expect("strings always serialise")
    }

    /// The console's body: `{"success":false,message,code,field?}`.
    fn admin_body(&self) -> String {
        #[derive(Serialize)]
        struct Failure<'a> {
            success: bool,
            message: &'a str,
            code: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            field: Option<&'a str>,
        }
        let failure = Failure {
            success: false,
            message: shown(&self.message),
            code: self.code(),
            field: self.param.as_deref().map(shown),
        };
        serde_json::to_string(&failure).expect("strings always serialise")
    }

    /// The reply, its body in the manner of the path that was asked for.
    pub fn into_reply(self, path: &str) -> Reply {
        let body = if path.starts_with("/api/") { self.admin_body() } else { self.openai_body() };
        let mut reply = Reply::new(Body::Full(Bytes::from(body)));
        *reply.status_mut() = self.status();
        let headers = reply.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.kind == Kind::UnsupportedCoding {
            // RFC 9110 §15.5.16: what the next request may have.
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        }
        if let Some(methods) = self.allow.and_then(|methods| HeaderValue::from_str(&methods).ok()) {
            headers.insert(header::ALLOW, methods);
        }
        reply
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
