//! Errors in the form of OpenAI's API reference: `{"error":{message,type,param,code}}`.

use serde::Serialize;

use crate::error::Error;

/// The error object, in a body or in a stream.
#[derive(Debug, Serialize)]
pub struct ErrorObject<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: &'static str,
}

/// The body of a failed request, and the last event of a stream that failed.
#[derive(Debug, Serialize)]
pub struct ErrorBody<'a> {
    error: ErrorObject<'a>,
}

impl<'a> From<&'a Error> for ErrorBody<'a> {
    fn from(error: &'a Error) -> Self {
        let error = ErrorObject {
            message: error.shown_message(),
            r#type: error.openai_type(),
            param: error.shown_param(),
            code: error.code(),
        };
        ErrorBody { error }
    }
}

/// Returns the JSON body of a failed request.
pub fn body(error: &Error) -> Vec<u8> {
    serde_json::to_vec(&ErrorBody::from(error)).expect("strings always have a JSON form")
}
