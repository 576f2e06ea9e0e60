//! Parameters and columns that hold JSON: lists go through one parameter and `json_each`.

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, Result};

/// Returns a statement's parameter as JSON. Fails with an internal error for what has no JSON form.
pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("A statement's parameter: {e}")))
}

/// Returns what a column of JSON holds. Fails with an internal error for another form.
pub(super) fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::internal(format!("A column that should hold JSON: {e}")))
}
