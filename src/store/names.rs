//! Table `resolved_names`: addresses of host names, for hosts that look no names up. Written by the statement that ends
//! a chat, read by the one that reserves its account.

use serde_json::Value as Json;

use crate::providers::ResolvedName;

/// The names whose addresses are valid at the time `?1`, as a JSON array of `[name, addresses, until]`.
pub(super) const VALID: &str = "(SELECT json_group_array(json_array(name, json(addresses), until)) FROM resolved_names
      WHERE name > '' AND until > ?1)";

/// Reads what [`VALID`] gives; what is not of its form is no name.
pub(super) fn read(text: Option<&str>) -> Vec<ResolvedName> {
    let rows: Vec<(String, Vec<String>, f64)> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let name = |(name, addresses, until)| ResolvedName { name, addresses, until: until as i64 };
    rows.into_iter().map(name).collect()
}

/// Returns names in the form of the column `names` of the view `finished_chats`.
pub(super) fn write(names: &[ResolvedName]) -> String {
    let row = |name: &ResolvedName| serde_json::json!([name.name, name.addresses, name.until]);
    Json::Array(names.iter().map(row).collect()).to_string()
}
