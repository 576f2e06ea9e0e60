//! Builds responses: JSON, empty ones, and the response to HEAD.

use bytes::Bytes;
use futures::channel::mpsc;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{
    error::{Error, Result},
    host::{Body, Response},
};

/// Returns a 200 with the value as JSON. Fails with 500 if the value has no JSON form.
pub fn json(value: &impl Serialize) -> Result<Response> {
    let body =
        serde_json::to_vec(value).map_err(|e| Error::internal(format!("An answer could not be written: {e}")))?;
    Ok(json_bytes(body))
}

/// Returns a 200 with a body that is JSON already.
pub fn json_bytes(body: Vec<u8>) -> Response {
    let mut reply = Response::new(Body::Full(body.into()));
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// Returns a response without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut reply = Response::new(Body::Full(Bytes::new()));
    *reply.status_mut() = status;
    reply
}

/// Returns the response to HEAD: the headers that GET would have had, without the body.
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
        // Hosts would send an empty body with the length 0, which GET does not have (RFC 9110 §8.6).
        _ if !has_length => Body::Stream(mpsc::channel(0).1.into()),
        _ => Body::Full(Bytes::new()),
    };
    Response::from_parts(head, empty)
}
