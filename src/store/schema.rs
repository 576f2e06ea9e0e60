//! The migrations, which are embedded in the component and applied when the database is behind.
//!
//! Applied files are rows of wrangler's table `d1_migrations`, so both `wrangler d1 migrations apply` and the component
//! can apply them. Parallel migrations, or a crash half-way, do no harm: each statement is sent separately, and
//! "already exists" counts as success.

use crate::{
    error::{Error, ErrorKind, Result},
    host::{DbError, Value},
};

use super::{Columns, Db, accounts::invalid, database::IS_D1};

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

/// Returns whether a statement failed because the database lacks newer migrations.
pub fn is_behind(error: &DbError) -> bool {
    ["no such table", "no such column", "no such index", "has no column named"]
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

/// Applies the missing migrations. Each statement is one subrequest, of which a Worker has 50 a request: those of an empty
/// database fit into one; of an older one's, as many as fit are applied. Fails with 503 if some are left for the next
/// request, and if the database is newer than this release.
pub async fn migrate(db: &Db) -> Result<()> {
    let applied = applied(db).await?;
    is_current(applied.iter().map(String::as_str).max())?;
    let missing = MIGRATIONS.iter().filter(|(name, _)| !applied.iter().any(|done| done == name));
    let missing: Vec<(&str, &str)> = missing.copied().collect();
    let mut rest = &missing[..];
    while !rest.is_empty() {
        let (now, later) = rest.split_at(plan::fitting(rest));
        apply(db, &applied, now).await?;
        rest = later;
        if !rest.is_empty() && is_d1(db).await? {
            let message = "The database is being upgraded to a newer release: try again in a moment";
            return Err(Error::new(ErrorKind::Database, message).with_retry_after(1));
        }
    }
    Ok(())
}

async fn is_d1(db: &Db) -> Result<bool> {
    let rows = db.attempt(&format!("SELECT {IS_D1}"), vec![]).await.map_err(super::database_error)?;
    rows.into_iter().next().map_or(Ok(false), |row| Columns::new(row).flag())
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
    db.attempt(done, vec![Value::from(names)]).await.map_err(super::database_error)?;
    Ok(())
}

/// Returns the names of the applied migrations. Creates their table if it is missing.
async fn applied(db: &Db) -> Result<Vec<String>> {
    let listed = db.attempt("SELECT name FROM d1_migrations", vec![]).await;
    // A file with many parallel writers, such as Spin's instances, needs the write-ahead log. The file keeps the mode.
    // D1 has its own journal, refuses the statement and would count it.
    if !listed.as_ref().is_err_and(|error| error.0.starts_with("D1_ERROR")) {
        let _ = db.attempt("PRAGMA journal_mode = WAL", vec![]).await;
    }
    match listed {
        Ok(rows) => rows.into_iter().map(|row| Columns::new(row).text()).collect(),
        Err(error) if is_behind(&error) => attempt(db, CREATE_LEDGER).await.map(|_| Vec::new()),
        Err(error) => Err(super::database_error(error)),
    }
}

/// Returns whether the table of accounts exists without a column of the newest migration.
async fn has_older_accounts(db: &Db) -> bool {
    let read = db.attempt("SELECT read_type FROM tokens LIMIT 0", vec![]).await;
    read.is_err_and(|error| error.0.contains("no such column"))
}

/// Sends a statement. Returns false if its work was done already.
async fn attempt(db: &Db, statement: &str) -> Result<bool> {
    match db.attempt(statement, vec![]).await {
        Err(e) if e.0.contains("already exists") || e.0.contains("duplicate column name") => Ok(false),
        Err(e) => Err(super::database_error(e)),
        Ok(_) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::native::NativeHost;

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
