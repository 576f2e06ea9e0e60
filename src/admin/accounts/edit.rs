//! Changes to accounts: add, delete, tag, annotate, enable, limit the budget, and reveal the token.

use std::{collections::HashMap, rc::Rc};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{MAX_NOTE_CHARS, MAX_TAG_CHARS, MAX_TAGS, Target, clean_note, clean_tags, file, unknown};
use crate::{
    admin::browser,
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::{Error, Result},
    host::{Request, Response},
    http::{request, response},
    jobs::{account_readings, invalid_tokens},
    money::Usd,
    providers::grok_web::pasted::{Entry, State},
    store::accounts::{self, Account, NewToken, TokenType, invalid as invalid_rows},
};

/// The only state whose rows can be deleted without naming them.
const INVALID: &str = "invalid";

#[derive(Deserialize)]
struct Add {
    tokens: Option<Vec<String>>,
    /// What the operator says; it counts until Grok is asked.
    token_type: Option<TokenType>,
}

/// A pasted line without a token.
#[derive(Serialize)]
struct Refused {
    /// Counted from 1 over all lines of the request.
    line: usize,
    reason: String,
}

#[derive(Serialize)]
struct Added {
    added: usize,
    duplicates: usize,
    invalid: Vec<Refused>,
    /// The browser's `User-Agent`, if this request made it the setting `user_agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_user_agent: Option<String>,
}

/// Answers `POST /api/tokens/add` with how many accounts were added, and with the lines that hold no token. The new
/// accounts are read from Grok after the answer. Fails with 400 if no line holds a token.
pub async fn add(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let browser = browser::candidate(&session, request.headers());
    let body: Add = request::read_json(request).await?;
    let lines = body.tokens.ok_or_else(|| Error::invalid("tokens", "tokens must be a list of strings"))?;
    let Pasted { entries, repeated, refused } = Pasted::read(&lines, body.token_type);
    if entries.is_empty() {
        let first = refused.first().map(|first| format!(": line {}: {}", first.line, first.reason));
        return Err(Error::invalid("tokens", format!("No line holds a token{}", first.unwrap_or_default())));
    }
    let vault = Vault::open(&*app.host).await?;
    let sealed = |entry: Entry| accounts::Pasted {
        token: NewToken::of(&*app.host, &vault, &entry.token, entry.user_id),
        token_type: entry.token_type.or(body.token_type).unwrap_or(TokenType::Basic),
        state: entry.state.unwrap_or(State::Active).as_str(),
        tags: entry.tags.unwrap_or_default(),
        note: entry.note.unwrap_or_default(),
        daily_budget: entry.daily_budget_usd.map(Usd::ticks),
    };
    let new: Vec<accounts::Pasted> = entries.into_iter().map(sealed).collect();
    let added = accounts::add(&app.db, app.now_ms(), &new).await?;
    if added > 0 {
        // One more statement may record the browser.
        account_readings::spawn(&app, app.db.meter().calls as usize + 1);
    }
    let duplicates = new.len() - added + repeated;
    let of_grok = new.iter().filter(|pasted| pasted.token_type != TokenType::Xai).count();
    let recorded_user_agent = browser::record(&app, browser, added.min(of_grok)).await;
    let message = format!("{added} added, {duplicates} already there, {} not recognised", refused.len());
    let data = Added { added, duplicates, invalid: refused, recorded_user_agent };
    response::json(&json!({ "success": true, "message": message, "data": data }))
}

/// The tokens of a request, each once.
#[derive(Default)]
struct Pasted {
    entries: Vec<Entry>,
    repeated: usize,
    refused: Vec<Refused>,
}

impl Pasted {
    /// Reads texts of any form, each like a file of its own. `token_type` is the type of those that name none.
    fn read(texts: &[String], token_type: Option<TokenType>) -> Self {
        let (mut pasted, mut places) = (Pasted::default(), HashMap::new());
        let mut before = 0;
        for text in texts {
            let reading = file::read(text, None, token_type);
            let (entries, refused) = reading.map_or_else(
                |reason| (Vec::new(), vec![(1, reason)]),
                |read| {
                    (read.entries, read.refused.into_iter().map(|(line, reason)| (line, reason.to_owned())).collect())
                },
            );
            entries.into_iter().for_each(|(_, entry)| pasted.add(entry, &mut places));
            pasted.refused.extend(refused.into_iter().map(|(line, reason)| Refused { line: before + line, reason }));
            before += text.split('\n').count();
        }
        pasted
    }

