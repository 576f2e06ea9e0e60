//! Table `tokens`: the accounts, as the console handles them. Who serves a request is chosen in
//! [`reserve`](super::reserve).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Columns, Db};
use crate::{
    app::App,
    auth::sha256_hex,
    error::{Error, Result},
    grok::token::normalise_token,
    host::Value,
    secrets::Vault,
};

/// What kind of account a token belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenType {
    #[serde(rename = "sso")]
    Basic,
    #[serde(rename = "ssoSuper")]
    Super,
}

impl TokenType {
    pub fn as_str(self) -> &'static str {
        match self {
            TokenType::Basic => "sso",
            TokenType::Super => "ssoSuper",
        }
    }

    fn of(text: &str) -> Self {
        if text == TokenType::Super.as_str() { TokenType::Super } else { TokenType::Basic }
    }
}

/// A token to be stored.
#[derive(Serialize)]
pub struct NewToken {
    hash: String,
    sealed: String,
    suffix: String,
}

impl NewToken {
    /// From a bare token.
    pub fn of(app: &App, vault: &Vault, clear: &str) -> Self {
        let hash = sha256_hex(clear);
        let sealed = vault.seal(app, clear, &hash);
        // Tokens are ASCII; one of six characters or fewer is a test's, and shown whole.
        let suffix = clear.get(clear.len().saturating_sub(6)..).unwrap_or(clear).to_owned();
        NewToken { hash, sealed, suffix }
    }
}

/// One statement's list stays below a megabyte: this many tokens of the length of a session cookie.
const ADDED_AT_ONCE: usize = 500;

/// Adds tokens; how many were new. Known ones stay as they are.
pub async fn add(db: &Db, now: i64, token_type: TokenType, tokens: &[NewToken]) -> Result<usize> {
    const ADD: &str = "INSERT INTO tokens (hash, sealed, suffix, token_type, created_at) \
        SELECT value ->> 'hash', value ->> 'sealed', value ->> 'suffix', ?2, ?3 FROM json_each(?1) WHERE true \
        ORDER BY key ON CONFLICT (hash) DO NOTHING RETURNING id";
    let mut added = 0;
    for tokens in tokens.chunks(ADDED_AT_ONCE) {
        added += db.rows(ADD, vec![json(&tokens)?.into(), token_type.as_str().into(), now.into()]).await?.len();
    }
    Ok(added)
}

/// One token of a request: by id, or its full value in any spelling.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum TokenName {
    Id(i64),
    Full(String),
}

/// The tokens that a request names, of one type if it says so.
#[derive(Default)]
pub struct Named {
    ids: Vec<i64>,
    hashes: Vec<String>,
    token_type: Option<TokenType>,
}

impl Named {
    pub fn new(names: impl IntoIterator<Item = TokenName>, token_type: Option<TokenType>) -> Self {
        let mut named = Named { token_type, ..Named::default() };
        for name in names {
            match name {
                TokenName::Id(id) => named.ids.push(id),
                // What is no token is no token of ours.
                TokenName::Full(text) => named.hashes.extend(normalise_token(&text).ok().map(|full| sha256_hex(&full))),
            }
        }
        named
    }

    /// The first three parameters of a statement that has [`NAMED`].
    fn params(&self) -> Result<Vec<Value>> {
        Ok(vec![json(&self.ids)?.into(), json(&self.hashes)?.into(), self.token_type.map(TokenType::as_str).into()])
    }
}

const NAMED: &str = "(id IN (SELECT value FROM json_each(?1)) OR hash IN (SELECT value FROM json_each(?2))) \
    AND (?3 IS NULL OR token_type = ?3)";

/// A row, without the token itself.
#[derive(Debug)]
pub struct StoredToken {
    pub id: i64,
    pub token_type: TokenType,
    pub suffix: String,
    pub is_active: bool,
    pub is_expired: bool,
    /// Which key the token is sealed with; for [`Vault::has_key_of`].
    pub sealed_by: String,
    /// Numbers whose window has not ended; `None` is unknown.
    pub normal: Quota,
    pub heavy: Quota,
    /// By rate-limit model name; those that are over, too.
    pub cooldowns: BTreeMap<String, i64>,
    pub strikes: i64,
    pub last_used_at: Option<i64>,
    pub last_failure_at: Option<i64>,
    pub last_failure_reason: String,
    pub tags: Vec<String>,
    pub note: String,
    pub created_at: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    pub remaining: Option<i64>,
    /// The window's end.
    pub until: Option<i64>,
}

impl Quota {
    /// What is still known at a time.
    pub fn known_at(self, now: i64) -> Option<i64> {
        self.remaining.filter(|_| self.until.is_some_and(|until| until > now))
    }
}

const COLUMNS: &str = "t.id, t.token_type, t.suffix, t.state = 'active', t.state = 'expired', substr(t.sealed, 1, 12), \
    t.normal_remaining, t.normal_until, t.heavy_remaining, t.heavy_until, \
    (SELECT json_group_object(name, until) FROM token_cooldowns WHERE token_id = t.id), \
    t.strikes, t.last_used_at, t.last_failure_at, t.last_failure_reason, t.tags, t.note, t.created_at";

