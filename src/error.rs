//! Everything that can go wrong on the way to an answer: kinds with their status, and words for the client.
//!
//! Each API writes an error in its own body: OpenAI's in [`crate::protocols::openai::error`], the console's in
//! [`crate::admin::error`]. The kind decides status and code for both.

use http::StatusCode;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is: one row each in [`ErrorKind::describe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
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

impl ErrorKind {
    /// Status, OpenAI error type and code.
    fn describe(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        const CALLER: &str = "invalid_request_error";
        const SERVER: &str = "server_error";
        match self {
            ErrorKind::Invalid => (S::BAD_REQUEST, CALLER, "invalid_value"),
            ErrorKind::MissingModel => (S::BAD_REQUEST, CALLER, "missing_model"),
            ErrorKind::ModelNotFound => (S::NOT_FOUND, CALLER, "model_not_found"),
            ErrorKind::ContentPolicy => (S::BAD_REQUEST, CALLER, "content_policy_violation"),
            ErrorKind::MissingKey => (S::UNAUTHORIZED, "authentication_error", "missing_token"),
            ErrorKind::InvalidKey => (S::UNAUTHORIZED, "authentication_error", "invalid_api_key"),
            ErrorKind::MissingSession => (S::UNAUTHORIZED, "authentication_error", "MISSING_SESSION"),
            ErrorKind::SessionExpired => (S::UNAUTHORIZED, "authentication_error", "SESSION_EXPIRED"),
            ErrorKind::BadLogin => (S::UNAUTHORIZED, "authentication_error", "BAD_CREDENTIALS"),
            ErrorKind::PasswordChangeRequired => (S::FORBIDDEN, "permission_error", "PASSWORD_CHANGE_REQUIRED"),
            ErrorKind::ForeignOrigin => (S::FORBIDDEN, "permission_error", "FOREIGN_ORIGIN"),
            ErrorKind::NotFound => (S::NOT_FOUND, CALLER, "not_found"),
            ErrorKind::Gone => (S::GONE, CALLER, "gone"),
            ErrorKind::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, CALLER, "method_not_allowed"),
            ErrorKind::Conflict => (S::CONFLICT, CALLER, "conflict"),
            ErrorKind::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, CALLER, "body_too_large"),
            ErrorKind::UnsupportedCoding => (S::UNSUPPORTED_MEDIA_TYPE, CALLER, "unsupported_encoding"),
            ErrorKind::RequestTimeout => (S::REQUEST_TIMEOUT, CALLER, "request_timeout"),
            ErrorKind::TooManyLogins => (S::TOO_MANY_REQUESTS, "rate_limit_error", "TOO_MANY_LOGINS"),
            ErrorKind::AllTokensCooling => (S::TOO_MANY_REQUESTS, "rate_limit_error", "rate_limit_exceeded"),
            ErrorKind::NoToken => (S::SERVICE_UNAVAILABLE, SERVER, "no_available_token"),
            ErrorKind::NotEntitled => (S::FORBIDDEN, "permission_error", "model_not_available"),
            ErrorKind::UpstreamBlocked => (S::BAD_GATEWAY, SERVER, "upstream_blocked"),
            ErrorKind::UpstreamOverloaded => (S::SERVICE_UNAVAILABLE, SERVER, "upstream_overloaded"),
            ErrorKind::Upstream => (S::BAD_GATEWAY, SERVER, "upstream_error"),
            ErrorKind::UpstreamTimeout => (S::GATEWAY_TIMEOUT, SERVER, "upstream_timeout"),
            ErrorKind::Database => (S::SERVICE_UNAVAILABLE, SERVER, "database_error"),
            ErrorKind::DatabaseNewer => (S::SERVICE_UNAVAILABLE, SERVER, "database_newer"),
            ErrorKind::Internal => (S::INTERNAL_SERVER_ERROR, SERVER, "internal_error"),
        }
    }
}

/// A failure as the caller may see it. What only the operator may see goes to the host's log instead.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: ErrorKind,
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

/// Most bytes of a message or of a field's path in an answer: both may repeat what a client sent.
const MOST_SHOWN: usize = 2_000;

/// The beginning of a text that an answer may show.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_SHOWN)]
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), code: None, param: None, retry_after: None, allow: None }
    }

    /// A 400 that names the field.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Error { param: Some(param.into()), ..Error::new(ErrorKind::Invalid, message) }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Internal, message)
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

    /// Returns the code that programs compare: the error's own, else its kind's.
    pub fn code(&self) -> &'static str {
        self.code.unwrap_or(self.kind.describe().2)
    }

    /// Returns OpenAI's `type` of the error.
    pub fn openai_type(&self) -> &'static str {
        self.kind.describe().1
    }

    /// Returns the message as an answer may show it: at most 2,000 bytes, because it may repeat what a client sent.
    pub fn shown_message(&self) -> &str {
        shown(&self.message)
    }

    /// Returns the path of the field at fault: at most 2,000 bytes, because it may repeat what a client sent.
    pub fn shown_param(&self) -> Option<&str> {
        self.param.as_deref().map(shown)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
