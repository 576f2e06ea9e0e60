//! The migrations, which are embedded in the component and applied when the database is behind.
//!
//! Applied files are rows of wrangler's table `d1_migrations`, so both `wrangler d1 migrations apply` and the component
//! can apply them. One request at a time upgrades a database, and a crash half-way does no harm: each statement is sent
//! separately, and "already exists" counts as success.

use std::time::Duration;

use crate::{
    error::{Error, ErrorKind, Result},
    host::{DbError, Value, WRITE_AHEAD_LOG},
    time::SECOND,
};

use super::{Columns, Db, accounts::invalid, database::IS_D1, sql::parsed};

mod plan;

/// Name and SQL of each migration, in the order in which they are applied.
pub const MIGRATIONS: [(&str, &str); 7] = [
    ("0001_initial.sql", include_str!("../../migrations/0001_initial.sql")),
    ("0002_media.sql", include_str!("../../migrations/0002_media.sql")),
    ("0003_refresh_job.sql", include_str!("../../migrations/0003_refresh_job.sql")),
    ("0004_gateway.sql", include_str!("../../migrations/0004_gateway.sql")),
    ("0005_accounts.sql", include_str!("../../migrations/0005_accounts.sql")),
    ("0006_media.sql", include_str!("../../migrations/0006_media.sql")),
    ("0007_xai.sql", include_str!("../../migrations/0007_xai.sql")),
];

/// The line between two statements of a migration.
pub const SEPARATOR: &str = "\n-- statement\n";

/// The newest migration of this release. The first statement of a request compares it with
/// `(SELECT max(name) FROM d1_migrations)`, which reads one index row.
pub const LATEST: &str = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Creates the table of applied migrations as wrangler does.
/// Source: `packages/wrangler/src/d1/migrations/helpers.ts` in cloudflare/workers-sdk.
pub const CREATE_LEDGER: &str = "CREATE TABLE IF NOT EXISTS d1_migrations (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)";

/// Returns whether a statement failed because the database lacks newer migrations, or another request is applying them.
pub fn is_behind(error: &DbError) -> bool {
    ["no such table", "no such column", "no such index", "has no column named", "because it is a view"]
        .iter()
        .any(|text| error.0.contains(text))
}

/// Returns whether the newest migration of the database is that of this release, false if it is older. Fails with 503
/// if it is newer.
pub fn is_current(newest: Option<&str>) -> Result<bool> {
    match newest {
        Some(name) if name > LATEST => Err(Error::new(
            ErrorKind::DatabaseNewer,
            format!(
                "The database was written by a newer release: its newest migration is {name}, that of this release is \
                 {LATEST}. Install that release again, or restore the backup made before the upgrade. Nothing was changed"
            ),
        )),
        Some(name) => Ok(name == LATEST),
        None => Ok(false),
    }
}

/// Milliseconds that a request has for an upgrade. Then another one may begin, for the first may have ended.
const TURN: i64 = 30 * SECOND;
/// Milliseconds between a request's looks at another one's upgrade.
const PAUSES: [u64; 7] = [100, 200, 400, 800, 1_600, 3_200, 6_400];

/// Applies the missing migrations, or waits for the request that does: on the way there are no views to write to, and a
/// second run would take them away again. Each statement is one subrequest, of which a Worker has 50 a request: those of an
/// empty database fit into one; of an older one's, as many as fit are applied. Fails with 503 if some are left for the next
/// request, if another one's upgrade takes long, and if the database is newer than this release.
pub async fn migrate(db: &Db) -> Result<()> {
    for look in 0.. {
        let (names, is_d1) = applied(db).await?;
        // Nothing is dropped here, so that any number of requests may do it at once.
        if names.is_empty() {
            return apply(db, &names, &MIGRATIONS).await;
        }
        if is_current(names.iter().map(String::as_str).max())? {
            return Ok(());
        }
        // On D1 a request that has waited has no subrequests left for an upgrade.
        if (look == 0 || !is_d1)
            && let Some(names) = take_turn(db, &names).await?
        {
            let outcome = upgrade(db, &names, is_d1).await;
            if outcome.is_err() {
                let _ = db.attempt("DELETE FROM leases WHERE name = 'upgrade'", &[]).await;
            }
            return outcome;
        }
        let Some(pause) = PAUSES.get(look) else { break };
        db.host.sleep(Duration::from_millis(*pause)).await;
    }
    Err(unfinished())
}

