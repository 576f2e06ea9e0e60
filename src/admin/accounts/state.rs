//! The state of an account, its quotas, and its rests.

use serde::Serialize;

use crate::{
    crypto::vault::Vault,
    error::{Error, Result},
    providers::catalog::QuotaBucket,
    store::{
        accounts::{Quota, StoredToken},
        spending::Today,
    },
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
    /// Another account with the same owner serves instead.
    Duplicate,
    /// It rests for a mode after a rate limit. A key of xAI's API rests for all, also when its daily budget is spent.
    Cooling,
    /// No quota is known.
    Unused,
    /// None of the chat modes is left.
    Exhausted,
    Normal,
}

impl Status {
    /// Returns the state of an account at a time.
    pub fn of(token: &StoredToken, vault: &Vault, today: Today) -> Self {
        let now = today.now;
        let quotas = QuotaBucket::CHAT.map(|mode| token.quota(mode));
        let is_gone = |quota: &Quota| quota.known_at(now) == Some(0) || quota.is_not_granted();
        match token {
            _ if token.is_invalid => Status::Invalid,
            _ if token.is_expired => Status::Expired,
            _ if !token.is_active => Status::Disabled,
            _ if !vault.has_key_of(&token.sealed_by) => Status::Unreadable,
            _ if token.duplicate_of.is_some() => Status::Duplicate,
            _ if token.is_api_key() => Status::of_key(token, today),
            _ if quotas.iter().any(|quota| quota.cool_until > now) => Status::Cooling,
            _ if quotas.iter().all(|quota| quota.known_at(now).is_none()) => Status::Unused,
            _ if quotas.iter().all(is_gone) => Status::Exhausted,
            _ => Status::Normal,
        }
    }

    /// Returns the state of an active key of xAI's API.
    fn of_key(token: &StoredToken, today: Today) -> Self {
        let quota = token.quota(QuotaBucket::Api);
        match quota.known_at(today.now) {
            _ if token.spending.is_spent(today) || quota.cool_until > today.now => Status::Cooling,
            Some(0) => Status::Exhausted,
            _ => Status::Normal,
        }
    }

    const ALL: [Status; 9] = [
        Status::Invalid,
        Status::Expired,
        Status::Disabled,
        Status::Unreadable,
        Status::Duplicate,
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
            Status::Duplicate => "duplicate",
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
    pub fn label(self) -> &'static str {
        match self {
            Status::Invalid => "not a token",
            Status::Expired => "expired",
            Status::Disabled => "disabled",
            Status::Unreadable => "unreadable",
            Status::Duplicate => "same account as another",
            Status::Cooling => "cooling down",
            Status::Unused => "quota unknown",
            Status::Exhausted => "quota used up",
            Status::Normal => "ready",
        }
    }

    /// Returns the field `limit_reason`.
    pub fn limit_reason(self) -> &'static str {
        match self {
            Status::Cooling => "cooldown",
            Status::Exhausted => "exhausted",
            _ => "",
        }
    }
}

/// What is known of an account's quota in one chat mode, or of one pool of media.
#[derive(Debug, Serialize)]
pub struct ModeQuota {
    pub mode: &'static str,
    state: ModeState,
    remaining: Option<i64>,
    total: Option<i64>,
    /// When the numbers expire, or when the mode is back.
    pub until: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum ModeState {
    Left,
    UsedUp,
    Cooling,
    NotGranted,
    Unknown,
}

/// Returns what is known of all chat modes at `now`, in Unix milliseconds. A key of xAI's API has none.
pub fn mode_quotas(token: &StoredToken, now: i64) -> Vec<ModeQuota> {
    known_of(QuotaBucket::CHAT, token, now)
}

fn known_of(buckets: [QuotaBucket; 4], token: &StoredToken, now: i64) -> Vec<ModeQuota> {
    let buckets = buckets.into_iter().filter(|_| !token.is_api_key());
    buckets.map(|mode| mode_quota(mode, token.quota(mode), now)).collect()
}

/// Returns what is known of all pools of media at `now`, in Unix milliseconds.
pub fn media_quotas(token: &StoredToken, now: i64) -> Vec<ModeQuota> {
    known_of(QuotaBucket::MEDIA, token, now)
}

fn mode_quota(mode: QuotaBucket, quota: Quota, now: i64) -> ModeQuota {
    let mode = mode.name();
    if quota.is_not_granted() {
        return ModeQuota { mode, state: ModeState::NotGranted, remaining: Some(0), total: Some(0), until: None };
    }
    let known = quota.known_at(now);
    let (remaining, total) = (known, known.and(quota.total));
    let window = known.and(quota.until);
    let (state, until) = match known {
        _ if quota.cool_until > now => (ModeState::Cooling, Some(quota.cool_until)),
        None => (ModeState::Unknown, None),
        Some(0) => (ModeState::UsedUp, window),
        Some(_) => (ModeState::Left, window),
    };
    ModeQuota { mode, state, remaining, total, until }
}

/// Returns the end of a spent budget.
pub fn budget_ends(token: &StoredToken, today: Today) -> Option<i64> {
    token.spending.is_spent(today).then_some(today.ends)
}

/// Returns the buckets that rest after a rate limit, and the budget if it is spent, with the end of each.
pub fn cooling(token: &StoredToken, today: Today) -> impl Iterator<Item = (&str, i64)> {
    let rests = token.quotas.iter().map(|(name, quota)| (name.as_str(), quota.cool_until));
    let budget = budget_ends(token, today).map(|until| ("budget", until));
    rests.filter(move |(_, until)| *until > today.now).chain(budget)
}

/// Returns the seconds until the last of an account's rests ends, rounded up; 0 if there is none.
pub fn cooldown_remaining(token: &StoredToken, today: Today) -> i64 {
    let left = cooling(token, today).map(|(_, until)| until - today.now).max().unwrap_or(0);
    (left as u64).div_ceil(1000) as i64
}
