//! Outgoing requests, their options and timeouts; headers.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, RequestOptions, Response, Scheme};
use spin_sdk::wasip3::{wit_future, wit_stream};
use spin_sdk::wit_bindgen::{StreamReader, StreamResult};
use url::Url;

use crate::bodies::{consume, full, streamed};
use crate::{Query, method_of, number, text};

/// Returns a request to the URL in the query, with its options.
fn request(query: &Query, contents: Option<StreamReader<u8>>) -> Request {
    let url = Url::parse(&query["url"]).expect("tests give an address");
    let options = RequestOptions::new();
    let limit = |name| query.contains_key(name).then(|| number::<u64>(query, name) * 1_000_000);
    options.set_connect_timeout(limit("connect")).expect("mutable");
    options.set_first_byte_timeout(limit("first")).expect("mutable");
    options.set_between_bytes_timeout(limit("between")).expect("mutable");
    let (end, result) = wit_future::new(|| Ok(None));
    drop(end);
    let (request, _) = Request::new(Fields::new(), contents, result, Some(options));
    let frozen = request.get_options().expect("options were given");
    assert!(frozen.set_connect_timeout(None).is_err(), "a request's options are immutable");
    assert_eq!(frozen.get_first_byte_timeout(), limit("first"));
    let scheme = if url.scheme() == "http" { Scheme::Http } else { Scheme::Https };
    request.set_method(&method_of(query)).expect("valid");
    request.set_scheme(Some(&scheme)).expect("valid");
    request.set_authority(Some(url.authority())).expect("valid");
    request.set_path_with_query(Some(&url[url::Position::BeforePath..])).expect("valid");
    request
}

/// Returns the upstream's body as the response's, from host to host.
pub async fn relay(query: &Query) -> Result<Response, ErrorCode> {
    let incoming = client::send(request(query, None)).await?;
    let status = incoming.get_status_code();
    let headers = Fields::new();
    for name in ["content-type", "content-length", "location"] {
        if let Some(value) = incoming.get_headers().get(name).first() {
            headers.append(name, value).expect("a valid header");
        }
    }
    let (_, fine) = wit_future::new(|| Ok(()));
    let (body, end) = Response::consume_body(incoming, fine);
    let (response, transmitted) = Response::new(headers, Some(body), end);
    response.set_status_code(status).expect("a valid status");
    if let Some(key) = query.get("note").cloned() {
        spin_sdk::wasip3::spawn(async move {
            let note = format!("{:?}", transmitted.await.map_err(|error| error.to_string()));
            crate::storage::put(&key, note.as_bytes()).await;
        });
    }
    Ok(response)
}

/// Sends the request's body to the upstream, with the method in the query.
pub async fn upload(incoming: Request, query: &Query) -> Result<Response, ErrorCode> {
    let (body, _end) = consume(incoming);
    let answer = client::send(request(query, Some(body))).await?;
    Ok(text(read(answer).await.0))
}

/// Reads the start of the upstream's body and passes on the rest.
pub async fn partly(query: &Query) -> Result<Response, ErrorCode> {
    let incoming = client::send(request(query, None)).await?;
    let (_, fine) = wit_future::new(|| Ok(()));
    let (mut body, end) = Response::consume_body(incoming, fine);
    let (_, first) = body.read(Vec::with_capacity(3)).await;
    let headers = Fields::from_list(&[("x-first".to_owned(), first)]).expect("a valid header");
    Ok(Response::new(headers, Some(body), end).0)
}

/// Returns the result of a request: its status and body, or the error and where it came.
pub async fn fetch(query: &Query) -> Response {
    match client::send(request(query, None)).await {
        Err(error) => text(format!("head: {error:?}")),
        Ok(response) => {
            let status = response.get_status_code();
            let (content, error) = read(response).await;
            match error {
                Some(error) => text(format!("{status} {content}, body: {error:?}")),
                None => text(format!("{status} {content}")),
            }
        }
    }
}

async fn read(response: Response) -> (String, Option<ErrorCode>) {
    let (_, fine) = wit_future::new(|| Ok(()));
    let (mut body, end) = Response::consume_body(response, fine);
    let mut content = Vec::new();
    loop {
        let (result, chunk) = body.read(Vec::with_capacity(4096)).await;
        content.extend(chunk);
        if matches!(result, StreamResult::Dropped) {
            break;
        }
    }
    (String::from_utf8_lossy(&content).into_owned(), end.await.err())
}

