//! Tests one account: reads it from its provider, or reports what is wrong.

use std::rc::Rc;

use serde::Serialize;
use serde_json::json;

use super::{
    Target,
    row::Row,
    state::{ModeQuota, Status, cooldown_remaining, mode_quotas},
};
use crate::{
    admin::budget,
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::{Error, Result},
    host::{Request, Response},
    http::{request, response},
    jobs::{account_readings, invalid_tokens},
    providers::{ProviderError, catalog::QuotaBucket},
    store::{
        accounts::{
            self, Account, Named, StoredToken,
            reading::{self, Outcome, Reading},
        },
        spending::Today,
    },
    time::DAY,
};

/// Answers `POST /api/tokens/test` with the account's type and quotas, or with why it cannot be used. Makes a few calls to
/// its provider and stores what it reports. Fails with 404 if no account matches, with 409 if its token cannot be
/// used, with 500 if the variable with the provider's address is wrong.
pub async fn test(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let account = body.find(&app).await?;
    let vault = Vault::open(&*app.host).await?;
    let token = invalid_tokens::usable(&app, &vault, &account).await?;
    let (id, began, settings) = (account.token.id, app.now_ms(), session.settings());
    let provider = account.token.token_type.provider();
    match account_readings::ask(&app, &vault, settings, provider, token, &account.token.user_id).await {
        Ok(facts) => {
            let reading = account_readings::reading_of(id, facts, settings, began, app.now_ms()).by_operator();
            reading::store(&app.db, app.now_ms(), &[reading]).await?;
            answered(&app, id).await
        }
        Err(fault @ ProviderError::Variable(_)) => Err(Error::from(&fault)),
        Err(fault) => failed(&app, &vault, &account, &fault).await,
    }
}

#[derive(Serialize)]
struct Tested {
    valid: bool,
    token_type: accounts::TokenType,
    type_read: bool,
    quotas: Vec<ModeQuota>,
    /// What is left of the modes fast and heavy, and their totals; -1 if unknown.
    remaining_queries: i64,
    limit: i64,
    heavy_remaining_queries: i64,
    heavy_limit: i64,
    /// The ids of the models of a key of xAI's API.
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Vec<String>>,
}

/// Responds with what is known of the account now.
async fn answered(app: &App, id: i64) -> Result<Response> {
    let named = Named { ids: vec![id], ..Named::default() };
    let account = accounts::find(&app.db, &named).await?.ok_or_else(super::unknown)?;
    let (token, now) = (&account.token, app.now_ms());
    let total = |bucket| token.quota(bucket).total.unwrap_or(-1);
    let tested = Tested {
        valid: true,
        token_type: token.token_type,
        type_read: token.type_is_read,
        quotas: mode_quotas(token, now),
        remaining_queries: Row::left(token, QuotaBucket::Fast, now),
        limit: total(QuotaBucket::Fast),
        heavy_remaining_queries: Row::left(token, QuotaBucket::Heavy, now),
        heavy_limit: total(QuotaBucket::Heavy),
        models: token.is_api_key().then(|| token.models.clone()),
    };
    let message = match &tested.models {
        Some(models) => format!("The key is valid and has {} models", models.len()),
        None => "The account is valid".to_owned(),
    };
    response::json(&json!({ "success": true, "message": message, "data": tested }))
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
    let (token, today) = (&account.token, budget::today(app).await?);
    let now = today.now;
    let dead = matches!(fault, ProviderError::DeadAccount(_));
    if dead {
        let expired = Reading::without_answer(token.id, Outcome::Expired, fault.to_string(), now, now + DAY);
        reading::store(&app.db, now, &[expired.by_operator()]).await?;
    }
    let (error_type, error_code, message) = match token.is_api_key() {
        true => trouble_of_key(fault),
        false => trouble(token, vault, fault, today),
    };
    let cooldown_remaining = (error_type == "cooldown").then(|| cooldown_remaining(token, today));
    let data = Trouble { valid: false, error_type, error_code, cooldown_remaining };
    let message = format!("{message} ({fault})");
    response::json(&json!({ "success": false, "message": message, "code": "TOKEN_TEST_FAILED", "data": data }))
}

fn trouble(
    token: &StoredToken,
    vault: &Vault,
    fault: &ProviderError,
    today: Today,
) -> (&'static str, u16, &'static str) {
    match (Status::of(token, vault, today), fault) {
        (Status::Expired, _) | (_, ProviderError::DeadAccount(_)) => ("expired", 401, "The account has expired"),
        (Status::Cooling, _) => ("cooldown", 429, "The account is cooling down"),
        (Status::Exhausted, _) => ("exhausted", 429, "The account's quota is used up"),
        (_, ProviderError::RateLimited { .. } | ProviderError::Throttled { .. } | ProviderError::Overloaded { .. }) => {
            ("rate_limited", 429, "Grok is rate-limiting requests")
        }
        (_, ProviderError::AntiBot | ProviderError::Policy(_)) => ("blocked", 403, "Grok blocks this server"),
        (_, ProviderError::Timeout) => ("network", 504, "Grok did not answer in time"),
        _ => ("network", 502, "Grok could not be reached"),
    }
}

fn trouble_of_key(fault: &ProviderError) -> (&'static str, u16, &'static str) {
    match fault {
        ProviderError::DeadAccount(_) => ("expired", 401, "xAI refuses the key"),
        ProviderError::RateLimited { quota_spent: true, .. } => {
            ("exhausted", 429, "The team of the key has no credits left")
        }
        ProviderError::RateLimited { .. } | ProviderError::Throttled { .. } | ProviderError::Overloaded { .. } => {
            ("rate_limited", 429, "xAI is rate-limiting requests")
        }
        ProviderError::NotEntitled(_) => ("blocked", 403, "The key may not read its models"),
        ProviderError::AntiBot | ProviderError::Policy(_) => ("blocked", 403, "xAI blocks this server"),
        ProviderError::Timeout => ("network", 504, "xAI did not answer in time"),
        _ => ("network", 502, "xAI could not be reached"),
    }
}
