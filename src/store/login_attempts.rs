//! Table `login_attempts`: recent wrong passwords, counted by address and in total.

use super::{Columns, Db, schema};
use crate::{
    error::{Error, Result},
    settings::Settings,
    time::MINUTE,
};

/// Milliseconds in which failures count.
pub const WINDOW: i64 = 15 * MINUTE;
/// Failures within a window after which an address must wait for the window's end.
pub const MOST: i64 = 5;
/// Failures of all addresses within a window after which attempts are queued.
pub const MANY: i64 = 50;

/// The state that a sign-in needs before it compares the password.
pub struct Situation {
    /// When an address that has failed too often may try again, in Unix milliseconds.
    pub barred_until: Option<i64>,
    /// Failures of all addresses in this window.
    pub overall: i64,
    pub settings: Settings,
    pub password_hash: Option<String>,
}

/// Why a wrong password is answered with 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The address has failed too often. It may try again at this time, in Unix milliseconds.
    Address { until: i64 },
    /// All addresses together have failed too often, and the attempt did not wait for its turn.
    Everyone,
}

/// Returns the state of an address in one statement. Migrates the database first if its schema is behind.
pub async fn look(db: &Db, now: i64, address: &str) -> Result<Situation> {
    let mut row = select(db, now, address).await?;
    if !schema::is_current(row.optional_text()?.as_deref())? {
        schema::migrate(db).await?;
        row = select(db, now, address).await?;
        row.optional_text()?;
    }
    let barred_until = row.optional_integer()?.map(|start| start + WINDOW);
    let overall = row.optional_integer()?.unwrap_or_default();
    let settings = Settings::from_sections(row.optional_text()?.as_deref(), None);
    Ok(Situation { barred_until, overall, settings, password_hash: row.optional_text()? })
}

async fn select(db: &Db, now: i64, address: &str) -> Result<Columns> {
    const LOOK: &str = "SELECT (SELECT max(name) FROM d1_migrations), \
        (SELECT window_start FROM login_attempts WHERE address = ?1 AND failures >= ?2 AND window_start > ?3), \
        (SELECT failures FROM login_attempts WHERE address = '' AND window_start > ?3), \
        (SELECT value FROM settings WHERE section = 'global'), \
        (SELECT value FROM settings WHERE section = 'password')";
    let row = db.query_one(LOOK, vec![address.into(), MOST.into(), (now - WINDOW).into()]).await?;
    Ok(Columns::new(row.unwrap_or_default()))
}

/// Deletes at most `limit` windows that are over. Returns whether it deleted that many.
pub async fn sweep(db: &Db, now: i64, limit: i64) -> Result<bool> {
    const SWEEP: &str = "DELETE FROM login_attempts WHERE address IN (
   SELECT address FROM login_attempts WHERE window_start <= ?1 LIMIT ?2) RETURNING 1";
    db.execute_batch(limit, SWEEP, vec![(now - WINDOW).into(), limit.into()]).await
}

/// Counts a failure in one statement. Returns which limit it exceeded, so that of many parallel guesses those beyond a
/// limit reveal nothing about the password.
pub async fn count_failure(db: &Db, now: i64, address: &str, in_turn: bool) -> Result<Option<Refused>> {
    const COUNT: &str = "INSERT INTO login_attempts (address, window_start, failures) VALUES (?1, ?2, 1), ('', ?2, 1) \
        ON CONFLICT (address) DO UPDATE SET \
          failures = CASE WHEN window_start > ?3 THEN failures + 1 ELSE 1 END, \
          window_start = CASE WHEN window_start > ?3 THEN window_start ELSE excluded.window_start END \
        RETURNING address, failures, window_start";
    let (mut of_address, mut of_all) = (None, 0);
    for row in db.query(COUNT, vec![address.into(), now.into(), (now - WINDOW).into()]).await? {
        let mut row = Columns::new(row);
        let (counted, failures, start) = (row.text()?, row.integer()?, row.integer()?);
        match counted == address {
            true => of_address = Some((failures, start)),
            false => of_all = failures,
        }
    }
    let (failures, start) = of_address.ok_or_else(|| Error::internal("A wrong password could not be counted"))?;
    Ok(match failures > MOST {
        true => Some(Refused::Address { until: start + WINDOW }),
        false => (of_all > MANY && !in_turn).then_some(Refused::Everyone),
    })
}
