//! What the database itself is.

use super::{Columns, Db};
use crate::error::Result;

/// D1 keeps a table of its own in every database, whose name starts with `_cf_`.
pub const IS_D1: &str = "EXISTS (SELECT 1 FROM sqlite_schema WHERE substr(name, 1, 4) = '_cf_')";

pub async fn is_d1(db: &Db) -> Result<bool> {
    let row = db.query_one(&format!("SELECT {IS_D1}"), vec![]).await?;
    row.map_or(Ok(false), |row| Columns::new(row).flag())
}
