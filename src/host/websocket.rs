//! The port's outgoing WebSocket (RFC 6455), text messages only.
//!
//! `wasi:http` has no upgrade, so the hosts implement a separate interface: `grok2api:websocket/client` in `wit/`.

use std::{fmt, rc::Rc, time::Duration};

use futures::{
    StreamExt,
    future::{LocalBoxFuture, ready},
    stream::{self, LocalBoxStream},
};
use http::HeaderMap;

/// The parameters of a new connection.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// `wss://…` or `ws://…`.
    pub url: String,
    /// Headers of the upgrade request, without those of RFC 6455.
    pub headers: HeaderMap,
    /// IP addresses of the URL's host, tried in turn. If empty, the host resolves the name.
    pub addresses: Vec<String>,
    /// The time limit of look-up, TCP, TLS and upgrade together.
    pub connect_timeout: Duration,
    /// The largest message in bytes. A longer one fails with [`WebSocketError::Broken`].
    pub max_message_bytes: u32,
}

/// A response other than 101 to the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    /// At most 64 KiB. Bytes that are not UTF-8 are replaced.
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebSocketError {
    /// The host does not resolve names: pass addresses.
    Unresolved(String),
    /// The look-up, TCP or TLS failed, or the time limit passed.
    Unreachable(String),
    /// The server answered the upgrade with another status than 101.
    Refused(Refusal),
    /// The server closed the connection. The code is 1005 if it sent none.
    Closed { code: u16, reason: String },
    /// The connection ended without a close frame, or a message was too long. Binary messages are ignored.
    Broken(String),
}

/// An open connection. Dropping it closes the socket.
pub trait WebSocket {
    /// Sends one text message and returns when the host has accepted it.
    fn send(&self, text: String) -> LocalBoxFuture<'_, Result<(), WebSocketError>>;
    /// Returns the text messages that have arrived, at least one. Only one call may run at a time. A dropped future may
    /// lose messages: see [`messages`].
    fn receive(&self) -> LocalBoxFuture<'_, Result<Vec<String>, WebSocketError>>;
    /// Sends a close frame.
    fn close(&self, code: u16, reason: &'static str) -> LocalBoxFuture<'_, ()>;
}

/// Received messages, up to and including the first error.
pub type Messages = LocalBoxStream<'static, Result<String, WebSocketError>>;

/// Returns the connection's messages as a stream. Dropping its `next()` future loses nothing.
pub fn messages(socket: Rc<dyn WebSocket>) -> Messages {
    stream::unfold(Some(socket), |socket| async move {
        let socket = socket?;
        let arrived = socket.receive().await;
        let more = arrived.is_ok().then_some(socket);
        Some((arrived, more))
    })
    .flat_map(|arrived| match arrived {
        Ok(texts) => stream::iter(texts).map(Ok).left_stream(),
        Err(error) => stream::once(ready(Err(error))).right_stream(),
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
