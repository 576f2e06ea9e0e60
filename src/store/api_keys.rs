//! Table `api_keys`. Row 0 is the setting `api_key`; the console's list of keys shows the other rows.

use serde::{Deserialize, Serialize};

use super::{
    Columns, Db,
    spending::{Spending, spending},
    sql::json,
};
use crate::{
    crypto::{digest::sha256_hex, vault::Vault},
    error::{Error, Result},
    host::{Host, Row, Value},
};

/// A key to be added.
#[derive(Serialize)]
pub struct NewKey {
    pub name: String,
    /// SHA-256 of the key in hexadecimal.
    pub hash: String,
    /// The encrypted key; `None` without an encryption key, so the console cannot show the key again.
    pub sealed: Option<String>,
    /// The masked key.
    pub display: String,
}

impl NewKey {
    /// Returns the row of a key: hashed, encrypted if there is an encryption key, and masked.
    pub fn of(host: &dyn Host, vault: &Vault, clear: &str, name: &str) -> Self {
        let hash = sha256_hex(clear);
        let sealed = vault.has_key().then(|| vault.seal(host, clear, &hash));
        NewKey { name: name.to_owned(), hash, sealed, display: mask(clear) }
    }
}

/// A row without its secrets.
pub struct StoredKey {
    pub id: i64,
    pub name: String,
    pub display: String,
    pub is_active: bool,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Whether the key is stored encrypted, and not only as a hash.
    pub is_kept: bool,
    pub spending: Spending,
}

const COLUMNS: &str =
    concat!("k.id, k.name, k.display, k.is_active, k.created_at, k.sealed IS NOT NULL, ", spending!("k"));

impl StoredKey {
    fn read(row: &mut Columns) -> Result<Self> {
        Ok(StoredKey {
            id: row.integer()?,
            name: row.text()?,
            display: row.text()?,
            is_active: row.flag()?,
            created_at: row.integer()?,
            is_kept: row.flag()?,
            spending: Spending::read(row)?,
        })
    }
}

/// Keys that a request names, by id or by the whole key.
#[derive(Default)]
pub struct Named {
    ids: Vec<i64>,
    hashes: Vec<String>,
}

/// One key that a request names.
#[derive(Deserialize)]
#[serde(untagged, expecting = "name a key by its id (a whole number) or its full value (a string)")]
pub enum KeyName {
    Id(i64),
    Full(String),
}

impl FromIterator<KeyName> for Named {
    fn from_iter<I: IntoIterator<Item = KeyName>>(names: I) -> Self {
        let mut named = Named::default();
        for name in names {
            match name {
                KeyName::Id(id) => named.ids.push(id),
                KeyName::Full(key) => named.hashes.push(sha256_hex(key.trim())),
            }
        }
        named
    }
}

impl Named {
    /// Returns the first two parameters of a statement with [`NAMED`].
    fn params(&self) -> Result<Vec<Value>> {
        Ok(vec![json(&self.ids)?.into(), json(&self.hashes)?.into()])
    }
}

const NAMED: &str = "id > 0 AND (id IN (SELECT value FROM json_each(?1)) OR hash IN (SELECT value FROM json_each(?2)))";

/// One page of the keys, newest first, and the total number of keys.
pub struct Page {
    pub total: i64,
    /// Whether the setting `api_key` is set.
    pub has_global: bool,
    pub keys: Vec<StoredKey>,
}

/// Returns one page of the keys, in one statement.
pub async fn list(db: &Db, limit: i64, offset: i64) -> Result<Page> {
    let list = format!(
        "SELECT (SELECT count(*) FROM api_keys WHERE id > 0), EXISTS (SELECT 1 FROM api_keys WHERE id = 0), {COLUMNS} \
         FROM (SELECT 1) LEFT JOIN (SELECT * FROM api_keys WHERE id > 0 ORDER BY id DESC LIMIT ? OFFSET ?) k \
         ORDER BY k.id DESC"
    );
    let mut page = Page { total: 0, has_global: false, keys: Vec::new() };
    for row in db.query(&list, vec![limit.into(), offset.into()]).await? {
        // A page after the last one is a single row with the totals only.
        let is_key = row.get(2).is_some_and(|id| *id != Value::Null);
        let mut row = Columns::new(row);
        (page.total, page.has_global) = (row.integer()?, row.flag()?);
        if is_key {
            page.keys.push(StoredKey::read(&mut row)?);
        }
    }
    Ok(page)
}

/// Adds keys in one statement. Returns their ids in the order of `keys`. Fails with 409 if a key exists already.
pub async fn add(db: &Db, now: i64, keys: &[NewKey]) -> Result<Vec<i64>> {
    const ADD: &str = "INSERT INTO api_keys (name, hash, sealed, display, created_at) \
        SELECT value ->> 'name', value ->> 'hash', value ->> 'sealed', value ->> 'display', ?2 \
        FROM json_each(?1) ORDER BY key RETURNING hash, id";
    let mut ids = std::collections::HashMap::new();
    for row in db.query(ADD, vec![json(&keys)?.into(), now.into()]).await? {
        let mut row = Columns::new(row);
        ids.insert(row.text()?, row.integer()?);
    }
    let id = |key: &NewKey| ids.get(&key.hash).copied().ok_or_else(|| Error::internal("A new key got no id"));
    keys.iter().map(id).collect()
}

/// Deletes the named keys. Returns how many there were.
pub async fn delete(db: &Db, named: &Named) -> Result<usize> {
    let rows = db.query(&format!("DELETE FROM api_keys WHERE {NAMED} RETURNING id"), named.params()?).await?;
    Ok(rows.len())
}

/// Enables or disables the named keys. Returns how many there are.
pub async fn set_active(db: &Db, named: &Named, is_active: bool) -> Result<usize> {
    update(db, named, "is_active = ?3", is_active.into()).await
}

/// Renames the named keys. Returns how many there are.
pub async fn rename(db: &Db, named: &Named, name: &str) -> Result<usize> {
    update(db, named, "name = ?3", name.into()).await
}

/// Sets what each of the named keys may spend in a day, in ticks; `None` for no limit. Returns how many there are.
pub async fn set_budget(db: &Db, named: &Named, budget: Option<i64>) -> Result<usize> {
    update(db, named, "daily_budget = ?3", budget.into()).await
}

async fn update(db: &Db, named: &Named, assignment: &str, value: Value) -> Result<usize> {
    let mut params = named.params()?;
    params.push(value);
    let rows: Vec<Row> =
        db.query(&format!("UPDATE api_keys SET {assignment} WHERE {NAMED} RETURNING id"), params).await?;
    Ok(rows.len())
}

/// Returns the hash and the encrypted text of the first named key; the latter is `None` if only the hash is stored.
pub async fn sealed(db: &Db, named: &Named) -> Result<Option<(String, Option<String>)>> {
    let row = db.query_one(&format!("SELECT hash, sealed FROM api_keys WHERE {NAMED}"), named.params()?).await?;
    row.map(|row| {
        let mut row = Columns::new(row);
        Ok((row.text()?, row.optional_text()?))
    })
    .transpose()
}

/// Returns the first 6 and the last 4 characters of a key, or `...` for one below 20 bytes.
fn mask(clear: &str) -> String {
    match (clear.get(..6), clear.get(clear.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if clear.len() >= 20 => format!("{head}...{tail}"),
        _ => "...".to_owned(),
    }
}
