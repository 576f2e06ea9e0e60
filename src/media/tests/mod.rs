//! The media routes through the router, on real SQLite, a key-value store that can fail and a scripted source.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use http::{HeaderMap, Method, Request};

use crate::{
    host::{
        Body,
        native::{Answer as Source, NativeHost, START, Step},
    },
    http::router,
    media::kind::MediaKind,
    providers::grok_web::token::for_test,
    store::{
        blobs::PART,
        media::{self, Answer as Made, NewMedia},
    },
};

mod clearing;
mod crash;
mod full;
mod keeping;
mod serving;
mod storing;
mod types;

const OWNER: i64 = 7;
const MIB: usize = PART;

/// A gateway with eleven tokens, the seventh of which owns the files.
struct Gateway {
    host: Rc<NativeHost>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    /// Whether the body ended early.
    is_cut: bool,
    /// Whether the bytes bypassed the component's memory.
    is_through: bool,
    statements: usize,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("it is text"))
    }
}

impl Gateway {
    fn new() -> Self {
        let host = NativeHost::new();
        host.set_variable("timezone_offset_minutes", "0");
        let app = host.app();
        host.run(async move { crate::store::schema::migrate(&app.db).await.expect("an empty database takes it") });
        for n in 1..=11 {
            host.sql(
                "INSERT INTO tokens (id, hash, sealed, suffix, token_type, created_at) VALUES (?, ?, ?, 'x', 'sso', 0)",
                vec![n.into(), format!("hash{n}").into(), for_test(&format!("token-{n}")).into()],
            );
        }
        // Another instance reads accounts from Grok.
        host.sql("INSERT INTO leases VALUES ('readings', 4000000000000)", vec![]);
        Gateway { host }
    }

    /// Stores the row of an older file of the owner, and returns its path here.
    fn file(&self, kind: MediaKind, url: &str) -> String {
        let (app, url) = (self.host.app(), url.to_owned());
        let id = crate::media::id::new(app.random());
        let file = NewMedia { id: id.clone(), kind, url };
        let answer = Made { token_id: OWNER, ..Made::default() };
        self.host
            .run(async move { media::add(&app.db, START - 3_600_000, &answer, &[file]).await.expect("it is new") });
        crate::media::address("", kind, &id)
    }

    fn video(&self) -> String {
        self.file(MediaKind::Video, "users/u/generated/g/generated_video.mp4")
    }

    /// Gives the source this file, with ranges.
    fn source(&self, bytes: Vec<u8>) {
        self.host.on_send(move |request| Ok(ranged(request, &bytes)));
    }

    fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        self.ask(Method::GET, path, headers)
    }

    /// Sends a request, reads the answer to its end and lets the work after it finish.
    fn ask(&self, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        self.answer(request(method, path, headers))
    }

    fn answer(&self, request: crate::host::Request) -> Answer {
        self.host.statements.borrow_mut().clear();
        let reply = self.host.run(router::route(self.host.app(), request).boxed_local());
        let statements = self.host.statements.borrow().len();
        let (head, body) = reply.into_parts();
        let is_through = matches!(body, Body::Passthrough(_));
        let chunks = match body {
            Body::Full(bytes) => vec![Ok(bytes)],
            Body::Stream(chunks) => self.host.run(chunks.map(Ok).collect()),
            Body::Fallible(chunks) => self.host.run(chunks.collect::<Vec<_>>()),
            Body::Passthrough(chunks) => self.host.run(chunks.read(1).collect::<Vec<_>>()),
        };
        self.host.settle();
        let is_cut = chunks.iter().any(Result::is_err);
        let body = chunks.into_iter().filter_map(Result::ok).collect::<Vec<_>>().concat();
        Answer { status: head.status.as_u16(), headers: head.headers, body, is_cut, is_through, statements }
    }

    /// Returns the requests to the source since the last call: method, address, cookie and range.
    fn asked(&self) -> Vec<[String; 4]> {
        let text = |request: &Request<Bytes>, name: &str| {
            request.headers().get(name).map_or("", |value| value.to_str().expect("it is text")).to_owned()
        };
        let asked = self.host.requests.borrow_mut().drain(..).collect::<Vec<_>>();
        asked
            .iter()
            .map(|r| [r.method().to_string(), r.uri().to_string(), text(r, "cookie"), text(r, "range")])
            .collect()
    }

    fn copies(&self, state: &str) -> i64 {
        self.host.number(&format!("SELECT count(*) FROM media_copies WHERE state = '{state}'"))
    }

    fn stored_parts(&self) -> usize {
        self.host.kv.borrow().len()
    }
}

fn request(method: Method, path: &str, headers: &[(&'static str, &str)]) -> crate::host::Request {
    let mut request = Request::new(futures::stream::empty().boxed_local());
    *request.method_mut() = method;
    *request.uri_mut() = format!("http://gateway.test{path}").parse().expect("a test's path is valid");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("a test's header is valid"));
    }
    request
}

/// As the asset host answers: whole, or one range.
fn ranged(request: &Request<Bytes>, bytes: &[u8]) -> Source {
    let size = bytes.len();
    let range = request.headers().get("range").map(|value| value.to_str().expect("it is text").to_owned());
    let Some(range) = range else { return sent(200, bytes, vec![]) };
    let (first, last) = range.trim_start_matches("bytes=").split_once('-').expect("it is one range");
    let first = first.parse::<usize>().expect("tests ask from a place on");
    if first >= size {
        return sent(416, b"", vec![("content-range", format!("bytes */{size}"))]);
    }
    let last = last.parse().unwrap_or(size - 1).min(size - 1);
    sent(206, &bytes[first..=last], vec![("content-range", format!("bytes {first}-{last}/{size}"))])
}

/// An answer in chunks of 100,000 bytes, which no part begins with.
fn sent(status: u16, bytes: &[u8], more: Vec<(&'static str, String)>) -> Source {
    let mut answer = Source::chunks(bytes.chunks(100_000).map(Bytes::copy_from_slice));
    answer.status = status;
    answer.headers = vec![
        ("content-type", "video/mp4".to_owned()),
        ("content-length", bytes.len().to_string()),
        ("etag", "\"v1\"".to_owned()),
    ];
    answer.headers.extend(more);
    answer
}

/// Bytes that differ by their places.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 + (at >> 8) * 7 + (at >> 16)) as u8).collect()
}

fn wait(answer: &mut Source, after: usize, time: Duration) {
    answer.body.insert(after, Step::Wait(time));
}
