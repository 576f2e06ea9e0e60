//! An account as the console shows it: its state, the reason, its quotas, and what a key has spent.

use serde::Serialize;

use super::{
    reason::reason,
    state::{ModeQuota, Status, budget_ends, cooldown_remaining, cooling, media_quotas, mode_quotas},
};
use crate::{
    crypto::vault::Vault,
    money::Usd,
    providers::catalog::QuotaBucket,
    store::{
        accounts::{StoredToken, TokenType},
        spending::Today,
    },
};

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
    /// The chat modes; empty for a key of xAI's API, as the pools.
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
    /// What only a key of xAI's API has.
    #[serde(flatten)]
    api: Option<ApiFields>,
}

/// The fields of a key of xAI's API.
#[derive(Serialize)]
struct ApiFields {
    /// `null` without a limit.
    daily_budget_usd: Option<Usd>,
    /// Since local midnight, and since the first of the local month.
    spent_today_usd: Usd,
    spent_month_usd: Usd,
    /// What running answers may still cost.
    held_usd: Usd,
    models: Vec<String>,
}

#[derive(Serialize)]
struct Cooldown {
    name: String,
    until: i64,
}

impl Row {
    /// Returns the account as the console shows it at a time.
    pub fn of(token: StoredToken, vault: &Vault, today: Today) -> Self {
        let now = today.now;
        let status = Status::of(&token, vault, today);
        let is_spent = token.spending.is_spent(today);
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
            status: if status == Status::Cooling && is_spent { "daily budget reached" } else { status.label() },
            status_code: status,
            limit_reason: if status == Status::Cooling && is_spent { "budget" } else { status.limit_reason() },
            state_reason: reason(status, &token, today),
            cooldown_until: token
                .quotas
                .values()
                .map(|quota| quota.cool_until)
                .max()
                .filter(|until| *until > 0)
                .max(budget_ends(&token, today)),
            cooldown_remaining: cooldown_remaining(&token, today),
            cooldowns: cooling(&token, today).map(|(name, until)| Cooldown { name: name.to_owned(), until }).collect(),
            strikes: token.strikes,
            last_used_time: token.last_used_at,
            last_failure_time: token.last_failure_at,
            api: token.is_api_key().then(|| ApiFields::of(&token, today)),
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

impl ApiFields {
    fn of(token: &StoredToken, today: Today) -> Self {
        let spending = token.spending;
        ApiFields {
            daily_budget_usd: spending.daily_budget(),
            spent_today_usd: spending.today(today),
            spent_month_usd: spending.this_month(today),
            held_usd: spending.held(today),
            models: token.models.clone(),
        }
    }
}
