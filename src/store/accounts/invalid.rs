//! Rows of table `tokens` without a session token, such as lines of a ledger or of a cookie file.
//!
//! Earlier releases stored any pasted text. Only decrypting a row shows whether it is a session token, so the rows are
//! checked once, in slices, and a mark in `leases` notes the progress. An invalid row is disabled, and its last failure
//! is [`NO_TOKEN`]. This needs no column and no index, and only invalid rows are written.

use super::TokenType;
use crate::{
    error::Result,
    host::Value,
    store::{Columns, Db, leases, reseal::Stored, sql::json},
};

/// The text of [`NO_TOKEN`], for SQL.
macro_rules! no_token {
    () => {
        "no session token: it is never sent to Grok"
    };
}
pub(super) use no_token;

/// The last failure of an invalid row. No other code writes this text.
pub const NO_TOKEN: &str = no_token!();

/// SQL that is true if the row `t` is known to be invalid.
pub(super) const IS_INVALID: &str = concat!("t.state = 'disabled' AND t.last_failure_reason = '", no_token!(), "'");

/// SQL that is true if there may be unchecked rows, as before the first mark. It reads two index rows.
pub(super) const HAS_UNSEEN: &str = "coalesce((SELECT until FROM leases WHERE name = 'tokens-looked-at'), -1) \
    < coalesce((SELECT max(id) FROM tokens), 0)";

/// The lease whose end is the id of the last checked row.
const LOOKED_AT: &str = "tokens-looked-at";
/// An id after all rows: later rows are checked before they are stored.
const ALL: i64 = (1 << 53) - 1;
/// Marks all rows of a new database as checked, because it has none of an earlier release.
pub(in crate::store) const ALL_SEEN: &str = "INSERT INTO leases (name, until) VALUES ('tokens-looked-at', 9007199254740991) \
    ON CONFLICT (name) DO NOTHING";
/// Maximum rows that one statement deletes.
const ROWS: i64 = 5_000;

/// Returns whether there may be unchecked rows.
pub async fn has_unseen(db: &Db) -> Result<bool> {
    let row = db.query_one(&format!("SELECT {HAS_UNSEEN}"), vec![]).await?;
    row.map_or(Ok(false), |row| Columns::new(row).flag())
}

/// Returns the next unchecked rows with their types, at most `limit`, by id.
pub async fn unseen(db: &Db, limit: i64) -> Result<Vec<(Stored, TokenType)>> {
    const UNSEEN: &str = "SELECT id, hash, sealed, coalesce(read_type, token_type) FROM tokens \
        WHERE id > coalesce((SELECT until FROM leases WHERE name = ?1), 0) ORDER BY id LIMIT ?2";
    let stored = |row| {
        let mut row = Columns::new(row);
        let stored = Stored { id: row.integer()?, hash: row.text()?, text: row.text()? };
        Ok((stored, TokenType::of(&row.text()?).unwrap_or(TokenType::Basic)))
    };
    db.query(UNSEEN, vec![LOOKED_AT.into(), limit.into()]).await?.into_iter().map(stored).collect()
}

/// Marks the rows up to an id as checked, all rows for `None`.
pub async fn seen(db: &Db, up_to: Option<i64>) -> Result<()> {
    leases::set(db, LOOKED_AT, up_to.unwrap_or(ALL)).await
}

/// Marks rows as invalid, at the time `now` in Unix milliseconds.
pub async fn mark(db: &Db, ids: &[i64], now: i64) -> Result<()> {
    const MARK: &str = "UPDATE tokens SET state = 'disabled', last_failure_at = ?2, last_failure_reason = ?3 \
        WHERE id IN (SELECT value FROM json_each(?1))";
    db.execute(MARK, vec![json(&ids)?.into(), now.into(), NO_TOKEN.into()]).await
}

/// Deletes all invalid rows, 5,000 in each statement. Returns how many there were.
pub async fn delete(db: &Db) -> Result<usize> {
    let delete =
        format!("DELETE FROM tokens WHERE id IN (SELECT t.id FROM tokens t WHERE {IS_INVALID} LIMIT ?1) RETURNING id");
    let mut deleted = 0;
    loop {
        let rows = db.query(&delete, vec![Value::from(ROWS)]).await?.len();
        deleted += rows;
        if rows < ROWS as usize {
            return Ok(deleted);
        }
    }
}
