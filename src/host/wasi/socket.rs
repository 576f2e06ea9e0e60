//! The outgoing WebSocket on the component's interface, `wit/websocket.wit`.
//!
//! Dropping a future of these bindings cancels the call on the host.

use std::{rc::Rc, time::Duration};

use futures::{FutureExt, future::LocalBoxFuture};
use http::HeaderMap;

use self::bindings::grok2api::websocket::client::{self, Closing, Error, Options};
use crate::host::websocket::{Handshake, Refusal, WebSocket, WebSocketError};

#[allow(unsafe_code, reason = "generated")]
mod bindings {
    spin_sdk::wit_bindgen::generate!({
        path: "wit/websocket.wit",
        inline: "package grok2api:bindings; world websocket { import grok2api:websocket/client@0.1.0; }",
        world: "grok2api:bindings/websocket",
        runtime_path: "spin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

/// Opens a WebSocket. Fails as the host does, or with `Unreachable` if a header's value is not ASCII.
pub async fn connect(handshake: Handshake) -> Result<Rc<dyn WebSocket>, WebSocketError> {
    let Handshake { url, headers, addresses, connect_timeout, max_message_bytes } = handshake;
    let connect_timeout_ms = milliseconds(connect_timeout);
    let options = Options { addresses, connect_timeout_ms, max_message_bytes };
    let connection = client::connect(url, fields(&headers)?, options).await.map_err(error)?;
    Ok(Rc::new(Connection(connection)))
}

struct Connection(client::Connection);

impl WebSocket for Connection {
    fn send(&self, text: String) -> LocalBoxFuture<'_, Result<(), WebSocketError>> {
        self.0.send(text).map(|sent| sent.map_err(error)).boxed_local()
    }

    fn receive(&self) -> LocalBoxFuture<'_, Result<Vec<String>, WebSocketError>> {
        self.0.receive().map(|messages| messages.map_err(error)).boxed_local()
    }

    fn close(&self, code: u16, reason: &'static str) -> LocalBoxFuture<'_, ()> {
        self.0.close(code, reason.to_owned()).boxed_local()
    }
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

fn fields(headers: &HeaderMap) -> Result<Vec<(String, String)>, WebSocketError> {
    let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| match value.to_str() {
        Ok(value) => Ok((name.as_str().to_owned(), value.to_owned())),
        Err(_) => Err(WebSocketError::Unreachable(format!("the header {name} is not ASCII"))),
    };
    headers.iter().map(field).collect()
}

fn error(error: Error) -> WebSocketError {
    match error {
        Error::Unresolved(text) => WebSocketError::Unresolved(text),
        Error::Unreachable(text) => WebSocketError::Unreachable(text),
        Error::Refused(client::Refusal { status, headers, body }) => {
            WebSocketError::Refused(Refusal { status, headers, body })
        }
        Error::Closed(Closing { code, reason }) => WebSocketError::Closed { code, reason },
        Error::Broken(text) => WebSocketError::Broken(text),
    }
}
