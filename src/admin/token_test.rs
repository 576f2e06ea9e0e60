//! Testing a token: what Grok says it has left, or what is wrong with it.

use std::rc::Rc;

use futures::future::{OptionFuture, join};
use serde::Serialize;
use serde_json::json;

use super::tokens::{One, Status, clear, cooldown_remaining};
use crate::{
    app::App,
    auth::AdminSession,
    error::Result,
    grok::{
        client::{Access, Client},
        fault::Fault,
        limits::Limits,
        models::{HEAVY_QUOTA_MODEL, NORMAL_QUOTA_MODEL},
    },
    host::{Reply, Request},
    http_io, pool,
    secrets::Vault,
    store::tokens::{self, Account, Quota, TokenType},
};

/// `POST /api/tokens/test`: one rate-limits call, two for a Super account.
pub async fn test(app: Rc<App>, session: AdminSession, request: Request) -> Result<Reply> {
    let body: One = http_io::read_json(request).await?;
    let account = body.find(&app).await?;
    let vault = Vault::open(&app).await?;
    let access = Access::new(&vault, &session.settings().grok, clear(&vault, &account)?);
    let client = Client::new(&app, &access).await;
    let is_super = account.token.token_type == TokenType::Super;
    let heavy: OptionFuture<_> = is_super.then(|| client.rate_limits(HEAVY_QUOTA_MODEL)).into();
    let (normal, heavy) = join(client.rate_limits(NORMAL_QUOTA_MODEL), heavy).await;
    match normal {
        Ok(normal) => answered(&app, &account, normal, heavy.and_then(Result::ok).unwrap_or_default()).await,
        Err(fault) => failed(&app, &vault, &account, &fault).await,
    }
}

async fn answered(app: &App, account: &Account, normal: Limits, heavy: Limits) -> Result<Reply> {
    let (token, now) = (&account.token, app.now());
    let is_super = token.token_type == TokenType::Super;
    tokens::refreshed(&app.db, token.id, now, quota(&normal, is_super, now), quota(&heavy, is_super, now)).await?;
    let known = |told: Option<u32>, stored: Quota| told.map(i64::from).or(stored.known_at(now)).unwrap_or(-1);
    http_io::json(&json!({
        "success": true,
        "message": "The token is valid",
        "data": {
            "valid": true,
            "remaining_queries": known(normal.remaining, token.normal),
            "limit": normal.total.map_or(-1, i64::from),
            "heavy_remaining_queries": known(heavy.remaining, token.heavy),
            "heavy_limit": heavy.total.map_or(-1, i64::from),
        },
    }))
}

/// What was told, with the end of its window: the announced wait when nothing is left.
fn quota(limits: &Limits, is_super: bool, now: i64) -> Quota {
    let wait = limits.wait_seconds.filter(|_| limits.remaining == Some(0));
    let window = wait.or(limits.window_seconds).and_then(|seconds| i64::try_from(seconds).ok());
    let length = window.map_or(pool::default_window(is_super), |seconds| seconds.saturating_mul(1000));
    let until = limits.remaining.map(|_| now + length.min(MAX_WINDOW));
    Quota { remaining: limits.remaining.map(i64::from), until }
}

/// No window is longer: a number beyond it is a slip, and must not bar a token for ever.
const MAX_WINDOW: i64 = 31 * 24 * 3_600_000;

#[derive(Serialize)]
struct Verdict {
    valid: bool,
    error_type: &'static str,
    error_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    cooldown_remaining: Option<i64>,
}

/// Tells the account's own troubles first, then those of the way to Grok.
async fn failed(app: &App, vault: &Vault, account: &Account, fault: &Fault) -> Result<Reply> {
    let (token, now) = (&account.token, app.now());
    let dead = matches!(fault, Fault::DeadAccount(_));
    if dead {
        tokens::expire(&app.db, token.id, now, &fault.to_string()).await?;
    }
    let (error_type, error_code, message) = match (Status::of(token, vault, now), fault) {
        (Status::Expired, _) | (_, Fault::DeadAccount(_)) => ("expired", 401, "The token has expired"),
        (Status::Cooling, _) => ("cooldown", 429, "The token is cooling down"),
        (Status::Exhausted, _) => ("exhausted", 429, "The token's quota is used up"),
        (_, Fault::RateLimited { .. } | Fault::Overloaded { .. }) => {
            ("rate_limited", 429, "Grok answers too many requests")
        }
        (_, Fault::AntiBot | Fault::Policy(_)) => ("blocked", 403, "Grok blocks this server"),
        (_, Fault::Timeout) => ("network", 504, "Grok did not answer in time"),
        _ => ("network", 502, "Grok could not be asked"),
    };
    let cooldown_remaining = (error_type == "cooldown").then(|| cooldown_remaining(token, now));
    let data = Verdict { valid: false, error_type, error_code, cooldown_remaining };
    let message = format!("{message} ({fault})");
    http_io::json(&json!({ "success": false, "message": message, "code": "TOKEN_TEST_FAILED", "data": data }))
}
