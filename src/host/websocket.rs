//! The port's outgoing WebSocket (RFC 6455), text messages only.
//!
//! `wasi:http` has no upgrade, so hosts offer an interface of its own: `grok2api:websocket/client` in `wit/`.

use std::{fmt, rc::Rc, time::Duration};

use futures::{
    StreamExt,
    future::LocalBoxFuture,
    stream::{self, LocalBoxStream},
};
use http::HeaderMap;

/// What opens a connection.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// `wss://…` or `ws://…`.
    pub url: String,
    /// Headers of the upgrade request, without those that RFC 6455 defines.
    pub headers: HeaderMap,
    /// IP addresses of the URL's host, tried in turn. Empty leaves the name look-up to the host.
    pub addresses: Vec<String>,
    /// Limit for look-up, TCP, TLS and upgrade together.
    pub connect_timeout: Duration,
    /// A longer message fails with [`WebSocketError::Broken`].
    pub max_message_bytes: u32,
}

/// An HTTP answer other than 101.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// At most 64 KiB; bytes that are not UTF-8 are replaced.
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebSocketError {
    /// The host does not look names up: pass addresses.
    Unresolved(String),
    /// No connection: look-up, TCP, TLS, or the time limit.
    Unreachable(String),
    /// The server answered the upgrade with something else.
    Refused(Refusal),
    /// The server closed. 1005 when it gave no code.
    Closed { code: u16, reason: String },
    /// The connection broke: no close frame, or a message too long. Binary messages are ignored.
    Broken(String),
}

/// An open connection. Dropping it closes the socket.
pub trait WebSocket {
    /// Sends one text message; returns when the host has taken it.
    fn send(&self, text: String) -> LocalBoxFuture<'_, Result<(), WebSocketError>>;
    /// Waits for the next text message. One call at a time; a dropped future may lose a message: see [`messages`].
    fn receive(&self) -> LocalBoxFuture<'_, Result<String, WebSocketError>>;
    /// Sends a close frame.
    fn close(&self, code: u16, reason: &'static str) -> LocalBoxFuture<'_, ()>;
}

/// Received messages, up to and including the first error.
pub type Messages = LocalBoxStream<'static, Result<String, WebSocketError>>;

/// Returns the connection's messages as a stream. Dropping its `next()` future loses nothing.
pub fn messages(socket: Rc<dyn WebSocket>) -> Messages {
    stream::unfold(Some(socket), |socket| async move {
        let socket = socket?;
        let message = socket.receive().await;
        let more = message.is_ok().then_some(socket);
        Some((message, more))
    })
    .boxed_local()
}

impl fmt::Display for WebSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WebSocketError::Unresolved(text) => write!(f, "name not resolved: {text}"),
            WebSocketError::Unreachable(text) => f.write_str(text),
            WebSocketError::Refused(refusal) => write!(f, "the upgrade was refused with status {}", refusal.status),
            WebSocketError::Closed { code, reason } => write!(f, "closed by the server: {code} {reason}"),
            WebSocketError::Broken(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for WebSocketError {}
