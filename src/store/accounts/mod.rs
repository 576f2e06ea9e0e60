//! Tables `tokens` and `account_quotas`: the accounts, and what is left to each of them. [`reserve`] chooses the one that serves a request.
//!
//! A row has a Grok session token, encrypted, with its SHA-256 as the key of the table. Requests name accounts by id or
//! by token:
//!
//! ```ignore
//! let named = Named { ids: vec![1, 2], ..Named::default() };
//! let disabled = accounts::set_enabled(&app.db, &named, false).await?;
//! ```
//!
//! [`list`] returns pages, [`counts`] sums, [`import`](mod@import) reads a file's rows, [`reading`] stores what Grok reports,
//! and [`invalid`] finds rows of earlier releases that have no session token. `status` computes an account's state in SQL,
//! [`Status`](crate::admin::accounts::state::Status) in Rust; a test compares both.

pub mod counts;
mod edit;
pub mod import;
pub mod invalid;
pub mod list;
pub mod reading;
pub mod reserve;
pub mod status;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use self::invalid::no_token;
use super::{
    Columns, Db,
    spending::{Spending, spending},
    sql::{json, parsed},
};
use crate::{
    crypto::{digest::sha256_hex, vault::Vault},
    error::Result,
    host::{Host, Row, Value},
    limits::D1_VALUE_BYTES,
    providers::{catalog::QuotaBucket, xai::key::is_key},
};

pub use self::edit::{TagChange, delete, set_budget, set_enabled, set_note, set_tags};
pub use crate::providers::catalog::TokenType;

/// A token to be added.
#[derive(Serialize)]
pub struct NewToken {
    hash: String,
    sealed: String,
    /// What names it in logs and lists; see [`suffix_of`].
    suffix: String,
    /// Empty while it is unknown.
    user_id: String,
}

impl NewToken {
    /// Returns the row of a token: hashed, and encrypted if there is a key. `user_id` is that of its owner, or empty.
    pub fn of(host: &dyn Host, vault: &Vault, clear: &str, user_id: String) -> Self {
        let hash = sha256_hex(clear);
        let sealed = vault.seal(host, clear, &hash);
        NewToken { hash, sealed, suffix: suffix_of(clear).to_owned(), user_id }
    }
}

/// Returns the last 6 characters of a session token. Returns nothing of a key of xAI's API, which its id names.
pub fn suffix_of(clear: &str) -> &str {
    // Tokens are ASCII.
    if is_key(clear) { "" } else { clear.get(clear.len().saturating_sub(6)..).unwrap_or(clear) }
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
    /// What the operator says; it counts until Grok is asked.
    #[serde(serialize_with = "as_given")]
    pub token_type: TokenType,
    pub state: &'static str,
    pub tags: Vec<String>,
    pub note: String,
    /// What a key of xAI's API may spend in a day, in ticks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_budget: Option<i64>,
}

/// Writes the type as the column `token_type` knows it.
fn as_given<S: Serializer>(token_type: &TokenType, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(token_type.as_given().as_str())
}

/// SQL that finds the doubles among the accounts with these hashes, a JSON array: the trigger on the column does it.
const FIND_DOUBLES: &str =
    "UPDATE tokens SET user_id = user_id WHERE hash IN (SELECT value FROM json_each(?1)) AND user_id <> ''";

/// Accounts added together of which more get places in random order. Of many, the dead ones are often in a row, and a chat
/// tries a few only.
const SHUFFLED: usize = 20;
/// SQL for the `turn` of a new account, which is before all that have served. `?3` says whether to shuffle.
const NEW_TURN: &str = "iif(?3, -1 - abs(random() % 1000000), 0)";

/// SQL for the columns `token_type` and `read_type` of a new account. A key says itself what it is, and the first column has a check
/// that does not know its type.
const NEW_TYPES: &str = "iif(value ->> 'token_type' = 'xai', 'sso', value ->> 'token_type'), \
    iif(value ->> 'token_type' = 'xai', 'xai', NULL)";

