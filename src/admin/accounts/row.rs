//! An account as the console shows it: its state, the reason, and its quotas.

use serde::Serialize;

use crate::{
    crypto::vault::Vault,
    error::{Error, Result},
    providers::catalog::QuotaBucket,
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
    /// Another account with the same owner serves instead.
    Duplicate,
    /// It rests for a mode after a rate limit.
    Cooling,
    /// No quota is known.
    Unused,
    /// None of the chat modes is left.
    Exhausted,
    Normal,
}

impl Status {
    /// Returns the state of an account at `now`, in Unix milliseconds.
    pub fn of(token: &StoredToken, vault: &Vault, now: i64) -> Self {
        let quotas = QuotaBucket::CHAT.map(|mode| token.quota(mode));
        let is_gone = |quota: &Quota| quota.known_at(now) == Some(0) || quota.is_not_granted();
        match token {
            _ if token.is_invalid => Status::Invalid,
            _ if token.is_expired => Status::Expired,
            _ if !token.is_active => Status::Disabled,
            _ if !vault.has_key_of(&token.sealed_by) => Status::Unreadable,
            _ if token.duplicate_of.is_some() => Status::Duplicate,
            _ if quotas.iter().any(|quota| quota.cool_until > now) => Status::Cooling,
            _ if quotas.iter().all(|quota| quota.known_at(now).is_none()) => Status::Unused,
            _ if quotas.iter().all(is_gone) => Status::Exhausted,
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
    fn label(self) -> &'static str {
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
    /// As Grok says, else as the operator says.
    token_type: TokenType,
    type_read: bool,
    /// When Grok was last asked with success.
    read_time: Option<i64>,
    /// The last 6 characters of the user id; empty if it is unknown.
    user_id_suffix: String,
    /// The account with the same owner that serves instead.
    duplicate_of: Option<i64>,
    /// The chat modes.
    quotas: Vec<ModeQuota>,
    /// The pools of pictures and videos.
    media_quotas: Vec<ModeQuota>,
    created_time: i64,
    /// What is left of the modes fast and heavy.
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
    /// The modes that are cooling, with the end of each.
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

/// What is known of an account's quota in one chat mode, or of one pool of media.
#[derive(Debug, Serialize)]
pub struct ModeQuota {
    mode: &'static str,
    state: ModeState,
    remaining: Option<i64>,
    total: Option<i64>,
    /// When the numbers expire, or when the mode is back.
    until: Option<i64>,
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

/// Returns what is known of all chat modes at `now`, in Unix milliseconds.
pub fn mode_quotas(token: &StoredToken, now: i64) -> Vec<ModeQuota> {
    QuotaBucket::CHAT.into_iter().map(|mode| mode_quota(mode, token.quota(mode), now)).collect()
}

/// Returns what is known of all pools of media at `now`, in Unix milliseconds.
fn media_quotas(token: &StoredToken, now: i64) -> Vec<ModeQuota> {
    QuotaBucket::MEDIA.into_iter().map(|pool| mode_quota(pool, token.quota(pool), now)).collect()
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

impl Row {
    /// Returns the account as the console shows it at `now`, in Unix milliseconds.
    pub fn of(token: StoredToken, vault: &Vault, now: i64) -> Self {
        let status = Status::of(&token, vault, now);
        let until = |mode| token.quota(mode).until;
        Row {
            id: token.id,
            token: format!("...{}", token.suffix),
            token_type: token.token_type,
            type_read: token.type_is_read,
            read_time: token.read_at,
            // User ids are ASCII.
            user_id_suffix: token.user_id.get(token.user_id.len().saturating_sub(6)..).unwrap_or_default().to_owned(),
            duplicate_of: token.duplicate_of,
            quotas: mode_quotas(&token, now),
            media_quotas: media_quotas(&token, now),
            created_time: token.created_at,
            remaining_queries: Row::left(&token, QuotaBucket::Fast, now),
            heavy_remaining_queries: Row::left(&token, QuotaBucket::Heavy, now),
            quota_until: until(QuotaBucket::Fast),
            heavy_quota_until: until(QuotaBucket::Heavy),
            status: status.label(),
            status_code: status,
            limit_reason: status.limit_reason(),
            state_reason: reason(status, &token, now),
            cooldown_until: token.quotas.values().map(|quota| quota.cool_until).max().filter(|until| *until > 0),
            cooldown_remaining: cooldown_remaining(&token, now),
            cooldowns: cooling(&token, now).map(|(name, until)| Cooldown { name: name.to_owned(), until }).collect(),
            strikes: token.strikes,
            last_used_time: token.last_used_at,
            last_failure_time: token.last_failure_at,
            token_suffix: token.suffix,
            last_failure_reason: token.last_failure_reason,
            tags: token.tags,
            note: token.note,
        }
    }

    /// Returns the requests that are left in a mode; -1 if they are unknown.
    pub fn left(token: &StoredToken, mode: QuotaBucket, now: i64) -> i64 {
        let quota = token.quota(mode);
        if quota.is_not_granted() { 0 } else { quota.known_at(now).unwrap_or(-1) }
    }
}

/// Returns the buckets that rest after a rate limit, with the end of each.
fn cooling(token: &StoredToken, now: i64) -> impl Iterator<Item = (&str, i64)> {
    let rests = token.quotas.iter().map(|(name, quota)| (name.as_str(), quota.cool_until));
    rests.filter(move |(_, until)| *until > now)
}

/// Returns the seconds until the last of an account's rests ends, rounded up; 0 if there is none.
pub fn cooldown_remaining(token: &StoredToken, now: i64) -> i64 {
    let left = cooling(token, now).map(|(_, until)| until - now).max().unwrap_or(0);
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
        Status::Duplicate => {
            let other = token.duplicate_of.unwrap_or_default();
            format!("The same Grok account as the entry with id {other}, which serves instead: delete one of them")
        }
        Status::Cooling => {
            let names: Vec<_> =
                cooling(token, now).map(|(name, until)| format!("{name} for {}", span(until - now))).collect();
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
