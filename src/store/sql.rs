//! Parameters and columns that contain JSON. A list is one parameter, read with `json_each`.

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, Result};

/// Returns a parameter as JSON. Fails with 500 if the value has no JSON form.
pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("A statement's parameter: {e}")))
}

/// Returns the value of a column of JSON. Fails with 500 if it has another form.
pub(super) fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::internal(format!("A column that should hold JSON: {e}")))
}