    /// Adds an entry. A repeated token only supplies a user id that was missing.
    fn add(&mut self, entry: Entry, places: &mut HashMap<String, usize>) {
        let Some(place) = places.get(&entry.token) else {
            places.insert(entry.token.clone(), self.entries.len());
            return self.entries.push(entry);
        };
        self.repeated += 1;
        let known = &mut self.entries[*place];
        if known.user_id.is_empty() {
            known.user_id = entry.user_id;
        }
    }
}

/// Answers `POST /api/tokens/delete` with how many accounts were deleted: the named ones, or with the state `invalid`
/// all rows that do not hold a token. Fails with 400 if the request names none.
pub async fn delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let deleted = match body.state.take().as_deref() {
        None => accounts::delete(&app.db, &body.named("tokens")?).await?,
        Some(INVALID) if body.is_empty() => {
            invalid_tokens::catch_up(&app, &Vault::open(&*app.host).await?).await;
            invalid_rows::delete(&app.db).await?
        }
        Some(_) => return Err(Error::invalid("state", "state must be invalid, without any account named beside it")),
    };
    let message = format!("{deleted} deleted");
    response::json(&json!({ "success": true, "message": message, "data": { "deleted": deleted } }))
}

/// Answers `POST /api/tokens/tags` with how many accounts changed. Replaces their tags; the modes `add` and `remove`
/// change only the given ones. Fails with 400 if the tags are too many or too long, with 404 if no account matches.
pub async fn set_tags(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let sent = body.tags.take().ok_or_else(|| Error::invalid("tags", "tags must be a list of strings"))?;
    let tags = clean_tags(&sent).ok_or_else(|| {
        let message = format!(
            "An account may have {MAX_TAGS} tags of up to {MAX_TAG_CHARS} characters: send fewer or shorter ones"
        );
        Error::invalid("tags", message)
    })?;
    let updated = accounts::set_tags(&app.db, &body.named("id")?, body.mode, &tags).await?;
    changed(
        updated,
        json!({ "success": true, "message": "Tags updated", "tags": tags, "data": { "updated": updated } }),
    )
}

/// Answers `POST /api/tokens/note` with how many accounts changed. Fails with 400 if the note is too long, with 404
/// if no account matches.
pub async fn set_note(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let note = body.note.take().ok_or_else(|| Error::invalid("note", "note must be a string"))?;
    let note = clean_note(&note).ok_or_else(|| {
        Error::invalid("note", format!("A note may have {MAX_NOTE_CHARS} characters: send a shorter one"))
    })?;
    let updated = accounts::set_note(&app.db, &body.named("id")?, note).await?;
    changed(
        updated,
        json!({ "success": true, "message": "Note updated", "note": note, "data": { "updated": updated } }),
    )
}

/// Answers `POST /api/tokens/status` with how many accounts were enabled or disabled. Enabling an expired account
/// makes it active again. Fails with 404 if no account matches.
pub async fn set_enabled(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let enabled = body.enabled.ok_or_else(|| Error::invalid("enabled", "enabled must be true or false"))?;
    let updated = accounts::set_enabled(&app.db, &body.named("id")?, enabled).await?;
    let message = format!("{updated} {}", if enabled { "enabled" } else { "disabled" });
    changed(updated, json!({ "success": true, "message": message, "data": { "updated": updated } }))
}

/// Answers `POST /api/tokens/budget` with how many keys of xAI's API have a new daily budget. Fails with 400 if the budget is not
/// allowed or an account is not such a key, with 404 if no account matches.
pub async fn set_budget(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let budget = body.daily_budget_usd.checked()?;
    let field = if body.ids.is_some() || body.tokens.is_some() { "ids" } else { "id" };
    let (updated, others) = accounts::set_budget(&app.db, &body.named("id")?, budget).await?;
    if others > 0 {
        let message =
            format!("{others} of these accounts are no keys of xAI's API, which alone have a budget: leave them out");
        return Err(Error::invalid(field, message));
    }
    changed(updated, json!({ "success": true, "message": "Budget updated", "data": { "updated": updated } }))
}

/// Returns the answer, or a 404 if no account was changed.
fn changed(count: usize, answer: serde_json::Value) -> Result<Response> {
    if count == 0 { Err(unknown()) } else { response::json(&answer) }
}

/// Answers `POST /api/tokens/reveal` with the token of an account, unencrypted. Fails with 404 if no account matches,
/// with 409 if it was encrypted with another key.
pub async fn reveal(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let account = body.find(&app).await?;
    let token = clear(&Vault::open(&*app.host).await?, &account)?;
    response::json(&json!({ "success": true, "data": { "id": account.token.id, "token": token } }))
}

/// Returns the stored text, decrypted. A row of an earlier release may hold something else than a token.
fn clear(vault: &Vault, account: &Account) -> Result<String> {
    vault.unseal(&account.sealed, &account.hash).ok_or_else(invalid_tokens::unreadable)
}
