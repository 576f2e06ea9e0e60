//! The outgoing WebSocket: runs a script of steps and returns a line with the result of each.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, join, select};
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::Response;

use self::bindings::grok2api::websocket::client::{Closing, Connection, Error, Options, connect};
use crate::{Query, number, text};

#[allow(unsafe_code, reason = "generated")]
mod bindings {
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit/websocket.wit",
        inline: "package probe:bindings; world websocket { import grok2api:websocket/client@0.1.0; }",
        world: "probe:bindings/websocket",
        runtime_path: "spin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

/// Connects to `url` and runs the `steps`, separated by semicolons.
pub async fn run(query: &Query) -> Response {
    let mut lines = Vec::new();
    match open(query).await {
        Err(error) => lines.push(describe(error)),
        Ok(connection) => {
            let connection = Socket { connection, arrived: RefCell::default() };
            lines.push("open".to_owned());
            for step in parts(query, "steps", ';') {
                lines.push(take(&connection, &step).await);
            }
        }
    }
    sleep(Duration::from_millis(number(query, "stay"))).await;
    text(lines.join("\n"))
}

fn parts(query: &Query, name: &str, separator: char) -> Vec<String> {
    let list = query.get(name).into_iter().flat_map(|list| list.split(separator));
    list.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Cancels after `patience` milliseconds, if the query has them.
async fn open(query: &Query) -> Result<Connection, Error> {
    let headers = query.iter().filter_map(|(name, value)| Some((name.strip_prefix("h-")?.to_owned(), value.clone())));
    let options = Options {
        addresses: parts(query, "addresses", ','),
        connect_timeout_ms: query.get("timeout").map_or(5000, |_| number(query, "timeout")),
        max_message_bytes: query.get("max").map_or(1 << 20, |_| number(query, "max")),
    };
    let connecting = pin!(connect(query["url"].clone(), headers.collect(), options));
    if !query.contains_key("patience") {
        return connecting.await;
    }
    match select(connecting, pin!(sleep(Duration::from_millis(number(query, "patience"))))).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(Error::Unreachable("given up".to_owned())),
    }
}

/// A connection whose messages are taken one by one.
struct Socket {
    connection: Connection,
    /// Messages that a `receive` returned beside the one that was taken.
    arrived: RefCell<VecDeque<String>>,
}

impl Socket {
    async fn send(&self, text: String) -> Result<(), Error> {
        self.connection.send(text).await
    }

    async fn close(&self, code: u16, reason: String) {
        self.connection.close(code, reason).await;
    }

    async fn receive(&self) -> Result<String, Error> {
        let arrived = self.arrived.borrow_mut().pop_front();
        if let Some(text) = arrived {
            return Ok(text);
        }
        let mut texts = VecDeque::from(self.connection.receive().await?);
        let first = texts.pop_front().expect("at least one message");
        self.arrived.borrow_mut().extend(texts);
        Ok(first)
    }
}

/// Runs a step: `send:TEXT`, `large:BYTES`, `receive`, `together`, `count:N`, `both:TEXT`, `abandon:MS`, `sleep:MS`, `close:CODE:REASON`,
/// `leave:CODE:REASON`, `trap`.
async fn take(connection: &Socket, step: &str) -> String {
    let (verb, rest) = step.split_once(':').unwrap_or((step, ""));
    match verb {
        "send" => sent(connection.send(rest.to_owned()).await),
        "large" => sent(connection.send("x".repeat(rest.parse().unwrap_or_default())).await),
        "receive" => received(connection.receive().await),
        // One call of the interface.
        "together" => connection.connection.receive().await.map_or_else(describe, |texts| texts.join(", ")),
        "count" => count(connection, rest.parse().unwrap_or_default()).await,
        "both" => {
            let (text, sending) = join(connection.receive(), connection.send(rest.to_owned())).await;
            format!("{}, {}", sent(sending), received(text))
        }
        "abandon" => {
            let wait = sleep(Duration::from_millis(rest.parse().unwrap_or_default()));
            match select(pin!(connection.receive()), pin!(wait)).await {
                Either::Left((outcome, _)) => received(outcome),
                Either::Right(_) => "abandoned".to_owned(),
            }
        }
        "sleep" => {
            sleep(Duration::from_millis(rest.parse().unwrap_or_default())).await;
            "slept".to_owned()
        }
        "close" => {
            close(connection, rest).await;
            "close".to_owned()
        }
        // Closes while a `receive` waits, then cancels the `receive`.
        "leave" => {
            if let Either::Left((_, closing)) = select(pin!(connection.receive()), pin!(close(connection, rest))).await
            {
                closing.await;
            }
            "left".to_owned()
        }
        "trap" => panic!("a trap on purpose"),
        _ => format!("no step {verb}"),
    }
}

async fn close(connection: &Socket, rest: &str) {
    let (code, reason) = rest.split_once(':').unwrap_or((rest, ""));
    connection.close(code.parse().unwrap_or_default(), reason.to_owned()).await;
}

/// Receives until `n` messages came or the connection ended.
async fn count(connection: &Socket, n: usize) -> String {
    let mut bytes = 0;
    for at in 0..n {
        match connection.receive().await {
            Ok(text) => bytes += text.len(),
            Err(error) => return format!("{at} messages, {bytes} bytes, {}", describe(error)),
        }
    }
    format!("{n} messages, {bytes} bytes")
}

fn sent(outcome: Result<(), Error>) -> String {
    outcome.map_or_else(describe, |()| "sent".to_owned())
}

fn received(outcome: Result<String, Error>) -> String {
    match outcome {
        Ok(text) if text.len() > 200 => format!("text of {} bytes", text.len()),
        Ok(text) => format!("text {text}"),
        Err(error) => describe(error),
    }
}

fn describe(error: Error) -> String {
    match error {
        Error::Unresolved(text) => format!("unresolved {text}"),
        Error::Unreachable(text) => format!("unreachable {text}"),
        Error::Refused(refusal) => {
            let mut headers = refusal.headers;
            headers.retain(|(name, _)| name.starts_with("x-") || name == "location");
            format!("refused {} {headers:?} {}", refusal.status, received(Ok(refusal.body)))
        }
        Error::Closed(Closing { code, reason }) => format!("closed {code} {reason}"),
        Error::Broken(text) => format!("broken {text}"),
    }
}
