//! Table `tokens`: rows of earlier releases that are no tokens, such as lines of a ledger or of a cookie file.
//!
//! Earlier releases stored whatever was pasted. Which rows those are shows only when they are opened, so that they are
//! looked through once, in slices, behind a mark in `leases`. A row that is no token becomes a disabled one whose last
//! failure says so: no column and no index is needed for it, and only such rows are written.

use crate::{
    error::Result,
    host::Value,
    store::{Columns, Db, leases, reseal::Stored, sql::json},
};

/// The words of [`NO_TOKEN`], for SQL.
macro_rules! no_token {
    () => {
        "no session token: it is never sent to Grok"
    };
}
pub(super) use no_token;

/// What a row that is no token has as its last failure. Nothing else writes these words.
pub const NO_TOKEN: &str = no_token!();

/// Whether the row `t` is known to be no token.
pub(super) const IS_INVALID: &str = concat!("t.state = 'disabled' AND t.last_failure_reason = '", no_token!(), "'");

/// Whether there may be rows that have not been looked at: two rows of indexes. It is so where nothing was ever noted.
pub(super) const HAS_UNSEEN: &str = "coalesce((SELECT until FROM leases WHERE name = 'tokens-looked-at'), -1) \
    < coalesce((SELECT max(id) FROM tokens), 0)";

/// The lease whose end is the id up to which the rows have been looked at.
const LOOKED_AT: &str = "tokens-looked-at";
/// Behind every row: those that come later were checked before they were stored.
const ALL: i64 = (1 << 53) - 1;
/// What notes it in a new database, which has no row of an earlier release.
pub(in crate::store) const ALL_SEEN: &str = "INSERT INTO leases (name, until) VALUES ('tokens-looked-at', 9007199254740991) \
    ON CONFLICT (name) DO NOTHING";
/// Rows that one statement deletes.
const ROWS: i64 = 5_000;

/// Whether there may be rows that have not been looked at.
pub async fn has_unseen(db: &Db) -> Result<bool> {
    let row = db.query_one(&format!("SELECT {HAS_UNSEEN}"), vec![]).await?;
    row.map_or(Ok(false), |row| Columns::new(row).flag())
}

/// The next rows that have not been looked at, by id. Once all have been, this reads none.
pub async fn unseen(db: &Db, limit: i64) -> Result<Vec<Stored>> {
    const UNSEEN: &str = "SELECT id, hash, sealed FROM tokens \
        WHERE id > coalesce((SELECT until FROM leases WHERE name = ?1), 0) ORDER BY id LIMIT ?2";
    let stored = |row| {
        let mut row = Columns::new(row);
        Ok(Stored { id: row.integer()?, hash: row.text()?, text: row.text()? })
    };
    db.query(UNSEEN, vec![LOOKED_AT.into(), limit.into()]).await?.into_iter().map(stored).collect()
}

/// Notes that the rows up to an id have been looked at; `None` means all there are.
pub async fn seen(db: &Db, up_to: Option<i64>) -> Result<()> {
    leases::set(db, LOOKED_AT, up_to.unwrap_or(ALL)).await
}

/// Marks rows that are no tokens.
pub async fn mark(db: &Db, ids: &[i64], now: i64) -> Result<()> {
    const MARK: &str = "UPDATE tokens SET state = 'disabled', last_failure_at = ?2, last_failure_reason = ?3 \
        WHERE id IN (SELECT value FROM json_each(?1))";
    db.execute(MARK, vec![json(&ids)?.into(), now.into(), NO_TOKEN.into()]).await
}

/// Deletes all that are marked, and returns how many there were.
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
