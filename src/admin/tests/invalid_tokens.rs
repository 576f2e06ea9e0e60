//! Rows of earlier releases that do not hold a token.

use super::*;
use crate::{
    crypto::{digest::sha256_hex, vault::Vault},
    providers::grok_web::{mgw::script, token::for_test},
};

const KEY: &str = "a key of sixteen characters and more";
const JUNK: [&str; 6] = [
    "anna.field@example.com----Passw0rd!x----eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "user.name----password----eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "#HttpOnly_.grok.com",
    "TRUE",
    "/",
    "basic-two",
];

/// A database of an earlier release: `junk` rows, and behind them one token.
fn earlier(encryption_key: &str, junk: usize) -> Console {
    let mut console = Console::signed_in();
    console.host.set_variable("encryption_key", encryption_key);
    console.sign_in("a long password");
    let rows: Vec<String> = (0..junk)
        .map(|n| if n < JUNK.len() { JUNK[n].to_owned() } else { format!("junk {n}") })
        .chain([for_test("good")])
        .collect();
    let app = console.host.app();
    console.host.run(async move {
        let vault = Vault::open(&*app.host).await.expect("the key is long enough");
        for row in rows {
            let hash = sha256_hex(&row);
            let values = vec![hash.as_str().into(), vault.seal(&*app.host, &row, &hash).into()];
            let insert =
                "INSERT INTO tokens (hash, sealed, suffix, token_type, created_at) VALUES (?, ?, 's', 'sso', 0)";
            app.db.execute(insert, values).await.expect("a row can be added");
        }
    });
    console.host.sql("DELETE FROM leases WHERE name = 'tokens-looked-at'", vec![]);
    console.host.on_send(|_| Ok(script::identity(script::USER)));
    console.host.on_connect(|_| Ok(script::turn([script::text("Hello")])));
    console
}

fn invalid(console: &Console) -> i64 {
    console.get("/api/stats").ok().body["data"]["normal"]["invalid"].as_i64().expect("a number")
}

/// Everything that Grok was sent.
fn sent(console: &Console) -> String {
    let handshakes = console.host.sockets.handshakes.borrow();
    let sockets = handshakes.iter().map(|handshake| format!("{:?}", handshake.headers));
    let requests = console.host.requests.borrow();
    let calls = requests.iter().map(|request| format!("{:?}", request.headers()));
    sockets.chain(calls).collect()
}

fn assert_clean(console: &Console) {
    let sent = sent(console);
    assert!(!["@", "----", "#", "TRUE", "basic-two", "junk"].iter().any(|text| sent.contains(text)), "{sent}");
}

#[test]
fn invalid_rows_are_shown_and_deleted_at_once() {
    for key in ["", KEY] {
        let console = earlier(key, 450);
        let (stats, rows) = (invalid(&console), console.get("/api/tokens?state=invalid&limit=1").ok());
        assert_eq!((stats, &rows.body["total"]), (450, &json!(450)), "every slice was looked through");
        assert!(rows.body["data"][0]["state_reason"].as_str().expect("a text").contains("not a session token"));
        assert!(rows.statements <= 2, "once they are looked at, that costs nothing");
        assert_eq!(console.get("/api/tokens").ok().body["data"][0]["status_code"], "unused");
        console.post("/api/tokens/status", json!({ "ids": (1..=451).collect::<Vec<_>>(), "enabled": true })).ok();
        assert_eq!(invalid(&console), 450, "switching on makes no token of it");
        let export = |query: &str| console.get(&format!("/api/tokens/export?format=text{query}")).body;
        assert_eq!(export(""), format!("{}\n", for_test("good")));
        assert!(export("&state=invalid").as_str().expect("a text").starts_with(JUNK[0]), "nothing is lost unseen");
        let removed = console.post("/api/tokens/delete", json!({ "state": "invalid" })).ok();
        assert_eq!(removed.body["data"]["deleted"], 450);
        assert_eq!((invalid(&console), &console.get("/api/tokens").ok().body["total"]), (0, &json!(1)));
    }
    let console = Console::signed_in();
    for body in [json!({ "state": "expired" }), json!({ "state": "invalid", "ids": [1] })] {
        assert_eq!(console.post("/api/tokens/delete", body).refusal(), (400, "invalid_value", "state"));
    }
}

