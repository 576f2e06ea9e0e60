//! Table `tokens`: the accounts. [`reserve`] chooses the one that serves a request.
//!
//! A row has a Grok session token, encrypted, with its SHA-256 as the key of the table. Requests name accounts by id or
//! by token:
//!
//! ```ignore
//! let named = Named { ids: vec![1, 2], ..Named::default() };
//! let disabled = accounts::set_enabled(&app.db, &named, false).await?;
//! ```
//!
//! [`list`] returns pages, [`counts`] sums, [`import`](mod@import) reads a file's rows, and [`invalid`] finds rows of
//! earlier releases that have no session token. `status` computes an account's state in SQL,
//! [`Status`](crate::admin::accounts::row::Status) in Rust; a test compares both.

pub mod counts;
pub mod import;
pub mod invalid;
pub mod list;
pub mod reserve;
mod status;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::invalid::no_token;
use super::{
    Columns, Db,
    sql::{json, parsed},
};
use crate::{
    crypto::{digest::sha256_hex, vault::Vault},
    error::Result,
    host::{Host, Row, Value},
    limits::D1_VALUE_BYTES,
};

pub use crate::providers::grok_web::token::TokenType;

/// A token to be added.
#[derive(Serialize)]
pub struct NewToken {
    hash: String,
    sealed: String,
    /// The last 6 characters, which the console shows.
    suffix: String,
    /// Empty while it is unknown.
    user_id: String,
}

impl NewToken {
    /// Returns the row of a token: hashed, and encrypted if there is a key. `user_id` is that of its owner, or empty.
    pub fn of(host: &dyn Host, vault: &Vault, clear: &str, user_id: String) -> Self {
        let hash = sha256_hex(clear);
        let sealed = vault.seal(host, clear, &hash);
        // Tokens are ASCII.
        let suffix = clear.get(clear.len().saturating_sub(6)..).unwrap_or(clear).to_owned();
        NewToken { hash, sealed, suffix, user_id }
    }
}

/// Maximum bytes of a list in one statement, which must stay below 1 MB; see [`batches`].
const LIST_BYTES: usize = D1_VALUE_BYTES / 2 - 100_000;

/// Splits a list into JSON texts that each fit into a statement. Fails with 500 if an item has no JSON form.
pub(super) fn batches<T: Serialize>(items: &[T]) -> Result<Vec<String>> {
    let mut lists: Vec<String> = Vec::new();
    for item in items {
        let item = json(item)?;
        match lists.last_mut().filter(|list| list.len() + item.len() < LIST_BYTES) {
            Some(list) => {
                list.push(',');
                list.push_str(&item);
            }
            None => lists.push(format!("[{item}")),
        }
    }
    Ok(lists.into_iter().map(|list| list + "]").collect())
}

/// A token that the operator pasted, with its properties.
#[derive(Serialize)]
pub struct Pasted {
    #[serde(flatten)]
    pub token: NewToken,
    pub token_type: TokenType,
    pub state: &'static str,
    pub tags: Vec<String>,
    pub note: String,
}

/// Adds accounts. Returns how many were new. A known account is unchanged, but gets the user id if it has none.
pub async fn add(db: &Db, now: i64, tokens: &[Pasted]) -> Result<usize> {
    const ADD: &str = "INSERT INTO tokens (hash, sealed, suffix, user_id, token_type, state, tags, note, created_at) \
        SELECT value ->> 'hash', value ->> 'sealed', value ->> 'suffix', value ->> 'user_id', value ->> 'token_type', \
          value ->> 'state', value ->> 'tags', value ->> 'note', ?2 FROM json_each(?1) WHERE true ORDER BY key ON CONFLICT (hash) DO NOTHING RETURNING id";
    const LEARN: &str = "UPDATE tokens SET user_id = pasted.value ->> 'user_id' FROM json_each(?1) AS pasted \
        WHERE tokens.hash = pasted.value ->> 'hash' AND tokens.user_id = ''";
    let mut added = 0;
    for list in batches(tokens)? {
        added += db.query(ADD, vec![list.into(), now.into()]).await?.len();
    }
    if added < tokens.len() {
        let with_id: Vec<_> = tokens.iter().filter(|pasted| !pasted.token.user_id.is_empty()).collect();
        for list in batches(&with_id)? {
            db.execute(LEARN, vec![list.into()]).await?;
        }
    }
    Ok(added)
}

/// The accounts that a request names, of one type if given.
#[derive(Default)]
pub struct Named {
    pub ids: Vec<i64>,
    /// SHA-256 of tokens, in hexadecimal.
    pub hashes: Vec<String>,
    pub token_type: Option<TokenType>,
}

