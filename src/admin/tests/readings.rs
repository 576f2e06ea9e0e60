//! Accounts that the gateway reads from Grok by itself.

use std::{collections::BTreeMap, time::Duration};

use super::*;
use crate::{
    host::{
        SendError,
        native::{Answer as Upstream, START},
    },
    jobs::account_readings,
    providers::grok_web::{mgw, token::for_test},
    time::{HOUR, MINUTE},
};

const DEAD: &str = r#"{"code":16,"message":"[WKE=unauthenticated:invalid-credentials]","details":[]}"#;

/// A console of a gateway that reads accounts, on D1 or elsewhere, with Grok's answers.
fn console(is_d1: bool, grok: impl Fn(&http::Request<Bytes>) -> Result<Upstream, SendError> + 'static) -> Console {
    let console = Console::signed_in();
    console.host.sql("DELETE FROM leases WHERE name = 'readings'", vec![]);
    if is_d1 {
        console.host.sql("CREATE TABLE _cf_METADATA (key INTEGER)", vec![]);
        console.host.doubles.set(true);
    }
    console.host.on_send(grok);
    console
}

/// Adds accounts with these names, without waiting for what runs beside the answer.
fn add(console: &Console, names: impl IntoIterator<Item = String>) {
    let tokens: Vec<String> = names.into_iter().map(|name| for_test(&name)).collect();
    console.post("/api/tokens/add", json!({ "tokens": tokens })).ok();
}

fn numbered(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("n.{n:03}"))
}

/// Opens the console's list, and waits for what that starts. Returns how many accounts were unread before.
fn list(console: &Console) -> i64 {
    let unread = console.get("/api/tokens").ok().body["unread"].as_i64().expect("a number");
    console.host.settle();
    unread
}

fn alive(request: &http::Request<Bytes>) -> Result<Upstream, SendError> {
    Ok(about_account(request, |_| json!({ "windowSizeSeconds": 7_200, "remainingQueries": 20, "totalQueries": 30 })))
}

/// The names of the accounts that were read, in this order.
fn asked(console: &Console) -> Vec<String> {
    let requests = console.host.requests.borrow();
    let readings = requests.iter().filter(|request| request.uri().path() == "/rest/subscriptions");
    readings.map(|request| token_of(request).trim_start_matches("a-token-of-the-tests.").to_owned()).collect()
}

fn texts(console: &Console, sql: &str) -> Vec<String> {
    console.host.sql(sql, vec![]).iter().map(|row| format!("{row:?}")).collect()
}

#[test]
fn all_new_accounts_are_read_in_random_order() {
    let console = console(false, alive);
    add(&console, numbered(60));
    console.host.settle();
    let order = asked(&console);
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(sorted, numbered(60).collect::<Vec<_>>(), "each once");
    assert_ne!(order, sorted, "dead accounts in a row do not stop the others");
    assert_eq!(console.host.requests.borrow().len(), 5 * 60, "owner, subscriptions, auto, fast, media");
    assert_eq!(list(&console), 0);
    console.host.advance(Duration::from_secs(7_200));
    list(&console);
    assert_eq!(asked(&console).len(), 60, "by Grok's clock their windows may not have ended");
    console.host.advance(Duration::from_secs(5));
    list(&console);
    assert_eq!(asked(&console).len(), 120);
    assert_eq!(console.host.requests.borrow().len(), 9 * 60, "owners are known");
}

#[test]
fn on_d1_a_slice_is_three_accounts_and_one_reader_works() {
    let console = console(true, |request| {
        let slow = Duration::from_secs(2);
        Ok(Upstream {
            delay: slow,
            ..about_account(request, |_| json!({ "remainingQueries": 20, "totalQueries": 30 }))
        })
    });
    add(&console, numbered(7));
    // While the first reader waits for Grok.
    add(&console, ["n.007".to_owned()]);
    console.get("/api/tokens").ok();
    let app = console.host.app();
    assert_eq!(console.host.run(async move { account_readings::slice(&app, 3).await.ok() }), Some(false));
    console.host.settle();
    assert_eq!(asked(&console).len(), 3);
    assert_eq!(list(&console), 5);
    assert_eq!((asked(&console).len(), list(&console)), (6, 2));
    assert_eq!((asked(&console).len(), list(&console)), (8, 0));
}

