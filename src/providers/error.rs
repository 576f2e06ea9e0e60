//! Why a provider gave no answer: one class for each way of failing.
//!
//! What a class does to an account is decided in [`crate::pool::outcome`]; what a client reads, by its protocol. Texts kept here
//! are the provider's own: they are for the log.

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// This account is asked too often, or (`quota_spent`) has used up its window.
    RateLimited { quota_spent: bool, retry_after: Option<u64> },
    /// A short limit: the account may be asked again after `retry_after` seconds.
    Throttled { retry_after: u64 },
    /// The account's type does not have the mode.
    NotEntitled(String),
    /// The session is no longer good, or its owner is blocked. Holds the marker that said so.
    DeadAccount(String),
    /// A challenge page or anti-bot rule: the network or the headers, not the account.
    AntiBot,
    /// The whole service is busy.
    Overloaded { retry_after: Option<u64> },
    /// The content was refused.
    Moderated(String),
    /// The upstream calls our request malformed.
    CallerError(String),
    /// The prompt is longer than the service takes.
    PromptTooLong,
    /// The operator has supplied no signature, and this needs one.
    MissingSignature,
    /// The service's name could not be looked up.
    NoAddress(String),
    /// The upstream does not know the model: our table is out of date.
    ModelNotFound,
    /// The request is not allowed, for a reason that is not the account's health.
    Policy(String),
    /// The service failed; the HTTP status, or the one its in-band code stands for.
    Server(u16),
    /// No connection, or it broke before an answer's head. Holds the host's own words.
    Connect(String),
    /// The upstream kept silent for too long.
    Timeout,
    /// The stream ended in the middle of an answer.
    Cut,
    /// The stream ended without any answer.
    Empty,
    /// One object of the stream was longer than is taken.
    TooLong,
    /// The account's token was sealed with another key: it could not be sent at all.
    Unreadable,
}

impl ProviderError {
    /// Whether the same request may succeed on another account.
    pub fn is_retryable_on_another_account(&self) -> bool {
        use ProviderError::*;
        match self {
            RateLimited { .. } | Throttled { .. } | NotEntitled(_) | DeadAccount(_) => true,
            Overloaded { .. } | Server(_) => true,
            Connect(_) | Timeout | Cut | Empty | Unreadable => true,
            AntiBot | Moderated(_) | CallerError(_) | PromptTooLong | ModelNotFound | Policy(_) | TooLong => false,
            MissingSignature | NoAddress(_) => false,
        }
    }
}

/// For the log and the console.
impl std::fmt::Display for ProviderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProviderError::RateLimited { quota_spent: false, .. } => f.write_str("429: too many requests"),
            ProviderError::RateLimited { quota_spent: true, .. } => f.write_str("429: the quota is spent"),
            ProviderError::Throttled { .. } => f.write_str("429: asked too often for the moment"),
            ProviderError::NotEntitled(text) => write!(f, "the account's type does not have this mode: {text}"),
            ProviderError::DeadAccount(text) => write!(f, "account refused: {text}"),
            ProviderError::AntiBot => f.write_str("anti-bot page or challenge"),
            ProviderError::Overloaded { .. } => f.write_str("the service is under heavy usage"),
            ProviderError::Moderated(text) => write!(f, "moderated: {text}"),
            ProviderError::CallerError(text) => write!(f, "request refused: {text}"),
            ProviderError::PromptTooLong => f.write_str("the prompt is too long"),
            ProviderError::MissingSignature => f.write_str("the setting x_statsig_id is empty"),
            ProviderError::NoAddress(text) => write!(f, "name look-up failed: {text}"),
            ProviderError::ModelNotFound => f.write_str("model not found"),
            ProviderError::Policy(text) => write!(f, "not allowed: {text}"),
            ProviderError::Server(status) => write!(f, "{status}: server error"),
            ProviderError::Connect(text) => write!(f, "no connection: {text}"),
            ProviderError::Timeout => f.write_str("timed out"),
            ProviderError::Cut => f.write_str("the answer broke off"),
            ProviderError::Empty => f.write_str("the answer was empty"),
            ProviderError::TooLong => f.write_str("an object of the answer was too long"),
            ProviderError::Unreadable => f.write_str("the token cannot be opened with this encryption_key"),
        }
    }
}
