//! [`Error`] and [`ErrorKind`]: what can go wrong while a request is answered, its status and its message.
//!
//! Each API writes an error in its own body: OpenAI's in [`crate::protocols::openai::error`], the console's in
//! [`crate::admin::error`]. The kind decides status and code for both.
//!
//! ```ignore
//! return Err(Error::invalid("temperature", "temperature is a number from 0 to 2"));
//! ```

use http::StatusCode;

use crate::providers::xai::key::masked;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of a failure. [`ErrorKind::describe`] has one row for each.
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
    /// The resource existed and was deleted for good.
    Gone,
    MethodNotAllowed,
    Conflict,
    BodyTooLarge,
    /// The body of the request has a content coding that the gateway does not decode.
    UnsupportedCoding,
    /// The body of the request did not arrive in time.
    RequestTimeout,
    TooManyLogins,
    /// Every account that could serve the model is in a cooldown or has used up its quota.
    AllAccountsCooling,
    /// The daily budget of the key, or of all accounts, is used up.
    BudgetReached,
    NoAccount,
    /// No account has the type that the model requires.
    NotEntitled,
    /// Grok blocks the requests of this gateway, regardless of the account.
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
    /// Returns the status, OpenAI's error type and the code.
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
            ErrorKind::AllAccountsCooling => (S::TOO_MANY_REQUESTS, "rate_limit_error", "rate_limit_exceeded"),
            ErrorKind::BudgetReached => (S::TOO_MANY_REQUESTS, "insufficient_quota", "budget_reached"),
            ErrorKind::NoAccount => (S::SERVICE_UNAVAILABLE, SERVER, "no_available_token"),
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

/// A failure as the client may see it. Details for the operator alone go to the host's log instead.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    /// A code that is more specific than that of the kind.
    pub code: Option<&'static str>,
    /// The path of the field at fault, such as `messages.0.content.1.type`.
    pub param: Option<String>,
    /// Seconds after which the client may retry, sent as `Retry-After`.
    pub retry_after: Option<u64>,
    /// The methods that the path accepts, sent as `Allow`.
    pub allow: Option<String>,
}

/// Maximum bytes of a message, or of a field's path, in an answer. Both may repeat what a client sent.
const MOST_SHOWN: usize = 2_000;

/// Returns at most the first [`MOST_SHOWN`] bytes of a text.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_SHOWN)]
}

impl Error {
    /// Returns an error of a kind with a message for the client and the log. It may repeat what was sent, so keys of xAI's
    /// API in it are hidden.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: masked(&message.into()), code: None, param: None, retry_after: None, allow: None }
    }

    /// Returns an error with status 400 that names the field at fault by its path.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Error { param: Some(param.into()), ..Error::new(ErrorKind::Invalid, message) }
    }

    /// Returns the error for a model that the gateway does not have. A long name is cut.
    pub fn unknown_model(id: &str) -> Self {
        let id: String = id.chars().take(100).collect();
        let message = format!("The model '{id}' does not exist: GET /v1/models lists those that do");
        Error::new(ErrorKind::ModelNotFound, message).with_param("model")
    }

    /// Returns an error with status 500. The client sees the message.
    pub fn internal(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Internal, message)
    }

    /// Returns the error with the path of the field at fault.
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Returns the error with the seconds after which the client may retry.
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Returns the HTTP status of the kind.
    pub fn status(&self) -> StatusCode {
        self.kind.describe().0
    }

    /// Returns the code that programs compare: that of the error, else that of its kind.
    pub fn code(&self) -> &'static str {
        self.code.unwrap_or(self.kind.describe().2)
    }

    /// Returns the `type` that OpenAI's API gives such an error.
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