/// Cancels a request, then waits before it answers.
pub async fn abandon(query: &Query) -> Response {
    let seen = give_up(query).await;
    sleep(Duration::from_millis(number(query, "stay"))).await;
    text(seen)
}

/// Cancels before the head, or in the body with `in=body`.
async fn give_up(query: &Query) -> String {
    let patience = Duration::from_millis(number(query, "patience"));
    if query.get("in").map(String::as_str) == Some("body") {
        let response = client::send(request(query, None)).await.expect("the head comes");
        let (_, fine) = wit_future::new(|| Ok(()));
        let (mut body, end) = Response::consume_body(response, fine);
        let (_, first) = body.read(Vec::with_capacity(64)).await;
        {
            // A read and a future, both cancelled while they wait.
            let read = pin!(body.read(Vec::with_capacity(64)));
            select(read, pin!(sleep(patience))).await;
            let end = pin!(async move { end.await });
            select(end, pin!(sleep(patience))).await;
        }
        drop(body);
        return format!("left after {}", first.len());
    }
    let sending = pin!(client::send(request(query, None)));
    match select(sending, pin!(sleep(patience))).await {
        Either::Left((outcome, _)) => format!("came first: {}", outcome.is_ok()),
        Either::Right(_) => "left".to_owned(),
    }
}

/// Returns the errors of invalid headers.
pub fn fields(request: &Request) -> Response {
    let mut lines = Vec::new();
    let mut note = |what: &str, seen: String| lines.push(format!("{what}: {seen}"));
    for name in ["connection", "Keep-Alive", "transfer-encoding", "upgrade", "proxy-connection", "host", "te"] {
        note(name, format!("{:?}", Fields::new().append(name, b"x")));
    }
    note("list", format!("{:?}", Fields::from_list(&[("host".to_owned(), b"x".to_vec())]).err()));
    note("name", format!("{:?}", Fields::new().append("a b", b"x")));
    note("value", format!("{:?}", Fields::new().append("a", b"x\r\ny: z")));
    note("length", format!("{:?}", Fields::new().append("content-length", b"+5")));
    note("size", format!("{:?}", Fields::new().append("a", &vec![b'x'; 200_000])));
    let incoming = request.get_headers();
    note("incoming", format!("{:?}", incoming.append("a", b"b")));
    note("clone", format!("{:?}", incoming.clone().append("a", b"b")));
    let own = Fields::new();
    own.append("X-One", b"1").expect("mutable");
    own.append("x-one", b"2").expect("mutable");
    own.set("x-two", &[b"3".to_vec()]).expect("mutable");
    own.delete("X-Two").expect("mutable");
    note("all", format!("{:?} {} {}", own.get("X-ONE"), own.has("x-one"), own.has("x-two")));
    let response = streamed(200, &[("a", "b")]).0;
    note("response", format!("{:?}", response.get_headers().set("a", &[])));
    note("status", format!("{:?} {:?}", response.set_status_code(99), response.set_status_code(418)));
    note("method", format!("{:?}", request.set_method(&spin_sdk::wasip3::http::types::Method::Other("a b".into()))));
    note("authority", format!("{:?}", request.set_authority(Some("host:port"))));
    note("path", format!("{:?}", request.set_path_with_query(Some("/a b"))));
    let (_body, reader) = wit_stream::new();
    drop::<StreamReader<u8>>(reader);
    text(lines.join("\n"))
}

/// Returns the request as it arrived.
pub fn seen(request: &Request) -> Response {
    let mut lines = vec![format!(
        "{:?} {:?} {:?} {:?}",
        request.get_method(),
        request.get_scheme(),
        request.get_authority(),
        request.get_path_with_query()
    )];
    for (name, value) in request.get_headers().copy_all() {
        lines.push(format!("{name}={}", String::from_utf8_lossy(&value)));
    }
    full(
        200,
        &[("x-twice", "1"), ("x-twice", "2"), ("set-cookie", "a=1"), ("set-cookie", "b=2")],
        lines.join("\n").into(),
    )
}
