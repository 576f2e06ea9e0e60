//! What is kept, one table a file, and [`Db`], the only caller of the host's SQLite.

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
pub mod leases;
pub mod login_attempts;
pub mod media;
pub mod media_copies;
pub mod refresh_job;
pub mod requests;
pub mod reseal;
pub mod resolved_names;
mod row;
pub mod schema;
pub mod settings;
mod sql;

pub use row::Columns;

/// Storage round trips of one request, and the milliseconds spent on them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter {
    pub calls: u32,
    pub ms: u64,
}

/// The database, as one request sees it.
#[derive(Clone)]
pub struct Db {
    host: Rc<dyn Host>,
    meter: Rc<Cell<Meter>>,
}

impl Db {
    pub fn new(host: Rc<dyn Host>) -> Self {
        Db { host, meter: Rc::default() }
    }

    pub fn meter(&self) -> Meter {
        self.meter.get()
    }

    /// The rows a statement answers. On a database that lacks what the statement names, the schema is
    /// brought up to date first: an empty database serves its first request.
    pub async fn query(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        match self.attempt(sql, params.clone()).await {
            Err(e) if schema::is_behind(&e) => {
                schema::migrate(self).await?;
                self.attempt(sql, params).await.map_err(database_error)
            }
            outcome => outcome.map_err(database_error),
        }
    }

    /// The first row, if any.
    pub async fn query_one(&self, sql: &str, params: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// A statement whose rows do not matter.
    pub async fn execute(&self, sql: &str, params: Vec<Value>) -> Result<()> {
        self.query(sql, params).await.map(drop)
    }

    /// How many of the rows that a statement answers begin with a true value.
    pub async fn count_true(&self, sql: &str, params: Vec<Value>) -> Result<u64> {
        let mut count = 0;
        for row in self.query(sql, params).await? {
            count += u64::from(Columns::new(row).flag()?);
        }
        Ok(count)
    }

    /// Whether a statement that changes at most `limit` rows, and returns each, found so many: there may be more.
    pub async fn execute_batch(&self, limit: i64, sql: &str, params: Vec<Value>) -> Result<bool> {
        Ok(self.query(sql, params).await?.len() as i64 >= limit)
    }

    /// A statement that found the database locked has done nothing and is sent again. SQLite has waited for the
    /// lock by then, but not in turn: under load one waiter in many is unlucky.
    async fn attempt(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, DbError> {
        for _ in 1..LOCKED_ATTEMPTS {
            match self.round_trip(sql, params.clone()).await {
                Err(e) if is_locked(&e) => self.host.sleep(LOCKED_PAUSE).await,
                outcome => return outcome,
            }
        }
        self.round_trip(sql, params).await
    }

    /// One round trip, counted.
    async fn round_trip(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, DbError> {
        let started = self.host.monotonic_ms();
        let outcome = self.host.query(sql, params).await;
        let Meter { calls, ms } = self.meter.get();
        self.meter.set(Meter { calls: calls + 1, ms: ms + self.host.monotonic_ms().saturating_sub(started) });
        outcome
    }
}

/// How often a statement is sent to a locked database, and how long the pause between is.
const LOCKED_ATTEMPTS: usize = 3;
const LOCKED_PAUSE: Duration = Duration::from_millis(50);

fn is_locked(error: &DbError) -> bool {
    let text = error.0.to_lowercase();
    text.contains("database is locked") || text.contains("database table is locked")
}

/// The code of a database that cannot be written for want of space. What it has can still be read.
const FULL: &str = "database_full";

/// Whether a statement failed because the disk is full.
pub fn is_full(error: &Error) -> bool {
    error.code == Some(FULL)
}

/// What the database said goes to the operator's log; the caller learns what to do.
fn database_error(error: DbError) -> Error {
    let text = error.0.to_lowercase();
    if text.contains("unique constraint failed") {
        return Error::new(ErrorKind::Conflict, "There is such an entry already");
    }
    eprintln!("database: {error}");
    if text.contains("database or disk is full") || text.contains("no space left") {
        let advice = "The database or its disk is full: free some space, then try again";
        return Error { code: Some(FULL), ..Error::new(ErrorKind::Database, advice) };
    }
    let advice = if text.contains("malformed") || text.contains("not a database") || text.contains("corrupt") {
        "The database file is damaged: restore it from a backup, or move it away to start afresh"
    } else if text.contains("readonly") || text.contains("read-only") {
        "The database cannot be written: check the permissions of its file"
    } else if is_locked(&error) {
        "The database is busy: try again"
    } else {
        "The database did not answer: try again, and see the host's log"
    };
    Error::new(ErrorKind::Database, advice)
}
