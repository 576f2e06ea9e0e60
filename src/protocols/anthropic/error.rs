//! Errors in the form of Anthropic's API reference: `{"type":"error","error":{"type","message"},"request_id"}`.

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// The code of a request that continues a conversation which the server should have kept. Clients that get it send the
/// whole conversation, and go on so.
pub const THREADS_UNSUPPORTED: &str = "thread_unsupported_request";

/// The body of a failed request, and the data of the last event of a stream that failed.
#[derive(Debug, Serialize)]
pub struct ErrorBody<'a> {
    r#type: &'static str,
    error: ErrorObject<'a>,
    request_id: &'a str,
}

#[derive(Debug, Serialize)]
struct ErrorObject<'a> {
    r#type: &'static str,
    message: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Debug, Serialize)]
struct Details {
    error_code: &'static str,
}

impl<'a> ErrorBody<'a> {
    /// Returns the body of an error. The message begins with the path of the field at fault, if it does not name it.
    pub fn new(error: &'a Error, request_id: &'a str) -> Self {
        let message = error.shown_message();
        let message = match error.shown_param().filter(|path| !message.contains(path)) {
            Some(path) => format!("{path}: {message}").into(),
            None => message.into(),
        };
        // Only a code that clients of this API know.
        let details = (error.code == Some(THREADS_UNSUPPORTED)).then_some(Details { error_code: THREADS_UNSUPPORTED });
        ErrorBody { r#type: "error", error: ErrorObject { r#type: kind(error), message, details }, request_id }
    }
}

/// Returns whether errors of this path have this form. The path may have a query.
pub fn is_path(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.strip_prefix("/v1/messages").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the JSON body of a failed request.
pub fn body(error: &Error, request_id: &str) -> Vec<u8> {
    serde_json::to_vec(&ErrorBody::new(error, request_id)).expect("strings always have a JSON form")
}

/// Returns the status that Anthropic's API gives such an error: 529 if the provider is overloaded.
pub fn status(error: &Error) -> StatusCode {
    match error.kind {
        ErrorKind::UpstreamOverloaded => StatusCode::from_u16(529).expect("a number of three digits"),
        _ => error.status(),
    }
}

fn kind(error: &Error) -> &'static str {
    match status(error).as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(error: Error) -> String {
        String::from_utf8(body(&error, "req_1")).unwrap()
    }

    #[test]
    fn each_kind_has_its_type() {
        for (kind, status_code, name) in [
            (ErrorKind::Invalid, 400, "invalid_request_error"),
            (ErrorKind::MissingKey, 401, "authentication_error"),
            (ErrorKind::NotEntitled, 403, "permission_error"),
            (ErrorKind::ModelNotFound, 404, "not_found_error"),
            (ErrorKind::NotFound, 404, "not_found_error"),
            (ErrorKind::MethodNotAllowed, 405, "invalid_request_error"),
            (ErrorKind::BodyTooLarge, 413, "request_too_large"),
            (ErrorKind::AllAccountsCooling, 429, "rate_limit_error"),
            (ErrorKind::Internal, 500, "api_error"),
            (ErrorKind::Upstream, 502, "api_error"),
            (ErrorKind::NoAccount, 503, "api_error"),
            (ErrorKind::UpstreamTimeout, 504, "timeout_error"),
            (ErrorKind::UpstreamOverloaded, 529, "overloaded_error"),
        ] {
            let error = Error::new(kind, "m");
            assert_eq!(status(&error).as_u16(), status_code, "{kind:?}");
            let expected =
                format!(r#"{{"type":"error","error":{{"type":"{name}","message":"m"}},"request_id":"req_1"}}"#);
            assert_eq!(json(error), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_message_names_the_field_once() {
        assert!(json(Error::invalid("messages.0", "send text")).contains(r#""message":"messages.0: send text""#));
        assert!(json(Error::invalid("model", "'model' is empty")).contains(r#""message":"'model' is empty""#));
    }

    #[test]
    fn only_the_code_about_threads_has_details() {
        let coded = |code| json(Error { code: Some(code), ..Error::invalid("thread", "m") });
        assert!(coded(THREADS_UNSUPPORTED).contains(r#""details":{"error_code":"thread_unsupported_request"}"#));
        assert!(!coded("invalid_value").contains("details"));
    }

    #[test]
    fn paths_below_messages_have_this_form() {
        for (path, is) in [
            ("/v1/messages", true),
            ("/v1/messages?beta=true", true),
            ("/v1/messages/count_tokens", true),
            ("/v1/messages/batches", true),
            ("/v1/messagesx", false),
            ("/v1/chat/completions", false),
        ] {
            assert_eq!(is_path(path), is, "{path}");
        }
    }
}
