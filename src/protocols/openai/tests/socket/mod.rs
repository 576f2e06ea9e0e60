//! Chats over the gateway's socket: router, real SQLite, and a scripted server.

use std::ops::Deref;

use super::*;
use crate::{
    host::{
        native::Frame,
        websocket::{Handshake, Refusal, WebSocketError},
    },
    providers::grok_web::mgw::script::{self, USER},
};

mod failures;
mod handshake;
mod length;
mod limits;
mod media;
mod modes;
mod names;
mod shapes;

/// A gateway that chats over the socket. Each test ends with every connection closed.
struct Socket(Gateway);

impl Deref for Socket {
    type Target = Gateway;
    fn deref(&self) -> &Gateway {
        &self.0
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.host.settle();
            assert_eq!(self.host.sockets.open.get(), 0, "a connection is still open");
        }
    }
}

impl Socket {
    /// Returns a gateway with this many accounts. Grok knows their owners, the gateway does not.
    fn new(tokens: usize) -> Self {
        let gateway = Gateway::new(tokens);
        gateway.setting("chat_transport", "\"websocket\"");
        gateway.host.on_send(|request| Ok(script::identity(&owner(number(&request.headers()["cookie"])))));
        Socket(gateway)
    }

    /// The server's side of each account's connections.
    fn serve(&self, frames: impl Fn(usize) -> Vec<Frame> + 'static) {
        self.host.on_connect(move |handshake| Ok(frames(account(handshake))));
    }

    /// Scripts the first account's connections; those of the others are complete turns.
    fn first_fails(&self, first: impl Fn() -> Result<Vec<Frame>, WebSocketError> + 'static) {
        self.host.on_connect(move |handshake| if account(handshake) == 1 { first() } else { Ok(hello()) });
    }

    /// Accounts whose socket was opened, in order.
    fn dialled(&self) -> Vec<usize> {
        self.host.sockets.handshakes.borrow().iter().map(account).collect()
    }

    /// What clients sent on sockets, in order.
    fn said(&self) -> Vec<Value> {
        let sent = self.host.sockets.sent.borrow();
        sent.iter().map(|text| serde_json::from_str(text).expect("JSON is sent")).collect()
    }

    /// The modes that sessions were opened in, in order.
    fn modes(&self) -> Vec<String> {
        let mode = |message: Value| message["event"]["session"]["model"].as_str().map(str::to_owned);
        self.said().into_iter().filter_map(mode).collect()
    }

    /// Status, code and `Retry-After` of a collected chat.
    fn refusal(&self, question: &Value) -> (u16, String, Option<u64>) {
        let (head, body) = self.collected(question);
        let body: Value = serde_json::from_slice(&body.expect("the connection holds")).expect("answers are JSON");
        let code = body["error"]["code"].as_str().unwrap_or_default().to_owned();
        let seconds = head.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        (head.status.as_u16(), code, seconds)
    }

    /// What a chat did to an account.
    fn charged(&self, token: usize) -> Charge {
        Charge {
            spent: 80 - self.quota(token),
            cooling: (self.cooling(token) + 999) / 1000,
            is_skipped: self.skipped(token),
            strikes: self.host.number(&format!("SELECT strikes FROM tokens WHERE id = {token}")),
        }
    }

    fn user_id(&self, token: usize) -> String {
        let row = self.host.sql(&format!("SELECT user_id FROM tokens WHERE id = {token}"), vec![]);
        match &row[0][0] {
            crate::host::Value::Text(id) => id.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The content of a collected answer.
    fn content(&self, question: Value) -> String {
        let (status, answer) = self.chat(question);
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["choices"][0]["message"]["content"].as_str().expect("a text").to_owned()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Charge {
    spent: i64,
    /// Seconds.
    cooling: i64,
    is_skipped: bool,
    strikes: i64,
}

const NOTHING: Charge = Charge { spent: 0, cooling: 0, is_skipped: false, strikes: 0 };
const SKIPPED: Charge = Charge { is_skipped: true, ..NOTHING };

fn cooled(cooling: i64) -> Charge {
    Charge { cooling, ..NOTHING }
}

/// Nothing is left until the window ends.
const USED_UP: Charge = Charge { spent: 80, cooling: WINDOW / 1000, ..NOTHING };

/// The user id of an account's owner.
fn owner(token: usize) -> String {
    format!("{}{}", &USER[..USER.len() - 1], token - 1)
}

/// The number of the account that opens a socket.
fn account(handshake: &Handshake) -> usize {
    number(&handshake.headers["cookie"])
}

/// The number of the account of a cookie.
fn number(cookie: &http::HeaderValue) -> usize {
    let name = token_name(cookie);
    name.strip_prefix("token-").and_then(|n| n.parse().ok()).expect("a test's token")
}

/// The name of the token in a cookie: `token-1`, …
fn token_name(cookie: &http::HeaderValue) -> String {
    let cookie = cookie.to_str().expect("a cookie is ASCII");
    let token = cookie.split(['=', ';']).nth(1).expect("the cookie names a token");
    token.strip_prefix(FOR_TEST).expect("a test's token").to_owned()
}

fn hello() -> Vec<Frame> {
    script::turn([script::text("Hello"), script::text(" world")])
}

/// A question to a model.
fn to(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] })
}

fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> WebSocketError {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    WebSocketError::Refused(Refusal { status, headers, body: body.to_owned() })
}

/// The text of a stream's chunks.
fn text_of(stream: &str) -> String {
    let events = stream.split("\n\n").filter_map(|event| event.strip_prefix("data: {"));
    let delta = |event: &str| {
        let event: Value = serde_json::from_str(&format!("{{{event}")).expect("an event is JSON");
        event["choices"][0]["delta"]["content"].as_str().unwrap_or("").to_owned()
    };
    events.map(delta).collect()
}
