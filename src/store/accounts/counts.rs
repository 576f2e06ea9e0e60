//! Counts the accounts by type and state, and sums their remaining quotas.

use super::{invalid::HAS_UNSEEN, status::STATUS};
use crate::{
    error::Result,
    store::{Columns, Db, sql::json},
};

/// The accounts of one type in one state.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    pub is_super: bool,
    /// A name of [`Status`](crate::admin::accounts::row::Status).
    pub state: String,
    pub tokens: i64,
    /// Sums of the known remaining quotas.
    pub normal_remaining: i64,
    pub heavy_remaining: i64,
    /// Number of accounts whose normal quota is unknown.
    pub unknown: i64,
    /// Whether there are unchecked rows, in any group; see [`invalid`](super::invalid).
    pub has_unseen: bool,
}

/// Returns the groups of all accounts in one statement. `now` is in Unix milliseconds; `key_ids` are the available keys,
/// as in [`Filter`](super::list::Filter).
pub async fn read(db: &Db, now: i64, key_ids: &[String]) -> Result<Vec<Group>> {
    let count = format!(
        "SELECT is_super, status, count(*), CAST(total(normal) AS INTEGER), CAST(total(heavy) AS INTEGER),
        sum(normal IS NULL), {HAS_UNSEEN}
      FROM (SELECT t.token_type = 'ssoSuper' AS is_super, {STATUS} AS status,
              iif(t.normal_until > ?1, t.normal_remaining, NULL) AS normal,
              iif(t.token_type = 'ssoSuper' AND t.heavy_until > ?1, t.heavy_remaining, NULL) AS heavy
            FROM tokens t)
     GROUP BY 1, 2"
    );
    let group = |row: &mut Columns| {
        Ok(Group {
            is_super: row.flag()?,
            state: row.text()?,
            tokens: row.integer()?,
            normal_remaining: row.integer()?,
            heavy_remaining: row.integer()?,
            unknown: row.integer()?,
            has_unseen: row.flag()?,
        })
    };
    let rows = db.query(&count, vec![now.into(), json(&key_ids)?.into()]).await?;
    rows.into_iter().map(|row| group(&mut Columns::new(row))).collect()
}
