//! Reads and replaces encrypted texts, for encrypting them with another key.

use serde::Serialize;

use crate::{
    error::{Error, Result},
    host::Value,
};

use super::{Columns, Db, database::IS_D1, leases};

/// A table with encrypted texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Tokens,
    ApiKeys,
    /// Prompts of pictures and videos.
    Media,
}

impl Table {
    pub const ALL: [Table; 3] = [Table::Tokens, Table::ApiKeys, Table::Media];

    /// Returns the table's name, and its columns for the number of a row, the additional data and the text.
    fn names(self) -> [&'static str; 4] {
        match self {
            Table::Tokens => ["tokens", "id", "hash", "sealed"],
            Table::ApiKeys => ["api_keys", "id", "hash", "sealed"],
            Table::Media => ["media", "seq", "request_id", "prompt"],
        }
    }
}

/// The text of a row as it is stored, unencrypted or encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub id: i64,
    pub hash: String,
    pub text: String,
}

/// A text that replaces `old`, unless the row has changed since it was read.
#[derive(Debug, Serialize)]
pub struct Renewed {
    pub id: i64,
    pub old: String,
    pub new: String,
}

/// The lease that notes as its end the [`Replaced`] texts since the last rewrite of the file, or after a rewrite its
/// time.
const REPLACED: &str = "clear-text";

/// The kind of text that encryption replaces and that may remain in the database's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replaced {
    ClearText = 0,
    /// Encrypted with the previous key, which may have leaked.
    OldSeal = 1,
}

/// Notes the kind of text that is about to be replaced. Clear text takes precedence over old seals.
pub async fn note(db: &Db, replaced: Replaced) -> Result<()> {
    const NOTE: &str = "INSERT INTO leases (name, until) VALUES (?1, ?2) \
        ON CONFLICT (name) DO UPDATE SET until = min(until, excluded.until)";
    db.execute(NOTE, vec![REPLACED.into(), (replaced as i64).into()]).await
}

/// Returns at most `limit` rows with an unencrypted text, or one that starts with `previous`, by ascending id after
/// `after`.
pub async fn outdated(db: &Db, table: Table, previous: Option<&str>, after: i64, limit: i64) -> Result<Vec<Stored>> {
    let [table, id, hash, sealed] = table.names();
    // NULL and '' are no texts: neither is greater than ''.
    let sql = format!(
        "SELECT {id}, {hash}, {sealed} FROM {table} WHERE {id} > ?3 AND {sealed} > '' AND \
         (substr({sealed}, 1, 3) <> 'v1.' OR substr({sealed}, 1, length(?1)) = ?1) ORDER BY {id} LIMIT ?2"
    );
    let rows = db.query(&sql, vec![previous.map(str::to_owned).into(), limit.into(), after.into()]).await?;
    let stored = |row| {
        let mut row = Columns::new(row);
        Ok(Stored { id: row.integer()?, hash: row.text()?, text: row.text()? })
    };
    rows.into_iter().map(stored).collect()
}

/// Writes the new texts in one statement. Skips rows that were changed or deleted in the meantime.
pub async fn renew(db: &Db, table: Table, renewed: &[Renewed]) -> Result<()> {
    let [table, id, _, sealed] = table.names();
    let sql = format!(
        "UPDATE {table} SET {sealed} = r.new FROM (SELECT value ->> 'id' AS id, value ->> 'old' AS old, \
         value ->> 'new' AS new FROM json_each(?)) r WHERE {table}.{id} = r.id AND {table}.{sealed} = r.old"
    );
    let list = serde_json::to_string(renewed)
        .map_err(|e| Error::internal(format!("A list of encrypted texts could not be written: {e}")))?;
    db.execute(&sql, vec![Value::from(list)]).await
}

/// The state of stored secrets, for the settings page.
#[derive(Debug, PartialEq, Eq)]
pub struct Overview {
    /// Whether the setting `api_key` is set.
    pub has_global_key: bool,
    /// Whether the database's file may contain unencrypted texts that have been replaced.
    pub clear_text_may_remain: bool,
}

/// Returns the overview in one statement.
pub async fn overview(db: &Db) -> Result<Overview> {
    const OVERVIEW: &str = "SELECT EXISTS (SELECT 1 FROM api_keys WHERE id = 0), \
        EXISTS (SELECT 1 FROM leases WHERE name = ? AND until = ?)";
    let row = db.query_one(OVERVIEW, vec![REPLACED.into(), (Replaced::ClearText as i64).into()]).await?;
    let mut row = Columns::new(row.unwrap_or_default());
    Ok(Overview { has_global_key: row.flag()?, clear_text_may_remain: row.flag()? })
}

/// Returns whether texts were replaced since the last rewrite of the file, and the host allows one: D1 does not.
pub async fn can_be_rewritten(db: &Db) -> Result<bool> {
    let sql = format!("SELECT 1 FROM leases WHERE name = ? AND until <= ? AND NOT {IS_D1}");
    Ok(db.query_one(&sql, vec![REPLACED.into(), (Replaced::OldSeal as i64).into()]).await?.is_some())
}

/// Rewrites the file without replaced texts, empties its write-ahead log, and notes the rewrite with the time `now`:
/// four statements. Fails if the host does not allow it, or while other connections read.
pub async fn rewrite(db: &Db, now: i64) -> Result<()> {
    db.execute("PRAGMA secure_delete = ON", vec![]).await?;
    db.execute("VACUUM", vec![]).await?;
    let busy = match db.query_one("PRAGMA wal_checkpoint(TRUNCATE)", vec![]).await? {
        Some(row) => Columns::new(row).flag()?,
        None => false,
    };
    if busy {
        return Err(Error::internal("the write-ahead log is being read"));
    }
    leases::set(db, REPLACED, now).await
}