#[test]
fn what_a_dead_reader_had_is_read_later() {
    let console = console(true, alive);
    *console.host.broken.borrow_mut() = Some("INSERT INTO account_readings".to_owned());
    add(&console, numbered(4));
    console.host.settle();
    *console.host.broken.borrow_mut() = None;
    assert_eq!((asked(&console).len(), list(&console)), (3, 4));
    assert_eq!(asked(&console).len(), 3, "its lease still runs");
    console.host.advance(Duration::from_secs(30));
    list(&console);
    assert_eq!(asked(&console).len(), 4);
    console.host.advance(Duration::from_secs(5 * 60));
    list(&console);
    assert_eq!((asked(&console).len(), list(&console)), (7, 0));
}

#[test]
fn a_dead_account_expires_and_a_failed_one_is_read_in_an_hour() {
    let console = console(false, |request| match token_of(request).as_str() {
        "a-token-of-the-tests.dead" => Ok(Upstream::new(401, DEAD)),
        "a-token-of-the-tests.far" => Err(SendError::Connection("refused".to_owned())),
        _ => alive(request),
    });
    add(&console, ["dead", "far", "good"].map(str::to_owned));
    console.host.settle();
    let states =
        texts(&console, "SELECT state, read_type, read_at IS NULL, last_failure_reason <> '' FROM tokens ORDER BY id");
    assert_eq!(
        states,
        [
            r#"[Text("expired"), Null, Integer(1), Integer(1)]"#,
            r#"[Text("active"), Null, Integer(1), Integer(1)]"#,
            r#"[Text("active"), Text("sso"), Integer(0), Integer(0)]"#,
        ]
    );
    let due = console.host.number("SELECT read_due FROM tokens WHERE id = 2");
    assert_eq!(due - console.host.app().now_ms(), HOUR);
    let requests = || console.host.requests.borrow().len();
    let before = requests();
    console.host.advance(Duration::from_secs(3_599));
    list(&console);
    assert_eq!(requests(), before);
    console.host.on_send(alive);
    console.host.advance(Duration::from_secs(1));
    list(&console);
    assert_eq!(asked(&console).last().map(String::as_str), Some("far"));
    assert_eq!(requests(), before + 5, "the dead one is left alone");
    assert_eq!(console.host.number("SELECT read_at IS NOT NULL FROM tokens WHERE id = 2"), 1);
}

#[test]
fn no_account_is_read_for_ten_minutes_after_a_slice_failed() {
    let console = console(true, |_| Ok(Upstream::new(403, "<html>Just a moment...</html>")));
    add(&console, numbered(4));
    console.host.settle();
    let requests = || console.host.requests.borrow().len();
    let before = requests();
    assert_eq!(console.host.number("SELECT until FROM leases WHERE name = 'readings'"), START + 10 * MINUTE);
    console.host.advance(Duration::from_secs(599));
    add(&console, ["n.004".to_owned()]);
    list(&console);
    assert_eq!(requests(), before);
    console.host.on_send(alive);
    console.host.advance(Duration::from_secs(1));
    list(&console);
    assert_eq!(asked(&console).len(), 2, "those that were not asked about yet");
}

