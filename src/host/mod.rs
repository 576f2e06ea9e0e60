//! The port: everything the gateway asks of the machine it runs on.
//!
//! The code above this trait never names spin-sdk. In the component it runs on [`wasi::WasiHost`]; native
//! tests run the same code on SQLite and a scripted upstream.

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
pub mod length;
pub mod timeout;

use websocket::{Handshake, WebSocket, WebSocketError};

/// A body as it comes in, from a client or from upstream.
pub type ByteStream = LocalBoxStream<'static, Result<Bytes, SendError>>;
/// A request from a client.
pub type Request = http::Request<ByteStream>;
/// The answer to a client.
pub type Response = http::Response<Body>;

/// A body as it goes out to a client.
pub enum Body {
    Full(Bytes),
    Stream(Chunks),
    /// The same, of a body that may break off: the client must not take a part for the whole.
    Fallible(mpsc::Receiver<Result<Bytes, SendError>>),
    /// Handed on from host to host: the bytes never enter the component's memory.
    Passthrough(IncomingBody),
}

/// Chunks as they come; the sender learns from a failed send that the client has left.
pub struct Chunks {
    chunks: mpsc::Receiver<Bytes>,
    _reader: Option<oneshot::Sender<()>>,
}

impl Chunks {
    /// With a future that ends when nobody reads any more, for a sender that may have nothing to send for long.
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

/// The body of an answer from upstream, of which nothing has been read.
pub enum IncomingBody {
    Chunks(ByteStream),
    #[cfg(target_family = "wasm")]
    WasiBody(wasi::WasiBody),
}

impl IncomingBody {
    /// Reads it in pieces of at most `piece` bytes, as far as the host can be told how much it may give.
    #[cfg_attr(not(target_family = "wasm"), expect(unused_variables, reason = "a script has chunks of its own"))]
    pub fn read(self, piece: usize) -> ByteStream {
        match self {
            IncomingBody::Chunks(chunks) => chunks,
            #[cfg(target_family = "wasm")]
            IncomingBody::WasiBody(body) => body.read(piece),
        }
    }
}

/// What is read of a body at once when the answer is a stream of small things.
const PIECE: usize = 16 * 1024;

/// A value bound to a statement, or a column of its answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// One row of an answer, columns in the order of the statement.
pub type Row = Vec<Value>;

/// A statement failed; the text is the database's own.
#[derive(Debug, Clone)]
pub struct DbError(pub String);

/// A key-value call failed; the text is the store's own.
#[derive(Debug, Clone)]
pub struct KvError(pub String);

/// Why an outgoing request brought no answer, or a body broke off.
#[derive(Debug, Clone)]
pub enum SendError {
    /// The host's own time limit.
    Timeout(String),
    /// The destination's name has no address, or could not be looked up.
    Unresolved(String),
    /// The host does not allow this destination.
    Denied(String),
    /// No connection, a broken one, or an answer that is no HTTP.
    Connection(String),
}

/// What the gateway needs of its host.
pub trait Host {
    /// Runs one statement and returns its rows.
    fn query<'a>(&'a self, sql: &'a str, params: Vec<Value>) -> LocalBoxFuture<'a, Result<Vec<Row>, DbError>>;

    fn kv_get<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<Vec<u8>>, KvError>>;
    fn kv_set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> LocalBoxFuture<'a, Result<(), KvError>>;
    fn kv_delete<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), KvError>>;

    /// Sends a request and returns when the head of the answer is there. Dropping the future, or the body,
    /// ends the request.
    fn send(&self, request: http::Request<Bytes>) -> LocalBoxFuture<'_, Result<http::Response<ByteStream>, SendError>> {
        let sent = self.send_unread(request);
        async move { Ok(sent.await?.map(|body| body.read(PIECE))) }.boxed_local()
    }

    /// The same, for a body that may be handed on: see [`Body::Passthrough`].
    fn send_unread(
        &self,
        request: http::Request<Bytes>,
    ) -> LocalBoxFuture<'_, Result<http::Response<IncomingBody>, SendError>>;

    /// Opens a WebSocket. Dropping the future gives the attempt up.
    fn connect(&self, handshake: Handshake) -> LocalBoxFuture<'_, Result<Rc<dyn WebSocket>, WebSocketError>>;

    /// The value of a variable of the manifest, `None` when it is not set.
    fn variable<'a>(&'a self, name: &'a str) -> LocalBoxFuture<'a, Option<String>>;

    /// Wall-clock time in Unix milliseconds.
    fn now_ms(&self) -> i64;
    /// Milliseconds of a clock that never goes back.
    fn monotonic_ms(&self) -> u64;
    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()>;
    /// Fills the buffer from the host's cryptographic generator.
    fn random(&self, buffer: &mut [u8]);
    /// Runs a future beside, and after, the answer.
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
