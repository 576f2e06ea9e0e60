//! Tests one account: asks Grok for its quota, or reports what is wrong.

use std::rc::Rc;

use futures::future::{OptionFuture, join};
use serde::Serialize;
use serde_json::json;

use super::{
    Target,
    outcome::{Verdict, names, quota},
    row::{Status, cooldown_remaining},
};
use crate::{
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::Result,
    host::{Request, Response},
    http::{request, response},
    jobs::invalid_tokens,
    providers::{
        ProviderError,
        grok_web::{client::Client, credentials::Credentials, quota::Limits},
    },
    store::accounts::{self, Account, Quota},
};

/// Answers `POST /api/tokens/test` with the account's quota, or with why it cannot be used. Makes one rate-limits
/// call, two for a Super account. Fails with 404 if no account matches, with 409 if its token cannot be used.
pub async fn test(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let account = body.find(&app).await?;
    let vault = Vault::open(&*app.host).await?;
    let credentials =
        Credentials::new(&vault, &session.settings().grok, invalid_tokens::usable(&app, &vault, &account).await?);
    let client = Client::new(&app, &credentials).await;
    let (normal, heavy) = names(account.token.token_type);
    let heavy: OptionFuture<_> = heavy.map(|name| client.rate_limits(name)).into();
    let (normal, heavy) = join(client.rate_limits(normal), heavy).await;
    match Verdict::of(normal, heavy) {
        Verdict::Alive { normal, heavy } => answered(&app, &account, normal, heavy).await,
        Verdict::Dead(fault) | Verdict::Unknown(fault) => failed(&app, &vault, &account, &fault).await,
    }
}

async fn answered(app: &App, account: &Account, normal: Limits, heavy: Limits) -> Result<Response> {
    let (token, now) = (&account.token, app.now_ms());
    let stored = |limits| quota(limits, token.token_type, now);
    accounts::refreshed(&app.db, token.id, now, stored(&normal), stored(&heavy)).await?;
    let known = |reported: Option<u32>, stored: Quota| reported.map(i64::from).or(stored.known_at(now)).unwrap_or(-1);
    response::json(&json!({
        "success": true,
        "message": "The account is valid",
        "data": {
            "valid": true,
            "remaining_queries": known(normal.remaining, token.normal),
            "limit": normal.total.map_or(-1, i64::from),
            "heavy_remaining_queries": known(heavy.remaining, token.heavy),
            "heavy_limit": heavy.total.map_or(-1, i64::from),
        },
    }))
}

#[derive(Serialize)]
struct Trouble {
    valid: bool,
    error_type: &'static str,
    error_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    cooldown_remaining: Option<i64>,
}

/// Responds with the account's own state first, then with faults of the connection to Grok.
async fn failed(app: &App, vault: &Vault, account: &Account, fault: &ProviderError) -> Result<Response> {
    let (token, now) = (&account.token, app.now_ms());
    let dead = matches!(fault, ProviderError::DeadAccount(_));
    if dead {
        accounts::expire(&app.db, token.id, now, &fault.to_string()).await?;
    }
    let (error_type, error_code, message) = match (Status::of(token, vault, now), fault) {
        (Status::Expired, _) | (_, ProviderError::DeadAccount(_)) => ("expired", 401, "The account has expired"),
        (Status::Cooling, _) => ("cooldown", 429, "The account is cooling down"),
        (Status::Exhausted, _) => ("exhausted", 429, "The account's quota is used up"),
        (_, ProviderError::RateLimited { .. } | ProviderError::Throttled { .. } | ProviderError::Overloaded { .. }) => {
            ("rate_limited", 429, "Grok is rate-limiting requests")
        }
        (_, ProviderError::AntiBot | ProviderError::Policy(_)) => ("blocked", 403, "Grok blocks this server"),
        (_, ProviderError::Timeout) => ("network", 504, "Grok did not answer in time"),
        _ => ("network", 502, "Grok could not be reached"),
    };
    let cooldown_remaining = (error_type == "cooldown").then(|| cooldown_remaining(token, now));
    let data = Trouble { valid: false, error_type, error_code, cooldown_remaining };
    let message = format!("{message} ({fault})");
    response::json(&json!({ "success": false, "message": message, "code": "TOKEN_TEST_FAILED", "data": data }))
}
