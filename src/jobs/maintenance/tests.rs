//! What is due and when, on the host's clock across local midnights: woken by a caller, or by the first request of a
//! day.

use std::{cell::Cell, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use http::Method;

use super::*;
use crate::{
    crypto::digest::sha256_hex,
    host::{
        Body, Host, Value,
        native::{Answer, NativeHost, START},
    },
    http::router,
    providers::grok_web::token::for_test,
};

mod sealing;

const HOUR: u64 = 3600;
const CHAT: &str = r#"{"model":"grok-4-fast","messages":[{"role":"user","content":"hi"}]}"#;
const STREAM: &str = r#"{"model":"grok-4-fast","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

const ANSWER: [&str; 2] = [
    "{\"result\":{\"response\":{\"token\":\"Hello\"}}}\n",
    "{\"result\":{\"response\":{\"isSoftStop\":true,\"finalMetadata\":{}}}}\n",
];

/// Returns a gateway with an API key and an account that answers at once. It is 16:00 in its time zone, the default.
fn gateway() -> Rc<NativeHost> {
    let host = NativeHost::new();
    let app = host.app();
    host.run(async move { crate::store::schema::migrate(&app.db).await.expect("an empty database takes it") });
    let key = vec![sha256_hex("sk-test").into()];
    host.sql("INSERT INTO api_keys (hash, display, name, created_at) VALUES (?, 'sk', 'app', 0)", key);
    let token = vec![sha256_hex(&for_test("token")).into(), for_test("token").into()];
    host.sql("INSERT INTO tokens (hash, sealed, suffix, token_type, created_at) VALUES (?, ?, 'x', 'sso', 0)", token);
    // The older transport, whose scripted answer is short.
    host.sql("INSERT INTO settings VALUES ('grok', '{\"chat_transport\":\"http\"}')", vec![]);
    host.on_send(|_| Ok(Answer::chunks(ANSWER)));
    // Another instance reads accounts from Grok.
    host.sql("INSERT INTO leases VALUES ('readings', 4000000000000)", vec![]);
    host
}

fn request(method: Method, path: &str, body: &'static str) -> Request {
    let mut request = http::Request::new(futures::stream::iter([Ok(Bytes::from(body))]).boxed_local());
    *request.method_mut() = method;
    *request.uri_mut() = format!("http://gateway.test{path}").parse().expect("a valid address");
    request.headers_mut().insert("content-length", body.len().into());
    request.headers_mut().insert("authorization", "Bearer sk-test".parse().expect("a valid header"));
    request
}

/// Returns the status, and the number of statements before the answer, read from its `server-timing`.
fn ask(host: &Rc<NativeHost>, method: Method, path: &str, body: &'static str) -> (u16, u32) {
    host.statements.borrow_mut().clear();
    let reply = host.run(router::route(host.app(), request(method, path, body)).boxed_local());
    let timing = reply.headers()["server-timing"].to_str().expect("it is text");
    let calls = timing.trim_start_matches("db;desc=").split(';').next().and_then(|calls| calls.parse().ok());
    let ahead = calls.expect("it counts the statements");
    let status = reply.status().as_u16();
    if let Body::Stream(chunks) = reply.into_body() {
        host.run(chunks.collect::<Vec<_>>());
    }
    host.settle();
    (status, ahead)
}

fn wake(host: &Rc<NativeHost>) {
    let status = ask(host, Method::POST, "/internal/maintenance", "").0;
    assert!(matches!(status, 202 | 204), "{status}");
}

/// Sends a chat. Returns whether it started the maintenance.
fn chat(host: &Rc<NativeHost>) -> bool {
    assert_eq!(ask(host, Method::POST, "/v1/chat/completions", CHAT).0, 200);
    started(host) > 0
}

/// Returns the number of slices that were started since the last request.
fn started(host: &NativeHost) -> usize {
    host.statements.borrow().iter().filter(|sql| sql.contains("RETURNING seq, media_id, parts")).count()
}

/// Adds expired cached files, each of one part.
fn expired(host: &NativeHost, count: i64) {
    host.sql(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
         INSERT INTO media_copies (media_id, kind, state, content_type, etag, size, parts, stored_at, expires_at)
         SELECT 'f' || n, 'image', 'stored', '', '', 9, 1, 0, 1 FROM n",
        vec![count.into()],
    );
    for row in host.sql("SELECT media_id || '/' || seq || '/0' FROM media_copies", vec![]) {
        let [Value::Text(key)] = &row[..] else { panic!("{row:?}") };
        host.kv.borrow_mut().insert(key.clone(), vec![0; 9]);
    }
}

/// Adds log rows, each this many days ago.
fn log(host: &NativeHost, days: impl IntoIterator<Item = i64>) {
    for (n, ago) in days.into_iter().enumerate() {
        let id = (host.now_ms() - ago * crate::time::DAY) * 2048 + n as i64;
        host.sql(
            "INSERT INTO request_logs (id, request_id, ip, key_id, key_name, model, stream, status, error_code,
               error, duration_ms, attempts, token_suffix, prompt_tokens, completion_tokens)
             VALUES (?, '', '', 1, '', 'grok-4', 0, 200, '', '', 1, 1, '', 1, 1)",
            vec![id.into()],
        );
    }
}

