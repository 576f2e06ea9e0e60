//! Server-sent events: the response that carries them, how a stream ends, the keep-alive comment of an idle one.

use std::future::Future;

use bytes::Bytes;
use futures::{
    channel::{
        mpsc::{Sender, channel},
        oneshot,
    },
    future::{Either, LocalBoxFuture, select},
};
use http::{HeaderValue, header};

use crate::{
    host::{Body, Chunks, Host, Response},
    inference::{record::RequestRecord, run::Failure},
};

/// Returns the response with server-sent events. A task of its own does `pump`'s work, which sends them; its second
/// argument ends when the client has left.
pub fn respond(
    host: &dyn Host,
    pump: impl FnOnce(Sender<Bytes>, oneshot::Receiver<()>) -> LocalBoxFuture<'static, ()>,
) -> Response {
    // At most one chunk waits: a slow client slows the upstream read down, and a disconnected one ends it.
    let (sender, receiver) = channel(1);
    let (chunks, unread) = Chunks::watched(receiver);
    host.spawn(pump(sender, unread));
    let mut reply = Response::new(Body::Stream(chunks));
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    reply
}

/// How a stream ended.
pub enum End {
    Complete,
    Failed(Failure),
    ClientLeft,
}

impl End {
    /// Returns the end of this work, or that the client left before it.
    pub async fn of(sending: impl Future<Output = End>, unread: oneshot::Receiver<()>) -> End {
        match select(Box::pin(sending), unread).await {
            Either::Left((end, _)) => end,
            Either::Right(_) => End::ClientLeft,
        }
    }

    /// Writes the record of a stream that ended so.
    pub async fn record(self, record: RequestRecord) {
        match self {
            End::Complete => record.succeeded().await,
            End::Failed(Failure::Provider(fault)) => record.stream_failed(&fault).await,
            End::Failed(Failure::Unstored(error)) => record.media_unstored_in_stream(&error).await,
            End::ClientLeft => record.abandoned().await,
        }
    }
}

/// When an idle stream sends a comment, which clients ignore. It keeps proxies from closing the connection, and
/// detects a client that has disconnected. The first one comes late, because some parsers fail on comments.
#[derive(Debug, Clone, Copy)]
pub struct KeepAlive {
    /// When the next comment is due, on the host's monotonic clock in milliseconds.
    pub due: u64,
}

impl KeepAlive {
    /// The bytes of the comment.
    pub const COMMENT: &[u8] = b": waiting\n\n";
    /// Milliseconds from an event to the first comment, and from one comment to the next.
    const FIRST: u64 = 10_000;
    const EACH: u64 = 5_000;

    /// Returns when the next comment is due after an event. `now` is the host's monotonic clock in milliseconds.
    pub fn after_event(now: u64) -> Self {
        KeepAlive { due: now + Self::FIRST }
    }

    /// Returns when the next comment is due after a comment. `now` is the host's monotonic clock in milliseconds.
    pub fn after_comment(now: u64) -> Self {
        KeepAlive { due: now + Self::EACH }
    }
}