/// Adds accounts. Returns how many were new. A known account is unchanged, but gets the user id if it has none. A key of xAI's API
/// that an earlier release took for a token becomes a key.
pub async fn add(db: &Db, now: i64, tokens: &[Pasted]) -> Result<usize> {
    let add = format!(
        "INSERT INTO tokens (hash, sealed, suffix, user_id, token_type, read_type, state, tags, note, daily_budget, created_at,
   turn, read_due)
 SELECT value ->> 'hash', value ->> 'sealed', value ->> 'suffix', value ->> 'user_id', {NEW_TYPES},
        value ->> 'state', value ->> 'tags', value ->> 'note', value ->> 'daily_budget', ?2, {NEW_TURN}, {NEW_IS_DUE}
   FROM json_each(?1) WHERE true ORDER BY key
 ON CONFLICT (hash) DO UPDATE SET read_type = 'xai', suffix = excluded.suffix, state = excluded.state, last_failure_reason = '',
   read_due = excluded.read_due
  WHERE excluded.read_type = 'xai' AND tokens.read_type IS NOT 'xai' RETURNING id",
        NEW_IS_DUE = reading::NEW_IS_DUE
    );
    const LEARN: &str = "UPDATE tokens SET user_id = pasted.value ->> 'user_id' FROM json_each(?1) AS pasted \
        WHERE tokens.hash = pasted.value ->> 'hash' AND tokens.user_id = ''";
    let shuffles = tokens.len() > SHUFFLED;
    let mut added = 0;
    for list in batches(tokens)? {
        added += db.query(&add, vec![list.into(), now.into(), shuffles.into()]).await?.len();
    }
    let with_id: Vec<_> = tokens.iter().filter(|pasted| !pasted.token.user_id.is_empty()).collect();
    if added < tokens.len() {
        for list in batches(&with_id)? {
            db.execute(LEARN, vec![list.into()]).await?;
        }
    }
    let hashes: Vec<&str> = with_id.iter().map(|pasted| pasted.token.hash.as_str()).collect();
    find_doubles(db, &hashes).await?;
    Ok(added)
}

/// Marks the doubles among the accounts with these hashes, whose owners are known.
async fn find_doubles(db: &Db, hashes: &[&str]) -> Result<()> {
    for hashes in hashes.chunks(NAMED_AT_ONCE) {
        db.execute(FIND_DOUBLES, vec![json(&hashes)?.into()]).await?;
    }
    Ok(())
}

/// The accounts that a request names, of one type if given: as Grok or as the operator says.
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
    AND (?3 IS NULL OR (token_type = ?3 AND read_type IS NOT 'xai') OR read_type = ?3)";

/// A row without the token itself.
#[derive(Debug)]
pub struct StoredToken {
    pub id: i64,
    /// As Grok says, else as the operator says.
    pub token_type: TokenType,
    pub type_is_read: bool,
    /// When Grok was last asked with success, in Unix milliseconds.
    pub read_at: Option<i64>,
    /// Empty for a key of xAI's API.
    pub suffix: String,
    pub is_active: bool,
    pub is_expired: bool,
    /// Known to have no session token; see [`invalid`].
    pub is_invalid: bool,
    /// The account with the same owner that serves instead.
    pub duplicate_of: Option<i64>,
    /// The provider's id of the account's owner; empty while it is unknown.
    pub user_id: String,
    /// The prefix that names the token's key, for [`Vault::has_key_of`].
    pub sealed_by: String,
    /// The ids of the models that a key of xAI's API has; empty until it is read.
    pub models: Vec<String>,
    /// What a key of xAI's API has spent.
    pub spending: Spending,
    /// The quotas, by the name of their bucket. Some may be over.
    pub quotas: BTreeMap<String, Quota>,
    pub strikes: i64,
    /// Unix milliseconds, as all times below.
    pub last_used_at: Option<i64>,
    pub last_failure_at: Option<i64>,
    pub last_failure_reason: String,
    pub tags: Vec<String>,
    pub note: String,
    pub created_at: i64,
}

/// A quota as it was last known. All times are in Unix milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Requests that are left; `None` if unknown.
    pub remaining: Option<i64>,
    /// Requests of a whole window; `None` if unknown. 0 of 0 means that the account does not have the bucket.
    pub total: Option<i64>,
    /// The end of the quota's window; `None` for 0 of 0.
    pub until: Option<i64>,
    /// The end of a rest after a rate limit; 0 for none.
    #[serde(default, skip_serializing)]
    pub cool_until: i64,
}

