//! Errors as the console reads them: `{"success":false,message,code,field?}`.

use serde::Serialize;

use crate::error::Error;

#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    message: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// Returns the JSON body of a failed call.
pub fn body(error: &Error) -> Vec<u8> {
    let failure =
        Failure { success: false, message: error.shown_message(), code: error.code(), field: error.shown_param() };
    serde_json::to_vec(&failure).expect("strings always have a JSON form")
}
