//! The effect of an attempt on its account: the kinds of outcome and the values that each of them writes.
//!
//! Pure. The statement in [`crate::store::accounts::reserve`] chooses the account of a request; the trigger on the
//! view `account_outcomes` applies the effect.

use crate::{
    providers::{ProviderError, catalog::QuotaBucket},
    settings::Global,
    time::MINUTE,
};

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
    pub account_id: i64,
    pub suffix: String,
    pub bucket: QuotaBucket,
    /// The requests left in the bucket; `None` if unknown.
    pub remaining: Option<i64>,
    /// The end of the bucket's window in Unix milliseconds; `None` if unknown or over.
    pub until: Option<i64>,
    /// What is held of the account's budget and of that of the API key with this id, in ticks.
    pub held: i64,
    pub key_id: i64,
}

/// The operator's numbers for what Grok does not report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rests {
    /// How many reservations skip an account after an ordinary error.
    pub skipped: i64,
    /// Milliseconds of rest after a rate limit with quota left, or with unknown quota.
    pub limited: i64,
    /// Milliseconds of rest if no quota is left.
    pub used_up: i64,
}

impl Rests {
    /// Returns the numbers in the settings.
    pub fn of(settings: &Global) -> Self {
        Rests {
            skipped: settings.error_skip_requests,
            limited: settings.rate_limit_cooldown_minutes * MINUTE,
            used_up: settings.used_up_cooldown_minutes * MINUTE,
        }
    }
}

/// The values written to the view `account_outcomes`. 0, false and `""` change nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    pub spent: i64,
    pub used_up: bool,
    pub window_until: i64,
    pub not_granted: bool,
    pub cool_until: i64,
    pub skip: i64,
    pub strike: i64,
    /// Whether the account is to be read again soon, because its state may differ from what is stored.
    pub read: bool,
    pub reason: String,
}

/// Returns what the outcome changes. `now` and the times in the effect are in Unix milliseconds.
pub fn effect(outcome: Outcome, used: &Used, rests: Rests, now: i64) -> Effect {
    match outcome {
        Outcome::Success { cost } => Effect { spent: cost, strike: -1, ..Effect::default() },
        Outcome::NoEffect => Effect::default(),
        Outcome::Failed(fault) => of_fault(fault, used, rests, now),
    }
}

fn of_fault(fault: &ProviderError, used: &Used, rests: Rests, now: i64) -> Effect {
    let reason = fault.to_string();
    match fault {
        ProviderError::RateLimited { quota_spent, retry_after } => {
            let end = limit_end(*quota_spent, *retry_after, used, rests, now);
            Effect {
                used_up: *quota_spent,
                window_until: end,
                cool_until: end,
                read: true,
                reason,
                ..Effect::default()
            }
        }
        ProviderError::Throttled { retry_after } => {
            Effect { cool_until: now + milliseconds(*retry_after), reason, ..Effect::default() }
        }
        // Of a model that a key of xAI's API may not use: another key may, and this one has others.
        ProviderError::NotEntitled(_) if used.bucket == QuotaBucket::Api => {
            Effect { skip: rests.skipped, reason, ..Effect::default() }
        }
        // The rest counts if the next reading says otherwise than the chat.
        ProviderError::NotEntitled(_) => {
            Effect { not_granted: true, cool_until: now + rests.limited, read: true, reason, ..Effect::default() }
        }
        ProviderError::DeadAccount(_) => {
            Effect { skip: rests.skipped, strike: 1, read: true, reason, ..Effect::default() }
        }
        ProviderError::Server(_)
        | ProviderError::Connect(_)
        | ProviderError::Timeout
        | ProviderError::Cut
        | ProviderError::Empty
        | ProviderError::TooLong
        | ProviderError::Unreadable => Effect { skip: rests.skipped, reason, ..Effect::default() },
        ProviderError::AntiBot
        | ProviderError::Overloaded { .. }
        | ProviderError::Moderated(_)
        | ProviderError::CallerError(_)
        | ProviderError::PromptTooLong
        | ProviderError::MissingSignature
        | ProviderError::StaleSignature
        | ProviderError::NoAddress(_)
        | ProviderError::ModelNotFound
        | ProviderError::Policy(_)
        | ProviderError::Variable(_)
        // The account has answered; see `RequestRecord`.
        | ProviderError::Unfit { .. } => Effect::default(),
    }
}

