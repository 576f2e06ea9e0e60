//! Applies the database's migrations before the first request.
//!
//! The files, the table of applied migrations and the ignored errors are those of the component (`src/store/schema.rs`),
//! so that either continues where the other was interrupted.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{api::Api, refusal::Refusal};
use crate::checks;

const SEPARATOR: &str = "\n-- statement\n";

/// The table that wrangler creates.
const CREATE_LEDGER: &str = "CREATE TABLE IF NOT EXISTS d1_migrations (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);";

/// Names and texts, in the order in which they are applied.
#[derive(Debug)]
pub struct Migrations(Vec<(String, String)>);

impl Migrations {
    /// Reads the migrations of a folder; fails if it has none.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut all = Vec::new();
        for path in checks::files(folder, &["sql"]).with_context(|| format!("cannot read {}", folder.display()))? {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            all.push((name, fs::read_to_string(&path)?));
        }
        if all.is_empty() {
            bail!("{} has no migration", folder.display());
        }
        Ok(Migrations(all))
    }

    /// Returns the migrations that are not in `applied`.
    pub fn missing<'a>(&'a self, applied: &[String]) -> Vec<&'a (String, String)> {
        self.0.iter().filter(|(name, _)| !applied.contains(name)).collect()
    }

    /// Fails if the database has a migration of a newer release.
    pub fn check(&self, applied: &[String]) -> Result<()> {
        let latest = &self.0.last().expect("never empty").0;
        match applied.iter().max() {
            Some(newest) if newest > latest => bail!(
                "the database has the migration {newest} of a newer release, the last one here is {latest}: deploy \
                 that release, or restore the database to a time before it (docs/cloudflare.md)"
            ),
            _ => Ok(()),
        }
    }

    /// Applies the missing migrations, one statement a call, as the component does.
    pub fn apply(&self, api: &Api, database: &str, applied: &[String]) -> Result<()> {
        let missing = self.missing(applied);
        if missing.is_empty() {
            return Ok(());
        }
        query(api, database, CREATE_LEDGER, &[])?;
        for (name, text) in missing {
            println!("applying the migration {name}");
            for statement in text.split(SEPARATOR) {
                match query(api, database, statement, &[]) {
                    Err(error) if is_done_already(&error) => {}
                    other => drop(other.with_context(|| format!("cannot apply the migration {name}"))?),
                }
            }
            query(api, database, "INSERT INTO d1_migrations (name) VALUES (?) ON CONFLICT (name) DO NOTHING", &[name])?;
        }
        Ok(())
    }
}

/// Returns the applied migrations, none for a new database, and the location hint, if D1 reports it.
/// Source: https://developers.cloudflare.com/d1/worker-api/return-object/
pub fn applied(api: &Api, database: &str) -> Result<(Vec<String>, Option<String>)> {
    let answer = match query(api, database, "SELECT name FROM d1_migrations", &[]) {
        Err(error) if refused_with(&error, &["no such table"]) => return Ok((Vec::new(), None)),
        other => other?,
    };
    let rows = answer[0]["results"].as_array().context("D1's response has no rows")?;
    let names = rows.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect();
    Ok((names, answer[0]["meta"]["served_by_region"].as_str().map(str::to_lowercase)))
}

/// Returns how many account tokens are encrypted, with any key.
pub fn sealed_tokens(api: &Api, database: &str) -> Result<u64> {
    let sql = "SELECT count(*) AS sealed FROM tokens WHERE substr(sealed, 1, 3) = 'v1.'";
    match query(api, database, sql, &[]) {
        Err(error) if refused_with(&error, &["no such table"]) => Ok(0),
        rows => rows?[0]["results"][0]["sealed"].as_u64().context("D1's response has no count"),
    }
}

/// Sends a statement. It may be sent twice: each statement here is idempotent.
fn query(api: &Api, database: &str, sql: &str, params: &[&str]) -> Result<Value> {
    api.post(&format!("/d1/database/{database}/query"), &json!({ "sql": sql, "params": params }))
}

fn is_done_already(error: &anyhow::Error) -> bool {
    refused_with(error, &["already exists", "duplicate column name"])
}

fn refused_with(error: &anyhow::Error, texts: &[&str]) -> bool {
    error.downcast_ref::<Refusal>().is_some_and(|refusal| texts.iter().any(|text| refusal.says(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations() -> Migrations {
        Migrations::read(&crate::root().join("migrations")).unwrap()
    }

    #[test]
    fn what_was_applied_is_left_out() {
        let all = migrations();
        let first = all.0[0].0.clone();
        assert_eq!(all.missing(&[]).len(), all.0.len());
        assert!(all.missing(&[first]).iter().all(|(name, _)| !name.starts_with("0001")));
    }

    #[test]
    fn a_newer_database_is_refused() {
        let all = migrations();
        let names: Vec<_> = all.0.iter().map(|(name, _)| name.clone()).collect();
        all.check(&names).unwrap();
        let said = all.check(&["9999_later.sql".to_owned()]).unwrap_err().to_string();
        assert!(said.contains("9999_later.sql of a newer release"), "{said}");
    }
}