fn unfinished() -> Error {
    let message = "The database is being upgraded to a newer release: try again in a moment";
    Error::new(ErrorKind::Database, message).with_retry_after(1)
}

/// Begins an upgrade and returns the names of the applied migrations; `None` if another request's has begun, or has ended.
async fn take_turn(db: &Db, applied: &[String]) -> Result<Option<Vec<String>>> {
    const TAKE: &str =
        "INSERT INTO leases (name, until) SELECT 'upgrade', ?2 WHERE (SELECT max(name) FROM d1_migrations) < ?3
 ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE until <= ?1
 RETURNING (SELECT json_group_array(name) FROM d1_migrations)";
    let now = db.host.now_ms();
    let params: Vec<Value> = vec![now.into(), (now + TURN).into(), LATEST.into()];
    let mut taken = db.attempt(TAKE, &params).await;
    if taken.as_ref().is_err_and(is_behind) {
        // The schema of the first release has no leases.
        let sql: Vec<&str> = missing(applied).into_iter().map(|(_, sql)| sql).collect();
        for create in plan::statements(&sql).iter().filter(|statement| statement.contains("CREATE TABLE leases")) {
            attempt(db, create).await?;
        }
        taken = db.attempt(TAKE, &params).await;
    }
    let row = taken.map_err(super::database_error)?.into_iter().next();
    row.map(|row| parsed(&Columns::new(row).text()?)).transpose()
}

/// Returns the migrations that are not among these.
fn missing(applied: &[String]) -> Vec<(&'static str, &'static str)> {
    MIGRATIONS.into_iter().filter(|(name, _)| !applied.iter().any(|done| done == name)).collect()
}

/// Applies what is missing. Fails with 503 if some is left for the next request.
async fn upgrade(db: &Db, applied: &[String], is_d1: bool) -> Result<()> {
    let missing = missing(applied);
    let mut rest = &missing[..];
    while !rest.is_empty() {
        let (now, later) = rest.split_at(plan::fitting(rest));
        apply(db, applied, now).await?;
        rest = later;
        if is_d1 && !rest.is_empty() {
            return Err(unfinished());
        }
    }
    Ok(())
}

/// Applies these migrations to a database that has the `applied` ones.
async fn apply(db: &Db, applied: &[String], migrations: &[(&str, &str)]) -> Result<()> {
    let (names, sql): (Vec<&str>, Vec<&str>) = migrations.iter().copied().unzip();
    let mut statements = plan::statements(&sql).into_iter();
    let is_new = match statements.next() {
        Some(first) => attempt(db, &first).await?,
        None => true,
    };
    // Another request may be setting the database up, too. Only if an earlier release was stopped while it did so, the long
    // way is needed.
    if applied.is_empty() && !is_new && has_older_accounts(db).await {
        for statement in sql.iter().flat_map(|sql| sql.split(SEPARATOR)) {
            attempt(db, statement).await?;
        }
    } else {
        for statement in statements {
            attempt(db, &statement).await?;
        }
    }
    if applied.is_empty() {
        attempt(db, invalid::ALL_SEEN).await?;
    }
    let done = "INSERT INTO d1_migrations (name) SELECT value FROM json_each(?) WHERE true ORDER BY key
 ON CONFLICT (name) DO NOTHING";
    let names = serde_json::Value::from(names).to_string();
    db.attempt(done, &[Value::from(names)]).await.map_err(super::database_error)?;
    Ok(())
}

/// Returns the names of the applied migrations, and whether the database is D1. Creates their table if it is missing.
async fn applied(db: &Db) -> Result<(Vec<String>, bool)> {
    let listed = db.attempt(&format!("SELECT name, {IS_D1} FROM d1_migrations"), &[]).await;
    let mut names = Vec::new();
    let mut is_d1 = listed.as_ref().is_err_and(|error| error.0.starts_with("D1_ERROR"));
    for row in listed.iter().flatten() {
        let mut row = Columns::new(row.clone());
        names.push(row.text()?);
        is_d1 = row.flag()?;
    }
    // D1 has its own journal, refuses the statement and would count it.
    if !is_d1 {
        let _ = db.attempt(WRITE_AHEAD_LOG, &[]).await;
    }
    match listed {
        Err(error) if is_behind(&error) => drop(attempt(db, CREATE_LEDGER).await?),
        Err(error) => return Err(super::database_error(error)),
        Ok(_) => {}
    }
    Ok((names, is_d1))
}

