//! Table `resolved_names`: IP addresses of host names, for hosts that cannot resolve names. The statement that ends a
//! chat and the upstream check write it; the statement that reserves an account reads it.

use serde_json::Value as Json;

use super::Db;
use crate::{error::Result, providers::learned::ResolvedName};

/// SQL that returns the names whose addresses are valid at the time `?1`, as a JSON array of `[name, addresses,
/// until]`.
pub(super) const VALID: &str = "(SELECT json_group_array(json_array(name, json(addresses), until)) FROM resolved_names
      WHERE name > '' AND until > ?1)";

/// Returns the names of [`VALID`], none if the text is malformed.
pub(super) fn read(text: Option<&str>) -> Vec<ResolvedName> {
    let rows: Vec<(String, Vec<String>, f64)> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let name = |(name, addresses, until)| ResolvedName { name, addresses, until: until as i64 };
    rows.into_iter().map(name).collect()
}

/// Stores the addresses of names, replacing known ones, in one statement.
pub async fn save(db: &Db, names: &[ResolvedName]) -> Result<()> {
    const SAVE: &str = "INSERT INTO resolved_names (name, addresses, until) \
        SELECT value ->> 0, value -> 1, value ->> 2 FROM json_each(?1) WHERE true \
        ON CONFLICT (name) DO UPDATE SET addresses = excluded.addresses, until = excluded.until";
    db.execute(SAVE, vec![write(names).into()]).await
}

/// Returns names in the form of the column `names` of the view `finished_requests`.
pub(super) fn write(names: &[ResolvedName]) -> String {
    let row = |name: &ResolvedName| serde_json::json!([name.name, name.addresses, name.until]);
    Json::Array(names.iter().map(row).collect()).to_string()
}
