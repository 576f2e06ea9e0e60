//! The port: every call that the gateway makes to the machine it runs on.
//!
//! Owns the trait [`Host`] and its values: statements, key-value calls, outgoing HTTP and WebSockets, clocks, random
//! bytes, tasks. Contains no business rule and no SQL of the gateway.
//!
//! ```ignore
//! let rows = host.query("SELECT 1", &[]).await?;
//! let answer = timeout(host, Some(Duration::from_secs(5)), host.send(request)).await;
//! ```
//!
//! - `wasi`: the component, on spin-sdk; no other file names spin-sdk.
//! - `native`: native tests, on SQLite, a virtual clock and a scripted upstream.
//! - [`websocket`]: outgoing WebSockets; [`dns`]: DNS over HTTPS, for hosts that do not resolve
//!   names for sockets.
//! - [`timeout`]: time limits on the host's clock.

use std::{
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{
    FutureExt, Stream, StreamExt,
    channel::{mpsc, oneshot},
    future::LocalBoxFuture,
    stream::LocalBoxStream,
};

#[cfg(test)]
pub mod native;
#[cfg(target_family = "wasm")]
pub mod wasi;
pub mod websocket;

pub mod dns;
pub mod timeout;

use websocket::{Handshake, WebSocket, WebSocketError};

/// A body that comes in, from a client or from upstream.
pub type ByteStream = LocalBoxStream<'static, Result<Bytes, SendError>>;
/// A request from a client.
pub type Request = http::Request<ByteStream>;

/// Gives a database file the write-ahead log, which many parallel writers such as Spin's instances need. Its row is the mode
/// that the file has now, and keeps. A database on another machine may refuse it. <https://sqlite.org/wal.html>
pub const WRITE_AHEAD_LOG: &str = "PRAGMA journal_mode = WAL";

/// Returns whether what the request changes is on the disk when it is answered: what an operator or a client asks to change.
/// Chats do not wait for the disk where the host lets the component choose.
#[cfg_attr(not(any(target_family = "wasm", test)), expect(dead_code, reason = "only a host of components has a disk"))]
fn waits_for_disk(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == http::Method::DELETE || ["/api/", "/internal/"].iter().any(|start| path.starts_with(start))
}

/// The response to a client.
pub type Response = http::Response<Body>;

/// A body that goes out to a client.
pub enum Body {
    Full(Bytes),
    Stream(Chunks),
    /// Like `Chunks`, but the body may fail: the client must not take a part for the whole.
    Fallible(mpsc::Receiver<Result<Bytes, SendError>>),
    /// Passed from the upstream response to the client: the bytes never enter the component's memory.
    Passthrough(IncomingBody),
}

/// Chunks of a body. The sender notices that the client has left when a send fails.
pub struct Chunks {
    chunks: mpsc::Receiver<Bytes>,
    _reader: Option<oneshot::Sender<()>>,
}

impl Chunks {
    /// Returns the chunks with a future that ends when the client stops reading. It serves a sender that may have
    /// nothing to send for long.
    pub fn watched(chunks: mpsc::Receiver<Bytes>) -> (Self, oneshot::Receiver<()>) {
        let (reader, unread) = oneshot::channel();
        (Chunks { chunks, _reader: Some(reader) }, unread)
    }
}

impl From<mpsc::Receiver<Bytes>> for Chunks {
    fn from(chunks: mpsc::Receiver<Bytes>) -> Self {
        Chunks { chunks, _reader: None }
    }
}

impl Stream for Chunks {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<Bytes>> {
        self.chunks.poll_next_unpin(context)
    }
}

/// The body of an upstream response, of which nothing has been read.
pub enum IncomingBody {
    Chunks(ByteStream),
    #[cfg(target_family = "wasm")]
    WasiBody(wasi::WasiBody),
}

impl IncomingBody {
    /// Reads the body in pieces of at most `piece` bytes, if the host lets the component choose the size.
    #[cfg_attr(not(target_family = "wasm"), expect(unused_variables, reason = "a script has chunks of its own"))]
    pub fn read(self, piece: usize) -> ByteStream {
        match self {
            IncomingBody::Chunks(chunks) => chunks,
            #[cfg(target_family = "wasm")]
            IncomingBody::WasiBody(body) => body.read(piece),
        }
    }
}

/// The bytes that are read of a body at once when it is a stream of small messages, or a request's.
const PIECE: usize = 16 * 1024;

/// A value bound to a statement, or a column of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// One row of a result, with columns in the order of the statement.
pub type Row = Vec<Value>;

/// A failed statement; the text is the database's own.
#[derive(Debug, Clone)]
pub struct DbError(pub String);

/// A failed key-value call; the text is the store's own.
#[derive(Debug, Clone)]
pub struct KvError(pub String);

/// Why an outgoing request got no response, or why a body broke off.
#[derive(Debug, Clone)]
pub enum SendError {
    /// The host's own time limit passed.
    Timeout(String),
    /// The destination's name has no address, or the look-up failed.
    Unresolved(String),
    /// The host does not allow this destination.
    Denied(String),
    /// The connection failed or broke, or the response is not HTTP.
    Connection(String),
}

/// The calls that the gateway makes to its host.
pub trait Host {
    /// Runs one statement and returns its rows.
    fn query<'a>(&'a self, sql: &'a str, params: &'a [Value]) -> LocalBoxFuture<'a, Result<Vec<Row>, DbError>>;

    fn kv_get<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<Vec<u8>>, KvError>>;
    fn kv_set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> LocalBoxFuture<'a, Result<(), KvError>>;
    fn kv_delete<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), KvError>>;

    /// Sends a request and returns when the head of the response has arrived. Dropping the future, or the body, ends
    /// the request.
    fn send(&self, request: http::Request<Bytes>) -> LocalBoxFuture<'_, Result<http::Response<ByteStream>, SendError>> {
        let sent = self.send_unread(request);
        async move { Ok(sent.await?.map(|body| body.read(PIECE))) }.boxed_local()
    }

    /// Sends a request like [`Host::send`], but leaves the body unread, so that it may be passed on: see
    /// [`Body::Passthrough`].
    fn send_unread(
        &self,
        request: http::Request<Bytes>,
    ) -> LocalBoxFuture<'_, Result<http::Response<IncomingBody>, SendError>>;

    /// Opens a WebSocket. Dropping the future cancels the attempt.
    fn connect(&self, handshake: Handshake) -> LocalBoxFuture<'_, Result<Rc<dyn WebSocket>, WebSocketError>>;

    /// Returns the value of a variable of the manifest, `None` if it is not set.
    fn variable<'a>(&'a self, name: &'a str) -> LocalBoxFuture<'a, Option<String>>;

    /// Returns the wall-clock time in Unix milliseconds.
    fn now_ms(&self) -> i64;
    /// Returns the milliseconds of a clock that never goes back.
    fn monotonic_ms(&self) -> u64;
    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()>;
    /// Fills the buffer from the host's cryptographic generator.
    fn random(&self, buffer: &mut [u8]);
    /// Runs a future beside the response; it may outlive it.
    fn spawn(&self, work: LocalBoxFuture<'static, ()>);
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for KvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Timeout(text) => write!(f, "timed out: {text}"),
            SendError::Unresolved(text) => write!(f, "name not resolved: {text}"),
            SendError::Denied(text) => write!(f, "destination not allowed: {text}"),
            SendError::Connection(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for DbError {}
impl std::error::Error for KvError {}
impl std::error::Error for SendError {}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_wait_for_the_disk_and_chats_do_not() {
        for (method, path, waits) in [
            ("POST", "/api/tokens/add", true),
            ("POST", "/internal/maintenance", true),
            ("DELETE", "/v1/responses/resp_1", true),
            ("POST", "/v1/chat/completions", false),
            ("GET", "/images/a", false),
        ] {
            let request =
                http::Request::builder().method(method).uri(path).body(futures::stream::empty().boxed_local());
            assert_eq!(waits_for_disk(&request.expect("it is one")), waits, "{method} {path}");
        }
    }
}