/// Grok's own trouble may look like ended sessions for some minutes.
#[test]
fn an_account_that_was_read_before_expires_at_the_second_refusal() {
    let mut console = console(false, alive);
    add(&console, numbered(1));
    console.host.settle();
    console.host.on_send(|_| Ok(Upstream::new(401, DEAD)));
    let state = |console: &Console| texts(console, "SELECT state, strikes FROM tokens");
    console.host.advance(Duration::from_secs(24 * 3600 + 60));
    for (minutes, expected) in [(0, r#"[Text("active"), Integer(1)]"#), (5, r#"[Text("expired"), Integer(2)]"#)] {
        console.host.advance(Duration::from_secs(minutes * 60));
        let app = console.host.app();
        console.host.run(async move { account_readings::slice(&app, 20).await.expect("it is done") });
        assert_eq!(state(&console), [expected], "after {minutes} minutes");
    }
    console.sign_in("a long password");
    console.post("/api/tokens/status", json!({ "id": 1, "enabled": true })).ok();
    assert_eq!(state(&console), [r#"[Text("active"), Integer(0)]"#]);
    list(&console);
    assert_eq!(state(&console), [r#"[Text("active"), Integer(1)]"#], "it is read at once");
}

#[test]
fn doubles_are_found_by_their_owner() {
    let console = console(false, |request| match token_of(request).contains("twin") {
        true if request.uri().path() == "/api/auth/session" => {
            Ok(Upstream::new(200, format!(r#"{{"userId":"{}"}}"#, mgw::script::USER)))
        }
        _ => alive(request),
    });
    add(&console, ["twin.a", "twin.b", "other", "twin.c"].map(str::to_owned));
    console.host.settle();
    let doubles = || {
        let rows = console.get("/api/tokens?sort=created&order=asc").ok().body["data"].take();
        let rows = rows.as_array().expect("a list").clone();
        rows.into_iter().map(|row| (row["id"].as_i64(), row["duplicate_of"].as_i64())).collect::<BTreeMap<_, _>>()
    };
    let of =
        |pairs: &[(i64, Option<i64>)]| pairs.iter().map(|(id, first)| (Some(*id), *first)).collect::<BTreeMap<_, _>>();
    assert_eq!(doubles(), of(&[(1, Some(4)), (2, Some(4)), (3, None), (4, None)]));
    console.post("/api/tokens/delete", json!({ "tokens": [4] })).ok();
    assert_eq!(doubles(), of(&[(1, Some(2)), (2, None), (3, None)]));
}

#[test]
fn a_read_quota_ends_a_rest() {
    let console = console(false, |request| {
        let left = |mode: &str| match mode {
            "auto" => {
                json!({ "windowSizeSeconds": 7_200, "remainingQueries": 0, "totalQueries": 7, "waitTimeSeconds": 900 })
            }
            _ => json!({ "windowSizeSeconds": 7_200, "remainingQueries": 20, "totalQueries": 30 }),
        };
        Ok(about_account(request, left))
    });
    console.host.sql("INSERT INTO leases VALUES ('readings', 4000000000000)", vec![]);
    add(&console, numbered(1));
    for mode in ["auto", "fast"] {
        console.quota(1, mode, 0, START + 10 * HOUR);
        console.cool(1, mode, START + 10 * HOUR);
    }
    console.host.sql("INSERT INTO account_blocks VALUES (1, ?)", vec![START.into()]);
    let blocks = || texts(&console, "SELECT blocked, blocked_until FROM tokens");
    assert_eq!(blocks(), [format!("[Integer(3), Integer({})]", START + 10 * HOUR)]);
    console.host.sql("DELETE FROM leases WHERE name = 'readings'", vec![]);
    list(&console);
    let known = texts(
        &console,
        "SELECT bucket, remaining, total, until, cool_until FROM account_quotas WHERE total > 0 ORDER BY bucket",
    );
    assert_eq!(
        known,
        [
            format!(r#"[Text("auto"), Integer(0), Integer(7), Integer({}), Integer(0)]"#, START + 15 * MINUTE),
            format!(
                r#"[Text("fast"), Integer(20), Integer(30), Integer({}), Integer({})]"#,
                START + 2 * HOUR,
                START + HOUR
            ),
        ],
        "within an hour where quota is left, with the window where none is"
    );
    let lacking = 4 + 8;
    assert_eq!(blocks(), [format!("[Integer({}), Integer({})]", 3 + lacking, START + 15 * MINUTE)]);
}

#[test]
fn a_chat_that_met_a_limit_has_its_account_read() {
    let console = console(false, alive);
    add(&console, numbered(1));
    console.host.settle();
    console.host.on_connect(|_| {
        Ok(mgw::script::opened().into_iter().chain(mgw::script::stream_error("usage_limit_reached")).collect())
    });
    console.host.on_send(|request| {
        Ok(about_account(request, |_| {
            json!({ "windowSizeSeconds": 86_400, "remainingQueries": 0, "totalQueries": 30, "waitTimeSeconds": 60 })
        }))
    });
    // The day's first chat would do the daily work instead.
    console.host.sql("INSERT INTO leases VALUES ('day', 4000000000000)", vec![]);
    let key = console.post("/api/keys/add", json!({ "name": "app" })).ok().body["data"]["key"].take();
    let mut client = Console { host: console.host.clone(), headers: HeaderMap::new() };
    client.header("authorization", &format!("Bearer {}", key.as_str().expect("a text")));
    let chat = || {
        let body = json!({ "model": "grok-4-fast", "messages": [{ "role": "user", "content": "hi" }] });
        let answer = client.post("/v1/chat/completions", body);
        console.host.settle();
        (answer.status.as_u16(), answer.headers["retry-after"].to_str().expect("a number").to_owned())
    };
    assert_eq!(chat(), (429, "7200".to_owned()), "as the first reading said");
    assert_eq!(asked(&console).len(), 2);
    assert_eq!(chat(), (429, "60".to_owned()), "as the second says");
    assert_eq!(asked(&console).len(), 2);
    assert_eq!(console.host.sockets.handshakes.borrow().len(), 1);
}
