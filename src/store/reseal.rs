//! Sealed texts of the tables that hold one a row, for sealing them anew.

use serde::Serialize;

use crate::{
    error::{Error, Result},
    host::Value,
};

use super::{Columns, Db, database::IS_D1, leases};

/// The tables with the columns `id`, `hash` and `sealed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Tokens,
    ApiKeys,
}

impl Table {
    pub const ALL: [Table; 2] = [Table::Tokens, Table::ApiKeys];

    fn name(self) -> &'static str {
        match self {
            Table::Tokens => "tokens",
            Table::ApiKeys => "api_keys",
        }
    }
}

/// A row's text as it is stored, in clear or sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub id: i64,
    pub hash: String,
    pub text: String,
}

/// The text that takes the place of one that is still as it was read.
#[derive(Debug, Serialize)]
pub struct Renewed {
    pub id: i64,
    pub old: String,
    pub new: String,
}

/// The lease that notes what was replaced since the file was last rewritten, as its time; a later time is that of the
/// last rewrite.
const REPLACED: &str = "clear-text";

/// What sealing replaces, and the database's file may still hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replaced {
    ClearText = 0,
    /// Sealed with the previous key, which may have leaked.
    OldSeal = 1,
}

/// Notes what is about to be replaced; clear text outweighs old seals.
pub async fn note(db: &Db, replaced: Replaced) -> Result<()> {
    const NOTE: &str = "INSERT INTO leases (name, until) VALUES (?1, ?2) \
        ON CONFLICT (name) DO UPDATE SET until = min(until, excluded.until)";
    db.execute(NOTE, vec![REPLACED.into(), (replaced as i64).into()]).await
}

/// Returns rows in clear, and those that begin with `previous`, in the order of their ids after `after`.
pub async fn outdated(db: &Db, table: Table, previous: Option<&str>, after: i64, limit: i64) -> Result<Vec<Stored>> {
    let sql = format!(
        "SELECT id, hash, sealed FROM {} WHERE id > ?3 AND sealed IS NOT NULL AND (substr(sealed, 1, 3) <> 'v1.' \
         OR substr(sealed, 1, length(?1)) = ?1) ORDER BY id LIMIT ?2",
        table.name()
    );
    let rows = db.query(&sql, vec![previous.map(str::to_owned).into(), limit.into(), after.into()]).await?;
    let stored = |row| {
        let mut row = Columns::new(row);
        Ok(Stored { id: row.integer()?, hash: row.text()?, text: row.text()? })
    };
    rows.into_iter().map(stored).collect()
}

/// Writes them all, but for rows that have changed or gone meanwhile.
pub async fn renew(db: &Db, table: Table, renewed: &[Renewed]) -> Result<()> {
    let sql = format!(
        "UPDATE {table} SET sealed = r.new FROM (SELECT value ->> 'id' AS id, value ->> 'old' AS old, \
         value ->> 'new' AS new FROM json_each(?)) r WHERE {table}.id = r.id AND {table}.sealed = r.old",
        table = table.name()
    );
    let list = serde_json::to_string(renewed)
        .map_err(|e| Error::internal(format!("A list of sealed texts could not be written: {e}")))?;
    db.execute(&sql, vec![Value::from(list)]).await
}

/// What the settings page says of stored secrets.
#[derive(Debug, PartialEq, Eq)]
pub struct Overview {
    /// Whether the setting `api_key` is set.
    pub has_global_key: bool,
    /// Whether the database's file may hold texts that have been sealed since, as they were before.
    pub clear_text_may_remain: bool,
}

/// Reads the overview in one statement.
pub async fn overview(db: &Db) -> Result<Overview> {
    const OVERVIEW: &str = "SELECT EXISTS (SELECT 1 FROM api_keys WHERE id = 0), \
        EXISTS (SELECT 1 FROM leases WHERE name = ? AND until = ?)";
    let row = db.query_one(OVERVIEW, vec![REPLACED.into(), (Replaced::ClearText as i64).into()]).await?;
    let mut row = Columns::new(row.unwrap_or_default());
    Ok(Overview { has_global_key: row.flag()?, clear_text_may_remain: row.flag()? })
}

/// Whether something was replaced since the file was last rewritten, and the host allows rewriting it: D1 does not.
pub async fn can_be_rewritten(db: &Db) -> Result<bool> {
    let sql = format!("SELECT 1 FROM leases WHERE name = ? AND until <= ? AND NOT {IS_D1}");
    Ok(db.query_one(&sql, vec![REPLACED.into(), (Replaced::OldSeal as i64).into()]).await?.is_some())
}

/// Rewrites the file with what the tables hold, empties its write-ahead log, and notes that, with the time `now`. Fails
/// where the host does not allow it, and while others read.
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
