//! Table `login_attempts`: how often a password was tried lately, by address and in all.

use super::{Columns, Db, schema};
use crate::{error::Result, settings::Settings};

/// How long failures count, in milliseconds.
pub const WINDOW: i64 = 15 * 60 * 1000;
/// Attempts of one address within a window.
pub const MOST: i64 = 5;

/// An attempt that may go on, and what it is compared with.
pub struct Counted {
    /// Attempts of all addresses in this window.
    pub overall: i64,
    pub settings: Settings,
    pub password_hash: Option<String>,
}

/// Counts an attempt before its password is looked at, in one statement. `None` when the address has used up
/// its attempts: then nothing is written, so that a flood of them costs reads only.
pub async fn count(db: &Db, now: i64, address: &str) -> Result<Option<Counted>> {
    const COUNT: &str = "INSERT INTO login_attempts (address, window_start, failures) \
        SELECT a.value, ?2, 1 FROM json_each(json_array(?1, '')) a \
        WHERE NOT EXISTS (SELECT 1 FROM login_attempts WHERE address = ?1 AND failures >= ?4 AND window_start > ?3) \
        ON CONFLICT (address) DO UPDATE SET \
          failures = CASE WHEN window_start > ?3 THEN failures + 1 ELSE 1 END, \
          window_start = CASE WHEN window_start > ?3 THEN window_start ELSE excluded.window_start END \
        RETURNING address, failures, (SELECT max(name) FROM d1_migrations), \
          (SELECT value FROM settings WHERE section = 'global'), \
          (SELECT value FROM settings WHERE section = 'password')";
    let params = vec![address.into(), now.into(), (now - WINDOW).into(), MOST.into()];
    for row in db.rows(COUNT, params).await? {
        let mut row = Columns::new(row);
        if !row.text()?.is_empty() {
            continue;
        }
        let overall = row.integer()?;
        if !schema::is_current(row.optional_text()?.as_deref())? {
            schema::migrate(db).await?;
        }
        let settings = Settings::from_sections(row.optional_text()?.as_deref(), None);
        return Ok(Some(Counted { overall, settings, password_hash: row.optional_text()? }));
    }
    Ok(None)
}

/// When the window of an address began.
pub async fn window_start(db: &Db, address: &str) -> Result<Option<i64>> {
    let row = db.one("SELECT window_start FROM login_attempts WHERE address = ?", vec![address.into()]).await?;
    row.map(|row| Columns::new(row).integer()).transpose()
}
