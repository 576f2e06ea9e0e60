//! Detects the kind of database.

use super::{Columns, Db};
use crate::error::Result;

/// SQL that is true on D1, which has an internal table `_cf_…` in every database.
pub const IS_D1: &str = "EXISTS (SELECT 1 FROM sqlite_schema WHERE substr(name, 1, 4) = '_cf_')";

/// Returns whether the database is D1, so that the host is a Worker.
pub async fn is_d1(db: &Db) -> Result<bool> {
    let row = db.query_one(&format!("SELECT {IS_D1}"), vec![]).await?;
    row.map_or(Ok(false), |row| Columns::new(row).flag())
}