fn logged(host: &NativeHost) -> i64 {
    host.number("SELECT count(*) FROM request_logs")
}

fn advance(host: &NativeHost, seconds: u64) {
    host.advance(Duration::from_secs(seconds));
}

#[test]
fn the_log_is_pruned_by_the_settings_once_an_hour() {
    let host = gateway();
    wake(&host);
    log(&host, [0, 10, 29, 31, 40]);
    advance(&host, 60);
    wake(&host);
    assert_eq!(logged(&host), 5, "an hour has not passed");
    advance(&host, HOUR);
    wake(&host);
    assert_eq!(logged(&host), 3);
    host.sql("INSERT INTO settings VALUES ('global', '{\"log_retention_days\":20}')", vec![]);
    advance(&host, HOUR);
    wake(&host);
    assert_eq!(logged(&host), 2);
}

#[test]
fn expired_sessions_and_old_failures_are_deleted() {
    let host = gateway();
    host.sql("INSERT INTO admin_sessions VALUES ('a', '', '', 0, ?1), ('b', '', '', 0, ?1 + 1)", vec![START.into()]);
    let window = START - login_attempts::WINDOW;
    host.sql("INSERT INTO login_attempts VALUES ('192.0.2.1', ?1, 3), ('', ?1 + 1, 3)", vec![window.into()]);
    wake(&host);
    assert_eq!(host.number("SELECT count(*) + 10 * sum(hash = 'b') FROM admin_sessions"), 11);
    assert_eq!(host.number("SELECT count(*) + 10 * sum(address = '') FROM login_attempts"), 11);
}

#[test]
fn the_first_request_of_a_local_day_starts_it() {
    for (offset, hours) in [("480", 8), ("0", 16), ("-480", 24)] {
        let host = gateway();
        host.set_variable("timezone_offset_minutes", offset);
        assert!(chat(&host), "nothing was ever done");
        expired(&host, 3);
        advance(&host, hours * HOUR - 1);
        assert!(!chat(&host), "the day is not over at {offset}");
        assert_eq!(host.statements.borrow().len(), 2, "one before, one after");
        advance(&host, 1);
        let (status, ahead) = ask(&host, Method::POST, "/v1/chat/completions", STREAM);
        assert_eq!((status, ahead, started(&host)), (200, 1, 1), "one round trip before the answer");
        let statements = host.statements.borrow();
        let place = |text: &str| statements.iter().position(|sql| sql.contains(text)).expect("it was sent");
        assert!(place("INSERT INTO finished_requests") < place("INSERT INTO leases"), "the chat's own row comes first");
        drop(statements);
        assert_eq!((host.kv.borrow().len(), host.number("SELECT count(*) FROM media_copies")), (0, 0));
        assert!(!chat(&host), "once a day");
    }
}