impl Named {
    /// Returns the first three parameters of a statement with [`NAMED`], for each time that it must be sent.
    fn params(&self) -> Result<Vec<Vec<Value>>> {
        let times = self.ids.len().max(self.hashes.len()).div_ceil(NAMED_AT_ONCE).max(1);
        let token_type = self.token_type.map(TokenType::as_str);
        let mut ids = self.ids.chunks(NAMED_AT_ONCE);
        let mut hashes = self.hashes.chunks(NAMED_AT_ONCE);
        let lists = (0..times).map(|_| (ids.next().unwrap_or_default(), hashes.next().unwrap_or_default()));
        lists.map(|(ids, hashes)| Ok(vec![json(&ids)?.into(), json(&hashes)?.into(), token_type.into()])).collect()
    }
}

/// Hashes in one statement, whose text stays below 1 MB.
const NAMED_AT_ONCE: usize = 10_000;

const NAMED: &str = "(id IN (SELECT value FROM json_each(?1)) OR hash IN (SELECT value FROM json_each(?2))) \
    AND (?3 IS NULL OR token_type = ?3)";

/// A row without the token itself.
#[derive(Debug)]
pub struct StoredToken {
    pub id: i64,
    pub token_type: TokenType,
    pub suffix: String,
    pub is_active: bool,
    pub is_expired: bool,
    /// Known to have no session token; see [`invalid`].
    pub is_invalid: bool,
    /// The prefix that names the token's key, for [`Vault::has_key_of`].
    pub sealed_by: String,
    /// The quota of ordinary requests.
    pub normal: Quota,
    /// The quota of Heavy requests, which only Super accounts have.
    pub heavy: Quota,
    /// The ends of the cooldowns in Unix milliseconds, by rate-limit name. Some may be over.
    pub cooldowns: BTreeMap<String, i64>,
    pub strikes: i64,
    /// Unix milliseconds, as all times below.
    pub last_used_at: Option<i64>,
    pub last_failure_at: Option<i64>,
    pub last_failure_reason: String,
    pub tags: Vec<String>,
    pub note: String,
    pub created_at: i64,
}

/// A quota as it was last known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests that are left; `None` if unknown.
    pub remaining: Option<i64>,
    /// The end of the quota's window, in Unix milliseconds.
    pub until: Option<i64>,
}

impl Quota {
    /// Returns the remaining requests; `None` if they are unknown or the window has ended at `now`.
    pub fn known_at(self, now: i64) -> Option<i64> {
        self.remaining.filter(|_| self.until.is_some_and(|until| until > now))
    }
}

/// The columns of the row `t` that [`StoredToken::read`] reads.
pub(super) const COLUMNS: &str = concat!(
    "t.id, t.token_type, t.suffix, t.state = 'active', t.state = 'expired', \
    t.state = 'disabled' AND t.last_failure_reason = '",
    no_token!(),
    "', substr(t.sealed, 1, 12), \
    t.normal_remaining, t.normal_until, t.heavy_remaining, t.heavy_until, \
    (SELECT json_group_object(name, until) FROM token_cooldowns WHERE token_id = t.id), \
    t.strikes, t.last_used_at, t.last_failure_at, t.last_failure_reason, t.tags, t.note, t.created_at"
);

