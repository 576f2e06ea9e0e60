//! Authenticates a request of `/v1` that needs no account, in one statement with the settings and the schema's state.

use std::sync::LazyLock;

use crate::{
    error::{Error, ErrorKind, Result},
    settings::Settings,
};

use super::{
    Columns, Db,
    accounts::{reading, status},
    leases, schema,
    sql::parsed,
};

/// The id and name of a valid, active key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiCaller {
    /// 0 for the setting `api_key`.
    pub key_id: i64,
    pub key_name: String,
}

/// A request whose API key is valid, with the current settings.
pub struct AuthenticatedKey {
    pub caller: ApiCaller,
    pub settings: Settings,
    /// Whether the request has just migrated the database.
    pub migrated: bool,
    /// Whether the maintenance of this local day has not started yet.
    pub maintenance_due: bool,
    /// Whether accounts are to be read from Grok.
    pub reading_due: bool,
    /// Whether there is an active key of xAI's API.
    pub has_api: bool,
}

/// Returns the key with this SHA-256 (hexadecimal), and the settings. Fails with 401 if it is unknown or disabled.
/// Migrates the database first if its schema is behind.
pub async fn authenticate(db: &Db, key_hash: &str, now: i64) -> Result<AuthenticatedKey> {
    Ok(read(db, key_hash, now, &OPEN).await?.0)
}

/// Returns the key as [`authenticate`] does, and the ids of the models of xAI's API that its keys were read to have, in the
/// same statement.
pub async fn authenticate_and_list(db: &Db, key_hash: &str, now: i64) -> Result<(AuthenticatedKey, Vec<String>)> {
    read(db, key_hash, now, &OPEN_AND_LIST).await
}

static OPEN: LazyLock<String> = LazyLock::new(|| statement("NULL"));
static OPEN_AND_LIST: LazyLock<String> = LazyLock::new(|| {
    statement(
        "(SELECT json_group_array(id) FROM (
         SELECT DISTINCT m.value AS id FROM tokens t INDEXED BY accounts_order, json_each(t.models) m
          WHERE t.state = 'active' AND t.precedence = 6 ORDER BY 1))",
    )
});

async fn read(db: &Db, key_hash: &str, now: i64, statement: &str) -> Result<(AuthenticatedKey, Vec<String>)> {
    let mut row = select(db, key_hash, now, statement).await?;
    let migrated = !schema::is_current(row.optional_text()?.as_deref())?;
    if migrated {
        schema::migrate(db).await?;
        row = select(db, key_hash, now, statement).await?;
        row.optional_text()?;
    }
    let (global, grok) = (row.optional_text()?, row.optional_text()?);
    // A new database has no due work, and on Workers its first request has no subrequests left.
    let (maintenance_due, reading_due) = (row.flag()? && !migrated, row.flag()? && !migrated);
    let has_api = row.flag()?;
    let models = row.optional_text()?.map(|list| parsed(&list)).transpose()?.unwrap_or_default();
    let (Some(key_id), Some(key_name)) = (row.optional_integer()?, row.optional_text()?) else {
        return Err(Error::new(ErrorKind::InvalidKey, "This API key is unknown or disabled: ask the operator for one"));
    };
    let settings = Settings::from_sections(global.as_deref(), grok.as_deref());
    let caller = ApiCaller { key_id, key_name };
    Ok((AuthenticatedKey { caller, settings, migrated, maintenance_due, reading_due, has_api }, models))
}

async fn select(db: &Db, key_hash: &str, now: i64, statement: &str) -> Result<Columns> {
    let row = db.query_one(statement, vec![now.into(), key_hash.into()]).await?;
    Ok(Columns::new(row.unwrap_or_default()))
}

/// Returns the statement, with this expression for the models of xAI's API.
fn statement(models: &str) -> String {
    format!(
        "SELECT (SELECT max(name) FROM d1_migrations),
       (SELECT value FROM settings WHERE section = 'global'),
       (SELECT value FROM settings WHERE section = 'grok'),
       {due}, {reading_due}, {has_api}, {models}, k.id, k.name
  FROM (SELECT 1) LEFT JOIN api_keys k ON k.hash = ?2 AND k.is_active = 1",
        due = leases::DAY_IS_FREE,
        reading_due = reading::IS_DUE,
        has_api = status::HAS_API,
    )
}
