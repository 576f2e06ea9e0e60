//! Table `admin_sessions`: the sessions of operators who are signed in to the console.

use super::{Columns, Db, login_attempts, schema};
use crate::{error::Result, host::Value, settings::Settings};

/// The database's answer to a request of the console.
pub struct Found {
    /// `None` if no session has the hash.
    pub session: Option<Session>,
    pub settings: Settings,
    pub password_hash: Option<String>,
}

/// A stored session, which may have expired.
pub struct Session {
    /// Binds the session to a password; see [`Password::proof`](crate::auth::password::Password::proof).
    pub proof: String,
    /// Unix milliseconds.
    pub expires_at: i64,
}

/// Returns the session with this hash, the settings and the password's hash, in one statement. Migrates the database
/// first if its schema is behind.
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
    let row = db.query_one(FIND, vec![hash.into()]).await?;
    Ok(Columns::new(row.unwrap_or_default()))
}

/// A session to be added.
pub struct NewSession<'a> {
    pub hash: &'a str,
    pub proof: &'a str,
    /// The address of the sign-in. Its failures are deleted.
    pub address: &'a str,
    pub expires_at: i64,
    /// Whether the sign-in waited for its turn.
    pub in_turn: bool,
}

/// Adds a session. Returns false, and adds none, if the address has failed too often in the meantime, or if all
/// addresses have and the attempt did not wait for its turn. So only a few of many parallel guesses can succeed.
pub async fn add(db: &Db, now: i64, session: NewSession<'_>) -> Result<bool> {
    const ADD: &str = "INSERT INTO admin_sessions (hash, proof, address, created_at, expires_at) \
        SELECT ?1, ?2, ?3, ?4, ?5 \
         WHERE NOT EXISTS (SELECT 1 FROM login_attempts WHERE address = ?3 AND failures >= ?6 AND window_start > ?7) \
           AND (?8 OR NOT EXISTS (SELECT 1 FROM login_attempts WHERE address = '' AND failures >= ?9 AND window_start > ?7)) \
        RETURNING 1";
    let NewSession { hash, proof, address, expires_at, in_turn } = session;
    let mut params: Vec<Value> = vec![hash.into(), proof.into(), address.into(), now.into(), expires_at.into()];
    let since = now - login_attempts::WINDOW;
    params.extend([login_attempts::MOST.into(), since.into(), in_turn.into(), login_attempts::MANY.into()]);
    Ok(!db.query(ADD, params).await?.is_empty())
}

/// Deletes at most `limit` expired sessions. Returns whether it deleted that many. Each sign-in deletes them, too.
pub async fn sweep(db: &Db, now: i64, limit: i64) -> Result<bool> {
    const SWEEP: &str = "DELETE FROM admin_sessions WHERE hash IN (
   SELECT hash FROM admin_sessions WHERE expires_at <= ?1 LIMIT ?2) RETURNING 1";
    db.execute_batch(limit, SWEEP, vec![now.into(), limit.into()]).await
}

/// Deletes all sessions but that with this hash. Returns how many of them had not expired.
pub async fn delete_others(db: &Db, hash: &str, now: i64) -> Result<u64> {
    const DELETE: &str = "DELETE FROM admin_sessions WHERE hash <> ?1 RETURNING expires_at > ?2";
    db.count_true(DELETE, vec![hash.into(), now.into()]).await
}

/// Deletes the session with this hash.
pub async fn delete(db: &Db, hash: &str) -> Result<()> {
    db.execute("DELETE FROM admin_sessions WHERE hash = ?", vec![hash.into()]).await
}
