//! Table `admin_sessions`: who is signed in to the console.

use super::{Columns, Db, schema};
use crate::{error::Result, host::Value, settings::Settings};

/// What a request of the console needs to know, whether or not its session is found.
pub struct Found {
    pub session: Option<Session>,
    pub settings: Settings,
    pub password_hash: Option<String>,
}

pub struct Session {
    pub proof: String,
    pub expires_at: i64,
}

/// Looks a session up, with the settings, in one statement; brings the schema up to date first if need be.
pub async fn find(db: &Db, hash: &str) -> Result<Found> {
    let mut row = select(db, hash).await?;
    if !schema::is_current(row.optional_text()?.as_deref())? {
        schema::migrate(db).await?;
        row = select(db, hash).await?;
        row.optional_text()?;
    }
    let (global, grok, password_hash) = (row.optional_text()?, row.optional_text()?, row.optional_text()?);
    let session = match (row.optional_text()?, row.optional_integer()?) {
        (Some(proof), Some(expires_at)) => Some(Session { proof, expires_at }),
        _ => None,
    };
    Ok(Found { session, settings: Settings::from_sections(global.as_deref(), grok.as_deref()), password_hash })
}

async fn select(db: &Db, hash: &str) -> Result<Columns> {
    const FIND: &str = "SELECT (SELECT max(name) FROM d1_migrations), \
        (SELECT value FROM settings WHERE section = 'global'), \
        (SELECT value FROM settings WHERE section = 'grok'), \
        (SELECT value FROM settings WHERE section = 'password'), \
        s.proof, s.expires_at \
        FROM (SELECT 1) LEFT JOIN admin_sessions s ON s.hash = ?";
    let row = db.one(FIND, vec![hash.into()]).await?;
    Ok(Columns::new(row.unwrap_or_default()))
}

/// A session that begins; the sign-in counted for `address` is taken back with it.
pub struct NewSession<'a> {
    pub hash: &'a str,
    pub proof: &'a str,
    pub address: &'a str,
    pub expires_at: i64,
}

pub async fn add(db: &Db, now: i64, session: NewSession<'_>) -> Result<()> {
    let NewSession { hash, proof, address, expires_at } = session;
    let params: Vec<Value> = vec![hash.into(), proof.into(), address.into(), now.into(), expires_at.into()];
    db.run("INSERT INTO admin_sessions (hash, proof, address, created_at, expires_at) VALUES (?, ?, ?, ?, ?)", params)
        .await
}

pub async fn delete(db: &Db, hash: &str) -> Result<()> {
    db.run("DELETE FROM admin_sessions WHERE hash = ?", vec![hash.into()]).await
}