impl Quota {
    /// Returns the quota of a bucket that the account does not have.
    pub fn not_granted() -> Self {
        Quota { remaining: Some(0), total: Some(0), ..Quota::default() }
    }

    /// Returns whether the account does not have the bucket.
    pub fn is_not_granted(self) -> bool {
        self.total == Some(0) && self.remaining == Some(0)
    }

    /// Returns the remaining requests; `None` if they are unknown or the window has ended at `now`.
    pub fn known_at(self, now: i64) -> Option<i64> {
        self.remaining.filter(|_| self.until.is_some_and(|until| until > now))
    }
}

/// The columns of the row `t` that [`StoredToken::read`] reads.
pub(super) const COLUMNS: &str = concat!(
    "t.id, coalesce(t.read_type, t.token_type), t.read_type IS NOT NULL, t.read_at, t.suffix, t.state = 'active', t.state = 'expired', \
    t.state = 'disabled' AND t.last_failure_reason = '",
    no_token!(),
    "', t.duplicate_of, t.user_id, substr(t.sealed, 1, 12), t.models, ",
    spending!("t"),
    ", \
    (SELECT json_group_object(bucket, json_object('remaining', remaining, 'total', total, 'until', until, \
        'cool_until', cool_until)) FROM account_quotas WHERE account_id = t.id), \
    t.strikes, t.last_used_at, t.last_failure_at, t.last_failure_reason, t.tags, t.note, t.created_at"
);

impl StoredToken {
    /// Returns whether it is a key of xAI's API.
    pub fn is_api_key(&self) -> bool {
        self.token_type == TokenType::Xai
    }

    /// Returns the quota of a bucket; unknown if nothing is stored.
    pub fn quota(&self, bucket: QuotaBucket) -> Quota {
        self.quotas.get(bucket.name()).copied().unwrap_or_default()
    }

    pub(super) fn read(row: &mut Columns) -> Result<Self> {
        Ok(StoredToken {
            id: row.integer()?,
            token_type: TokenType::of(&row.text()?).unwrap_or(TokenType::Basic),
            type_is_read: row.flag()?,
            read_at: row.optional_integer()?,
            suffix: row.text()?,
            is_active: row.flag()?,
            is_expired: row.flag()?,
            is_invalid: row.flag()?,
            duplicate_of: row.optional_integer()?,
            user_id: row.text()?,
            sealed_by: row.text()?,
            models: parsed(&row.text()?)?,
            spending: Spending::read(row)?,
            quotas: parsed(&row.text()?)?,
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
}

/// The columns that [`Account::read`] reads before [`COLUMNS`].
pub(super) const ACCOUNT: &str = "t.hash, t.sealed";

impl Account {
    pub(super) fn read(row: Row) -> Result<Self> {
        let mut row = Columns::new(row);
        let (hash, sealed) = (row.text()?, row.text()?);
        Ok(Account { hash, sealed, token: StoredToken::read(&mut row)? })
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

/// Returns the active account that was used least recently; a key of xAI's API if there are no others.
pub async fn least_recently_used(db: &Db) -> Result<Option<Account>> {
    let find = format!(
        "SELECT {ACCOUNT}, {COLUMNS} FROM tokens t WHERE t.state = 'active' \
         ORDER BY t.read_type IS 'xai', t.last_used_at IS NOT NULL, t.last_used_at, t.id LIMIT 1"
    );
    db.query_one(&find, vec![]).await?.map(Account::read).transpose()
}

/// Stores the provider's user id of an account.
pub async fn set_user_id(db: &Db, id: i64, user_id: &str) -> Result<()> {
    db.execute("UPDATE tokens SET user_id = ?2 WHERE id = ?1", vec![id.into(), user_id.into()]).await
}

/// Returns all tags in use, sorted.
pub async fn all_tags(db: &Db) -> Result<Vec<String>> {
    const TAGS: &str = "SELECT DISTINCT tag.value FROM tokens, json_each(tags) tag ORDER BY 1";
    db.query(TAGS, vec![]).await?.into_iter().map(|row| Columns::new(row).text()).collect()
}
