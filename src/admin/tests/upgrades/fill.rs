//! A short life of a gateway that leaves rows in every table, so that the fixtures have what the routes stored.

use std::time::Duration;

use super::{fixture::Facts, *};
use crate::{
    host::{
        dns::tests::resolver,
        native::Frame,
        websocket::{Handshake, Refusal, WebSocketError},
    },
    providers::grok_web::mgw::script,
};

pub const ENCRYPTION_KEY: &str = "a key for the fixtures alone";
pub const PASSWORD: &str = "a long password";
pub const SETTING_KEY: &str = "sk-of-the-settings";
pub const BASE_URL: &str = "https://gateway.test";
pub const TAG: &str = "first";
pub const NOTE: &str = "it's \"the\" note; --";
/// The account that Grok answers with 429.
pub const LIMITED: &str = "a-token-of-the-tests.basic-one.limited";
const PICTURE: &str = "the bytes of a picture";
/// How many `fill` sends.
pub const CHATS: usize = 4;

pub fn question() -> Value {
    json!({ "model": "grok-4-fast", "messages": [{ "role": "user", "content": "a picture of the moon" }] })
}

pub fn token_of(headers: &HeaderMap) -> String {
    let cookie = headers["cookie"].to_str().expect("cookies are ASCII");
    cookie.split(['=', ';']).nth(1).expect("it names a token").to_owned()
}

