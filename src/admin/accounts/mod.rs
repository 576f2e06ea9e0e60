//! The page of account tokens. The call that tests one is in [`super::accounts::probe`].

pub mod export;
pub mod file;
pub mod import;
pub mod named;
pub mod outcome;
pub mod probe;
pub mod refresh;
pub mod row;

use std::{collections::HashMap, rc::Rc};

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::{
    named::{TokenName, named},
    row::{Row, Status},
};
use super::{
    browser,
    query::{self, Paging},
};
use crate::{
    app::App,
    auth::session::AdminSession,
    crypto::{digest::sha256_hex, vault::Vault},
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::{request, response},
    jobs::invalid_tokens,
    providers::grok_web::pasted::{Entry, State, normalise_token},
    store::accounts::{
        self, Account, Named, NewToken, TagChange, TokenType, invalid as invalid_rows,
        list::{self, Filter, Order},
    },
};

const MAX_TAGS: usize = 50;
const MAX_TAG_CHARS: usize = 100;
const MAX_NOTE_CHARS: usize = 2_000;
/// A longer text is in no note, and no token.
const MAX_SEARCHED: usize = 8_000;
/// Named in one call: ten statements of ten thousand.
const MAX_NAMED: usize = 100_000;
/// The state by which entries may be deleted.
const INVALID: &str = "invalid";

/// `GET /api/tokens?type=&state=&tag=&text=&sort=&order=&limit=&offset=`
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let Paging { limit, offset } = Paging::of(request.uri(), 1000, 1000)?;
    let vault = Vault::open(&*app.host).await?;
    let filter = read_filter(request.uri(), &vault, app.now_ms())?;
    let order = read_order(request.uri())?;
    let mut page = list::list(&app.db, &filter, order, limit, offset).await?;
    if page.has_unseen && invalid_tokens::catch_up(&app, &vault).await {
        page = list::list(&app.db, &filter, order, limit, offset).await?;
    }
    let data: Vec<Row> = page.tokens.into_iter().map(|token| Row::of(token, &vault, filter.now)).collect();
    let has_more = offset + (data.len() as i64) < page.total;
    response::json(&json!({
        "success": true, "data": data, "total": page.total, "limit": limit, "offset": offset, "has_more": has_more,
    }))
}

/// Which tokens a query means.
pub fn read_filter(uri: &Uri, vault: &Vault, now: i64) -> Result<Filter> {
    let token_type = match query::text(uri, "type").as_deref() {
        None => None,
        Some("sso") => Some(TokenType::Basic),
        Some("ssoSuper") => Some(TokenType::Super),
        Some(_) => return Err(Error::invalid("type", "type is sso (Basic) or ssoSuper (Super)")),
    };
    let state = query::text(uri, "state").map(|name| Status::named(&name)).transpose()?;
    let text = query::text(uri, "text");
    let tag = query::text(uri, "tag");
    for (name, text, most) in [("text", &text, MAX_SEARCHED), ("tag", &tag, MAX_TAG_CHARS)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            return Err(Error::invalid(name, format!("{name} has at most {most} characters")));
        }
    }
    // A whole token finds its row.
    let hash = text.as_ref().and_then(|text| normalise_token(text).ok()).map(|token| sha256_hex(&token));
    Ok(Filter { now, key_ids: vault.key_ids(), token_type, state: state.map(Status::name), tag, text, hash })
}

fn read_order(uri: &Uri) -> Result<Order> {
    let sort = query::text(uri, "sort").unwrap_or_else(|| "created".to_owned());
    let descending = match query::text(uri, "order").as_deref() {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => return Err(Error::invalid("order", "order is asc or desc")),
    };
    let names = || Order::names().collect::<Vec<_>>().join(", ");
    Order::by(&sort, descending).ok_or_else(|| Error::invalid("sort", format!("sort is one of {}", names())))
}

#[derive(Deserialize)]
struct Add {
    tokens: Option<Vec<String>>,
    token_type: Option<TokenType>,
}

/// A line of what was pasted that holds no token.
#[derive(Serialize)]
struct Refused {
    /// Counted from 1 over all lines that were sent.
    line: usize,
    reason: String,
}

