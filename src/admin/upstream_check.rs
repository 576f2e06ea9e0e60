//! Checks the connection to Grok with one account: name, connection, owner, upgrade, session; and gives advice.
//! [`key_check`] does it for a key of xAI's API.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::json;

use super::{
    accounts::{
        named::{TokenName, named},
        unknown,
    },
    key_check,
    upstream_advice::{self, Place, SIGNATURE, Situation, error_type},
};
use crate::{
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::{request, response},
    jobs::invalid_tokens::{self, Opened},
    pool::outcome::{self, Effect, Outcome, Rests, Used},
    providers::{
        self,
        catalog::QuotaBucket,
        grok_web::{
            check::{self, Failure},
            client::Client,
            credentials::{self, Credentials},
        },
        learned::Learned,
    },
    settings::{Settings, Transport},
    store::{
        accounts::{self, Account},
        database,
        requests::{self, AccountOutcome},
        resolved_names,
    },
    variables::table::GROK_BASE_URL,
};

/// Most rows without a token that are skipped if the request names no account.
const MAX_SKIPPED: usize = 5;

/// Names one account by id or by its full token. Without either, the active account used least recently is checked, a key of
/// xAI's API if there are no others.
#[derive(Deserialize)]
struct Body {
    id: Option<i64>,
    token: Option<TokenName>,
}

impl Body {
    /// Returns the account and its token. Fails with 404 if there is none such, with 409 if the token cannot be
    /// decrypted.
    async fn find(self, app: &App, vault: &Vault) -> Result<(Account, String)> {
        if let Some(name) = self.id.map(TokenName::Id).or(self.token) {
            let account = accounts::find(&app.db, &named([name], None)).await?.ok_or_else(unknown)?;
            let token = invalid_tokens::usable(app, vault, &account).await?;
            return Ok((account, token));
        }
        for _ in 0..MAX_SKIPPED {
            let Some(account) = accounts::least_recently_used(&app.db).await? else { break };
            match invalid_tokens::open(vault, account.token.token_type.provider(), &account.sealed, &account.hash) {
                Opened::Token(token) => return Ok((account, token)),
                Opened::NoToken => invalid_tokens::found(app, vault, account.token.id).await?,
                Opened::Unreadable => return Err(invalid_tokens::unreadable()),
            }
        }
        Err(Error::new(ErrorKind::NotFound, "No active account to check with: add or enable one"))
    }
}

/// Answers `POST /api/upstream/check` with the result of each step, and advice if one failed. Makes at most three
/// calls to Grok, or to xAI's API, and takes at most 30 seconds. Fails with 404 if it finds no account to check
/// with, with 500 if the variable with the address is wrong.
pub async fn check_upstream(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let headers = request.headers().clone();
    let body: Body = request::read_json(request).await?;
    let vault = Vault::open(&*app.host).await?;
    let (account, token) = body.find(&app, &vault).await?;
    if account.token.is_api_key() {
        let data = key_check::run(&app, session.settings(), &account, &token).await?;
        return response::json(&json!({ "success": true, "data": data }));
    }
    let settings = &session.settings().grok;
    let credentials = Credentials::new(&vault, settings, token);
    let client = Client::new(&app, &credentials).await.map_err(|error| Error::from(&error))?;
    let asked = providers::Account {
        id: account.token.id,
        token: credentials.token.clone(),
        user_id: account.token.user_id.clone(),
        names: Vec::new(),
    };
    let mut learned = Learned::default();
    let report = check::run(&app, &client, &asked, settings.chat_transport, &mut learned).await;
    keep(&app, session.settings(), &account, &learned, report.failure.as_ref()).await?;
    let needs_signature = settings.chat_transport == Transport::Http && !credentials.has_signature();
    let (user_agent, source) = credentials::user_agent(settings);
    let mut advice = match &report.failure {
        None => Vec::new(),
        Some(failure) => upstream_advice::advice(&Situation {
            failure,
            place: Place::of(database::is_d1(&app.db).await?, &headers),
            own_user_agent: settings.user_agent.is_empty(),
            base_is_set: client.base != GROK_BASE_URL.default,
        }),
    };
    advice.extend(needs_signature.then_some(SIGNATURE));
    response::json(&json!({
        "success": true,
        "data": {
            "ok": report.failure.is_none(),
            "account": { "id": account.token.id, "suffix": account.token.suffix },
            "host": client.base.split_once("://").map_or(client.base.as_str(), |(_, host)| host),
            "user_agent": user_agent,
            "user_agent_source": source,
            "transport": settings.chat_transport.name(),
            "steps": report.steps,
            "failed": report.failure.as_ref().map(|failure| failure.step),
            "error_type": report.failure.as_ref().map(error_type),
            "advice": advice,
        },
    }))
}

/// Stores what the check learned. A failure does to the account what the same failure of a chat does.
async fn keep(
    app: &App,
    settings: &Settings,
    account: &Account,
    learned: &Learned,
    failure: Option<&Failure>,
) -> Result<()> {
    for (id, user_id) in &learned.user_ids {
        accounts::set_user_id(&app.db, *id, user_id).await?;
    }
    if !learned.names.is_empty() {
        resolved_names::save(&app.db, &learned.names).await?;
    }
    let Some(failure) = failure else { return Ok(()) };
    let (token, at) = (&account.token, app.now_ms());
    let quota = token.quota(QuotaBucket::Fast);
    let used = Used {
        held: 0,
        key_id: 0,
        account_id: token.id,
        suffix: token.suffix.clone(),
        bucket: QuotaBucket::Fast,
        remaining: quota.known_at(at),
        until: quota.until.filter(|until| *until > at),
    };
    let rests = Rests::of(&settings.global);
    let effect = outcome::effect(Outcome::Failed(&failure.of_a_chat()), &used, rests, at);
    if effect == Effect::default() {
        return Ok(());
    }
    requests::outcome(&app.db, &AccountOutcome { at, used, effect }).await
}
