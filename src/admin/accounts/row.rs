//! An account as the console shows it: its state, the reason, and its quota.

use serde::Serialize;

use crate::{
    crypto::vault::Vault,
    error::{Error, Result},
    store::accounts::{Quota, StoredToken, TokenType},
};

/// The state of an account: the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A row of an earlier release that does not hold a token.
    Invalid,
    Expired,
    Disabled,
    /// Encrypted with another key.
    Unreadable,
    Cooling,
    Unused,
    Exhausted,
    Normal,
}

impl Status {
    /// Returns the state of an account at `now`, in Unix milliseconds.
    pub fn of(token: &StoredToken, vault: &Vault, now: i64) -> Self {
        let quotas = match token.token_type {
            TokenType::Basic => vec![token.normal.known_at(now)],
            TokenType::Super => vec![token.normal.known_at(now), token.heavy.known_at(now)],
        };
        match token {
            _ if token.is_invalid => Status::Invalid,
            _ if token.is_expired => Status::Expired,
            _ if !token.is_active => Status::Disabled,
            _ if !vault.has_key_of(&token.sealed_by) => Status::Unreadable,
            _ if token.cooldowns.values().any(|until| *until > now) => Status::Cooling,
            _ if quotas.iter().all(Option::is_none) => Status::Unused,
            _ if quotas.contains(&Some(0)) => Status::Exhausted,
            _ => Status::Normal,
        }
    }

    const ALL: [Status; 8] = [
        Status::Invalid,
        Status::Expired,
        Status::Disabled,
        Status::Unreadable,
        Status::Cooling,
        Status::Unused,
        Status::Exhausted,
        Status::Normal,
    ];

    /// Returns the state's name, as in `status_code`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Invalid => "invalid",
            Status::Expired => "expired",
            Status::Disabled => "disabled",
            Status::Unreadable => "unreadable",
            Status::Cooling => "cooling",
            Status::Unused => "unused",
            Status::Exhausted => "exhausted",
            Status::Normal => "normal",
        }
    }

    /// Returns the state of this name. Fails with 400 if there is none such.
    pub fn named(name: &str) -> Result<Self> {
        let names = || Status::ALL.map(Status::name).join(", ");
        let found = Status::ALL.into_iter().find(|status| status.name() == name);
        found.ok_or_else(|| Error::invalid("state", format!("state must be one of {}", names())))
    }

    /// Returns the words of the field `status`; programs compare `status_code`.
    fn label(self) -> &'static str {
        match self {
            Status::Invalid => "not a token",
            Status::Expired => "expired",
            Status::Disabled => "disabled",
            Status::Unreadable => "unreadable",
            Status::Cooling => "cooling down",
            Status::Unused => "quota unknown",
            Status::Exhausted => "quota used up",
            Status::Normal => "ready",
        }
    }

    fn limit_reason(self) -> &'static str {
        match self {
            Status::Cooling => "cooldown",
            Status::Exhausted => "exhausted",
            _ => "",
        }
    }
}

/// An account in an answer. Times are Unix milliseconds; -1 stands for an unknown number.
#[derive(Serialize)]
pub struct Row {
    id: i64,
    token: String,
    token_suffix: String,
    token_type: TokenType,
    created_time: i64,
    remaining_queries: i64,
    heavy_remaining_queries: i64,
    quota_until: Option<i64>,
    heavy_quota_until: Option<i64>,
    status: &'static str,
    status_code: Status,
    limit_reason: &'static str,
    cooldown_until: Option<i64>,
    /// Seconds, rounded up.
    cooldown_remaining: i64,
    /// The rate-limit names that are cooling, with the end of each.
    cooldowns: Vec<Cooldown>,
    /// The reason for the state, in English.
    state_reason: String,
    strikes: i64,
    last_used_time: Option<i64>,
    last_failure_time: Option<i64>,
    last_failure_reason: String,
    tags: Vec<String>,
    note: String,
}

#[derive(Serialize)]
struct Cooldown {
    name: String,
    until: i64,
}

impl Row {
    /// Returns the account as the console shows it at `now`, in Unix milliseconds.
    pub fn of(token: StoredToken, vault: &Vault, now: i64) -> Self {
        let status = Status::of(&token, vault, now);
        Row {
            id: token.id,
            token: format!("...{}", token.suffix),
            token_type: token.token_type,
            created_time: token.created_at,
            remaining_queries: token.normal.known_at(now).unwrap_or(-1),
            heavy_remaining_queries: token.heavy.known_at(now).unwrap_or(-1),
            quota_until: token.normal.until,
            heavy_quota_until: token.heavy.until,
            status: status.label(),
            status_code: status,
            limit_reason: status.limit_reason(),
            state_reason: reason(status, &token, now),
            cooldown_until: token.cooldowns.values().max().copied(),
            cooldown_remaining: cooldown_remaining(&token, now),
            strikes: token.strikes,
            last_used_time: token.last_used_at,
            last_failure_time: token.last_failure_at,
            token_suffix: token.suffix,
            cooldowns: (token.cooldowns.into_iter().filter(|(_, until)| *until > now))
                .map(|(name, until)| Cooldown { name, until })
                .collect(),
            last_failure_reason: token.last_failure_reason,
            tags: token.tags,
            note: token.note,
        }
    }
}

/// Returns the seconds until the last of an account's cooldowns ends, rounded up; 0 if none is running.
pub fn cooldown_remaining(token: &StoredToken, now: i64) -> i64 {
    let left = token.cooldowns.values().max().map_or(0, |until| (until - now).max(0));
    (left as u64).div_ceil(1000) as i64
}

/// Returns the reason for the state, in words.
fn reason(status: Status, token: &StoredToken, now: i64) -> String {
    let failure = match token.last_failure_reason.as_str() {
        "" => String::new(),
        text => format!(" ({text})"),
    };
    match status {
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
        Status::Cooling => {
            let running = token.cooldowns.iter().filter(|(_, until)| **until > now);
            let names: Vec<_> = running.map(|(name, until)| format!("{name} for {}", span(until - now))).collect();
            format!("Cooling down: {}{failure}. It serves other models", names.join(", "))
        }
        Status::Unused => "The quota is unknown: it was never read, or its window has ended".to_owned(),
        Status::Exhausted => {
            let spent = [("quota", token.normal), ("heavy quota", token.heavy)];
            let spent = spent.into_iter().filter(|(_, quota)| quota.known_at(now) == Some(0));
            let end = |quota: Quota| span(quota.until.unwrap_or(now) - now);
            let names: Vec<_> =
                spent.map(|(name, quota)| format!("The {name} is used up for {}", end(quota))).collect();
            names.join(". ")
        }
        Status::Normal if token.strikes > 0 => {
            format!("Usable, but Grok refused its session once{failure}: a second refusal expires it")
        }
        Status::Normal => "Usable".to_owned(),
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
