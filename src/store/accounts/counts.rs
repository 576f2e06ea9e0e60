//! Counts the accounts by type and state, and sums their remaining quotas.

use crate::{
    error::Result,
    store::{Columns, Db},
};

use super::invalid::{HAS_UNSEEN, NO_TOKEN};

/// The accounts of one type in one state whose tokens were encrypted with one key.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    pub is_super: bool,
    /// `invalid`, `expired`, `disabled`, `cooling`, `unused`, `exhausted` or `normal`.
    pub state: String,
    /// The prefix that names the key, for [`Vault::has_key_of`](crate::crypto::vault::Vault::has_key_of).
    pub sealed_by: String,
    pub tokens: i64,
    /// Sums of the known remaining quotas.
    pub normal_remaining: i64,
    pub heavy_remaining: i64,
    /// Number of accounts whose normal quota is unknown.
    pub unknown: i64,
    /// Whether there are unchecked rows, in any group; see [`invalid`](super::invalid).
    pub has_unseen: bool,
}

/// Returns the groups of all accounts in one statement. `now` is in Unix milliseconds. The states are those of
/// [`Status`](crate::admin::accounts::row::Status), except `unreadable`, which needs the keys.
pub async fn read(db: &Db, now: i64) -> Result<Vec<Group>> {
    let count = format!(
        "SELECT is_super,
        CASE WHEN state = 'disabled' AND last_failure_reason = '{NO_TOKEN}' THEN 'invalid'
             WHEN state <> 'active' THEN state
             WHEN is_cooling THEN 'cooling'
             WHEN normal IS NULL AND heavy IS NULL THEN 'unused'
             WHEN normal = 0 OR heavy = 0 THEN 'exhausted'
             ELSE 'normal' END,
        sealed_by, count(*), CAST(total(normal) AS INTEGER), CAST(total(heavy) AS INTEGER), sum(normal IS NULL),
        {HAS_UNSEEN}
      FROM (SELECT state, last_failure_reason, token_type = 'ssoSuper' AS is_super,
              iif(substr(sealed, 1, 3) = 'v1.', substr(sealed, 1, 12), '') AS sealed_by,
              EXISTS (SELECT 1 FROM token_cooldowns WHERE token_id = tokens.id AND until > ?1) AS is_cooling,
              iif(normal_until > ?1, normal_remaining, NULL) AS normal,
              iif(token_type = 'ssoSuper' AND heavy_until > ?1, heavy_remaining, NULL) AS heavy
            FROM tokens)
     GROUP BY 1, 2, 3"
    );
    let group = |row: &mut Columns| {
        Ok(Group {
            is_super: row.flag()?,
            state: row.text()?,
            sealed_by: row.text()?,
            tokens: row.integer()?,
            normal_remaining: row.integer()?,
            heavy_remaining: row.integer()?,
            unknown: row.integer()?,
            has_unseen: row.flag()?,
        })
    };
    db.query(&count, vec![now.into()]).await?.into_iter().map(|row| group(&mut Columns::new(row))).collect()
}