impl StoredToken {
    fn read(row: &mut Columns) -> Result<Self> {
        Ok(StoredToken {
            id: row.integer()?,
            token_type: TokenType::of(&row.text()?),
            suffix: row.text()?,
            is_active: row.flag()?,
            is_expired: row.flag()?,
            sealed_by: row.text()?,
            normal: Quota { remaining: row.optional_integer()?, until: row.optional_integer()? },
            heavy: Quota { remaining: row.optional_integer()?, until: row.optional_integer()? },
            cooldowns: parsed(&row.text()?)?,
            strikes: row.integer()?,
            last_used_at: row.optional_integer()?,
            last_failure_at: row.optional_integer()?,
            last_failure_reason: row.text()?,
            tags: parsed(&row.text()?)?,
            note: row.text()?,
            created_at: row.integer()?,
        })
    }
}

/// One page of the tokens, newest first, and how many there are.
pub struct Page {
    pub total: i64,
    pub tokens: Vec<StoredToken>,
}

pub async fn list(db: &Db, limit: i64, offset: i64) -> Result<Page> {
    let list = format!(
        "SELECT (SELECT count(*) FROM tokens), {COLUMNS} \
         FROM (SELECT 1) LEFT JOIN (SELECT * FROM tokens ORDER BY id DESC LIMIT ? OFFSET ?) t ORDER BY t.id DESC"
    );
    let mut page = Page { total: 0, tokens: Vec::new() };
    for row in db.rows(&list, vec![limit.into(), offset.into()]).await? {
        // A page beyond the last one is a single row of nothing but the total.
        let is_token = row.get(1).is_some_and(|id| *id != Value::Null);
        let mut row = Columns::new(row);
        page.total = row.integer()?;
        if is_token {
            page.tokens.push(StoredToken::read(&mut row)?);
        }
    }
    Ok(page)
}

/// A token with what is needed to use it.
pub struct Account {
    pub token: StoredToken,
    pub hash: String,
    pub sealed: String,
}

pub async fn find(db: &Db, named: &Named) -> Result<Option<Account>> {
    let find = format!("SELECT t.hash, t.sealed, {COLUMNS} FROM tokens t WHERE {NAMED}");
    let row = db.one(&find, named.params()?).await?;
    row.map(|row| {
        let mut row = Columns::new(row);
        Ok(Account { hash: row.text()?, sealed: row.text()?, token: StoredToken::read(&mut row)? })
    })
    .transpose()
}

/// Deletes tokens; how many there were.
pub async fn delete(db: &Db, named: &Named) -> Result<usize> {
    let rows = db.rows(&format!("DELETE FROM tokens WHERE {NAMED} RETURNING id"), named.params()?).await?;
    Ok(rows.len())
}

/// Replaces the tags; how many tokens there are of that name.
pub async fn set_tags(db: &Db, named: &Named, tags: &[String]) -> Result<usize> {
    update(db, named, "tags = ?4", json(&tags)?.into()).await
}

pub async fn set_note(db: &Db, named: &Named, note: &str) -> Result<usize> {
    update(db, named, "note = ?4", note.into()).await
}

async fn update(db: &Db, named: &Named, assignment: &str, value: Value) -> Result<usize> {
    let mut params = named.params()?;
    params.push(value);
    let rows = db.rows(&format!("UPDATE tokens SET {assignment} WHERE {NAMED} RETURNING id"), params).await?;
    Ok(rows.len())
}

/// Every tag in use, sorted.
pub async fn all_tags(db: &Db) -> Result<Vec<String>> {
    const TAGS: &str = "SELECT DISTINCT tag.value FROM tokens, json_each(tags) tag ORDER BY 1";
    db.rows(TAGS, vec![]).await?.into_iter().map(|row| Columns::new(row).text()).collect()
}

/// What a rate-limits call told: an answer proves the session good, and a number that is not told leaves what was
/// known.
pub async fn refreshed(db: &Db, id: i64, now: i64, normal: Quota, heavy: Quota) -> Result<()> {
    const REFRESHED: &str = "INSERT INTO token_quotas (token_id, at, normal_remaining, normal_until, heavy_remaining, \
        heavy_until) VALUES (?, ?, ?, ?, ?, ?)";
    let numbers = [normal.remaining, normal.until, heavy.remaining, heavy.until].map(Value::from);
    db.run(REFRESHED, [id.into(), now.into()].into_iter().chain(numbers).collect()).await
}

/// A rate-limits call was refused because the account is gone: it is not asked again.
pub async fn expire(db: &Db, id: i64, now: i64, reason: &str) -> Result<()> {
    const EXPIRE: &str = "UPDATE tokens SET state = 'expired', last_failure_at = ?2, last_failure_reason = ?3 \
        WHERE id = ?1";
    db.run(EXPIRE, vec![id.into(), now.into(), reason.into()]).await
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("A statement's parameter: {e}")))
}

pub(super) fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::internal(format!("A column that should hold JSON: {e}")))
}
