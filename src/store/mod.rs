//! The database: one file for each table, and [`Db`], the only caller of the host's SQLite.
//!
//! All SQL of the gateway is in this room. It never sends HTTP requests, and never decrypts: [`crypto`](crate::crypto)
//! does. Each function sends one statement unless its doc says otherwise, because a round trip to D1 costs
//! milliseconds. Lists are one parameter, read with `json_each`:
//!
//! ```ignore
//! let list = "SELECT id FROM tokens WHERE id IN (SELECT value FROM json_each(?1))";
//! let rows = db.query(list, vec!["[1,2]".into()]).await?;
//! let ids = rows.into_iter().map(|row| Columns::new(row).integer()).collect::<Result<Vec<i64>>>()?;
//! ```
//!
//! [`schema`] applies the migrations, [`accounts`] are the accounts and the choice among them, [`authenticate`] starts
//! a request of `/v1`, [`requests`] is the log with its counters, [`media`] with [`media_copies`], [`blobs`]
//! and [`gallery`] are files, [`responses`] are answers that may be continued, and [`leases`] are locks.

use std::{cell::Cell, rc::Rc, time::Duration};

use crate::{
    error::{Error, ErrorKind, Result},
    host::{DbError, Host, Row, Value},
};

pub mod accounts;
pub mod admin_sessions;
pub mod api_keys;
pub mod authenticate;
pub mod blobs;
pub mod database;
pub mod gallery;
pub mod leases;
pub mod login_attempts;
pub mod media;
pub mod media_copies;
pub mod refresh_job;
pub mod requests;
pub mod reseal;
pub mod resolved_names;
pub mod responses;
mod row;
pub mod schema;
pub mod settings;
pub mod spending;
mod sql;

pub use row::Columns;

/// The statements that one request has sent, and the milliseconds they took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter {
    pub calls: u32,
    pub ms: u64,
}

/// The database connection of one request, which counts its statements.
#[derive(Clone)]
pub struct Db {
    host: Rc<dyn Host>,
    meter: Rc<Cell<Meter>>,
}

impl Db {
    /// Returns a connection whose count starts at 0.
    pub fn new(host: Rc<dyn Host>) -> Self {
        Db { host, meter: Rc::default() }
    }

    /// Returns the number of statements so far, and the milliseconds they took.
    pub fn meter(&self) -> Meter {
        self.meter.get()
    }

    /// Sends a statement and returns its rows. If the database lacks a table or column of the statement, migrates it
    /// and sends the statement again, so an empty database serves its first request. Fails with 409 for a duplicate of
    /// a unique value, else with 503.
    pub async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        match self.attempt(sql, &params).await {
            Err(e) if schema::is_behind(&e) => {
                schema::migrate(self).await?;
                self.attempt(sql, &params).await.map_err(database_error)
            }
            outcome => outcome.map_err(database_error),
        }
    }

    /// Sends a statement on a table that is created when it is first written to, and returns its rows; `None` while the
    /// table is missing. Fails like [`query`](Self::query).
    pub async fn query_if_exists(&self, table: &str, sql: &str, params: Vec<Value>) -> Result<Option<Vec<Row>>> {
        let lacks = |error: &DbError| error.0.contains(&format!("no such table: {table}"));
        let mut outcome = self.attempt(sql, &params).await;
        if outcome.as_ref().is_err_and(|error| schema::is_behind(error) && !lacks(error)) {
            schema::migrate(self).await?;
            outcome = self.attempt(sql, &params).await;
        }
        match outcome {
            Err(error) if lacks(&error) => Ok(None),
            outcome => outcome.map(Some).map_err(database_error),
        }
    }

    /// Sends a statement and returns its first row, if any. Fails like [`query`](Self::query).
    pub async fn query_one(&self, sql: &str, params: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Sends a statement and ignores its rows. Fails like [`query`](Self::query).
    pub async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<()> {
        self.query(sql, params).await.map(drop)
    }

    /// Sends a statement and returns the number of its rows whose first column is true.
    pub async fn count_true(&self, sql: &str, params: Vec<Value>) -> Result<u64> {
        let mut count = 0;
        for row in self.query(sql, params).await? {
            count += u64::from(Columns::new(row).flag()?);
        }
        Ok(count)
    }

    /// Sends a statement that changes at most `limit` rows and returns each. Returns whether it changed that many, so
    /// that there may be more.
    pub async fn execute_batch(&self, limit: i64, sql: &str, params: Vec<Value>) -> Result<bool> {
        Ok(self.query(sql, params).await?.len() as i64 >= limit)
    }

    /// Sends a statement, and again if the database was locked and the statement therefore did nothing. SQLite waits
    /// for the lock, but not in order of arrival: under load a few waiters time out.
    async fn attempt(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        for _ in 1..LOCKED_ATTEMPTS {
            match self.round_trip(sql, params).await {
                Err(e) if is_locked(&e) => self.host.sleep(LOCKED_PAUSE).await,
                outcome => return outcome,
            }
        }
        self.round_trip(sql, params).await
    }

    /// Sends a statement once and counts it.
    async fn round_trip(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let started = self.host.monotonic_ms();
        let outcome = self.host.query(sql, params).await;
        let Meter { calls, ms } = self.meter.get();
        self.meter.set(Meter { calls: calls + 1, ms: ms + self.host.monotonic_ms().saturating_sub(started) });
        outcome
    }
}

/// How often a statement is sent to a locked database, and the pause between two attempts.
const LOCKED_ATTEMPTS: usize = 3;
const LOCKED_PAUSE: Duration = Duration::from_millis(50);

fn is_locked(error: &DbError) -> bool {
    let text = error.0.to_lowercase();
    text.contains("database is locked") || text.contains("database table is locked")
}

/// The code of a database that cannot be written because its disk is full. It can still be read.
const FULL: &str = "database_full";

/// Returns whether a statement failed because the disk is full.
pub fn is_full(error: &Error) -> bool {
    error.code == Some(FULL)
}

/// Returns the error for the client, which says what to do. The database's own message goes to the host's log.
fn database_error(error: DbError) -> Error {
    let text = error.0.to_lowercase();
    if text.contains("unique constraint failed") {
        return Error::new(ErrorKind::Conflict, "An entry with this value already exists");
    }
    eprintln!("database: {error}");
    if text.contains("database or disk is full") || text.contains("no space left") {
        let advice = "The database or its disk is full: free some space, then retry";
        return Error { code: Some(FULL), ..Error::new(ErrorKind::Database, advice) };
    }
    let advice = if text.contains("malformed") || text.contains("not a database") || text.contains("corrupt") {
        "The database file is damaged: restore it from a backup, or move it away to start with an empty one"
    } else if text.contains("readonly") || text.contains("read-only") {
        "The database cannot be written: check the permissions of its file"
    } else if is_locked(&error) {
        "The database is busy: try again"
    } else {
        "The database did not answer: try again, and see the host's log"
    };
    Error::new(ErrorKind::Database, advice)
}
