//! The two answers: the list of models and a chat.

use std::{borrow::Cow, fmt::Write};

use futures::future::join;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use spin_sdk::{
    sqlite::Value,
    wasip3::{
        http::{
            client,
            types::{Method, Request, Response, Scheme},
        },
        spawn,
    },
};

use crate::{
    recorded::{Call, Recorded},
    wasi::{self, Reader, Writer},
};

// Positions in the parameters of the gateway's statements, as in floor.mjs.
mod authenticate {
    pub const NOW: usize = 0;
    pub const HASH: usize = 1;
}
mod reserve {
    pub const NOW: usize = 0;
    pub const HASH: usize = 4;
}
mod finish {
    pub const REQUEST_ID: usize = 0;
    pub const ACCOUNT_ID: usize = 19;
    pub const AT: usize = 20;
}

/// The part of a request's body that is read.
#[derive(Deserialize)]
struct Question<'a> {
    stream: bool,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
}

/// The part of a line of Grok's stream that is read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    result: Outcome<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    #[serde(borrow)]
    response: Answer<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
}

/// Grok's answer, line by line.
struct Lines {
    body: Reader,
    read: Vec<u8>,
}

impl Lines {
    /// Reads the next piece and passes on the tokens of its lines; returns whether there was one.
    async fn next(&mut self, mut each: impl FnMut(&str)) -> bool {
        let is_open = self.body.read(&mut self.read).await;
        let end = self.read.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in self.read[..end].split(|byte| *byte == b'\n') {
            // Lines without a token have other fields.
            let token = serde_json::from_slice::<Line>(line).unwrap_or_default().result.response.token;
            if !token.is_empty() {
                each(&token);
            }
        }
        self.read.drain(..end);
        is_open
    }
}

/// The chunks of a stream: what stands before each delta.
struct Chunks(String);

impl Chunks {
    fn new(id: &str, created: i64) -> Self {
        let head = format!(r#""id":"{id}","object":"chat.completion.chunk","created":{created},"model":"grok""#);
        Chunks(format!(r#"data: {{{head},"choices":[{{"index":0,"delta":{{"#))
    }

    fn text(&self, text: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
        out.extend_from_slice(br#""content":"#);
        serde_json::to_writer(&mut *out, text).expect("a vector takes all");
        out.extend_from_slice(b"},\"finish_reason\":null}]}\n\n");
    }

    fn end(&self) -> Vec<u8> {
        format!("{}}},\"finish_reason\":\"stop\"}}]}}\n\ndata: [DONE]\n\n", self.0).into_bytes()
    }
}

/// Returns the SHA-256 of the request's key, in hexadecimal digits.
fn key_hash(request: &Request) -> Value {
    let header = request.get_headers().get("authorization").remove(0);
    let key = header.strip_prefix(b"Bearer ").expect("the bench sends a key");
    let mut hash = String::with_capacity(64);
    for byte in Sha256::digest(key) {
        write!(hash, "{byte:02x}").expect("a string takes all");
    }
    Value::Text(hash)
}

fn now() -> Value {
    Value::Integer(wasi::now_ms())
}

/// Answers with the recorded list of models.
pub async fn models(recorded: &Recorded, request: Request) -> Response {
    let models = &recorded.models;
    let changes = [(authenticate::NOW, now()), (authenticate::HASH, key_hash(&request))];
    let rows = wasi::run(&models.statement, models.statement.with(changes)).await;
    assert!(!rows.is_empty(), "the key is known");
    wasi::whole("application/json", models.body.get().into())
}

/// Answers with Grok's text, as a stream or whole.
pub async fn chat(recorded: &'static Recorded, request: Request) -> Response {
    let chat = &recorded.chat;
    let hash = key_hash(&request);
    let mut body = Vec::new();
    let mut reader = Reader::of_request(request);
    while reader.read(&mut body).await {}
    let Question { stream, messages } = serde_json::from_slice(&body).expect("the bench sends a chat");
    let question = &messages.last().expect("the bench sends a message").content;
    let mut rows = wasi::run(&chat.reserve, chat.reserve.with([(reserve::NOW, now()), (reserve::HASH, hash)])).await;
    let account = rows.remove(0).values.remove(0);
    let id = wasi::id();
    let mut lines = Lines { body: send(&chat.call, question).await, read: Vec::new() };
    let finish = async move |id: String| {
        let changes = [(finish::REQUEST_ID, Value::Text(id)), (finish::ACCOUNT_ID, account), (finish::AT, now())];
        wasi::run(&chat.finish, chat.finish.with(changes)).await;
    };
    let created = wasi::now_ms() / 1000;
    if !stream {
        let mut content = String::new();
        while lines.next(|token| content.push_str(token)).await {}
        let body = completion(&id, created, &content);
        spawn(finish(id));
        return wasi::whole("application/json", body);
    }
    let (response, mut writer) = wasi::streamed(&[("content-type", "text/event-stream")]);
    spawn(async move {
        let chunks = Chunks::new(&id, created);
        let mut is_open = true;
        while is_open {
            let mut out = Vec::new();
            is_open = lines.next(|token| chunks.text(token, &mut out)).await;
            if !out.is_empty() {
                writer.write(out).await;
            }
        }
        writer.write(chunks.end()).await;
        writer.close().await;
        finish(id).await;
    });
    response
}

fn completion(id: &str, created: i64, content: &str) -> Vec<u8> {
    let content = serde_json::to_string(content).expect("plain data always has a JSON form");
    let message = format!(r#"{{"role":"assistant","content":{content}}}"#);
    let choice = format!(r#"{{"index":0,"message":{message},"finish_reason":"stop"}}"#);
    let head = format!(r#""id":"{id}","object":"chat.completion","created":{created},"model":"grok""#);
    format!("{{{head},\"choices\":[{choice}]}}").into_bytes()
}

/// Sends the recorded request with this question; returns the body of the answer.
async fn send(call: &Call, question: &str) -> Reader {
    let body = call.asking(question);
    let length = body.len().to_string();
    let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers = wasi::fields(headers.chain([("content-length", length.as_str())]));
    let (mut writer, contents, trailers) = Writer::new();
    let (request, _) = Request::new(headers, Some(contents), trailers, None);
    let (authority, path) = call.target();
    let set = request.set_method(&Method::Post).and_then(|()| request.set_scheme(Some(&Scheme::Http)));
    let set = set.and_then(|()| request.set_authority(Some(authority)));
    set.and_then(|()| request.set_path_with_query(Some(path))).expect("the recorded request is valid");
    // First, so that it leaves in one packet with the head.
    let writing = async {
        writer.write(body).await;
        writer.close().await;
    };
    let ((), answer) = join(writing, client::send(request)).await;
    Reader::of_response(answer.expect("Grok answers"))
}