/// Returns whether the table of accounts exists without a column of the newest migration.
async fn has_older_accounts(db: &Db) -> bool {
    let read = db.attempt("SELECT read_type FROM tokens LIMIT 0", &[]).await;
    read.is_err_and(|error| error.0.contains("no such column"))
}

/// Sends a statement. Returns false if its work was done already.
async fn attempt(db: &Db, statement: &str) -> Result<bool> {
    match db.attempt(statement, &[]).await {
        Err(e) if e.0.contains("already exists") || e.0.contains("duplicate column name") => Ok(false),
        Err(e) => Err(super::database_error(e)),
        Ok(_) => Ok(true),
    }
}

#[cfg(test)]
pub mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::host::{Host, native::NativeHost};

    #[test]
    fn a_set_up_that_an_earlier_release_began_is_finished() {
        let (first, _) = MIGRATIONS[0];
        for count in 1..MIGRATIONS[0].1.split(SEPARATOR).count() {
            let host = NativeHost::new();
            MIGRATIONS[0].1.split(SEPARATOR).take(count).for_each(|statement| drop(host.sql(statement, vec![])));
            let db = host.app().db.clone();
            host.run(async move { migrate(&db).await }).unwrap_or_else(|e| panic!("{count} of {first}: {e}"));
            // The names that only the newest migration gives them.
            assert_eq!(host.number("SELECT count(not_granted) FROM finished_requests"), 0, "{count}");
            assert_eq!(host.number("SELECT count(precedence) FROM tokens"), 0, "{count}");
        }
    }

    /// Returns a host whose database has the first `count` migrations.
    pub fn older(count: usize) -> Rc<NativeHost> {
        let host = NativeHost::new();
        host.sql(CREATE_LEDGER, vec![]);
        for (name, sql) in &MIGRATIONS[..count] {
            sql.split(SEPARATOR).for_each(|statement| drop(host.sql(statement, vec![])));
            host.sql("INSERT INTO d1_migrations (name) VALUES (?)", vec![(*name).into()]);
        }
        host
    }

    fn migrate_on(host: &Rc<NativeHost>) -> Result<()> {
        let db = host.app().db.clone();
        host.run(async move { migrate(&db).await })
    }

    #[test]
    fn an_upgrade_that_an_ended_request_began_waits_for_its_turn() {
        let host = older(MIGRATIONS.len() - 2);
        let until = Value::from(host.now_ms() + TURN);
        host.sql("INSERT INTO leases (name, until) VALUES ('upgrade', ?)", vec![until]);
        let refused = migrate_on(&host).expect_err("another request may be at it");
        assert_eq!((refused.kind, refused.retry_after), (ErrorKind::Database, Some(1)));
        assert_eq!(host.number("SELECT count(*) FROM d1_migrations"), MIGRATIONS.len() as i64 - 2);
        host.advance(Duration::from_millis(TURN as u64));
        migrate_on(&host).expect("the turn has ended");
        assert_eq!(host.number("SELECT count(*) FROM d1_migrations"), MIGRATIONS.len() as i64);
    }

    #[test]
    fn an_upgrade_that_failed_gives_its_turn_back() {
        let host = older(MIGRATIONS.len() - 2);
        *host.broken.borrow_mut() = Some("CREATE VIEW finished_requests".to_owned());
        migrate_on(&host).expect_err("a statement fails");
        *host.broken.borrow_mut() = None;
        let began = host.now_ms();
        migrate_on(&host).expect("it goes on");
        assert_eq!(host.now_ms(), began);
    }

    /// `wrangler d1 migrations apply` sends a file as a whole and ignores [`SEPARATOR`].
    #[test]
    fn every_statement_ends_for_wrangler_too() {
        for (name, sql) in MIGRATIONS {
            for statement in sql.split(SEPARATOR) {
                assert!(statement.trim_end().ends_with(';'), "{name}: a statement without `;` at its end: {statement}");
            }
        }
    }
}
