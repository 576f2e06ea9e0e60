//! Imports accounts from a file: adds new rows and updates known ones.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    NEW_TURN, NEW_TYPES, Pasted, SHUFFLED, TokenType, batches, find_doubles,
    reading::{self, BucketQuota},
};
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
    /// Whether Grok reported the type; the file does not change it.
    pub type_is_read: bool,
    pub tags: Vec<String>,
    pub note: String,
    /// In no fixed order.
    pub quotas: Vec<BucketQuota>,
    /// Empty while it is unknown.
    pub user_id: String,
    /// What a key of xAI's API may spend in a day, in ticks.
    pub daily_budget: Option<i64>,
}

/// Hashes in one statement, whose text stays below 1 MB.
const LOOKED_UP_AT_ONCE: usize = 10_000;

/// Returns the known accounts among these hashes, by hash: one statement for each 10,000.
pub async fn known(db: &Db, hashes: &[&str]) -> Result<HashMap<String, Known>> {
    const KNOWN: &str = "SELECT hash, coalesce(read_type, token_type), read_type IS NOT NULL, tags, note, \
          (SELECT json_group_array(json_object('bucket', bucket, 'remaining', remaining, 'total', total, \
              'until', until)) FROM account_quotas WHERE account_id = t.id), user_id, daily_budget \
        FROM tokens t WHERE hash IN (SELECT value FROM json_each(?))";
    let mut found = HashMap::new();
    for hashes in hashes.chunks(LOOKED_UP_AT_ONCE) {
        for row in db.query(KNOWN, vec![json(&hashes)?.into()]).await? {
            let mut row = Columns::new(row);
            let hash = row.text()?;
            let known = Known {
                token_type: TokenType::of(&row.text()?).unwrap_or(TokenType::Basic),
                type_is_read: row.flag()?,
                tags: parsed(&row.text()?)?,
                note: row.text()?,
                quotas: parsed(&row.text()?)?,
                user_id: row.text()?,
                daily_budget: row.optional_integer()?,
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
    /// The quotas that the file knows.
    pub quotas: Vec<BucketQuota>,
}

/// Adds new accounts and updates known ones. A known quota is kept, because that of the file is older.
pub async fn import(db: &Db, now: i64, rows: &[Imported]) -> Result<()> {
    let import = format!(
        "INSERT INTO tokens (hash, sealed, suffix, token_type, read_type, state, tags, note, user_id, daily_budget, created_at, turn, read_due)
 SELECT value ->> 'hash', value ->> 'sealed', value ->> 'suffix', {NEW_TYPES}, value ->> 'state',
        value ->> 'tags', value ->> 'note', value ->> 'user_id', value ->> 'daily_budget', ?2, {NEW_TURN}, {NEW_IS_DUE}
   FROM json_each(?1) WHERE true ORDER BY key
 ON CONFLICT (hash) DO UPDATE SET token_type = excluded.token_type, suffix = excluded.suffix,
   read_type = coalesce(excluded.read_type, read_type), tags = excluded.tags, note = excluded.note, daily_budget = excluded.daily_budget,
   user_id = iif(user_id = '', excluded.user_id, user_id)",
        NEW_IS_DUE = reading::NEW_IS_DUE
    );
    const QUOTAS: &str = "INSERT INTO account_quotas (account_id, bucket, remaining, total, until) \
        SELECT t.id, q.value ->> 'bucket', q.value ->> 'remaining', q.value ->> 'total', q.value ->> 'until' \
          FROM json_each(?1) r JOIN tokens t ON t.hash = r.value ->> 'hash' CROSS JOIN json_each(r.value, '$.quotas') q \
         WHERE true \
        ON CONFLICT (account_id, bucket) DO UPDATE SET remaining = excluded.remaining, total = excluded.total, \
          until = excluded.until WHERE coalesce(until, 0) <= ?2 AND total IS NOT 0";
    // Accounts without a remaining quota must leave the rotation.
    const BLOCK: &str = "INSERT INTO account_blocks (account_id, at) SELECT id, ?2 FROM tokens WHERE hash IN \
        (SELECT value ->> 'hash' FROM json_each(?1) WHERE json_array_length(value, '$.quotas') > 0)";
    let shuffles = rows.len() > SHUFFLED;
    let has_quotas = rows.iter().any(|row| !row.quotas.is_empty());
    for list in batches(rows)? {
        db.execute(&import, vec![list.as_str().into(), now.into(), shuffles.into()]).await?;
        if has_quotas {
            db.execute(QUOTAS, vec![list.as_str().into(), now.into()]).await?;
            db.execute(BLOCK, vec![list.into(), now.into()]).await?;
        }
    }
    let owned = rows.iter().filter(|row| !row.token.token.user_id.is_empty());
    find_doubles(db, &owned.map(|row| row.token.token.hash.as_str()).collect::<Vec<_>>()).await
}
