//! A component that uses everything that the Workers shim implements. Each path tries one thing and returns the result,
//! which the shim's tests check.

// The gateway's own.
#[path = "../../../src/host/wasi/alone.rs"]
mod alone;
mod bodies;
mod messages;
mod remains;
mod socket;
mod storage;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Method, Request, Response};
use spin_sdk::wasip3::{self, spawn, wit_future};
use url::Url;

/// The requests that this instance has had.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

struct Probe;

wasip3::http::service::export!(Probe with_types_in wasip3);

/// Returns the query of a request, by name.
type Query = HashMap<String, String>;

impl wasip3::exports::http::handler::Guest for Probe {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let alone = alone::Alone::begin();
        let requests = REQUESTS.fetch_add(1, Ordering::Relaxed) + 1;
        let target = request.get_path_with_query().unwrap_or_default();
        let target = Url::parse(&format!("http://probe{target}")).map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let query: Query = target.query_pairs().into_owned().collect();
        match target.path() {
            "/hello" => Ok(text("hello")),
            "/count" => Ok(text(requests.to_string())),
            "/error" => Err(ErrorCode::LoopDetected),
            "/trap" => panic!("a trap on purpose"),
            "/trap-after-reply" => Ok(bodies::trapped()),
            "/status" => Ok(status(number(&query, "code"))),
            "/spawn" => Ok(spawned(query)),
            "/sleep" => Ok(slept(&query).await),
            "/stdout" => {
                println!("one\ntwo");
                eprintln!("three");
                Ok(text("printed"))
            }
            "/echo" => Ok(bodies::echo(request)),
            "/pass" => Ok(bodies::pass(request)),
            "/chunks" => Ok(bodies::chunks(query, alone)),
            "/length" => Ok(bodies::length(&query)),
            "/trailers" => Ok(bodies::trailers()),
            "/body-error" => Ok(bodies::failing()),
            "/cancel-read" => Ok(bodies::cancel_read(request).await),
            "/cancel-write" => Ok(bodies::cancel_write().await),
            "/relay" => messages::relay(&query).await,
            "/upload" => messages::upload(request, &query).await,
            "/partly" => messages::partly(&query).await,
            "/fetch" => Ok(messages::fetch(&query).await),
            "/abandon" => Ok(messages::abandon(&query).await),
            "/fields" => Ok(messages::fields(&request)),
            "/seen" => Ok(messages::seen(&request)),
            "/sql" => Ok(storage::sql(request).await),
            "/kv" => Ok(storage::key_value(request, &query).await),
            "/socket" => Ok(socket::run(&query).await),
            "/uses" => Ok(remains::uses()),
            "/leave" => Ok(remains::leave(&query).await),
            "/variable" => Ok(storage::variable(&query).await),
            _ => Ok(status(404)),
        }
    }
}

/// Returns a complete response of plain text.
fn text(content: impl Into<String>) -> Response {
    bodies::full(200, &[], content.into().into_bytes())
}

/// Returns a response without a body.
fn status(code: u16) -> Response {
    let (trailers, result) = wit_future::new(|| Ok(None));
    drop(trailers);
    let (response, _) = Response::new(Fields::new(), None, result);
    response.set_status_code(code).expect("tests ask for valid codes");
    response
}

fn number<N: std::str::FromStr + Default>(query: &Query, name: &str) -> N {
    query.get(name).and_then(|value| value.parse().ok()).unwrap_or_default()
}

/// Answers at once and writes to the key-value store later.
fn spawned(query: Query) -> Response {
    spawn(async move {
        sleep(Duration::from_millis(number(&query, "ms"))).await;
        storage::put(&query["key"], b"spawned").await;
        if query.contains_key("trap") {
            panic!("a trap after the answer");
        }
    });
    text("answered")
}

/// Sleeps several times concurrently, and cancels one sleep.
async fn slept(query: &Query) -> Response {
    let wait = Duration::from_millis(number(query, "ms"));
    let begin = wasip3::clocks::monotonic_clock::now();
    let all = futures::future::join_all((0..5).map(|_| sleep(wait)));
    let abandoned = Box::pin(sleep(Duration::from_secs(3600)));
    let _ = futures::future::select(Box::pin(all), abandoned).await;
    let passed = wasip3::clocks::monotonic_clock::now() - begin;
    text(format!("{}", passed / 1_000_000))
}

fn method_of(query: &Query) -> Method {
    match query.get("method").map(String::as_str) {
        Some("POST") => Method::Post,
        Some("HEAD") => Method::Head,
        _ => Method::Get,
    }
}
