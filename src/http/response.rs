//! Builds responses: JSON, empty ones, the answer to HEAD, and the error body of the API that was called.

use bytes::Bytes;
use futures::channel::mpsc;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{
    error::{Error, Result},
    host::{Body, Response},
};

/// A 200 with this value as JSON.
pub fn json(value: &impl Serialize) -> Result<Response> {
    let body =
        serde_json::to_vec(value).map_err(|e| Error::internal(format!("An answer could not be written: {e}")))?;
    Ok(json_bytes(body))
}

/// A 200 with a body that is JSON already.
pub fn json_bytes(body: Vec<u8>) -> Response {
    let mut reply = Response::new(Body::Full(body.into()));
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// A reply without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut reply = Response::new(Body::Full(Bytes::new()));
    *reply.status_mut() = status;
    reply
}

/// Returns the same reply to HEAD: the headers that GET would have had, and no body.
pub fn without_body(reply: Response) -> Response {
    let (mut head, body) = reply.into_parts();
    let has_length = head.headers.contains_key(header::CONTENT_LENGTH);
    let empty = match body {
        Body::Full(bytes) => {
            if !has_length && !bytes.is_empty() {
                head.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
            }
            Body::Full(Bytes::new())
        }
        // Hosts would give a body that is whole and empty the length 0, which GET has not (RFC 9110 §8.6).
        _ if !has_length => Body::Stream(mpsc::channel(0).1.into()),
        _ => Body::Full(Bytes::new()),
    };
    Response::from_parts(head, empty)
}
