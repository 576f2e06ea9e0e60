//! What an attempt does to its token: the classes of outcome and the values each of them writes.
//!
//! Pure. Which token serves a request is chosen by the statement in [`crate::store::reserve`]; what is
//! decided here is applied by the trigger on the view `token_outcomes`.

use crate::grok::{fault::Fault, models::Bucket};

const HOUR: i64 = 3_600_000;
/// How many reservations pass a token over after an ordinary error.
const SKIPPED: i64 = 5;

/// How an attempt ended, as far as its token is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    Success {
        cost: i64,
    },
    Fault(&'a Fault),
    /// The client went away, or the caller was at fault: no token has earned anything by it.
    Nobody,
}

/// The token that was used, as it was when it was reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub token_id: i64,
    pub suffix: String,
    pub is_super: bool,
    pub limit_name: &'static str,
    pub bucket: Bucket,
    /// `None` is unknown.
    pub remaining: Option<i64>,
}

/// The values of the view `token_outcomes`: 0 and `""` change nothing.
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

/// How long a quota's window is when nobody has said, in milliseconds.
pub fn default_window(is_super: bool) -> i64 {
    if is_super { 2 * HOUR } else { 20 * HOUR }
}

/// What the outcome writes at the time `now`, in Unix milliseconds.
pub fn effect(outcome: Outcome, used: &Used, now: i64) -> Effect {
    match outcome {
        Outcome::Success { cost } => Effect { spent: cost, strike: -1, ..Effect::default() },
        Outcome::Nobody => Effect::default(),
        Outcome::Fault(fault) => of_fault(fault, used, now),
    }
}

fn of_fault(fault: &Fault, used: &Used, now: i64) -> Effect {
    let reason = fault.to_string();
    match fault {
        Fault::RateLimited { quota_spent: true, .. } => {
            let (window_until, cool_until) = (now + default_window(used.is_super), now + 10 * HOUR);
            Effect { drained: true, window_until, cool_until, reason, ..Effect::default() }
        }
        Fault::RateLimited { quota_spent: false, .. } => {
            let rest = if used.remaining == Some(0) { 10 * HOUR } else { HOUR };
            Effect { cool_until: now + rest, reason, ..Effect::default() }
        }
        Fault::DeadAccount(_) => Effect { skip: SKIPPED, strike: 1, reason, ..Effect::default() },
        Fault::Server(_)
        | Fault::Connect
        | Fault::Timeout
        | Fault::Cut
        | Fault::Empty
        | Fault::TooLong
        | Fault::Unreadable => Effect { skip: SKIPPED, reason, ..Effect::default() },
        Fault::AntiBot
        | Fault::Overloaded { .. }
        | Fault::Moderated(_)
        | Fault::CallerError(_)
        | Fault::ModelNotFound
        | Fault::Policy(_) => Effect::default(),
    }
}