#[test]
fn no_chat_sends_or_fails_by_one() {
    for key in ["", KEY] {
        let console = earlier(key, 300);
        let name = console.post("/api/keys/add", json!({ "name": "app" })).ok().body["data"]["key"].take();
        let mut client = Console { host: console.host.clone(), headers: HeaderMap::new() };
        client.header("authorization", &format!("Bearer {}", name.as_str().expect("a text")));
        for n in 0..5 {
            let body = json!({ "model": "grok-4-fast", "messages": [{ "role": "user", "content": "hi" }] });
            let answer = client.post("/v1/chat/completions", body);
            assert_eq!(answer.status, StatusCode::OK, "{n}: {}", answer.body);
            client.host.settle();
        }
        let attempts = console.host.number("SELECT sum(attempts) FROM request_logs");
        assert_eq!(attempts, 5, "none of them counts as an attempt");
        assert_clean(&console);
    }
}

#[test]
fn no_other_call_sends_one() {
    let console = earlier(KEY, JUNK.len());
    for id in 1..=JUNK.len() {
        assert_eq!(console.post("/api/tokens/test", json!({ "id": id })).refusal().0, 409);
        assert_eq!(console.post("/api/upstream/check", json!({ "id": id })).refusal().0, 409);
    }
    let console = earlier(KEY, JUNK.len());
    console.post("/api/upstream/check", json!({})).ok();
    assert_clean(&console);
    let console = earlier(KEY, JUNK.len());
    console.post("/api/tokens/refresh-all", json!({}));
    while console.get("/api/tokens/refresh-progress").ok().body["data"]["running"] == true {
        console.host.settle();
    }
    assert!(sent(&console).contains("tests.good"));
    assert_clean(&console);
}

#[test]
fn maintenance_checks_a_slice_and_skips_new_rows() {
    let console = earlier(KEY, 250);
    let wake = || {
        let mut request = http::Request::new(futures::stream::empty().boxed_local());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = "http://gateway.test/internal/maintenance".parse().expect("a valid address");
        console.host.run(router::route(console.host.app(), request).boxed_local());
    };
    wake();
    let marked = || console.host.number("SELECT count(*) FROM tokens WHERE state = 'disabled'");
    assert_eq!(marked(), 200);
    console.host.advance(std::time::Duration::from_secs(1_800));
    wake();
    assert_eq!(marked(), 250);
    console.post("/api/tokens/add", json!({ "tokens": [for_test("new")], "token_type": "sso" })).ok();
    let unseen = "SELECT count(*) FROM tokens WHERE id > (SELECT until FROM leases WHERE name = 'tokens-looked-at')";
    assert_eq!(console.host.number(unseen), 0);
}

#[test]
fn a_database_that_takes_no_writes_is_read_and_serves() {
    let console = earlier(KEY, JUNK.len());
    let key = console.post("/api/keys/add", json!({ "name": "app" })).ok().body["data"]["key"].take();
    *console.host.broken.borrow_mut() = Some("UPDATE tokens SET state = 'disabled'".to_owned());
    console.get("/api/tokens").ok();
    console.get("/api/stats").ok();
    let mut client = Console { host: console.host.clone(), headers: HeaderMap::new() };
    client.header("authorization", &format!("Bearer {}", key.as_str().expect("a text")));
    let body = json!({ "model": "grok-4-fast", "messages": [{ "role": "user", "content": "hi" }] });
    // Nothing can be marked: each request passes a few of them over, and the turn goes on.
    let served = (0..4).filter(|_| client.post("/v1/chat/completions", body.clone()).status == StatusCode::OK).count();
    assert!(served > 0);
    assert_clean(&console);
}

#[test]
fn an_empty_pool_is_noted_so_that_new_rows_are_not_checked() {
    let console = Console::signed_in();
    // As migrations leave it that the component did not apply.
    console.host.sql("DELETE FROM leases WHERE name = 'tokens-looked-at'", vec![]);
    console.get("/api/tokens").ok();
    let tokens: Vec<String> = (0..300).map(|n| for_test(&n.to_string())).collect();
    console.post("/api/tokens/add", json!({ "tokens": tokens, "token_type": "sso" })).ok();
    assert_eq!(console.get("/api/tokens?limit=1").ok().statements, 2, "the session and the list");
}
