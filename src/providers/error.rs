//! The ways in which a provider fails to answer.
//!
//! [`crate::pool::outcome`] decides their effect on an account, the protocols what a client sees. Texts in them are
//! the provider's own and go to the log.

/// The longest wait that counts, in seconds: after a day a provider is asked again.
const LONGEST_WAIT: f64 = 86_400.0;

/// Returns the seconds of a `Retry-After`, at most a day; `None` for a date.
pub fn wait_of(retry_after: Option<&str>) -> Option<u64> {
    let seconds: f64 = retry_after?.trim().parse().ok()?;
    (seconds >= 0.0).then(|| seconds.min(LONGEST_WAIT).ceil() as u64)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// The account is rate-limited or (`quota_spent`) has used up its window. `retry_after` is in seconds.
    RateLimited { quota_spent: bool, retry_after: Option<u64> },
    /// A short rate limit: the account may be used again after `retry_after` seconds.
    Throttled { retry_after: u64 },
    /// The account's type does not have the mode.
    NotEntitled(String),
    /// The session is invalid or its user is blocked. Holds the marker that Grok sent.
    DeadAccount(String),
    /// A challenge page or anti-bot rule. It concerns the network or the headers, not the account.
    AntiBot,
    /// The whole service is overloaded. `retry_after` is in seconds.
    Overloaded { retry_after: Option<u64> },
    /// The content was refused.
    Moderated(String),
    /// The provider calls our request malformed.
    CallerError(String),
    /// The prompt is longer than the provider accepts.
    PromptTooLong,
    /// The request needs a signature, and the operator has supplied none.
    MissingSignature,
    /// The provider refused the operator's signature, which is out of date.
    StaleSignature,
    /// The look-up of the provider's host name failed.
    NoAddress(String),
    /// The provider does not know the model: our table is out of date.
    ModelNotFound,
    /// The provider does not allow the request, for a reason other than the account.
    Policy(String),
    /// The provider failed. Holds the HTTP status, or the one that its in-band code stands for.
    Server(u16),
    /// The connection failed, or broke before the head of a response. Holds the host's own text.
    Connect(String),
    /// The provider sent nothing within the time limit.
    Timeout,
    /// The stream ended in the middle of an answer.
    Cut,
    /// The stream ended without an answer.
    Empty,
    /// One object of the stream exceeds the limit.
    TooLong,
    /// A variable with the provider's address is wrong. Holds the sentence for the operator.
    Variable(String),
    /// The account's token was encrypted with another key, so it was not sent.
    Unreadable,
    /// The answer is complete, but not in the form asked for, at the second try either. Holds the client's code, and
    /// what is wrong.
    Unfit { code: &'static str, message: String },
}

impl ProviderError {
    /// Returns whether the same request may succeed on another account.
    pub fn is_retryable_on_another_account(&self) -> bool {
        use ProviderError::*;
        match self {
            RateLimited { .. } | Throttled { .. } | NotEntitled(_) | DeadAccount(_) => true,
            Overloaded { .. } | Server(_) => true,
            Connect(_) | Timeout | Cut | Empty | Unreadable => true,
            AntiBot
            | Moderated(_)
            | CallerError(_)
            | PromptTooLong
            | ModelNotFound
            | Policy(_)
            | TooLong
            | Unfit { .. } => false,
            MissingSignature | StaleSignature | NoAddress(_) | Variable(_) => false,
        }
    }
}

impl ProviderError {
    /// Returns whether the same request may succeed at another provider.
    pub fn is_retryable_on_another_provider(&self) -> bool {
        use ProviderError::*;
        !matches!(self, Moderated(_) | CallerError(_) | Unfit { .. } | Variable(_))
    }
}

/// The text in the log and the console.
impl std::fmt::Display for ProviderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProviderError::RateLimited { quota_spent: false, .. } => f.write_str("429: too many requests"),
            ProviderError::RateLimited { quota_spent: true, .. } => f.write_str("429: the quota is spent"),
            ProviderError::Throttled { .. } => f.write_str("429: too many requests in a short time"),
            ProviderError::NotEntitled(text) => write!(f, "the account's type does not have this mode: {text}"),
            ProviderError::DeadAccount(text) => write!(f, "account refused: {text}"),
            ProviderError::AntiBot => f.write_str("anti-bot page or challenge"),
            ProviderError::Overloaded { .. } => f.write_str("the service is under heavy usage"),
            ProviderError::Moderated(text) => write!(f, "moderated: {text}"),
            ProviderError::CallerError(text) => write!(f, "request refused: {text}"),
            ProviderError::PromptTooLong => f.write_str("the prompt is too long"),
            ProviderError::MissingSignature => f.write_str("the setting x_statsig_id is empty"),
            ProviderError::StaleSignature => f.write_str("the signature in the setting x_statsig_id was refused"),
            ProviderError::NoAddress(text) => write!(f, "name look-up failed: {text}"),
            ProviderError::ModelNotFound => f.write_str("model not found"),
            ProviderError::Policy(text) => write!(f, "not allowed: {text}"),
            ProviderError::Server(status) => write!(f, "{status}: server error"),
            ProviderError::Connect(text) => write!(f, "no connection: {text}"),
            ProviderError::Timeout => f.write_str("timed out"),
            ProviderError::Cut => f.write_str("the answer broke off"),
            ProviderError::Empty => f.write_str("the answer was empty"),
            ProviderError::TooLong => f.write_str("an object of the answer was too long"),
            ProviderError::Unfit { message, .. } => write!(f, "not in the form asked for: {message}"),
            ProviderError::Variable(sentence) => f.write_str(sentence),
            ProviderError::Unreadable => f.write_str("the token cannot be decrypted with this encryption_key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_at_most_a_day() {
        for (header, seconds) in [
            ("0", Some(0)),
            (" 1.2 ", Some(2)),
            ("86401", Some(86_400)),
            ("99999999999999999999", Some(86_400)),
            ("inf", Some(86_400)),
            ("NaN", None),
            ("-1", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ] {
            assert_eq!(wait_of(Some(header)), seconds, "{header}");
        }
        assert_eq!(wait_of(None), None);
    }
}
