//! Asking Grok what an account has left: the one way of doing so, for the test of a token and the refresh of all.

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

/// No window is longer: a number beyond it is a slip, and must not bar a token for ever.
const MAX_WINDOW: i64 = 31 * DAY;

/// The rate-limit names to ask for, one call each: the ordinary quota, and the heavy one of those who have it.
pub fn names(token_type: TokenType) -> (&'static str, Option<&'static str>) {
    (NORMAL_QUOTA, (token_type == TokenType::Super).then_some(HEAVY_QUOTA))
}

/// What the calls say of an account. The ordinary quota decides: an account whose heavy quota cannot be had is
/// still good.
#[derive(Debug)]
pub enum Verdict {
    Alive {
        normal: Limits,
        heavy: Limits,
    },
    /// The account is gone; the fault holds the words that said so.
    Dead(ProviderError),
    /// Nothing was learnt of the account.
    Unknown(ProviderError),
}

impl Verdict {
    /// From the answers for the two [`names`].
    pub fn of(normal: Result<Limits, ProviderError>, heavy: Option<Result<Limits, ProviderError>>) -> Self {
        match normal {
            Ok(normal) => Verdict::Alive { normal, heavy: heavy.and_then(Result::ok).unwrap_or_default() },
            Err(fault @ ProviderError::DeadAccount(_)) => Verdict::Dead(fault),
            Err(fault) => Verdict::Unknown(fault),
        }
    }
}

/// What was told, with the end of its window: the announced wait when nothing is left.
pub fn quota(limits: &Limits, token_type: TokenType, now: i64) -> Quota {
    let wait = limits.wait_seconds.filter(|_| limits.remaining == Some(0));
    let window = wait.or(limits.window_seconds).and_then(|seconds| i64::try_from(seconds).ok());
    let default = outcome::default_window(token_type == TokenType::Super);
    let length = window.map_or(default, |seconds| seconds.saturating_mul(1000));
    let until = limits.remaining.map(|_| now + length.min(MAX_WINDOW));
    Quota { remaining: limits.remaining.map(i64::from), until }
}
