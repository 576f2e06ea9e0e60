//! Bodies that are long, late, encoded or odd.

use std::cell::Cell;

use super::*;
use crate::{
    host::{Host, SendError},
    http::content_coding::tests::{gzip, repeating, window},
};

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
    let started = gateway.host.monotonic_ms();
    let (status, answer) = status(&gateway, request(&gateway, Some(100), body));
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::REQUEST_TIMEOUT, &json!("request_timeout")));
    assert_eq!(gateway.host.monotonic_ms() - started, 10_000);
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
    let started = gateway.host.monotonic_ms();
    assert_eq!(status(&gateway, request(&gateway, Some(1000), drip)).0, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(gateway.host.monotonic_ms() - started, 120_000);
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
        // The rest is drained up to 64 KiB, and dropped.
        assert!(read.get() <= 66, "{} KiB were read", read.get());
    }
}

fn encoded(gateway: &Gateway, coding: &str, body: Vec<u8>) -> Request {
    let mut request = request(gateway, Some(body.len()), futures::stream::iter([Ok(Bytes::from(body))]));
    request.headers_mut().insert("content-encoding", coding.parse().expect("a header"));
    request
}

/// The message of the only request to Grok.
fn message(gateway: &Gateway) -> String {
    let requests = gateway.host.requests.take();
    let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
    let body: Value = serde_json::from_slice(request.body()).expect("JSON is sent");
    body["message"].as_str().expect("a text").to_owned()
}

#[test]
fn an_encoded_body_is_served_as_the_plain_one() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    let zstd = include_bytes!("../../../../tests/fixtures/bodies/chat.stream.zst");
    let plain = include_bytes!("../../../../tests/fixtures/bodies/chat.json");
    for (coding, body) in [("gzip", gzip(plain)), ("x-gzip", gzip(plain)), ("zstd", zstd.to_vec())] {
        let (status, answer) = status(&gateway, encoded(&gateway, coding, body));
        assert_eq!(status, StatusCode::OK, "{coding}: {answer}");
        assert!(message(&gateway).contains("Which coding has this body? 你好 🌲"), "{coding}");
    }
}

#[test]
fn an_encoded_body_is_decoded_for_a_good_key_only() {
    let mut gateway = Gateway::new(1);
    gateway.key = Some("sk-wrong".to_owned());
    // This holds for a short body too. Only draining waits for it.
    for coding in ["gzip", "zstd", "br"] {
        let mut request = request(&gateway, Some(10), futures::stream::pending());
        request.headers_mut().insert("content-encoding", coding.parse().expect("a header"));
        let started = gateway.host.monotonic_ms();
        assert_eq!(status(&gateway, request).0, StatusCode::UNAUTHORIZED, "{coding}");
        assert_eq!(gateway.host.monotonic_ms() - started, 1_000, "{coding}");
    }
}

#[test]
fn an_encoded_body_that_stalls_is_given_up_after_ten_seconds() {
    let gateway = Gateway::new(1);
    let body = futures::stream::iter([Ok(Bytes::from_static(b"\x1f\x8b"))]).chain(futures::stream::pending());
    let mut request = request(&gateway, None, body);
    request.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    let started = gateway.host.monotonic_ms();
    assert_eq!(status(&gateway, request).0, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(gateway.host.monotonic_ms() - started, 10_000);
}

#[test]
fn an_encoded_body_that_becomes_too_large_is_413() {
    let gateway = Gateway::new(1);
    let (status, answer) = status(&gateway, encoded(&gateway, "zstd", repeating(window(20), 21 << 3)));
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("body_too_large")));
    assert_eq!(gateway.log(), [(413, "body_too_large".to_owned(), 0)]);
}

