//! Bodies that are long, late or never come.

use std::cell::Cell;

use super::*;
use crate::host::{Host, SendError};

/// A request whose body comes as this stream.
fn request(
    gateway: &Gateway,
    length: Option<usize>,
    body: impl futures::Stream<Item = Result<Bytes, SendError>> + 'static,
) -> Request {
    let (mut head, _) = gateway.request("").into_parts();
    head.headers.remove("content-length");
    if let Some(length) = length {
        head.headers.insert("content-length", length.into());
    }
    http::Request::from_parts(head, body.boxed_local())
}

fn status(gateway: &Gateway, request: Request) -> (StatusCode, Value) {
    let reply = gateway.host.run(router::route(gateway.host.app(), request).boxed_local());
    let (head, body) = reply.into_parts();
    let Body::Full(body) = body else { panic!("a stream, {}", head.status) };
    gateway.host.settle();
    (head.status, serde_json::from_slice(&body).expect("answers are JSON"))
}

#[test]
fn a_body_that_stops_coming_is_given_up_after_ten_seconds() {
    let gateway = Gateway::new(1);
    let body = futures::stream::iter([Ok(Bytes::from_static(b"{\"model\":"))]).chain(futures::stream::pending());
    let started = gateway.host.monotonic();
    let (status, answer) = status(&gateway, request(&gateway, Some(100), body));
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::REQUEST_TIMEOUT, &json!("request_timeout")));
    assert_eq!(gateway.host.monotonic() - started, 10_000);
    assert!(gateway.asked().is_empty());
}

#[test]
fn a_body_that_drips_is_given_up_after_two_minutes() {
    let gateway = Gateway::new(1);
    let host = gateway.host.clone();
    let drip = futures::stream::unfold((), move |()| {
        let pause = host.sleep(Duration::from_secs(9));
        async move {
            pause.await;
            Some((Ok(Bytes::from_static(b" ")), ()))
        }
    });
    let started = gateway.host.monotonic();
    assert_eq!(status(&gateway, request(&gateway, Some(1000), drip)).0, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(gateway.host.monotonic() - started, 120_000);
}

#[test]
fn a_long_body_is_read_for_a_good_key_only() {
    for length in [Some(65 * 1024), None] {
        let mut gateway = Gateway::new(1);
        gateway.key = Some("sk-wrong".to_owned());
        let read = Rc::new(Cell::new(0));
        let count = read.clone();
        let body = futures::stream::repeat_with(move || {
            count.set(count.get() + 1);
            Ok(Bytes::from(vec![b' '; 1024]))
        });
        let body = body.take(1024);
        assert_eq!(status(&gateway, request(&gateway, length, body)).0, StatusCode::UNAUTHORIZED);
        // What is left is drained up to 64 KiB, and not kept.
        assert!(read.get() <= 66, "{} KiB were read", read.get());
    }
}
