//! The page of account tokens. The call that tests one is in [`super::token_test`].

use std::{collections::HashSet, rc::Rc};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    admin::query::Paging,
    app::App,
    auth::AdminSession,
    error::{Error, Kind, Result},
    grok::token::split_list,
    host::{Reply, Request},
    http_io,
    secrets::Vault,
    store::tokens::{self, Account, Named, NewToken, StoredToken, TokenName, TokenType},
};

const MAX_TAGS: usize = 50;
const MAX_TAG_CHARS: usize = 100;
const MAX_NOTE_CHARS: usize = 2_000;

/// What state a token is in; the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Expired,
    Disabled,
    /// Sealed with a key that is not at hand.
    Unreadable,
    Cooling,
    Unused,
    Exhausted,
    Normal,
}

impl Status {
    pub fn of(token: &StoredToken, vault: &Vault, now: i64) -> Self {
        let quotas = match token.token_type {
            TokenType::Basic => vec![token.normal.known_at(now)],
            TokenType::Super => vec![token.normal.known_at(now), token.heavy.known_at(now)],
        };
        match token {
            _ if token.is_expired => Status::Expired,
            _ if !token.is_active => Status::Disabled,
            _ if !vault.has_key_of(&token.sealed_by) => Status::Unreadable,
            _ if token.cooldowns.values().any(|until| *until > now) => Status::Cooling,
            _ if quotas.iter().all(Option::is_none) => Status::Unused,
            _ if quotas.contains(&Some(0)) => Status::Exhausted,
            _ => Status::Normal,
        }
    }

