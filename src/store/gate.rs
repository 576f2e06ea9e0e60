//! The statement that opens a request of `/v1` which needs no token: key, settings and schema at once.

use crate::{
    auth::{ApiCaller, PresentedKey},
    error::{Error, Kind, Result},
    settings::Settings,
};

use super::{Columns, Db, schema};

/// A valid key, and the settings in force.
pub struct Opened {
    pub caller: ApiCaller,
    pub settings: Settings,
    /// The database was behind and has just been brought up to date.
    pub migrated: bool,
}

/// Looks the key up; an unknown or disabled one is a 401. Brings the schema up to date first if need be.
pub async fn open(db: &Db, key: &PresentedKey) -> Result<Opened> {
    let mut row = select(db, key).await?;
    let migrated = !schema::is_current(row.optional_text()?.as_deref())?;
    if migrated {
        schema::migrate(db).await?;
        row = select(db, key).await?;
        row.optional_text()?;
    }
    let (global, grok) = (row.optional_text()?, row.optional_text()?);
    let (Some(key_id), Some(key_name)) = (row.optional_integer()?, row.optional_text()?) else {
        return Err(Error::new(Kind::InvalidKey, "This API key is unknown or disabled: ask the operator for one"));
    };
    let settings = Settings::from_sections(global.as_deref(), grok.as_deref());
    Ok(Opened { caller: ApiCaller { key_id, key_name }, settings, migrated })
}

async fn select(db: &Db, key: &PresentedKey) -> Result<Columns> {
    const OPEN: &str = "SELECT (SELECT max(name) FROM d1_migrations),
       (SELECT value FROM settings WHERE section = 'global'),
       (SELECT value FROM settings WHERE section = 'grok'),
       k.id, k.name
  FROM (SELECT 1) LEFT JOIN api_keys k ON k.hash = ? AND k.is_active = 1";
    let row = db.one(OPEN, vec![key.hash.as_str().into()]).await?;
    Ok(Columns::new(row.unwrap_or_default()))
}