/// A Grok that draws.
pub fn upstream(request: &http::Request<Bytes>) -> Upstream {
    match request.uri().path() {
        "/rest/rate-limits" => {
            Upstream::new(200, r#"{"windowSizeSeconds":72000,"remainingTokens":76,"totalTokens":80}"#)
        }
        "/api/auth/session" => {
            let name = &sha256_hex(&token_of(request.headers()))[..12];
            script::identity(&format!("8f1c1e0a-9f3e-4a5f-8f7f-{name}"))
        }
        "/dns-query" => resolver(request),
        _ => {
            let mut picture = Upstream::new(200, PICTURE);
            picture.headers = vec![
                ("content-type", "image/jpeg".to_owned()),
                ("content-length", PICTURE.len().to_string()),
                ("etag", "\"moon\"".to_owned()),
            ];
            picture
        }
    }
}

/// Grok's socket, on a host that does not resolve names.
pub fn server(handshake: &Handshake) -> Result<Vec<Frame>, WebSocketError> {
    let cookie = handshake.headers["cookie"].to_str().expect("cookies are ASCII");
    if handshake.addresses.is_empty() {
        return Err(WebSocketError::Unresolved("this host looks no names up".to_owned()));
    }
    if cookie.contains(LIMITED) {
        return Err(WebSocketError::Refused(Refusal { status: 429, headers: Vec::new(), body: String::new() }));
    }
    Ok(script::turn([script::text("The moon"), script::picture("users/u/generated/a/image.jpg")]))
}

/// Opens a picture of an answer, and lets it be stored.
pub fn picture(console: &Console, address: &str) -> Vec<u8> {
    let (status, bytes) = plain(console, Method::GET, address);
    assert_eq!(status, StatusCode::OK, "{address}");
    bytes
}

/// Values that are not JSON.
fn plain(console: &Console, method: Method, address: &str) -> (StatusCode, Vec<u8>) {
    let mut request = http::Request::new(futures::stream::empty().boxed_local());
    *request.method_mut() = method;
    *request.uri_mut() = address.parse().expect("the address is valid");
    let reply = console.host.run(router::route(console.host.app(), request).boxed_local());
    let (head, body) = reply.into_parts();
    let bytes = match body {
        Body::Full(bytes) => bytes.to_vec(),
        Body::Stream(chunks) => console.host.run(chunks.collect::<Vec<_>>()).concat(),
        Body::Fallible(chunks) => {
            let chunks = console.host.run(chunks.collect::<Vec<_>>());
            chunks.into_iter().map(|chunk| chunk.expect("it is whole")).collect::<Vec<_>>().concat()
        }
        Body::Passthrough(_) => panic!("{address} is handed through"),
    };
    console.host.settle();
    (head.status, bytes)
}

fn chat(console: &Console, key: &str, question: Value) -> Answer {
    let mut client = Console { host: console.host.clone(), headers: HeaderMap::new() };
    client.header("authorization", &format!("Bearer {key}"));
    let answer = client.post("/v1/chat/completions", question);
    console.host.settle();
    console.host.advance(Duration::from_secs(5));
    answer
}

fn key(console: &Console, name: &str) -> (String, String) {
    let made = console.post("/api/keys/add", json!({ "name": name })).ok().body;
    (made["data"]["id"].to_string(), made["data"]["key"].as_str().expect("it is shown once").to_owned())
}

fn add(console: &Console, tokens: &[&str], token_type: &str) {
    console.post("/api/tokens/add", json!({ "tokens": tokens, "token_type": token_type })).ok();
}

/// The first day, without an encryption key.
fn in_clear(console: &mut Console) -> (String, String) {
    console.sign_in("admin");
    console.post("/api/password", json!({ "current": "admin", "new": PASSWORD })).ok();
    console.sign_in(PASSWORD);
    add(console, &[LIMITED, "a-token-of-the-tests.basic-two", "a-token-of-the-tests.basic-three"], "sso");
    add(console, &["a-token-of-the-tests.super-one"], "ssoSuper");
    console.post("/api/tokens/tags", json!({ "id": 1, "tags": [TAG, "zweiter"] })).ok();
    console.post("/api/tokens/note", json!({ "id": 1, "note": NOTE })).ok();
    console.post("/api/tokens/status", json!({ "id": 3, "enabled": false })).ok();
    let maintenance = plain(console, Method::POST, &format!("{BASE_URL}/internal/maintenance"));
    assert_eq!(maintenance.0, StatusCode::NO_CONTENT);
    key(console, "kept as a hash")
}

/// Lives that life on this database file.
pub fn fill(path: &Path) -> Facts {
    let host = NativeHost::on_file(path);
    host.set_variable("password_iterations", "1000");
    host.on_send(|request| Ok(upstream(request)));
    host.on_connect(server);
    let mut console = Console { host, headers: HeaderMap::new() };
    console.header("spin-client-addr", "192.0.2.1:50000");
    let clear = in_clear(&mut console);

    console.host.set_variable("encryption_key", ENCRYPTION_KEY);
    // The password is peppered with that key: it was set without, and is set again.
    console.headers.remove("authorization");
    console.sign_in(PASSWORD);
    let change = json!({
        "global_config": { "base_url": BASE_URL },
        "grok_config": { "cf_clearance": "a-clearance", "api_key": SETTING_KEY, "show_thinking": false },
    });
    console.post("/api/settings", change).ok();
    add(&console, &["a-token-of-the-tests.sealed-one", "a-token-of-the-tests.sealed-two"], "sso");
    // Ids are never given twice, not even the highest.
    console.post("/api/tokens/delete", json!({ "id": 6, "token_type": "sso" })).ok();
    let sealed = key(&console, "sealed");
    let session = console.headers["authorization"].to_str().expect("it is text").replace("Bearer ", "");

    let drawn = chat(&console, &clear.1, question());
    assert_eq!(drawn.status, StatusCode::OK, "{}", drawn.body);
    assert_eq!(chat(&console, &sealed.1, question()).status, StatusCode::OK);
    assert_eq!(chat(&console, SETTING_KEY, question()).status, StatusCode::OK);
    let mistake = json!({ "model": "no-such-model", "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(chat(&console, &clear.1, mistake).status, StatusCode::NOT_FOUND);

    let answer = drawn.body["choices"][0]["message"]["content"].as_str().expect("a text");
    let address = answer.split(['(', ')']).nth(1).unwrap_or_else(|| panic!("no picture: {answer}")).to_owned();
    assert_eq!(picture(&console, &address), PICTURE.as_bytes());

    console.post("/api/tokens/refresh-all", json!({}));
    while console.get("/api/tokens/refresh-progress").ok().body["data"]["running"] == true {
        console.host.settle();
    }
    let mut stranger = Console { host: console.host.clone(), headers: HeaderMap::new() };
    stranger.header("spin-client-addr", "192.0.2.66:50000");
    assert_eq!(stranger.login("a guess").status, StatusCode::UNAUTHORIZED);

    let parts = console.host.kv.borrow().clone();
    let text = |bytes| String::from_utf8(bytes).expect("this picture is text");
    let tokens = [
        (1, LIMITED),
        (2, "a-token-of-the-tests.basic-two"),
        (3, "a-token-of-the-tests.basic-three"),
        (4, "a-token-of-the-tests.super-one"),
        (5, "a-token-of-the-tests.sealed-one"),
    ];
    Facts {
        migration: String::new(),
        session,
        key: clear,
        sealed_key: sealed,
        tokens: tokens.map(|(id, token)| (id, token.to_owned())).into(),
        pictures: [(address, PICTURE.to_owned())].into(),
        store: parts.into_iter().map(|(key, bytes)| (key, text(bytes))).collect(),
    }
}
