//! Checks the fields of a client's JSON, so that an error names the field.
//!
//! ```ignore
//! let model = required(body.model, "model", "a string")?;
//! let stream = optional(&body.stream, "stream", "a boolean")?;
//! ```

use serde::Deserialize;

use crate::{
    error::{Error, ErrorKind},
    inference::prompt::Sampling,
    json::{self, Field, MAX_VALUES, Object, refusal},
};

/// Why a request is refused, in OpenAI's terms. The client sees all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Path of the field at fault, such as `messages.0.content.1.type`.
    pub param: Option<String>,
    pub code: &'static str,
    pub message: String,
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        let missing = invalid.code == "missing_required_parameter" && invalid.param.as_deref() == Some("model");
        let kind = if missing { ErrorKind::MissingModel } else { ErrorKind::Invalid };
        Error { param: invalid.param, code: Some(invalid.code), ..Error::new(kind, invalid.message) }
    }
}

/// Returns a body that is a JSON object. Fails if it is not, or has too many values.
pub fn body<'b, T: Deserialize<'b>>(json: &'b [u8]) -> Result<T, Invalid> {
    if json::values(json) > MAX_VALUES {
        let message = format!("The request body has more than {MAX_VALUES} values: send fewer.");
        return Err(Invalid { param: None, code: "invalid_value", message });
    }
    let root: Field<Object<T>> = serde_json::from_slice(json).map_err(|error| Invalid {
        param: refusal::path(json, &error),
        // Well-formed JSON may still have a field twice, or too many items.
        code: if error.is_data() { "invalid_value" } else { "invalid_json" },
        message: format!("The request body cannot be read as JSON: {}", refusal::message(&error)),
    })?;
    match root {
        Field::Given(Object(body)) => Ok(body),
        Field::Wrong(found) => Err(wrong_type(None, "an object", found)),
        Field::Null | Field::Missing => Err(wrong_type(None, "an object", "null")),
    }
}

/// Returns the value of a field that must be given. Fails with the field at fault.
pub fn required<T>(field: Field<T>, path: &str, expected: &str) -> Result<T, Invalid> {
    match field {
        Field::Given(value) => Ok(value),
        Field::Wrong(found) => Err(wrong_type(Some(path), expected, found)),
        Field::Null => Err(wrong_type(Some(path), expected, "null")),
        Field::Missing => {
            Err(invalid(path, "missing_required_parameter", format!("Missing required parameter: '{path}'.")))
        }
    }
}

/// Returns the value of a field that may be missing or null. Fails if it has another type.
pub fn optional<'f, T>(field: &'f Field<T>, path: &str, expected: &str) -> Result<Option<&'f T>, Invalid> {
    match field {
        Field::Given(value) => Ok(Some(value)),
        Field::Wrong(found) => Err(wrong_type(Some(path), expected, found)),
        Field::Null | Field::Missing => Ok(None),
    }
}

/// Returns the fault of a value of another type; `None` means the body.
pub fn wrong_type(path: Option<&str>, expected: &str, found: &str) -> Invalid {
    let place = path.map_or("the body".to_owned(), |path| format!("'{path}'"));
    let message = format!("Invalid type for {place}: expected {expected}, but got {found} instead.");
    Invalid { param: path.map(str::to_owned), code: "invalid_type", message }
}

/// Returns the fault of a word that is not one of the choices.
pub fn invalid_choice(path: &str, found: &str, choices: &str) -> Invalid {
    let found: String = found.chars().take(64).collect();
    invalid(path, "invalid_value", format!("Invalid value for '{path}': '{found}'. Supported values are: {choices}."))
}

/// Returns a fault of this field.
pub fn invalid(path: &str, code: &'static str, message: String) -> Invalid {
    Invalid { param: Some(path.to_owned()), code, message }
}

/// Returns how the model chooses its words. Fails with the field at fault.
pub fn sampling(temperature: &Field<f64>, top_p: &Field<f64>) -> Result<Sampling, Invalid> {
    Ok(Sampling {
        temperature: optional(temperature, "temperature", "a number")?.copied(),
        top_p: optional(top_p, "top_p", "a number")?.copied(),
    })
}
