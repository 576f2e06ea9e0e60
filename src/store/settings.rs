//! Table `settings`, and the view that changes settings, the password and the key `api_key` in one transaction.

use super::{Columns, Db, api_keys::NewKey};
use crate::{
    error::{Error, Result},
    host::Value,
    settings::{Patch, Settings},
};

/// A change of settings. The default changes nothing.
#[derive(Default)]
pub struct Change {
    pub global: Patch,
    pub grok: Patch,
    pub password_hash: Option<String>,
    /// `Some(None)` deletes the setting `api_key`.
    pub api_key: Option<Option<NewKey>>,
}

/// Applies a change in one statement: all of it, or nothing if it fails.
pub async fn save(db: &Db, now: i64, change: Change) -> Result<()> {
    let patch = |patch| {
        serde_json::to_string(&patch).map_err(|e| Error::internal(format!("Settings could not be written: {e}")))
    };
    let (key_change, key) = (change.api_key.is_some(), change.api_key.flatten());
    let params: Vec<Value> = vec![
        patch(change.global)?.into(),
        patch(change.grok)?.into(),
        change.password_hash.into(),
        key_change.into(),
        key.as_ref().map(|key| key.hash.clone()).into(),
        key.as_ref().and_then(|key| key.sealed.clone()).into(),
        key.as_ref().map(|key| key.display.clone()).into(),
        now.into(),
    ];
    db.execute(
        "INSERT INTO settings_changes (global_patch, grok_patch, password, key_change, key_hash, key_sealed, \
         key_display, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params,
    )
    .await
}

/// Returns the current settings, for work without a client's key or an operator's session.
pub async fn read(db: &Db) -> Result<Settings> {
    const READ: &str = "SELECT (SELECT value FROM settings WHERE section = 'global'),
       (SELECT value FROM settings WHERE section = 'grok')";
    let mut row = Columns::new(db.query_one(READ, vec![]).await?.unwrap_or_default());
    Ok(Settings::from_sections(row.optional_text()?.as_deref(), row.optional_text()?.as_deref()))
}

/// Sets `user_agent` if it is empty and at most `added` accounts of Grok exist. Returns whether it did.
pub async fn record_user_agent(db: &Db, user_agent: &str, added: usize) -> Result<bool> {
    const RECORD: &str = "INSERT INTO settings (section, value) SELECT 'grok', json_object('user_agent', ?1) \
        WHERE NOT EXISTS (SELECT 1 FROM tokens WHERE read_type IS NOT 'xai' LIMIT 1 OFFSET ?2) \
        ON CONFLICT (section) DO UPDATE SET value = json_set(value, '$.user_agent', ?1) \
        WHERE coalesce(value ->> 'user_agent', '') = '' RETURNING 1";
    Ok(db.query_one(RECORD, vec![user_agent.into(), (added as i64).into()]).await?.is_some())
}

/// Replaces the hash `old` with `new`, a stronger one of the same password, unless the password was changed since.
pub async fn renew_password(db: &Db, old: &str, new: &str) -> Result<()> {
    const RENEW: &str = "UPDATE settings SET value = ? WHERE section = 'password' AND value = ?";
    db.execute(RENEW, vec![new.into(), old.into()]).await
}
