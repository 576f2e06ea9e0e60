//! Imports accounts from a file: adds new rows and updates known ones.

use std::collections::HashMap;

use serde::Serialize;

use super::{Pasted, Quota, TokenType, batches};
use crate::{
    error::Result,
    store::{
        Columns, Db,
        sql::{json, parsed},
    },
};

/// The columns of a known account that a file can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub token_type: TokenType,
    pub tags: Vec<String>,
    pub note: String,
    pub normal: Quota,
    pub heavy: Quota,
    /// Empty while it is unknown.
    pub user_id: String,
}

/// Hashes in one statement, whose text stays below 1 MB.
const LOOKED_UP_AT_ONCE: usize = 10_000;

/// Returns the known accounts among these hashes, by hash: one statement for each 10,000.
pub async fn known(db: &Db, hashes: &[&str]) -> Result<HashMap<String, Known>> {
    const KNOWN: &str = "SELECT hash, token_type, tags, note, normal_remaining, normal_until, heavy_remaining, \
        heavy_until, user_id FROM tokens WHERE hash IN (SELECT value FROM json_each(?))";
    let mut found = HashMap::new();
    for hashes in hashes.chunks(LOOKED_UP_AT_ONCE) {
        for row in db.query(KNOWN, vec![json(&hashes)?.into()]).await? {
            let mut row = Columns::new(row);
            let hash = row.text()?;
            let known = Known {
                token_type: TokenType::of(&row.text()?),
                tags: parsed(&row.text()?)?,
                note: row.text()?,
                normal: Quota { remaining: row.optional_integer()?, until: row.optional_integer()? },
                heavy: Quota { remaining: row.optional_integer()?, until: row.optional_integer()? },
                user_id: row.text()?,
            };
            found.insert(hash, known);
        }
    }
    Ok(found)
}

/// A row to import. A known account keeps its own state.
#[derive(Serialize)]
pub struct Imported {
    #[serde(flatten)]
    pub token: Pasted,
    pub normal: Option<i64>,
    pub normal_until: Option<i64>,
    pub heavy: Option<i64>,
    pub heavy_until: Option<i64>,
}

/// Adds new accounts and updates known ones. A known quota is kept, because that of the file is older.
pub async fn import(db: &Db, now: i64, rows: &[Imported]) -> Result<()> {
    const IMPORT: &str = "INSERT INTO tokens (hash, sealed, suffix, token_type, state, tags, note, normal_remaining, \
          normal_until, heavy_remaining, heavy_until, user_id, created_at) \
        SELECT value ->> 'hash', value ->> 'sealed', value ->> 'suffix', value ->> 'token_type', value ->> 'state', \
          value ->> 'tags', value ->> 'note', value ->> 'normal', value ->> 'normal_until', value ->> 'heavy', \
          value ->> 'heavy_until', value ->> 'user_id', ?2 \
        FROM json_each(?1) WHERE true ORDER BY key \
        ON CONFLICT (hash) DO UPDATE SET token_type = excluded.token_type, tags = excluded.tags, note = excluded.note, \
          user_id = iif(user_id = '', excluded.user_id, user_id), \
          normal_remaining = iif(normal_until > ?2, normal_remaining, excluded.normal_remaining), \
          normal_until = iif(normal_until > ?2, normal_until, excluded.normal_until), \
          heavy_remaining = iif(heavy_until > ?2, heavy_remaining, excluded.heavy_remaining), \
          heavy_until = iif(heavy_until > ?2, heavy_until, excluded.heavy_until)";
    // Accounts without a remaining quota must leave the rotation.
    const BAR: &str = "INSERT INTO token_bars (token_id, at) SELECT id, ?2 FROM tokens WHERE hash IN \
        (SELECT value ->> 'hash' FROM json_each(?1) WHERE value ->> 'normal' < 4 OR value ->> 'heavy' < 1)";
    let is_low = |row: &Imported| row.normal.is_some_and(|left| left < 4) || row.heavy.is_some_and(|left| left < 1);
    let has_low = rows.iter().any(is_low);
    for list in batches(rows)? {
        db.execute(IMPORT, vec![list.as_str().into(), now.into()]).await?;
        if has_low {
            db.execute(BAR, vec![list.into(), now.into()]).await?;
        }
    }
    Ok(())
}
