//! Chats through the router, on real SQLite and a scripted upstream: attempts, ends of streams, bookkeeping.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    crypto::digest::sha256_hex,
    host::{
        Body, Request, Response,
        native::{Answer, NativeHost, Step},
    },
    http::router,
    providers::grok_web::token::{FOR_TEST, for_test},
};

mod attempts;
mod bodies;
mod files;
mod pictures;
mod responses;
mod socket;
mod streams;
mod variables;

const KEY: &str = "sk-test";
const HOUR: i64 = 3_600_000;
/// Milliseconds until the windows of all quotas end.
const WINDOW: i64 = 10 * HOUR;

/// A gateway with one key and some Basic accounts, whose tokens are `token-1`, `token-2`, …
struct Gateway {
    host: Rc<NativeHost>,
    key: Option<String>,
}

impl Gateway {
    fn new(tokens: usize) -> Self {
        let host = NativeHost::new();
        let gateway = Gateway { host, key: Some(KEY.to_owned()) };
        // Any request brings the schema; this one is refused, because no key exists yet.
        assert_eq!(gateway.chat(json!({})).0, StatusCode::UNAUTHORIZED);
        let key = vec![sha256_hex(KEY).into()];
        gateway.host.sql("INSERT INTO api_keys (hash, display, name, created_at) VALUES (?, 'sk', 'app', 0)", key);
        // The day's maintenance is marked as done; it has its own tests.
        gateway.host.sql("INSERT INTO leases VALUES ('day', 4000000000000), ('readings', 4000000000000)", vec![]);
        // Over the older stream, which is scripted by whole answers; `socket` has the gateway's own.
        gateway.setting("chat_transport", "\"http\"");
        for n in 1..=tokens {
            let token = for_test(&format!("token-{n}"));
            let values = vec![sha256_hex(&token).into(), token.into(), format!("xxxxx{n}").into()];
            let sql = "INSERT INTO tokens (hash, sealed, suffix, token_type, created_at) VALUES (?, ?, ?, 'sso', 0)";
            gateway.host.sql(sql, values);
            for mode in ["auto", "fast", "expert"] {
                let sql = "INSERT INTO account_quotas (account_id, bucket, remaining, total, until)
                       VALUES (?, ?, 80, 80, ?)";
                let until = crate::host::Host::now_ms(&*gateway.host) + WINDOW;
                gateway.host.sql(sql, vec![(n as i64).into(), mode.into(), until.into()]);
            }
        }
        gateway.host.statements.borrow_mut().clear();
        gateway.host.requests.borrow_mut().clear();
        gateway
    }

