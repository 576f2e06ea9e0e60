//! Table `api_keys`. Row 0 is the setting `api_key`; the routes of the console see the others.

use serde::{Deserialize, Serialize};

use super::{Columns, Db, sql::json};
use crate::{
    crypto::{digest::sha256_hex, vault::Vault},
    error::{Error, Result},
    host::{Host, Row, Value},
};

/// A key to be stored.
#[derive(Serialize)]
pub struct NewKey {
    pub name: String,
    pub hash: String,
    /// `None` without an encryption key: then it can be shown once only.
    pub sealed: Option<String>,
    pub display: String,
}

impl NewKey {
    pub fn of(host: &dyn Host, vault: &Vault, clear: &str, name: &str) -> Self {
        let hash = sha256_hex(clear);
        let sealed = vault.has_key().then(|| vault.seal(host, clear, &hash));
        NewKey { name: name.to_owned(), hash, sealed, display: mask(clear) }
    }
}

/// A row, without what is secret.
pub struct StoredKey {
    pub id: i64,
    pub name: String,
    pub display: String,
    pub is_active: bool,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Whether the key itself is kept, not its hash alone.
    pub is_kept: bool,
}

const COLUMNS: &str = "k.id, k.name, k.display, k.is_active, k.created_at, k.sealed IS NOT NULL";

impl StoredKey {
    fn read(row: &mut Columns) -> Result<Self> {
        Ok(StoredKey {
            id: row.integer()?,
            name: row.text()?,
            display: row.text()?,
            is_active: row.flag()?,
            created_at: row.integer()?,
            is_kept: row.flag()?,
        })
    }
}

/// Keys as a request names them: by id or in full.
#[derive(Default)]
pub struct Named {
    ids: Vec<i64>,
    hashes: Vec<String>,
}

/// One key of a request.
#[derive(Deserialize)]
#[serde(untagged)]
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
    /// The first two parameters of a statement that has [`NAMED`].
    fn params(&self) -> Result<Vec<Value>> {
        Ok(vec![json(&self.ids)?.into(), json(&self.hashes)?.into()])
    }
}

const NAMED: &str = "id > 0 AND (id IN (SELECT value FROM json_each(?1)) OR hash IN (SELECT value FROM json_each(?2)))";

/// One page of the keys, newest first, and how many there are.
pub struct Page {
    pub total: i64,
    /// Whether the setting `api_key` is set.
    pub has_global: bool,
    pub keys: Vec<StoredKey>,
}

pub async fn list(db: &Db, limit: i64, offset: i64) -> Result<Page> {
    let list = format!(
        "SELECT (SELECT count(*) FROM api_keys WHERE id > 0), EXISTS (SELECT 1 FROM api_keys WHERE id = 0), {COLUMNS} \
         FROM (SELECT 1) LEFT JOIN (SELECT * FROM api_keys WHERE id > 0 ORDER BY id DESC LIMIT ? OFFSET ?) k \
         ORDER BY k.id DESC"
    );
    let mut page = Page { total: 0, has_global: false, keys: Vec::new() };
    for row in db.query(&list, vec![limit.into(), offset.into()]).await? {
        // A page beyond the last one is a single row of nothing but the totals.
        let is_key = row.get(2).is_some_and(|id| *id != Value::Null);
        let mut row = Columns::new(row);
        (page.total, page.has_global) = (row.integer()?, row.flag()?);
        if is_key {
            page.keys.push(StoredKey::read(&mut row)?);
        }
    }
    Ok(page)
}

/// Adds keys in one statement; their ids, in the order of the keys.
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

/// Deletes keys; how many there were.
pub async fn delete(db: &Db, named: &Named) -> Result<usize> {
    let rows = db.query(&format!("DELETE FROM api_keys WHERE {NAMED} RETURNING id"), named.params()?).await?;
    Ok(rows.len())
}

/// Switches keys on or off; how many there are of them.
pub async fn set_active(db: &Db, named: &Named, is_active: bool) -> Result<usize> {
    update(db, named, "is_active = ?3", is_active.into()).await
}

pub async fn rename(db: &Db, named: &Named, name: &str) -> Result<usize> {
    update(db, named, "name = ?3", name.into()).await
}

async fn update(db: &Db, named: &Named, assignment: &str, value: Value) -> Result<usize> {
    let mut params = named.params()?;
    params.push(value);
    let rows: Vec<Row> =
        db.query(&format!("UPDATE api_keys SET {assignment} WHERE {NAMED} RETURNING id"), params).await?;
    Ok(rows.len())
}

/// Hash and sealed text of a key: what is needed to show it again.
pub async fn sealed(db: &Db, named: &Named) -> Result<Option<(String, Option<String>)>> {
    let row = db.query_one(&format!("SELECT hash, sealed FROM api_keys WHERE {NAMED}"), named.params()?).await?;
    row.map(|row| {
        let mut row = Columns::new(row);
        Ok((row.text()?, row.optional_text()?))
    })
    .transpose()
}

/// Enough of a key to recognise it by: nothing of a short one.
fn mask(clear: &str) -> String {
    match (clear.get(..6), clear.get(clear.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if clear.len() >= 20 => format!("{head}...{tail}"),
        _ => "...".to_owned(),
    }
}