    /// The label that clients of this API know.
    fn label(self) -> &'static str {
        match self {
            Status::Expired => "失效",
            Status::Disabled => "已停用",
            Status::Unreadable => "无法读取",
            Status::Cooling => "冷却中",
            Status::Unused => "未使用",
            Status::Exhausted => "额度耗尽",
            Status::Normal => "正常",
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

/// A token as it is served. Times are Unix milliseconds; -1 is an unknown number.
#[derive(Serialize)]
struct Row {
    id: i64,
    token: String,
    token_suffix: String,
    token_type: TokenType,
    created_time: i64,
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
    /// The rate-limit names that are cooling, with the end of each.
    cooldowns: Vec<Cooldown>,
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

impl Row {
    fn of(token: StoredToken, vault: &Vault, now: i64) -> Self {
        let status = Status::of(&token, vault, now);
        Row {
            id: token.id,
            token: format!("...{}", token.suffix),
            token_type: token.token_type,
            created_time: token.created_at,
            remaining_queries: token.normal.known_at(now).unwrap_or(-1),
            heavy_remaining_queries: token.heavy.known_at(now).unwrap_or(-1),
            quota_until: token.normal.until,
            heavy_quota_until: token.heavy.until,
            status: status.label(),
            status_code: status,
            limit_reason: status.limit_reason(),
            cooldown_until: token.cooldowns.values().max().copied(),
            cooldown_remaining: cooldown_remaining(&token, now),
            strikes: token.strikes,
            last_used_time: token.last_used_at,
            last_failure_time: token.last_failure_at,
            token_suffix: token.suffix,
            cooldowns: (token.cooldowns.into_iter().filter(|(_, until)| *until > now))
                .map(|(name, until)| Cooldown { name, until })
                .collect(),
            last_failure_reason: token.last_failure_reason,
            tags: token.tags,
            note: token.note,
        }
    }
}

/// Seconds until the last of a token's cool-downs is over.
pub fn cooldown_remaining(token: &StoredToken, now: i64) -> i64 {
    let left = token.cooldowns.values().max().map_or(0, |until| (until - now).max(0));
    (left as u64).div_ceil(1000) as i64
}

/// `GET /api/tokens?limit=&offset=`
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Reply> {
    let Paging { limit, offset } = Paging::of(request.uri(), 1000, 1000)?;
    let vault = Vault::open(&app).await?;
    let page = tokens::list(&app.db, limit, offset).await?;
    let now = app.now();
    let data: Vec<Row> = page.tokens.into_iter().map(|token| Row::of(token, &vault, now)).collect();
    let has_more = offset + (data.len() as i64) < page.total;
    http_io::json(&json!({
        "success": true, "data": data, "total": page.total, "limit": limit, "offset": offset, "has_more": has_more,
    }))
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

/// `POST /api/tokens/add`
pub async fn add(app: Rc<App>, _: AdminSession, request: Request) -> Result<Reply> {
    let body: Add = http_io::read_json(request).await?;
    let lines = body.tokens.ok_or_else(|| Error::invalid("tokens", "tokens is a list of texts"))?;
    let token_type = required_type(body.token_type)?;
    let Pasted { tokens, repeated, refused } = Pasted::read(&lines);
    if tokens.is_empty() {
        let first = refused.first().map(|first| format!(": line {}: {}", first.line, first.reason));
        return Err(Error::invalid("tokens", format!("There is no token to add{}", first.unwrap_or_default())));
    }
    let vault = Vault::open(&app).await?;
    let new: Vec<NewToken> = tokens.iter().map(|clear| NewToken::of(&app, &vault, clear)).collect();
    let added = tokens::add(&app.db, app.now(), token_type, &new).await?;
    let duplicates = new.len() - added + repeated;
    let message = format!("{added} added, {duplicates} already there, {} not understood", refused.len());
    http_io::json(&json!({
        "success": true, "message": message,
        "data": { "added": added, "duplicates": duplicates, "invalid": refused },
    }))
}

/// What was pasted: each token once.
#[derive(Default)]
struct Pasted {
    tokens: Vec<String>,
    repeated: usize,
    refused: Vec<Refused>,
}

impl Pasted {
    fn read(texts: &[String]) -> Self {
        let mut pasted = Pasted::default();
        let mut seen = HashSet::new();
        for (index, line) in texts.iter().flat_map(|text| text.split('\n')).enumerate() {
            let (tokens, refused) = split_list(line);
            for token in tokens {
                if seen.insert(token.clone()) {
                    pasted.tokens.push(token);
                } else {
                    pasted.repeated += 1;
                }
            }
            pasted
                .refused
                .extend(refused.into_iter().map(|(_, error)| Refused { line: index + 1, reason: error.to_string() }));
        }
        pasted
    }
}

fn required_type(token_type: Option<TokenType>) -> Result<TokenType> {
    token_type.ok_or_else(|| Error::invalid("token_type", "token_type is \"sso\" (Basic) or \"ssoSuper\" (Super)"))
}

#[derive(Deserialize)]
struct Delete {
    tokens: Option<Vec<TokenName>>,
    ids: Option<Vec<i64>>,
    token_type: Option<TokenType>,
}

/// `POST /api/tokens/delete`
pub async fn delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Reply> {
    let body: Delete = http_io::read_json(request).await?;
    if body.tokens.is_none() && body.ids.is_none() {
        return Err(Error::invalid("tokens", "Name the tokens: `ids`, or `tokens` with ids or full values"));
    }
    let ids = body.ids.into_iter().flatten().map(TokenName::Id);
    let named = Named::new(body.tokens.into_iter().flatten().chain(ids), body.token_type);
    let deleted = tokens::delete(&app.db, &named).await?;
    let message = format!("{deleted} deleted");
    http_io::json(&json!({ "success": true, "message": message, "data": { "deleted": deleted } }))
}

/// One token: `{"id"}`, or `{"token"}` with an id or the full value.
#[derive(Deserialize)]
pub struct One {
    id: Option<i64>,
    token: Option<TokenName>,
    token_type: Option<TokenType>,
    tags: Option<Vec<String>>,
    note: Option<String>,
}

impl One {
    fn named(&self) -> Result<Named> {
        let name = self.token.clone().or(self.id.map(TokenName::Id));
        let name =
            name.ok_or_else(|| Error::invalid("id", "Name the token: by `id`, or by `token`, its full value"))?;
        Ok(Named::new([name], self.token_type))
    }

    pub async fn find(&self, app: &App) -> Result<Account> {
        tokens::find(&app.db, &self.named()?).await?.ok_or_else(unknown)
    }
}

/// `POST /api/tokens/tags`
pub async fn set_tags(app: Rc<App>, _: AdminSession, request: Request) -> Result<Reply> {
    let body: One = http_io::read_json(request).await?;
    let sent = body.tags.as_ref().ok_or_else(|| Error::invalid("tags", "tags is a list of texts"))?;
    let mut tags: Vec<String> = Vec::new();
    for tag in sent.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    if tags.len() > MAX_TAGS || tags.iter().any(|tag| tag.chars().count() > MAX_TAG_CHARS) {
        let message = format!("A token has at most {MAX_TAGS} tags of at most {MAX_TAG_CHARS} characters");
        return Err(Error::invalid("tags", message));
    }
    match tokens::set_tags(&app.db, &body.named()?, &tags).await? {
        0 => Err(unknown()),
        _ => http_io::json(&json!({ "success": true, "message": "Tags updated", "tags": tags })),
    }
}

/// `POST /api/tokens/note`
pub async fn set_note(app: Rc<App>, _: AdminSession, request: Request) -> Result<Reply> {
    let body: One = http_io::read_json(request).await?;
    let note = body.note.as_deref().ok_or_else(|| Error::invalid("note", "note is a text"))?.trim();
    if note.chars().count() > MAX_NOTE_CHARS {
        return Err(Error::invalid("note", format!("A note has at most {MAX_NOTE_CHARS} characters")));
    }
    match tokens::set_note(&app.db, &body.named()?, note).await? {
        0 => Err(unknown()),
        _ => http_io::json(&json!({ "success": true, "message": "Note updated", "note": note })),
    }
}

/// `GET /api/tokens/tags/all`
pub async fn all_tags(app: Rc<App>, _: AdminSession, _: Request) -> Result<Reply> {
    http_io::json(&json!({ "success": true, "data": tokens::all_tags(&app.db).await? }))
}

/// `POST /api/tokens/reveal`
pub async fn reveal(app: Rc<App>, _: AdminSession, request: Request) -> Result<Reply> {
    let body: One = http_io::read_json(request).await?;
    let account = body.find(&app).await?;
    let token = clear(&Vault::open(&app).await?, &account)?;
    http_io::json(&json!({ "success": true, "data": { "id": account.token.id, "token": token } }))
}

/// The account's token in clear.
pub fn clear(vault: &Vault, account: &Account) -> Result<String> {
    vault.unseal(&account.sealed, &account.hash).ok_or_else(|| {
        let message =
            "This token cannot be read: it was sealed with another encryption_key (see encryption_key_previous)";
        Error::new(Kind::Conflict, message)
    })
}

fn unknown() -> Error {
    Error::new(Kind::NotFound, "There is no such token")
}
