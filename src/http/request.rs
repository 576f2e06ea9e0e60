//! Reads request bodies: bounded in size and time, decoded, and as JSON whose errors name the field.

use std::{cell::RefCell, rc::Rc, task::Poll, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, StreamExt, ready, stream};
use http::header;
use serde::de::DeserializeOwned;

use super::content_coding::ContentCoding;
use crate::{
    app::App,
    error::{Error, ErrorKind, Result},
    host::{ByteStream, Request, SendError, timeout::timeout},
    json::{self, refusal},
};

/// The largest body that is read, in bytes: room for twenty pictures.
pub const MAX_BODY: usize = 20 * 1024 * 1024;
/// The largest body of a client that is not signed in, in bytes.
const MAX_SMALL_BODY: usize = 16 * 1024;
/// Bytes of buffer that an announced length gets before any of them arrived.
const FIRST_ROOM: usize = 64 * 1024;

/// Most bytes of an unread body that are read and dropped. A host that answers before the body was read closes the
/// connection, which breaks the client's next request.
const DRAINED: usize = 64 * 1024;
/// The longest time for that.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// The rest of a body that the handler did not read.
pub struct UnreadBody(Rc<RefCell<Option<ByteStream>>>);

/// The longest pause between two chunks of a body, and the longest time for a whole one.
const CHUNK_LIMIT: Duration = Duration::from_secs(10);
const BODY_LIMIT: Duration = Duration::from_secs(120);

/// Returns the request with a body that fails if it pauses or takes too long, and what the handler will leave of it.
pub fn watch_body(app: &App, request: Request) -> (Request, UnreadBody) {
    let (head, body) = request.into_parts();
    let shared = Rc::new(RefCell::new(Some(body)));
    let (reading, host) = (shared.clone(), app.host.clone());
    let end = host.monotonic_ms() + BODY_LIMIT.as_millis() as u64;
    let mut timer = None;
    let body = stream::poll_fn(move |context| {
        let mut body = reading.borrow_mut();
        let Some(coming) = body.as_mut() else { return Poll::Ready(None) };
        let next = match coming.poll_next_unpin(context) {
            Poll::Ready(next) => next,
            Poll::Pending => {
                // Most bodies have arrived already and need no timer.
                let left = Duration::from_millis(end.saturating_sub(host.monotonic_ms()));
                let timer = timer.get_or_insert_with(|| host.sleep(left.min(CHUNK_LIMIT)));
                ready!(timer.poll_unpin(context));
                Some(Err(SendError::Timeout("the body stopped arriving".to_owned())))
            }
        };
        timer = None;
        if !matches!(next, Some(Ok(_))) {
            *body = None;
        }
        Poll::Ready(next)
    });
    (Request::from_parts(head, body.boxed_local()), UnreadBody(shared))
}

impl UnreadBody {
    /// Reads and drops a rest of up to [`DRAINED`] bytes; leaves a longer one after that.
    pub async fn drain(self, app: &App) {
        // From here on the handler's body yields nothing more.
        let Some(mut body) = self.0.borrow_mut().take() else { return };
        let drained = async {
            let mut left = DRAINED;
            while let Some(Ok(chunk)) = body.next().await {
                let Some(rest) = left.checked_sub(chunk.len()) else { break };
                left = rest;
            }
        };
        timeout(&*app.host, Some(DRAIN_LIMIT), drained).await;
    }
}

/// Returns the whole body, decoded. Fails with 413 as soon as it is known to be larger than [`MAX_BODY`], with 408 if
/// it pauses or takes too long, with 415 if its coding is not supported.
pub async fn read_body(request: Request) -> Result<Bytes> {
    read_up_to(request, MAX_BODY, "20 MiB").await
}

/// Returns whether the body is short enough to be read before the key is checked. An encoded one never is, because its
/// decoded length is unknown.
pub fn has_short_body(request: &Request) -> bool {
    !request.headers().contains_key(header::CONTENT_ENCODING)
        && announced_length(request).is_ok_and(|length| length.is_some_and(|length| length <= DRAINED as u64))
}

