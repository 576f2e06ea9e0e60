//! Table `api_keys`. Row 0 is the setting `api_key`; the routes of the console see the others.

use super::{Columns, Db};
use crate::{app::App, auth::sha256_hex, error::Result, secrets::Vault};

/// A key to be stored.
pub struct NewKey {
    pub name: String,
    pub hash: String,
    /// `None` without an encryption key: then it can be shown once only.
    pub sealed: Option<String>,
    pub display: String,
}

impl NewKey {
    pub fn of(app: &App, vault: &Vault, clear: &str, name: &str) -> Self {
        let hash = sha256_hex(clear);
        let sealed = vault.has_key().then(|| vault.seal(app, clear, &hash));
        NewKey { name: name.to_owned(), hash, sealed, display: mask(clear) }
    }
}

/// Enough of a key to recognise it by: nothing of a short one.
fn mask(clear: &str) -> String {
    match (clear.get(..6), clear.get(clear.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if clear.len() >= 20 => format!("{head}...{tail}"),
        _ => "...".to_owned(),
    }
}

/// Whether the setting `api_key` is set.
pub async fn has_global(db: &Db) -> Result<bool> {
    let row = db.one("SELECT count(*) FROM api_keys WHERE id = 0", vec![]).await?;
    row.map_or(Ok(false), |row| Columns::new(row).flag())
}