#[derive(Serialize)]
struct Added {
    added: usize,
    duplicates: usize,
    invalid: Vec<Refused>,
    /// The browser that is now the setting `user_agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_user_agent: Option<String>,
}

/// `POST /api/tokens/add`
pub async fn add(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let browser = browser::candidate(&session, request.headers());
    let body: Add = request::read_json(request).await?;
    let lines = body.tokens.ok_or_else(|| Error::invalid("tokens", "tokens is a list of texts"))?;
    let token_type = required_type(body.token_type)?;
    let Pasted { entries, repeated, refused } = Pasted::read(&lines);
    if entries.is_empty() {
        let first = refused.first().map(|first| format!(": line {}: {}", first.line, first.reason));
        return Err(Error::invalid("tokens", format!("There is no token to add{}", first.unwrap_or_default())));
    }
    let vault = Vault::open(&*app.host).await?;
    let sealed = |entry: Entry| accounts::Pasted {
        token: NewToken::of(&*app.host, &vault, &entry.token, entry.user_id),
        token_type: entry.token_type.unwrap_or(token_type),
        state: entry.state.unwrap_or(State::Active).as_str(),
        tags: entry.tags.unwrap_or_default(),
        note: entry.note.unwrap_or_default(),
    };
    let new: Vec<accounts::Pasted> = entries.into_iter().map(sealed).collect();
    let added = accounts::add(&app.db, app.now_ms(), &new).await?;
    let duplicates = new.len() - added + repeated;
    let recorded_user_agent = browser::record(&app, browser, added).await;
    let message = format!("{added} added, {duplicates} already there, {} not understood", refused.len());
    let data = Added { added, duplicates, invalid: refused, recorded_user_agent };
    response::json(&json!({ "success": true, "message": message, "data": data }))
}

/// What was pasted: each token once.
#[derive(Default)]
struct Pasted {
    entries: Vec<Entry>,
    repeated: usize,
    refused: Vec<Refused>,
}

impl Pasted {
    fn read(texts: &[String]) -> Self {
        let (mut pasted, mut places) = (Pasted::default(), HashMap::new());
        let mut before = 0;
        for text in texts {
            let reading = file::read(text, None);
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

    /// A token that comes again may bring the user id that was missing.
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

fn required_type(token_type: Option<TokenType>) -> Result<TokenType> {
    token_type.ok_or_else(|| Error::invalid("token_type", "token_type is \"sso\" (Basic) or \"ssoSuper\" (Super)"))
}

/// The tokens a request means: one by `id` or by `token`, an id or the full value; many by `ids` and `tokens`. And
/// what is to be done to them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Target {
    id: Option<i64>,
    token: Option<TokenName>,
    ids: Option<Vec<i64>>,
    tokens: Option<Vec<TokenName>>,
    token_type: Option<TokenType>,
    tags: Option<Vec<String>>,
    mode: TagChange,
    note: Option<String>,
    enabled: Option<bool>,
    /// For deleting, instead of names.
    state: Option<String>,
}

impl Target {
    /// Whether no token is named.
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.token.is_none() && self.ids.is_none() && self.tokens.is_none()
    }

    /// `field` is blamed when no token is named.
    fn named(&mut self, field: &str) -> Result<Named> {
        let many = [&self.ids.as_ref().map(Vec::len), &self.tokens.as_ref().map(Vec::len)];
        if self.is_empty() {
            let message = "Name the tokens: `id` or `token`; or many by `ids`, or `tokens` with ids or full values";
            return Err(Error::invalid(field, message));
        }
        if many.into_iter().flatten().sum::<usize>() > MAX_NAMED {
            return Err(Error::invalid("tokens", format!("At most {MAX_NAMED} tokens at a time")));
        }
        let ids = self.ids.take().into_iter().flatten().chain(self.id).map(TokenName::Id);
        let names = self.tokens.take().into_iter().flatten().chain(self.token.take());
        Ok(named(names.chain(ids), self.token_type))
    }

    pub async fn find(&mut self, app: &App) -> Result<Account> {
        accounts::find(&app.db, &self.named("id")?).await?.ok_or_else(unknown)
    }
}

/// `POST /api/tokens/delete`: the tokens that are named, or with the state `invalid` all entries that are no tokens.
pub async fn delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let deleted = match body.state.take().as_deref() {
        None => accounts::delete(&app.db, &body.named("tokens")?).await?,
        Some(INVALID) if body.is_empty() => {
            invalid_tokens::catch_up(&app, &Vault::open(&*app.host).await?).await;
            invalid_rows::delete(&app.db).await?
        }
        Some(_) => return Err(Error::invalid("state", "state is invalid, and then no token is named")),
    };
    let message = format!("{deleted} deleted");
    response::json(&json!({ "success": true, "message": message, "data": { "deleted": deleted } }))
}

