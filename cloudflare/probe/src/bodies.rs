//! Bodies: echoed, passed through, written in pieces, truncated, cancelled.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::future::poll_fn;
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response, Trailers};
use spin_sdk::wasip3::{spawn, wit_future, wit_stream};
use spin_sdk::wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult, StreamWriter};

use crate::{Query, alone::Alone, number, text};

type End = Result<Option<Trailers>, ErrorCode>;

/// Returns a response whose body the caller writes.
pub fn streamed(status: u16, headers: &[(&str, &str)]) -> (Response, StreamWriter<u8>, FutureWriter<End>) {
    let (body, reader) = wit_stream::new();
    let (end, result) = wit_future::new(|| Err(ErrorCode::InternalError(Some("never finished".into()))));
    (respond(status, headers, reader, result), body, end)
}

fn respond(status: u16, headers: &[(&str, &str)], body: StreamReader<u8>, result: FutureReader<End>) -> Response {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let headers = Fields::from_list(&headers).expect("the probe's own headers are valid");
    let (response, _) = Response::new(headers, Some(body), result);
    response.set_status_code(status).expect("tests ask for valid codes");
    response
}

pub fn full(status: u16, headers: &[(&str, &str)], content: Vec<u8>) -> Response {
    let (response, mut body, end) = streamed(status, headers);
    spawn(async move {
        body.write_all(content).await;
        drop(body);
        let _ = end.write(Ok(None)).await;
    });
    response
}

/// Takes a request's body. Dropping the future reports success.
pub fn consume(request: Request) -> (StreamReader<u8>, FutureReader<End>) {
    let (_, result) = wit_future::new(|| Ok(()));
    Request::consume_body(request, result)
}

/// Echoes the body through guest memory, chunk by chunk.
pub fn echo(request: Request) -> Response {
    let (mut incoming, incoming_end) = consume(request);
    let (response, mut body, end) = streamed(200, &[]);
    spawn(async move {
        loop {
            let (result, chunk) = incoming.read(Vec::with_capacity(16 * 1024)).await;
            if !chunk.is_empty() && !body.write_all(chunk).await.is_empty() {
                return;
            }
            if matches!(result, StreamResult::Dropped) {
                break;
            }
        }
        drop(body);
        let _ = end.write(incoming_end.await.map(|_| None)).await;
    });
    response
}

/// Returns the request's body as the response's, unread.
pub fn pass(request: Request) -> Response {
    let (incoming, end) = consume(request);
    respond(200, &[], incoming, end)
}

/// Writes `n` chunks of `size` bytes, `ms` apart, and has the instance for itself until then. Stores a disconnection of the client under the key `left`.
pub fn chunks(query: Query, alone: Alone) -> Response {
    let (response, mut body, end) = streamed(200, &[("content-type", "text/plain")]);
    spawn(async move {
        let _held = alone;
        for at in 0..number::<u32>(&query, "n") {
            let wait = number(&query, "ms");
            if wait > 0 {
                sleep(Duration::from_millis(wait)).await;
            }
            let chunk = vec![b'a' + (at % 26) as u8; number(&query, "size")];
            if !body.write_all(chunk).await.is_empty() {
                if let Some(key) = query.get("left") {
                    crate::storage::put(key, at.to_string().as_bytes()).await;
                }
                return;
            }
        }
        drop(body);
        let _ = end.write(Ok(None)).await;
    });
    response
}

/// Sends `content-length: says` and writes `n` bytes in two halves.
pub fn length(query: &Query) -> Response {
    let (response, mut body, end) = streamed(200, &[("content-length", &query["says"])]);
    let half = vec![b'x'; number::<usize>(query, "n") / 2];
    spawn(async move {
        body.write_all(half.clone()).await;
        sleep(Duration::from_millis(20)).await;
        body.write_all(half).await;
        drop(body);
        let _ = end.write(Ok(None)).await;
    });
    response
}

pub fn trailers() -> Response {
    let (response, mut body, end) = streamed(200, &[]);
    spawn(async move {
        body.write_all(b"before".to_vec()).await;
        drop(body);
        let fields = Fields::from_list(&[("x-after".to_owned(), b"1".to_vec())]).expect("a valid field");
        let _ = end.write(Ok(Some(fields))).await;
    });
    response
}

/// Announces ten bytes, sends some, then an error.
pub fn failing() -> Response {
    let (response, mut body, end) = streamed(200, &[("content-length", "10")]);
    spawn(async move {
        body.write_all(b"some".to_vec()).await;
        sleep(Duration::from_millis(20)).await;
        let _ = end.write(Err(ErrorCode::ConnectionTerminated)).await;
    });
    response
}

/// Announces ten bytes, sends some, then traps.
pub fn trapped() -> Response {
    let (response, mut body, _end) = streamed(200, &[("content-length", "10")]);
    spawn(async move {
        body.write_all(b"some".to_vec()).await;
        sleep(Duration::from_millis(20)).await;
        panic!("a trap after the reply");
    });
    response
}

/// Starts a read, cancels it after a while, reads on: no byte may be lost.
pub async fn cancel_read(request: Request) -> Response {
    let (mut incoming, _end) = consume(request);
    let mut cancelled = 0;
    let mut content = Vec::new();
    loop {
        let mut read = pin!(incoming.read(Vec::with_capacity(1024)));
        let mut timer = pin!(sleep(Duration::from_millis(10)));
        let outcome = poll_fn(|cx| {
            if let Poll::Ready(done) = read.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            timer.as_mut().poll(cx).map(|()| None)
        })
        .await;
        let (result, chunk) = match outcome {
            Some(done) => done,
            None => {
                cancelled += 1;
                read.as_mut().cancel()
            }
        };
        content.extend(chunk);
        if matches!(result, StreamResult::Dropped) {
            break;
        }
    }
    text(format!("{} after {}", String::from_utf8_lossy(&content), if cancelled > 0 { "cancels" } else { "none" }))
}

/// Fills a body until a write waits, cancels that write, and writes again when there is room.
pub async fn cancel_write() -> Response {
    let (response, mut body, end) = streamed(200, &[]);
    assert!(body.write_all(vec![b'f'; 70_000]).await.is_empty());
    {
        let mut write = pin!(body.write(b"lost".to_vec()));
        let pending = poll_fn(|cx| Poll::Ready(write.as_mut().poll(cx).is_pending())).await;
        assert!(pending, "a body is not read before it is returned");
        let (result, left) = write.as_mut().cancel();
        assert!(matches!(result, StreamResult::Cancelled), "{result:?}");
        assert_eq!(left.remaining(), 4);
    }
    spawn(async move {
        body.write_all(b"kept".to_vec()).await;
        drop(body);
        let _ = end.write(Ok(None)).await;
    });
    response
}
