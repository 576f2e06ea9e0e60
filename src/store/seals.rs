//! Sealed texts of the tables that hold one a row, for sealing them anew.

use serde::Serialize;

use crate::{
    error::{Error, Result},
    host::Value,
};

use super::{Columns, Db};

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

/// Rows in clear, and those that begin with `previous`.
pub async fn outdated(db: &Db, table: Table, previous: Option<&str>, limit: i64) -> Result<Vec<Stored>> {
    let sql = format!(
        "SELECT id, hash, sealed FROM {} WHERE sealed IS NOT NULL AND (substr(sealed, 1, 3) <> 'v1.' \
         OR substr(sealed, 1, length(?1)) = ?1) LIMIT ?2",
        table.name()
    );
    let rows = db.rows(&sql, vec![previous.map(str::to_owned).into(), limit.into()]).await?;
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
    db.run(&sql, vec![Value::from(list)]).await
}