/// `POST /api/tokens/tags`: replaces the tags, or with the mode `add` or `remove` only those that are given.
pub async fn set_tags(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let sent = body.tags.take().ok_or_else(|| Error::invalid("tags", "tags is a list of texts"))?;
    let tags = clean_tags(&sent).ok_or_else(|| {
        let message = format!("A token has at most {MAX_TAGS} tags of at most {MAX_TAG_CHARS} characters");
        Error::invalid("tags", message)
    })?;
    let updated = accounts::set_tags(&app.db, &body.named("id")?, body.mode, &tags).await?;
    changed(
        updated,
        json!({ "success": true, "message": "Tags updated", "tags": tags, "data": { "updated": updated } }),
    )
}

/// Without blanks round them, empty ones and repeats; `None` when they are too many or too long.
pub fn clean_tags(sent: &[String]) -> Option<Vec<String>> {
    let mut tags: Vec<String> = Vec::new();
    for tag in sent.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    let is_fit = tags.len() <= MAX_TAGS && tags.iter().all(|tag| tag.chars().count() <= MAX_TAG_CHARS);
    is_fit.then_some(tags)
}

/// `POST /api/tokens/note`
pub async fn set_note(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let note = body.note.take().ok_or_else(|| Error::invalid("note", "note is a text"))?;
    let note = clean_note(&note)
        .ok_or_else(|| Error::invalid("note", format!("A note has at most {MAX_NOTE_CHARS} characters")))?;
    let updated = accounts::set_note(&app.db, &body.named("id")?, note).await?;
    changed(
        updated,
        json!({ "success": true, "message": "Note updated", "note": note, "data": { "updated": updated } }),
    )
}

/// `None` when it is too long.
pub fn clean_note(note: &str) -> Option<&str> {
    Some(note.trim()).filter(|note| note.chars().count() <= MAX_NOTE_CHARS)
}

/// `POST /api/tokens/status`
pub async fn set_enabled(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let enabled = body.enabled.ok_or_else(|| Error::invalid("enabled", "enabled is true or false"))?;
    let updated = accounts::set_enabled(&app.db, &body.named("id")?, enabled).await?;
    let message = format!("{updated} {}", if enabled { "enabled" } else { "disabled" });
    changed(updated, json!({ "success": true, "message": message, "data": { "updated": updated } }))
}

fn changed(count: usize, answer: serde_json::Value) -> Result<Response> {
    if count == 0 { Err(unknown()) } else { response::json(&answer) }
}

/// `GET /api/tokens/tags/all`
pub async fn all_tags(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    response::json(&json!({ "success": true, "data": accounts::all_tags(&app.db).await? }))
}

/// `POST /api/tokens/reveal`
pub async fn reveal(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: Target = request::read_json(request).await?;
    let account = body.find(&app).await?;
    let token = clear(&Vault::open(&*app.host).await?, &account)?;
    response::json(&json!({ "success": true, "data": { "id": account.token.id, "token": token } }))
}

/// What is stored, in clear; it may be no token.
fn clear(vault: &Vault, account: &Account) -> Result<String> {
    vault.unseal(&account.sealed, &account.hash).ok_or_else(invalid_tokens::unreadable)
}

pub fn unknown() -> Error {
    Error::new(ErrorKind::NotFound, "There is no such token")
}