impl StoredToken {
    pub(super) fn read(row: &mut Columns) -> Result<Self> {
        Ok(StoredToken {
            id: row.integer()?,
            token_type: TokenType::of(&row.text()?),
            suffix: row.text()?,
            is_active: row.flag()?,
            is_expired: row.flag()?,
            is_invalid: row.flag()?,
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

/// An account with its encrypted token.
pub struct Account {
    pub token: StoredToken,
    pub hash: String,
    pub sealed: String,
    /// The provider's id of the account's owner; empty while it is unknown.
    pub user_id: String,
}

/// The columns that [`Account::read`] reads before [`COLUMNS`].
pub(super) const ACCOUNT: &str = "t.hash, t.sealed, t.user_id";

impl Account {
    pub(super) fn read(row: Row) -> Result<Self> {
        let mut row = Columns::new(row);
        let (hash, sealed, user_id) = (row.text()?, row.text()?, row.text()?);
        Ok(Account { hash, sealed, user_id, token: StoredToken::read(&mut row)? })
    }
}

/// Returns the first named account.
pub async fn find(db: &Db, named: &Named) -> Result<Option<Account>> {
    let find = format!("SELECT {ACCOUNT}, {COLUMNS} FROM tokens t WHERE {NAMED}");
    for params in named.params()? {
        if let Some(row) = db.query_one(&find, params).await? {
            return Account::read(row).map(Some);
        }
    }
    Ok(None)
}

/// Returns the active account that was used least recently.
pub async fn least_recently_used(db: &Db) -> Result<Option<Account>> {
    let find = format!(
        "SELECT {ACCOUNT}, {COLUMNS} FROM tokens t WHERE t.state = 'active' \
         ORDER BY t.last_used_at IS NOT NULL, t.last_used_at, t.id LIMIT 1"
    );
    db.query_one(&find, vec![]).await?.map(Account::read).transpose()
}

/// Stores the provider's user id of an account.
pub async fn set_user_id(db: &Db, id: i64, user_id: &str) -> Result<()> {
    db.execute("UPDATE tokens SET user_id = ?2 WHERE id = ?1", vec![id.into(), user_id.into()]).await
}

/// Deletes the named accounts. Returns how many there were.
pub async fn delete(db: &Db, named: &Named) -> Result<usize> {
    change(db, named, "DELETE FROM tokens", None).await
}

/// How a list of tags changes the tags of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagChange {
    #[default]
    Replace,
    Add,
    Remove,
}

/// Changes the tags of the named accounts. Returns how many there are.
pub async fn set_tags(db: &Db, named: &Named, mode: TagChange, tags: &[String]) -> Result<usize> {
    let statement = match mode {
        TagChange::Replace => "UPDATE tokens SET tags = ?4",
        TagChange::Add => {
            "UPDATE tokens SET tags = (SELECT json_group_array(value) FROM (
               SELECT value FROM json_each(tokens.tags) UNION ALL
               SELECT value FROM json_each(?4) WHERE value NOT IN (SELECT value FROM json_each(tokens.tags))))"
        }
        TagChange::Remove => {
            "UPDATE tokens SET tags = (SELECT json_group_array(value) FROM json_each(tokens.tags)
                                        WHERE value NOT IN (SELECT value FROM json_each(?4)))"
        }
    };
    change(db, named, statement, Some(json(&tags)?.into())).await
}

/// Replaces the note of the named accounts. Returns how many there are.
pub async fn set_note(db: &Db, named: &Named, note: &str) -> Result<usize> {
    change(db, named, "UPDATE tokens SET note = ?4", Some(note.into())).await
}

/// Enables or disables the named accounts. Returns how many there are. An expired account becomes active when it is
/// enabled. An invalid row stays disabled.
pub async fn set_enabled(db: &Db, named: &Named, enabled: bool) -> Result<usize> {
    const SET: &str = concat!(
        "UPDATE tokens SET state = iif(?4 AND last_failure_reason <> '",
        no_token!(),
        "', \
        'active', 'disabled'), strikes = iif(?4 AND state <> 'active', 0, strikes)"
    );
    change(db, named, SET, Some(enabled.into())).await
}

/// Sends a statement for the named accounts. Returns how many there are.
async fn change(db: &Db, named: &Named, statement: &str, value: Option<Value>) -> Result<usize> {
    let statement = format!("{statement} WHERE {NAMED} RETURNING id");
    let mut changed = 0;
    for mut params in named.params()? {
        params.extend(value.clone());
        changed += db.query(&statement, params).await?.len();
    }
    Ok(changed)
}

/// Returns all tags in use, sorted.
pub async fn all_tags(db: &Db) -> Result<Vec<String>> {
    const TAGS: &str = "SELECT DISTINCT tag.value FROM tokens, json_each(tags) tag ORDER BY 1";
    db.query(TAGS, vec![]).await?.into_iter().map(|row| Columns::new(row).text()).collect()
}

/// Stores the quotas that Grok sent at `now`, and makes an expired account active: the answer proves its session valid.
/// An unknown quota leaves the stored one.
pub async fn refreshed(db: &Db, id: i64, now: i64, normal: Quota, heavy: Quota) -> Result<()> {
    const REFRESHED: &str = "INSERT INTO token_quotas (token_id, at, normal_remaining, normal_until, heavy_remaining, \
        heavy_until) VALUES (?, ?, ?, ?, ?, ?)";
    let numbers = [normal.remaining, normal.until, heavy.remaining, heavy.until].map(Value::from);
    db.execute(REFRESHED, [id.into(), now.into()].into_iter().chain(numbers).collect()).await
}

/// Marks an account as expired because Grok refused its session. It serves no more requests until it is enabled.
pub async fn expire(db: &Db, id: i64, now: i64, reason: &str) -> Result<()> {
    const EXPIRE: &str = "UPDATE tokens SET state = 'expired', last_failure_at = ?2, last_failure_reason = ?3 \
        WHERE id = ?1";
    db.execute(EXPIRE, vec![id.into(), now.into(), reason.into()]).await
}