/// Returns the `Content-Length`, the largest number for one that does not fit. Fails with 400 if it is not one number of bytes.
fn announced_length(request: &Request) -> Result<Option<u64>> {
    let mut lengths = request.headers().get_all(header::CONTENT_LENGTH).iter();
    let Some(length) = lengths.next() else { return Ok(None) };
    let is_digits = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match length.to_str().ok().filter(is_digits) {
        Some(digits) if lengths.next().is_none() => Ok(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => {
            let message = "Content-Length is not a number of bytes: send the length of the body";
            Err(Error::new(ErrorKind::Invalid, message))
        }
    }
}

/// Returns the whole body, decoded. Both the sent and the decoded body must be at most `most` bytes long.
async fn read_up_to(request: Request, most: usize, in_words: &str) -> Result<Bytes> {
    let too_large = || Error::new(ErrorKind::BodyTooLarge, format!("The request body is larger than {in_words}"));
    let announced = announced_length(&request)?.unwrap_or_default();
    if announced > most as u64 {
        return Err(too_large());
    }
    let announced = announced as usize;
    let coding = ContentCoding::from_headers(request.headers())?;
    let mut chunks = request.into_body();
    let mut whole = BytesMut::with_capacity(announced.min(FIRST_ROOM));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| match error {
            SendError::Timeout(_) => Error::new(
                ErrorKind::RequestTimeout,
                "The request body stopped arriving: send it again, without pauses of more than 10 seconds",
            ),
            _ => Error::new(ErrorKind::Invalid, "The request body ended early: send it again, whole"),
        })?;
        if whole.len() + chunk.len() > most {
            return Err(too_large());
        }
        if whole.len() + chunk.len() > whole.capacity() {
            // A buffer that grows by doubling would take up to twice the memory of a large body.
            whole.reserve(announced.saturating_sub(whole.len()).max(chunk.len()));
        }
        whole.extend_from_slice(&chunk);
    }
    match coding {
        None => Ok(whole.freeze()),
        Some(coding) => Ok(coding.decode(&whole, most)?.ok_or_else(too_large)?.into()),
    }
}

/// Returns the body as JSON of the given shape. Fails with 400 on the field that does not fit, and as [`read_body`].
pub async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T> {
    json::from_client(&read_body(request).await?, &mut String::new(), parse_json)
}

/// Returns the body as [`read_json`] does, for clients that are not signed in. Fails with 413 above 16 KiB.
pub async fn read_small_json<T: DeserializeOwned>(request: Request) -> Result<T> {
    let body = read_up_to(request, MAX_SMALL_BODY, "16 KiB").await?;
    json::from_client(&body, &mut String::new(), parse_json)
}

fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    // serde would also read the fields of a struct from an array, in order.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Error::new(ErrorKind::Invalid, "The request body must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let mut path = e.path().to_string();
        let error = Error::new(ErrorKind::Invalid, refusal::message(e.inner()));
        // The path of a field that is missing or given twice ends at its object.
        let mut words = ["missing field `", "duplicate field `"].into_iter();
        if let Some(name) = words.find_map(|words| error.message.strip_prefix(words)?.split('`').next()) {
            path = if path == "." { name.to_owned() } else { format!("{path}.{name}") };
        }
        // The root, and a field whose name was cut off.
        let path = path.trim_end_matches('?').trim_end_matches('.');
        if path.is_empty() { error } else { error.with_param(path) }
    })?;
    json.end().map_err(|e| Error::new(ErrorKind::Invalid, e.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[test]
    fn a_length_is_one_number() {
        for (values, length) in [
            (&[][..], Some(None)),
            (&["0"], Some(Some(0))),
            (&["20971521"], Some(Some(20_971_521))),
            (&["4294967296"], Some(Some(1 << 32))),
            (&["99999999999999999999999"], Some(Some(u64::MAX))),
            (&["-1"], None),
            (&["+5"], None),
            (&["0x5"], None),
            (&["5, 5"], None),
            (&[""], None),
            (&["5", "5"], None),
        ] {
            let mut request = Request::new(stream::empty().boxed_local());
            for value in values {
                request.headers_mut().append(header::CONTENT_LENGTH, value.parse().expect("a header's value"));
            }
            assert_eq!(announced_length(&request).ok(), length, "{values:?}");
        }
    }
}
