//! Reads what Grok answers about an account's quota, for the test of one account and the refresh of all.

use crate::{
    pool::outcome,
    providers::{
        ProviderError,
        catalog::{HEAVY_QUOTA, NORMAL_QUOTA},
        grok_web::quota::Limits,
    },
    store::accounts::{Quota, TokenType},
    time::DAY,
};

/// The longest window of a quota, in milliseconds. A longer one is an error of the service and must not block an
/// account forever.
const MAX_WINDOW: i64 = 31 * DAY;

/// Returns the rate-limit names to ask for, one call each: the ordinary quota, and the heavy one if the type has it.
pub fn names(token_type: TokenType) -> (&'static str, Option<&'static str>) {
    (NORMAL_QUOTA, (token_type == TokenType::Super).then_some(HEAVY_QUOTA))
}

/// The result of the calls for one account. The ordinary quota decides: an account whose heavy quota cannot be read is
/// still alive.
#[derive(Debug)]
pub enum Verdict {
    Alive {
        normal: Limits,
        heavy: Limits,
    },
    /// Grok refused the session; the error holds Grok's words.
    Dead(ProviderError),
    /// The calls failed for another reason, which says nothing about the account.
    Unknown(ProviderError),
}

impl Verdict {
    /// Returns the verdict on the answers for the two [`names`].
    pub fn of(normal: Result<Limits, ProviderError>, heavy: Option<Result<Limits, ProviderError>>) -> Self {
        match normal {
            Ok(normal) => Verdict::Alive { normal, heavy: heavy.and_then(Result::ok).unwrap_or_default() },
            Err(fault @ ProviderError::DeadAccount(_)) => Verdict::Dead(fault),
            Err(fault) => Verdict::Unknown(fault),
        }
    }
}

/// Returns the quota that Grok reported, with the end of its window in Unix milliseconds. With nothing left, the
/// window is the wait that Grok announced.
pub fn quota(limits: &Limits, token_type: TokenType, now: i64) -> Quota {
    let wait = limits.wait_seconds.filter(|_| limits.remaining == Some(0));
    let window = wait.or(limits.window_seconds).and_then(|seconds| i64::try_from(seconds).ok());
    let default = outcome::default_window(token_type == TokenType::Super);
    let length = window.map_or(default, |seconds| seconds.saturating_mul(1000));
    let until = limits.remaining.map(|_| now + length.min(MAX_WINDOW));
    Quota { remaining: limits.remaining.map(i64::from), until }
}
