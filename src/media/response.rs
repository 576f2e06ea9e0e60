//! The heads of responses with files.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use crate::host::{Body, Response};

use super::media_type::MediaType;

/// What a response says about its bytes.
pub struct Head<'a> {
    pub status: StatusCode,
    /// `None` if the response has no bytes.
    pub content_type: Option<MediaType>,
    pub etag: &'a str,
    /// The length of this body, in bytes.
    pub length: Option<u64>,
    pub content_range: Option<HeaderValue>,
    /// How long clients may keep the response, in seconds.
    pub max_age: i64,
}

impl Head<'_> {
    /// Returns the response with this body.
    pub fn with(self, body: Body) -> Response {
        let mut reply = Response::new(body);
        *reply.status_mut() = self.status;
        let headers = reply.headers_mut();
        let values = [
            (header::CONTENT_TYPE, self.content_type.map(|served| HeaderValue::from_static(served.as_str()))),
            (header::ETAG, HeaderValue::from_str(self.etag).ok()),
            (header::CONTENT_LENGTH, self.length.map(HeaderValue::from)),
            (header::CONTENT_RANGE, self.content_range),
            (header::ACCEPT_RANGES, Some(HeaderValue::from_static("bytes"))),
            (header::CACHE_CONTROL, HeaderValue::from_str(&format!("public, max-age={}", self.max_age)).ok()),
            // Pages of other origins may show and read a file whose address they know.
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, Some(HeaderValue::from_static("*"))),
        ];
        headers.extend(values.into_iter().filter_map(|(name, value)| Some((name, value?))));
        reply
    }
}

/// Returns a 304: the client has these bytes. `max_age` is in seconds.
pub fn not_modified(etag: &str, max_age: i64) -> Response {
    let head =
        Head { status: StatusCode::NOT_MODIFIED, content_type: None, etag, length: None, content_range: None, max_age };
    head.with(Body::Full(Bytes::new()))
}

/// Returns a 416 with the file's size in bytes, if known.
pub fn no_such_range(size: Option<u64>) -> Response {
    let mut reply = crate::http::response::empty(StatusCode::RANGE_NOT_SATISFIABLE);
    let headers = reply.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Some(value) = size.and_then(|size| HeaderValue::from_str(&format!("bytes */{size}")).ok()) {
        headers.insert(header::CONTENT_RANGE, value);
    }
    reply
}