/// Returns when an account that has reached a limit is usable again: when Grok says, else with nothing left when its window
/// ends, else after the operator's time. With quota left, the end of the window says only when the numbers expire.
fn limit_end(quota_spent: bool, retry_after: Option<u64>, used: &Used, rests: Rests, now: i64) -> i64 {
    let is_spent = quota_spent || used.remaining == Some(0);
    let named = retry_after.map(|seconds| now + milliseconds(seconds));
    let rest = if is_spent { rests.used_up } else { rests.limited };
    named.or(used.until.filter(|_| is_spent)).unwrap_or(now + rest)
}

fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or_default().saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    const NOW: i64 = 1_769_673_600_000;

    const RESTS: Rests = Rests { skipped: 5, limited: HOUR, used_up: 10 * HOUR };

    fn used(remaining: Option<i64>, until: Option<i64>) -> Used {
        Used {
            account_id: 1,
            suffix: "abcdef".to_owned(),
            bucket: QuotaBucket::Auto,
            remaining,
            until,
            held: 0,
            key_id: 0,
        }
    }

    fn after(fault: ProviderError) -> Effect {
        effect(Outcome::Failed(&fault), &used(Some(80), None), RESTS, NOW)
    }

    #[test]
    fn an_answer_spends_quota_and_clears_strikes() {
        let expected = Effect { spent: 1, strike: -1, ..Effect::default() };
        assert_eq!(effect(Outcome::Success { cost: 1 }, &used(None, None), RESTS, NOW), expected);
    }

    #[test]
    fn a_rate_limit_rests_until_the_window_ends() {
        let end = NOW + 2 * HOUR;
        for (quota_spent, remaining, until, retry_after, rest) in [
            (false, Some(80), None, None, HOUR),
            (false, None, None, None, HOUR),
            (false, Some(0), None, None, 10 * HOUR),
            (false, None, None, Some(30), 30_000),
            (false, Some(80), Some(end), Some(30), 30_000),
            (false, Some(80), Some(end), None, HOUR),
            (false, Some(0), Some(end), None, 2 * HOUR),
            (true, Some(80), None, None, 10 * HOUR),
            (true, None, None, None, 10 * HOUR),
            (true, Some(80), Some(end), None, 2 * HOUR),
            (true, None, None, Some(60), 60_000),
        ] {
            let limit = ProviderError::RateLimited { quota_spent, retry_after };
            let effect = effect(Outcome::Failed(&limit), &used(remaining, until), RESTS, NOW);
            let expected = (NOW + rest, NOW + rest, quota_spent, true, 0, 0);
            let Effect { cool_until, window_until, used_up, read, strike, skip, .. } = effect;
            assert_eq!((cool_until, window_until, used_up, read, strike, skip), expected, "{limit:?} {remaining:?}");
        }
    }

    #[test]
    fn a_short_limit_cools_and_a_missing_mode_is_not_granted() {
        let effect = after(ProviderError::Throttled { retry_after: 60 });
        assert_eq!((effect.cool_until, effect.strike, effect.read), (NOW + 60_000, 0, false));
        let effect = after(ProviderError::NotEntitled("heavy".to_owned()));
        assert_eq!((effect.not_granted, effect.cool_until, effect.strike, effect.read), (true, NOW + HOUR, 0, true));
    }

    #[test]
    fn a_key_without_a_model_has_the_others() {
        let of_key = Used { bucket: QuotaBucket::Api, ..used(None, None) };
        let missing = ProviderError::NotEntitled("no permission for this model".to_owned());
        let effect = effect(Outcome::Failed(&missing), &of_key, RESTS, NOW);
        assert_eq!((effect.not_granted, effect.cool_until, effect.skip), (false, 0, RESTS.skipped));
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
        let expected = Effect { skip: 5, strike: 1, read: true, reason: dead.to_string(), ..Effect::default() };
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
            ProviderError::StaleSignature,
            ProviderError::NoAddress(text()),
            ProviderError::ModelNotFound,
            ProviderError::Policy(text()),
            ProviderError::Variable(text()),
        ] {
            assert_eq!(after(fault), Effect::default());
        }
        assert_eq!(effect(Outcome::NoEffect, &used(Some(80), None), RESTS, NOW), Effect::default());
    }
}
