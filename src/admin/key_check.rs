//! Checks a key of xAI's API for [`upstream_check`](super::upstream_check): name, connection, key, models; and gives advice.

use serde_json::{Value, json};

use super::upstream_advice::{Advice, CHECK_DNS, WAIT};
use crate::{
    app::App,
    error::Result,
    jobs::account_readings::{self, Facts},
    pool::outcome::{self, Effect, Outcome, Rests, Used},
    providers::{
        ProviderError,
        catalog::QuotaBucket,
        xai::{
            check::{self, StepName},
            client::USER_AGENT,
            key::is_called_wrong,
        },
    },
    settings::Settings,
    store::{
        accounts::{Account, reading},
        requests::{self, AccountOutcome},
    },
    variables::{self, table::XAI_BASE_URL},
};

/// Checks the key, stores what was learned, and returns the data of the answer.
pub async fn run(app: &App, settings: &Settings, account: &Account, key: &str) -> Result<Value> {
    let base = variables::url(&*app.host, &XAI_BASE_URL).await?;
    let (id, began) = (account.token.id, app.now_ms());
    let report = check::run(app, key).await;
    let failure = match report.facts {
        Ok(facts) => {
            let facts = Facts::Api(facts);
            let read = account_readings::reading_of(id, facts, settings, began, app.now_ms()).by_operator();
            reading::store(&app.db, app.now_ms(), &[read]).await?;
            None
        }
        Err((step, error)) => {
            apply(app, settings, account, &error).await?;
            Some((step, error))
        }
    };
    let base_is_set = base != XAI_BASE_URL.default;
    let host = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest).split('/').next().unwrap_or_default();
    Ok(json!({
        "ok": failure.is_none(),
        "account": { "id": id, "suffix": account.token.suffix },
        "host": host,
        "user_agent": USER_AGENT,
        "user_agent_source": "gateway",
        "transport": "http",
        "steps": report.steps,
        "failed": failure.as_ref().map(|(step, _)| step),
        "error_type": failure.as_ref().map(|(_, error)| error_type(error)),
        "advice": failure.as_ref().map(|(step, error)| advice(*step, error, base_is_set)).unwrap_or_default(),
    }))
}

/// Does to the account what the same failure of a chat does.
async fn apply(app: &App, settings: &Settings, account: &Account, error: &ProviderError) -> Result<()> {
    let (token, at) = (&account.token, app.now_ms());
    let quota = token.quota(QuotaBucket::Api);
    let used = Used {
        account_id: token.id,
        suffix: token.suffix.clone(),
        bucket: QuotaBucket::Api,
        remaining: quota.known_at(at),
        until: quota.until.filter(|until| *until > at),
        held: 0,
        key_id: 0,
    };
    let effect = outcome::effect(Outcome::Failed(error), &used, Rests::of(&settings.global), at);
    if effect == Effect::default() {
        return Ok(());
    }
    requests::outcome(&app.db, &AccountOutcome { at, used, effect }).await
}

/// Returns the class of a failure, as the answer's field `error_type` names it.
fn error_type(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::NoAddress(_) => "name",
        ProviderError::Connect(_) => "network",
        ProviderError::Timeout => "timeout",
        ProviderError::DeadAccount(_) => "dead_account",
        ProviderError::RateLimited { quota_spent: true, .. } => "no_credits",
        ProviderError::RateLimited { .. } | ProviderError::Throttled { .. } => "rate_limited",
        ProviderError::NotEntitled(_) => "not_allowed",
        ProviderError::Policy(_) | ProviderError::AntiBot => "blocked",
        _ => "upstream",
    }
}

/// Returns the advice for a failure, the most likely to help first.
fn advice(step: StepName, error: &ProviderError, base_is_set: bool) -> Vec<Advice> {
    let mut advice = match error_type(error) {
        "name" => vec![CHECK_DNS],
        "network" | "blocked" => vec![REACH_API],
        "timeout" if step == StepName::Connect => vec![REACH_API, WAIT],
        "dead_account" if is_wrong(error) => vec![REPLACE_KEY],
        "dead_account" => vec![UNBLOCK_KEY],
        "no_credits" => vec![ADD_CREDITS],
        "not_allowed" => vec![ALLOW_KEY],
        _ => vec![WAIT],
    };
    if base_is_set && matches!(error_type(error), "name" | "network" | "timeout" | "upstream") {
        advice.insert(0, BASE_URL);
    }
    advice
}

/// Returns whether xAI does not know the key, as opposed to one that is blocked.
fn is_wrong(error: &ProviderError) -> bool {
    matches!(error, ProviderError::DeadAccount(words) if is_called_wrong(words))
}

const REPLACE_KEY: Advice = Advice {
    code: "replace_key",
    text: "xAI does not know this key. Create a key on console.x.ai and add it, then delete this entry.",
};
const UNBLOCK_KEY: Advice = Advice {
    code: "unblock_key",
    text: "xAI has blocked or disabled this key or its team. See the keys and the notices of the team on console.x.ai, or \
           add a key of another team.",
};
const ADD_CREDITS: Advice = Advice {
    code: "add_credits",
    text: "The team of this key has no credits left, or has reached its monthly limit. Buy credits or raise the limit on \
           console.x.ai.",
};
const ALLOW_KEY: Advice = Advice {
    code: "allow_key",
    text: "The key may not use the endpoints that the gateway needs. On console.x.ai let it use chat, images and the list \
           of models.",
};
const REACH_API: Advice = Advice {
    code: "reach_api",
    text: "Check that this machine reaches the API's address: no firewall may block it, and on Spin \
           allowed_outbound_hosts of the manifest must cover it. xAI refuses some networks and countries: run the gateway \
           elsewhere then.",
};
const BASE_URL: Advice = Advice {
    code: "check_xai_base_url",
    text: "The variable xai_base_url is set, so requests do not go to https://api.x.ai/v1. Check its value, or remove it.",
};