    /// Sets one setting of the section `grok`, given as JSON.
    fn setting(&self, name: &str, value: &str) {
        let patch = format!(r#"{{"{name}":{value}}}"#);
        let sql = "INSERT INTO settings VALUES ('grok', ?1)
                   ON CONFLICT (section) DO UPDATE SET value = json_patch(value, ?1)";
        self.host.sql(sql, vec![patch.into()]);
    }

    /// Each token answers by its number.
    fn upstream(&self, answer: impl Fn(usize) -> Answer + 'static) {
        self.host.on_send(move |request| {
            let cookie = request.headers()["cookie"].to_str().expect("a cookie is ASCII");
            let token = cookie.split(['=', ';']).nth(1).expect("the cookie names a token");
            let number = token
                .strip_prefix(FOR_TEST)
                .and_then(|name| name.strip_prefix("token-"))
                .and_then(|n| n.parse().ok())
                .expect("a test's token");
            Ok(answer(number))
        });
    }

    fn request(&self, body: impl Into<Bytes>) -> Request {
        let body = body.into();
        let length = body.len();
        let mut request = http::Request::new(futures::stream::iter([Ok(body)]).boxed_local());
        request.headers_mut().insert("content-length", length.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = "http://gateway.test/v1/chat/completions".parse().expect("a valid address");
        if let Some(key) = &self.key {
            let value = format!("Bearer {key}").parse().expect("a valid header");
            request.headers_mut().insert("authorization", value);
        }
        request
    }

    fn send(&self, body: impl Into<Bytes>) -> Response {
        self.host.run(router::route(self.host.app(), self.request(body)).boxed_local())
    }

    /// Status and body of a collected answer; no body if the connection broke after its first blank.
    fn collected(&self, body: &Value) -> (http::response::Parts, Option<Bytes>) {
        let (head, body) = self.send(body.to_string()).into_parts();
        let body = match body {
            Body::Full(body) => Some(body),
            Body::Fallible(chunks) => {
                let chunks: Result<Vec<_>, _> = self.host.run(chunks.collect::<Vec<_>>()).into_iter().collect();
                chunks.ok().map(|chunks| chunks.concat().into())
            }
            _ => panic!("a stream, {}", head.status),
        };
        self.host.settle();
        (head, body)
    }

    /// A request that is answered by one object.
    fn chat(&self, body: Value) -> (StatusCode, Value) {
        let (head, body) = self.collected(&body);
        let body = body.expect("the connection holds");
        (head.status, serde_json::from_slice(&body).expect("answers are JSON"))
    }

    /// A streamed answer, read to its end.
    fn stream(&self) -> String {
        self.stream_of(&question(true))
    }

    fn stream_of(&self, question: &Value) -> String {
        let (head, body) = self.send(question.to_string()).into_parts();
        assert_eq!(head.status, StatusCode::OK);
        let Body::Stream(chunks) = body else { panic!("no stream") };
        let text = self.host.run(chunks.map(|chunk| String::from_utf8(chunk.to_vec()).expect("UTF-8")).collect());
        self.host.settle();
        text
    }

    /// Rows of the log, newest first: status, error code, attempts.
    fn log(&self) -> Vec<(i64, String, i64)> {
        use crate::host::Value::{Integer, Text};
        let rows = self.host.sql("SELECT status, error_code, attempts FROM request_logs ORDER BY id DESC", vec![]);
        let entry = |row: Vec<_>| match <[_; 3]>::try_from(row) {
            Ok([Integer(status), Text(code), Integer(attempts)]) => (status, code, attempts),
            other => panic!("{other:?}"),
        };
        rows.into_iter().map(entry).collect()
    }

    /// Returns what is left of the mode of which least is left.
    fn quota(&self, token: usize) -> i64 {
        self.host.number(&format!("SELECT min(remaining) FROM account_quotas WHERE account_id = {token} AND total > 0"))
    }

    /// Returns what is left of the modes of which something was spent.
    fn left(&self, token: usize) -> Vec<(&'static str, i64)> {
        let left = |mode: &'static str| {
            let sql = format!("SELECT remaining FROM account_quotas WHERE account_id = {token} AND bucket = '{mode}'");
            (mode, self.host.number(&sql))
        };
        ["auto", "fast", "expert"].map(left).into_iter().filter(|(_, left)| *left != 80).collect()
    }

    /// Returns the milliseconds until the account's cooldown ends, 0 if none is running.
    fn cooling(&self, token: usize) -> i64 {
        let now = crate::host::Host::now_ms(&*self.host);
        let sql = format!("SELECT max({now}, max(cool_until)) - {now} FROM account_quotas WHERE account_id = {token}");
        self.host.number(&sql)
    }

    fn skipped(&self, token: usize) -> bool {
        let sql = format!("SELECT skip_until > (SELECT max(turn) FROM tokens) FROM tokens WHERE id = {token}");
        self.host.number(&sql) == 1
    }

    /// Tokens in the order in which they were sent upstream.
    fn asked(&self) -> Vec<String> {
        let requests = self.host.requests.borrow();
        let cookie = |request: &http::Request<Bytes>| request.headers()["cookie"].to_str().unwrap_or("").to_owned();
        let name = |cookie: String| Some(cookie.split(['=', ';']).nth(1)?.trim_start_matches(FOR_TEST).to_owned());
        requests.iter().map(cookie).filter_map(name).collect()
    }
}

fn question(stream: bool) -> Value {
    json!({ "model": "grok-4-fast", "stream": stream, "messages": [{ "role": "user", "content": "hi" }] })
}

fn token(text: &str) -> String {
    format!("{}\n", json!({ "result": { "response": { "token": text, "isThinking": false } } }))
}

fn end() -> String {
    format!("{}\n", json!({ "result": { "response": { "isSoftStop": true, "finalMetadata": {} } } }))
}

fn whole_answer() -> Answer {
    Answer::chunks([token("Hello"), token(" world"), end()])
}

fn too_many_requests() -> Answer {
    Answer::new(429, r#"{"error":{"code":8,"message":"Too many requests","details":[]}}"#)
}