#[test]
fn only_requests_with_a_valid_key_start_it() {
    let host = gateway();
    host.sql("DELETE FROM tokens", vec![]);
    let mut stranger = request(Method::GET, "/v1/models", "");
    stranger.headers_mut().insert("authorization", "Bearer sk-wrong".parse().expect("a valid header"));
    let reply = host.run(router::route(host.app(), stranger).boxed_local());
    host.settle();
    assert_eq!((reply.status().as_u16(), started(&host)), (401, 0));
    for (path, body, status) in [
        ("/v1/models", "", 200),
        ("/v1/models/grok-4", "", 200),
        ("/v1/chat/completions", "{}", 400),
        ("/v1/chat/completions", CHAT, 503),
    ] {
        let method = if body.is_empty() { Method::GET } else { Method::POST };
        let (answered, ahead) = ask(&host, method, path, body);
        assert_eq!((answered, started(&host)), (status, 1), "{path}");
        // An empty pool takes three statements: for an account, the key, and when an account is free.
        assert_eq!(ahead, if status == 503 { 3 } else { 1 }, "{path}");
        advance(&host, 24 * HOUR);
    }
}

#[test]
fn a_migrated_database_has_no_due_work() {
    let host = gateway();
    host.sql("DELETE FROM d1_migrations", vec![]);
    assert_eq!((ask(&host, Method::GET, "/v1/models", "").0, started(&host)), (200, 0));
}

#[test]
fn one_of_many_parallel_first_requests_starts_it() {
    let host = gateway();
    expired(&host, 4 * PARTS as i64);
    host.sql("UPDATE settings SET value = json_patch(value, '{\"stream_first_response_timeout\":0}')", vec![]);
    host.statements.borrow_mut().clear();
    let answered = Rc::new(Cell::new(0));
    // Half of them are answered late, after the maintenance has ended.
    let asked = Cell::new(0u64);
    host.on_send(move |_| {
        let mut answer = Answer::chunks(ANSWER);
        asked.set(asked.get() + 1);
        answer.delay = Duration::from_secs(asked.get() % 2 * asked.get() * 10);
        Ok(answer)
    });
    for _ in 0..20 {
        let (app, answered) = (host.app(), answered.clone());
        host.start(async move {
            let reply = router::route(app, request(Method::POST, "/v1/chat/completions", CHAT)).await;
            answered.set(answered.get() + usize::from(reply.status().as_u16() == 200));
        });
    }
    host.settle();
    assert_eq!(answered.get(), 20);
    assert_eq!((host.kv.borrow().len(), started(&host)), (0, 5), "four slices, and one that finds nothing left");
    assert_eq!(host.kv_calls.borrow().len(), 4 * PARTS, "no part was deleted twice");
}

#[test]
fn several_slices_run_on_the_same_day() {
    let host = gateway();
    assert!(chat(&host));
    advance(&host, 8 * HOUR);
    expired(&host, 60);
    log(&host, std::iter::repeat_n(31, 6_000));
    for n in 0..450 {
        let values = vec![format!("h{n}").into(), START.into()];
        host.sql("INSERT INTO tokens (hash, sealed, suffix, token_type, created_at, state) VALUES (?1, 'a-token-of-the-tests.clear', 'x', 'sso', ?2, 'disabled')", values);
    }
    host.set_variable("encryption_key", "a key of sixteen or more characters");
    // The token of the pool is one of them. A chat reads it unencrypted or encrypted.
    assert!(chat(&host));
    assert_eq!((host.kv.borrow().len(), logged(&host)), (0, 2), "the two chats of this test are left");
    assert_eq!(host.number("SELECT count(*) FROM tokens WHERE substr(sealed, 1, 3) <> 'v1.'"), 0);
    assert!(!chat(&host));
}

#[test]
fn the_next_request_continues_after_the_last_slice() {
    let host = gateway();
    expired(&host, (SLICES * PARTS) as i64 + 30);
    assert!(chat(&host));
    assert_eq!(host.kv.borrow().len(), 30);
    assert!(!chat(&host), "not at once");
    advance(&host, 30);
    assert!(chat(&host));
    assert_eq!(host.kv.borrow().len(), 0);
    advance(&host, 30);
    assert!(!chat(&host));
}

