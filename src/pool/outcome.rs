//! The effect of an attempt on its account: the kinds of outcome and the values that each of them writes.
//!
//! Pure. The statement in [`crate::store::accounts::reserve`] chooses the account of a request; the trigger on the
//! view `token_outcomes` applies the effect.

use crate::{
    providers::{ProviderError, catalog::QuotaBucket},
    time::HOUR,
};

/// How many reservations skip an account after an ordinary error.
const SKIPPED: i64 = 5;

/// How an attempt ended for its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    Success {
        cost: i64,
    },
    Failed(&'a ProviderError),
    /// The client left or sent a bad request: the account is not affected.
    NoEffect,
}

/// The account that was used, as it was when it was reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub token_id: i64,
    pub suffix: String,
    pub is_super: bool,
    pub limit_name: &'static str,
    pub bucket: QuotaBucket,
    /// `None` if the quota is unknown.
    pub remaining: Option<i64>,
}

/// The values written to the view `token_outcomes`. 0 and `""` change nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    pub spent: i64,
    pub drained: bool,
    pub window_until: i64,
    pub cool_until: i64,
    pub skip: i64,
    pub strike: i64,
    pub reason: String,
}

/// Returns the length of a quota's window in milliseconds, for an account whose window is unknown.
pub fn default_window(is_super: bool) -> i64 {
    if is_super { 2 * HOUR } else { 20 * HOUR }
}

/// Returns what the outcome changes. `now` and the times in the effect are in Unix milliseconds.
pub fn effect(outcome: Outcome, used: &Used, now: i64) -> Effect {
    match outcome {
        Outcome::Success { cost } => Effect { spent: cost, strike: -1, ..Effect::default() },
        Outcome::NoEffect => Effect::default(),
        Outcome::Failed(fault) => of_fault(fault, used, now),
    }
}

fn of_fault(fault: &ProviderError, used: &Used, now: i64) -> Effect {
    let reason = fault.to_string();
    match fault {
        ProviderError::RateLimited { quota_spent: true, .. } => {
            let (window_until, cool_until) = (now + default_window(used.is_super), now + 10 * HOUR);
            // Grok counts each mode separately. The ordinary counter is shared by several modes, of which only one is
            // used up.
            let drained = used.bucket == QuotaBucket::Heavy;
            Effect { drained, window_until, cool_until, reason, ..Effect::default() }
        }
        ProviderError::RateLimited { quota_spent: false, .. } => {
            let rest = if used.remaining == Some(0) { 10 * HOUR } else { HOUR };
            Effect { cool_until: now + rest, reason, ..Effect::default() }
        }
        ProviderError::Throttled { retry_after } => {
            let cool_until = now + i64::try_from(*retry_after).unwrap_or_default() * 1000;
            Effect { cool_until, reason, ..Effect::default() }
        }
        ProviderError::NotEntitled(_) => Effect { cool_until: now + 10 * HOUR, reason, ..Effect::default() },
        ProviderError::DeadAccount(_) => Effect { skip: SKIPPED, strike: 1, reason, ..Effect::default() },
        ProviderError::Server(_)
        | ProviderError::Connect(_)
        | ProviderError::Timeout
        | ProviderError::Cut
        | ProviderError::Empty
        | ProviderError::TooLong
        | ProviderError::Unreadable => Effect { skip: SKIPPED, reason, ..Effect::default() },
        ProviderError::AntiBot
        | ProviderError::Overloaded { .. }
        | ProviderError::Moderated(_)
        | ProviderError::CallerError(_)
        | ProviderError::PromptTooLong
        | ProviderError::MissingSignature
        | ProviderError::NoAddress(_)
        | ProviderError::ModelNotFound
        | ProviderError::Policy(_) => Effect::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_769_673_600_000;

    fn used(is_super: bool, remaining: Option<i64>) -> Used {
        let (suffix, limit_name, bucket) = ("abcdef".to_owned(), "auto", QuotaBucket::Normal);
        Used { token_id: 1, suffix, is_super, limit_name, bucket, remaining }
    }

    fn after(fault: ProviderError) -> Effect {
        effect(Outcome::Failed(&fault), &used(false, Some(80)), NOW)
    }

    #[test]
    fn an_answer_spends_quota_and_clears_strikes() {
        let expected = Effect { spent: 4, strike: -1, ..Effect::default() };
        assert_eq!(effect(Outcome::Success { cost: 4 }, &used(false, None), NOW), expected);
    }

    #[test]
    fn a_rate_limit_cools_by_what_is_left() {
        let too_many = ProviderError::RateLimited { quota_spent: false, retry_after: None };
        for (remaining, hours) in [(Some(80), 1), (Some(1), 1), (None, 1), (Some(0), 10)] {
            let effect = effect(Outcome::Failed(&too_many), &used(false, remaining), NOW);
            assert_eq!(
                (effect.cool_until, effect.drained, effect.strike, effect.skip),
                (NOW + hours * HOUR, false, 0, 0)
            );
        }
        let spent = ProviderError::RateLimited { quota_spent: true, retry_after: None };
        for (is_super, window) in [(false, 20), (true, 2)] {
            for (bucket, drained) in [(QuotaBucket::Normal, false), (QuotaBucket::Heavy, true)] {
                let used = Used { bucket, ..used(is_super, Some(80)) };
                let effect = effect(Outcome::Failed(&spent), &used, NOW);
                assert_eq!((effect.cool_until, effect.drained), (NOW + 10 * HOUR, drained));
                assert_eq!(effect.window_until, NOW + window * HOUR);
            }
        }
    }

    #[test]
    fn a_short_limit_and_a_missing_mode_cool_and_do_not_strike() {
        let effect = after(ProviderError::Throttled { retry_after: 60 });
        assert_eq!((effect.cool_until, effect.strike, effect.skip), (NOW + 60_000, 0, 0));
        let effect = after(ProviderError::NotEntitled("heavy".to_owned()));
        assert_eq!((effect.cool_until, effect.strike, effect.skip), (NOW + 10 * HOUR, 0, 0));
    }

    #[test]
    fn an_ordinary_error_skips_the_account() {
        let faults = [
            ProviderError::Server(502),
            ProviderError::Connect("refused".to_owned()),
            ProviderError::Timeout,
            ProviderError::Cut,
            ProviderError::Empty,
            ProviderError::TooLong,
            ProviderError::Unreadable,
        ];
        for fault in faults {
            let expected = Effect { skip: 5, reason: fault.to_string(), ..Effect::default() };
            assert_eq!(after(fault), expected);
        }
        let dead = ProviderError::DeadAccount("invalid-credentials".to_owned());
        let expected = Effect { skip: 5, strike: 1, reason: dead.to_string(), ..Effect::default() };
        assert_eq!(after(dead), expected);
    }

    #[test]
    fn errors_not_of_the_account_have_no_effect() {
        let text = || "text".to_owned();
        for fault in [
            ProviderError::AntiBot,
            ProviderError::Overloaded { retry_after: Some(5) },
            ProviderError::Moderated(text()),
            ProviderError::CallerError(text()),
            ProviderError::PromptTooLong,
            ProviderError::MissingSignature,
            ProviderError::NoAddress(text()),
            ProviderError::ModelNotFound,
            ProviderError::Policy(text()),
        ] {
            assert_eq!(after(fault), Effect::default());
        }
        assert_eq!(effect(Outcome::NoEffect, &used(false, Some(80)), NOW), Effect::default());
    }
}
