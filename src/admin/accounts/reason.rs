//! The reason for an account's state, in words.

use super::state::{Status, cooling, mode_quotas};
use crate::{
    providers::catalog::QuotaBucket,
    store::{accounts::StoredToken, spending::Today},
};

/// Returns the reason for the state, in words.
pub fn reason(status: Status, token: &StoredToken, today: Today) -> String {
    let now = today.now;
    let failure = match token.last_failure_reason.as_str() {
        "" => String::new(),
        text => format!(" ({text})"),
    };
    match status {
        _ if token.is_api_key()
            && matches!(status, Status::Expired | Status::Cooling | Status::Exhausted | Status::Normal) =>
        {
            of_key(status, token, today, &failure)
        }
        Status::Expired => {
            format!("Grok refused the session{failure}. A test that succeeds makes the account active again")
        }
        Status::Invalid => {
            "An earlier release stored this text, which is not a session token. It is never sent to Grok: delete it"
                .to_owned()
        }
        Status::Disabled => "Disabled by the operator".to_owned(),
        Status::Unreadable => {
            "It was encrypted with another encryption_key: set that one as encryption_key_previous".to_owned()
        }
        Status::Duplicate => {
            let other = token.duplicate_of.unwrap_or_default();
            format!("The same Grok account as the entry with id {other}, which serves instead: delete one of them")
        }
        Status::Cooling => {
            let names: Vec<_> =
                cooling(token, today).map(|(name, until)| format!("{name} for {}", span(until - now))).collect();
            format!("Cooling down: {}{failure}. It serves other modes", names.join(", "))
        }
        Status::Unused => "The quota is unknown: it was never read, or its window has ended".to_owned(),
        Status::Exhausted => {
            let modes = mode_quotas(token, now).into_iter();
            let spent = modes.filter_map(|quota| Some((quota.mode, quota.until?)));
            let names: Vec<_> =
                spent.map(|(mode, until)| format!("{mode} comes back in {}", span(until - now))).collect();
            format!("All modes are used up: {}", names.join(", "))
        }
        Status::Normal if token.strikes > 0 => {
            format!("Usable, but Grok refused its session once{failure}: a second refusal expires it")
        }
        Status::Normal => "Usable".to_owned(),
    }
}

/// Returns the reason for the state of a key of xAI's API, if that depends on what it is.
fn of_key(status: Status, token: &StoredToken, today: Today, failure: &str) -> String {
    let left = |until: i64| span(until - today.now);
    match (status, token.spending.daily_budget()) {
        (Status::Expired, _) => {
            format!("xAI refused the key{failure}. A test that succeeds makes it active again")
        }
        (Status::Cooling, Some(budget)) if token.spending.is_spent(today) => {
            let spent = token.spending.today(today);
            let rest = left(today.ends);
            format!("Daily budget reached: {spent} of {budget} USD are spent. It rests for {rest}, until midnight")
        }
        (Status::Cooling, _) => {
            let until = cooling(token, today).map(|(_, until)| until).max().unwrap_or_default();
            format!("Cooling down for {}{failure}", left(until))
        }
        (Status::Exhausted, _) => {
            let until = token.quota(QuotaBucket::Api).until.unwrap_or_default();
            format!("Its limit at xAI is used up, and comes back in {}{failure}", left(until))
        }
        _ if token.strikes > 0 => format!("Usable, but xAI refused the key once{failure}: a second refusal expires it"),
        _ => "Usable".to_owned(),
    }
}

/// Returns milliseconds as text, rounded up to seconds or minutes.
fn span(ms: i64) -> String {
    let seconds = (ms.max(0) as u64).div_ceil(1000);
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        _ if seconds < 60 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