#[test]
fn with_regular_calls_no_request_starts_it() {
    let host = gateway();
    wake(&host);
    // From 16:00 on, past midnight.
    for minute in 0..60 * 20 {
        if minute % 15 == 14 {
            wake(&host);
        }
        if minute % 15 == 13 {
            assert!(!chat(&host), "minute {minute}");
        }
        advance(&host, 60);
    }
    // The calls end at 12:00. After the next midnight a request starts it again.
    advance(&host, 12 * HOUR - 1);
    assert!(!chat(&host));
    advance(&host, 1);
    assert!(chat(&host));
}

#[test]
fn a_request_continues_after_an_unfinished_call() {
    let host = gateway();
    expired(&host, 60);
    wake(&host);
    assert_eq!(host.kv.borrow().len(), 60 - PARTS);
    advance(&host, 19 * 60);
    assert!(!chat(&host));
    advance(&host, 60);
    assert!(chat(&host));
    assert_eq!(host.kv.borrow().len(), 0);
}

#[test]
fn on_workers_it_stays_within_the_subrequests() {
    let calls = |host: &NativeHost| host.statements.borrow().len() + host.kv_calls.borrow().len();
    let host = gateway();
    host.sql("CREATE TABLE _cf_KV (key TEXT)", vec![]);
    host.set_variable("encryption_key", "a key of sixteen or more characters");
    expired(&host, 100);
    log(&host, std::iter::repeat_n(31, 12_000));
    let keys = (0..3).map(|n| format!("k{n}"));
    keys.for_each(|key| {
        drop(host.sql(
            "INSERT INTO api_keys (hash, sealed, display, name, created_at) VALUES (?, 'clear', '', '', 0)",
            vec![key.into()],
        ))
    });
    assert!(chat(&host));
    assert_eq!((host.kv.borrow().len(), logged(&host)), (93, 7_001));
    // The chat's own request to Grok is one more.
    let spent = calls(&host) + 1;
    assert!(spent <= 42, "{spent} calls: a chat with pictures has none left");
    host.kv_calls.borrow_mut().clear();
    advance(&host, 1200);
    // The worst case of a slice: unchecked rows, some of them invalid, and unencrypted secrets in all tables.
    host.sql("UPDATE leases SET until = 0", vec![]);
    host.sql("UPDATE api_keys SET sealed = 'clear' WHERE sealed IS NOT NULL", vec![]);
    host.sql("UPDATE settings SET value = json_patch(value, '{\"cf_clearance\":\"clear\"}')", vec![]);
    host.sql(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 150)
         INSERT INTO tokens (hash, sealed, suffix, token_type, created_at) SELECT 'h' || n, 'no token', 's', 'sso', 0 FROM n",
        vec![],
    );
    wake(&host);
    assert_eq!(host.kv.borrow().len(), 93 - PARTS);
    // One more is needed if the previous key encrypted some of them.
    assert!(calls(&host) <= 49, "{} calls", calls(&host));
}

#[test]
fn a_run_that_dies_in_any_step_is_repeated() {
    for steps in 3.. {
        let host = gateway();
        expired(&host, 30);
        log(&host, [0, 31]);
        host.steps_left.set(Some(steps));
        host.start({
            let app = host.app();
            async move { drop(router::route(app, request(Method::POST, "/v1/chat/completions", CHAT)).await) }
        });
        host.settle();
        let is_over = host.steps_left.get() != Some(0);
        host.steps_left.set(None);
        advance(&host, HOUR);
        chat(&host);
        assert_eq!((host.kv.borrow().len(), logged(&host)), (0, 3), "after {steps} steps");
        if is_over {
            assert!(steps > 40, "{steps} steps");
            break;
        }
    }
}

#[test]
fn a_failing_key_value_store_gets_few_calls() {
    let host = gateway();
    expired(&host, 100);
    host.kv_broken.set("delete");
    assert!(chat(&host));
    assert_eq!(host.kv_calls.borrow().len(), PARTS);
    advance(&host, 30);
    assert!(!chat(&host));
    host.kv_broken.set("");
    advance(&host, 8 * HOUR);
    assert!(chat(&host));
    assert_eq!(host.kv.borrow().len(), 0);
}

#[test]
fn a_read_only_database_still_serves_chats() {
    let host = gateway();
    *host.broken.borrow_mut() = Some("INSERT INTO leases".to_owned());
    assert!(!chat(&host));
    *host.broken.borrow_mut() = None;
    assert!(chat(&host));
}