#[test]
fn another_coding_is_415_and_says_what_to_send() {
    let gateway = Gateway::new(1);
    let request = encoded(&gateway, "br", b"{}".to_vec());
    let reply = gateway.host.run(router::route(gateway.host.app(), request).boxed_local());
    let (head, body) = reply.into_parts();
    assert_eq!(head.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(head.headers["accept-encoding"], "gzip, zstd");
    let Body::Full(body) = body else { panic!("a stream") };
    let error = serde_json::from_slice::<Value>(&body).expect("answers are JSON")["error"].take();
    assert_eq!(error["code"], "unsupported_encoding");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("gzip, zstd")), "{error}");
}

#[test]
fn a_byte_order_mark_is_ignored_and_half_a_character_replaced() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    let body = "\u{feff}".to_owned()
        + r#"{"model":"grok-4-fast","messages":[{"role":"user","content":"cut \ud83d, whole \ud83c\udf32"}]}"#;
    let (status, answer) =
        status(&gateway, request(&gateway, Some(body.len()), futures::stream::iter([Ok(body.into())])));
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(message(&gateway).ends_with("cut \u{fffd}, whole 🌲"));
}

#[test]
fn a_fault_that_ends_the_reading_names_its_field() {
    let gateway = Gateway::new(1);
    let fault = |path: &str, body: String| {
        let mut request = request(&gateway, Some(body.len()), futures::stream::iter([Ok(body.into())]));
        *request.uri_mut() = path.parse().expect("a path");
        let (status, mut answer) = status(&gateway, request);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        answer["error"].take()
    };
    let many = |item: &str| format!("[{}{item}]", format!("{item},").repeat(16_384));
    let chats = "/v1/chat/completions";
    for (path, body, param) in [
        (chats, format!(r#"{{"model":"grok-4","messages":{}}}"#, many("{}")), "messages"),
        (chats, format!(r#"{{"messages":[{{"content":{}}}]}}"#, many("{}")), "messages.0.content"),
        (chats, r#"{"model":"a","messages":[],"model":"b"}"#.to_owned(), "model"),
        (chats, r#"{"messages":[{},{"role":"user","role":"user"}]}"#.to_owned(), "messages.1.role"),
        ("/v1/responses", format!(r#"{{"model":"grok-4","input":{}}}"#, many("{}")), "input"),
        ("/v1/images/edits", format!(r#"{{"image":{}}}"#, many("\"x\"")), "image"),
    ] {
        let error = fault(path, body);
        assert_eq!((&error["param"], &error["code"]), (&json!(param), &json!("invalid_value")), "{error}");
    }
    let error = fault(chats, r#"{"model":"a""#.to_owned());
    assert_eq!((&error["param"], &error["code"]), (&Value::Null, &json!("invalid_json")), "{error}");
    assert!(gateway.asked().is_empty());
}

#[test]
fn known_parameters_have_their_types() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    let ask = |name: &str, value: &Value| {
        let mut body = json!({"model": "grok-4-fast", "messages": [{"role": "user", "content": "x"}]});
        match name.strip_prefix("messages.0.") {
            Some(name) => body["messages"][0][name] = value.clone(),
            None => body[name] = value.clone(),
        }
        let body = body.to_string();
        status(&gateway, request(&gateway, Some(body.len()), futures::stream::iter([Ok(body.into())])))
    };
    for (name, fitting, wrong) in [
        ("logit_bias", json!({"50256": -100}), json!([])),
        ("logprobs", json!(true), json!("true")),
        ("top_logprobs", json!(5), json!("5")),
        ("store", json!(false), json!(0)),
        ("service_tier", json!("auto"), json!(1)),
        ("messages.0.name", json!("Ann"), json!({})),
    ] {
        let (found, answer) = ask(name, &wrong);
        assert_eq!((found, &answer["error"]["param"]), (StatusCode::BAD_REQUEST, &json!(name)), "{answer}");
        for value in [fitting, Value::Null] {
            let (found, answer) = ask(name, &value);
            assert_eq!(found, StatusCode::OK, "{name} {value}: {answer}");
        }
    }
}
