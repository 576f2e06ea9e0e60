//! The refresh of all accounts, by polling.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use super::*;
use crate::{
    host::{
        SendError,
        native::{Answer as Upstream, START, Step},
    },
    providers::grok_web::token::for_test,
    time::HOUR,
};

const LEASE: Duration = Duration::from_secs(30);
const DEAD: &str = r#"{"code":16,"message":"[WKE=unauthenticated:invalid-credentials]","details":[]}"#;

fn console(basic: usize, supers: usize) -> Console {
    let console = Console::signed_in();
    for (count, token_type) in [(basic, "sso"), (supers, "ssoSuper")] {
        let tokens: Vec<String> = (0..count).map(|n| for_test(&format!("{token_type}.{n}"))).collect();
        if count > 0 {
            console.post("/api/tokens/add", json!({ "tokens": tokens, "token_type": token_type })).ok();
        }
    }
    console
}

/// A console on D1, where slices are small.
fn on_d1(console: &Console) {
    console.host.sql("CREATE TABLE _cf_METADATA (key INTEGER)", vec![]);
    console.host.doubles.set(true);
}

fn start(console: &Console) -> Answer {
    console.post("/api/tokens/refresh-all", json!({}))
}

/// Asks for the progress once, and runs the slice that this started to its end.
fn poll(console: &Console) -> Value {
    let data = console.get("/api/tokens/refresh-progress").ok().body["data"].clone();
    console.host.settle();
    data
}

fn to_the_end(console: &Console) -> (Value, usize) {
    for polls in 0..1_000 {
        let data = poll(console);
        if data["running"] == false {
            return (data, polls);
        }
    }
    panic!("the refresh does not end");
}

fn alive(request: &http::Request<Bytes>) -> Result<Upstream, SendError> {
    Ok(about_account(request, |_| json!({ "windowSizeSeconds": 72_000, "remainingQueries": 76, "totalQueries": 80 })))
}

/// How often each account was read.
fn asked(console: &Console) -> BTreeMap<String, usize> {
    let requests = console.host.requests.borrow();
    let readings = requests.iter().filter(|request| request.uri().path() == "/rest/subscriptions");
    readings.fold(BTreeMap::new(), |mut counts, request| {
        *counts.entry(token_of(request)).or_default() += 1;
        counts
    })
}

fn counts(data: &Value) -> [&Value; 5] {
    ["running", "current", "total", "success", "failed"].map(|name| &data[name])
}

#[test]
fn two_thousand_tokens_are_asked_once_each() {
    let console = console(2_000, 0);
    on_d1(&console);
    console.host.on_send(alive);
    let idle = poll(&console);
    assert_eq!(
        (counts(&idle), &idle["state"]),
        ([&json!(false), &json!(0), &json!(0), &json!(0), &json!(0)], &json!("idle"))
    );
    let begun = start(&console).ok().body;
    assert_eq!((&begun["data"]["started"], &begun["data"]["total"]), (&json!(true), &json!(2_000)));
    console.host.settle();
    let (data, polls) = to_the_end(&console);
    assert_eq!(counts(&data), [&json!(false), &json!(2_000), &json!(2_000), &json!(2_000), &json!(0)]);
    assert_eq!(polls, 666, "slices of three accounts");
    let asked = asked(&console);
    assert_eq!((asked.len(), asked.values().max()), (2_000, Some(&1)));
    let known = console.host.number("SELECT count(*) FROM account_quotas WHERE remaining = 76 AND until > 0");
    assert_eq!(known, 2 * 2_000);
}

#[test]
fn a_slice_stays_far_from_fifty_subrequests() {
    for (is_d1, slice) in [(true, 3), (false, 20)] {
        let console = console(150, 0);
        if is_d1 {
            on_d1(&console);
        }
        console.host.on_send(alive);
        start(&console).ok();
        console.host.settle();
        assert_eq!(asked(&console).len(), slice);
        assert_eq!(console.host.requests.borrow().len(), 5 * slice, "owner, subscriptions, auto, fast, media");
        console.get("/api/tokens/refresh-progress").ok();
        console.host.settle();
        let statements = console.host.statements.borrow().len();
        assert_eq!(statements, 4, "session, progress, hand-out, report: {:?}", console.host.statements.borrow());
    }
}

#[test]
fn the_type_decides_which_modes_are_asked_for() {
    let console = console(1, 1);
    console.host.on_send(|request| {
        Ok(about_account(request, |mode| json!({ "remainingQueries": if mode == "expert" { 90 } else { 140 } })))
    });
    start(&console).ok();
    console.host.settle();
    let modes = console.host.requests.borrow().iter().filter(|asked| asked.uri().path() == "/rest/rate-limits").count();
    assert_eq!(modes, 2 + 3, "a Basic account has auto and fast, a Super one expert, too");
    let rows = console.get("/api/tokens").ok().body["data"].clone();
    let shown = |n: usize| {
        let states: Vec<_> = (0..4).map(|mode| rows[n]["quotas"][mode]["state"].clone()).collect();
        json!([rows[n]["token_type"], rows[n]["type_read"], rows[n]["quota_until"], states])
    };
    let super_ = ["left", "left", "left", "not_granted"];
    assert_eq!(shown(0), json!(["ssoSuper", true, START + 2 * HOUR, super_]));
    assert_eq!(shown(1), json!(["sso", true, START + 24 * HOUR, ["left", "left", "not_granted", "not_granted"]]));
}

#[test]
fn only_the_accounts_own_troubles_touch_it() {
    let console = console(6, 0);
    let state = |n: i64| {
        console.host.sql(
            "SELECT state, strikes, skip_until, last_failure_reason, remaining FROM tokens t
               JOIN account_quotas q ON q.account_id = t.id WHERE id = ?",
            vec![n.into()],
        )[0]
        .clone()
    };
    (1..=6).for_each(|id| console.quota(id, "fast", 5, START + 1_000_000));
    console.host.sql("UPDATE tokens SET state = 'disabled' WHERE id = 6", vec![]);
    console.host.sql("UPDATE tokens SET state = 'expired', strikes = 2 WHERE id = 5", vec![]);
    console.cool(5, "fast", START + 500_000);
    let before = [state(2), state(3), state(6)];
    console.host.on_send(|request| match token_of(request).as_str() {
        "a-token-of-the-tests.sso.0" => Ok(Upstream::new(401, DEAD)),
        "a-token-of-the-tests.sso.1" => Ok(Upstream::new(403, "<html>Just a moment...</html>")),
        "a-token-of-the-tests.sso.2" => Err(SendError::Connection("refused".to_owned())),
        "a-token-of-the-tests.sso.3" => Ok(about_account(request, |_| json!({ "windowSizeSeconds": 60 }))),
        _ => alive(request),
    });
    start(&console).ok();
    console.host.settle();
    let (data, _) = to_the_end(&console);
    assert_eq!(counts(&data), [&json!(false), &json!(5), &json!(5), &json!(2), &json!(3)]);
    assert_eq!([state(2), state(3), state(6)], before);
    let gone = console.host.sql("SELECT state, last_failure_reason FROM tokens WHERE id = 1", vec![])[0].clone();
    assert_eq!(format!("{gone:?}"), r#"[Text("expired"), Text("account refused: the session is unknown")]"#);
    let fast = |column: &str, id: i64| {
        console.host.number(&format!("SELECT {column} FROM account_quotas WHERE account_id = {id} AND bucket = 'fast'"))
    };
    assert_eq!(fast("remaining", 4), 5, "unreported is not 0");
    assert_eq!(console.host.number("SELECT state = 'active' AND strikes = 0 FROM tokens WHERE id = 5"), 1);
    assert_eq!(fast("cool_until", 5), START + 500_000, "a quota ends no rest");
    assert!(!asked(&console).contains_key("sso.5"), "a disabled token is left alone");
    let failed = console.get("/api/tokens/refresh-progress?results=1&outcome=failed&limit=1&offset=1").ok().body;
    let result = &failed["data"]["results"];
    assert_eq!(
        (result.as_array().map(Vec::len), &result[0]["id"], &result[0]["reason"]),
        (Some(1), &json!(3), &json!("no connection: refused"))
    );
    let all = console.get("/api/tokens/refresh-progress?results=1").ok().body["data"]["results"].clone();
    let outcomes: Vec<_> = all.as_array().unwrap().iter().map(|result| result["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["expired", "failed", "failed", "ok", "ok"]);
}

#[test]
fn a_second_start_is_refused_until_the_first_ends() {
    let console = console(20, 0);
    on_d1(&console);
    console.host.on_send(alive);
    start(&console).ok();
    let second = start(&console);
    assert_eq!(second.refusal(), (409, "REFRESH_RUNNING", ""));
    assert_eq!((&second.body["data"]["running"], &second.body["data"]["total"]), (&json!(true), &json!(20)));
    console.host.settle();
    to_the_end(&console);
    assert_eq!(asked(&console).values().max(), Some(&1));
    start(&console).ok();
    console.host.settle();
    to_the_end(&console);
    assert_eq!(asked(&console).values().copied().collect::<Vec<_>>(), vec![2; 20]);
    assert_eq!(console.host.number("SELECT count(DISTINCT job) FROM refresh_slices"), 1);
}

#[test]
fn an_upstream_that_hangs_ends_within_the_lease() {
    let console = console(100, 0);
    console.host.on_send(|_| Ok(Upstream { body: vec![Step::Hang], ..Upstream::new(200, "") }));
    start(&console).ok();
    let began = console.host.app().now_ms();
    console.host.settle();
    assert!(console.host.app().now_ms() - began < LEASE.as_millis() as i64);
    assert_eq!(console.host.open_bodies.get(), 0, "nothing is still being read");
    let (data, _) = to_the_end(&console);
    assert_eq!(counts(&data), [&json!(false), &json!(100), &json!(100), &json!(0), &json!(100)]);
    let requests = console.host.requests.borrow();
    let sessions = requests.iter().filter(|asked| asked.uri().path() == "/api/auth/session").count();
    assert_eq!(sessions, 100, "those that were not begun were put back");
}

/// An instance that dies: it took a slice and never reports.
fn die(console: &Console) {
    *console.host.broken.borrow_mut() = Some("INSERT INTO refresh_slices".to_owned());
    poll(console);
    *console.host.broken.borrow_mut() = None;
}

#[test]
fn a_slice_whose_instance_died_is_asked_once_more_and_no_more() {
    let console = console(15, 0);
    on_d1(&console);
    console.host.on_send(alive);
    start(&console).ok();
    console.host.settle();
    die(&console);
    poll(&console);
    assert_eq!(asked(&console).len(), 6, "its lease still runs");
    console.host.advance(LEASE);
    die(&console);
    console.host.advance(LEASE);
    let (data, _) = to_the_end(&console);
    assert_eq!(counts(&data), [&json!(false), &json!(15), &json!(15), &json!(12), &json!(3)]);
    assert_eq!(asked(&console).values().filter(|times| **times == 2).count(), 3);
    assert_eq!(asked(&console).values().max(), Some(&2));
}

#[test]
fn a_late_report_changes_nothing() {
    let console = console(1, 0);
    let slow = Rc::new(RefCell::new(true));
    let first = slow.clone();
    console.host.on_send(move |request| {
        let is_first = request.uri().path() == "/rest/subscriptions" && first.replace(false);
        let left = if *first.borrow() || is_first { 1 } else { 2 };
        let delay = Duration::from_secs(if is_first { 7 } else { 1 });
        Ok(Upstream { delay, ..about_account(request, |_| json!({ "remainingQueries": left })) })
    });
    start(&console).ok();
    console.host.sql("UPDATE refresh_job SET lease_until = 0", vec![]);
    let (data, _) = to_the_end(&console);
    assert_eq!((asked(&console).values().sum::<usize>(), &data["success"]), (2, &json!(1)));
    assert_eq!(console.host.number("SELECT count(*) FROM refresh_slices"), 1);
}

#[test]
fn a_cancelled_job_ends_and_another_may_begin() {
    let console = console(30, 0);
    on_d1(&console);
    console.host.on_send(alive);
    start(&console).ok();
    let cancelled = console.post("/api/tokens/refresh-cancel", json!({})).ok().body["data"].clone();
    assert_eq!((&cancelled["running"], &cancelled["state"]), (&json!(false), &json!("cancelled")));
    console.host.settle();
    let data = poll(&console);
    assert_eq!((&data["success"], &data["state"]), (&json!(3), &json!("cancelled")), "what was under way counts");
    assert_eq!(asked(&console).len(), 3);
    start(&console).ok();
    console.host.settle();
    assert_eq!(to_the_end(&console).0["success"], 30);
}

#[test]
fn deleted_and_unreadable_accounts_do_not_stop_it() {
    let mut console = Console::signed_in();
    console.host.set_variable("encryption_key", "a key of sixteen characters and more");
    console.sign_in("a long password");
    let tokens: Vec<String> = (0..25).map(|n| for_test(&format!("sealed.{n}"))).collect();
    console.post("/api/tokens/add", json!({ "tokens": tokens, "token_type": "sso" })).ok();
    console.host.set_variable("encryption_key", "another key, as long as the first");
    console.sign_in("a long password");
    console.post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.open"], "token_type": "sso" })).ok();
    on_d1(&console);
    console.host.on_send(alive);
    start(&console).ok();
    console.host.settle();
    console.host.sql("DELETE FROM tokens WHERE id BETWEEN 6 AND 22", vec![]);
    let (data, _) = to_the_end(&console);
    assert_eq!(counts(&data)[1..], [&json!(9), &json!(9), &json!(1), &json!(8)]);
    assert_eq!(asked(&console).into_keys().collect::<Vec<_>>(), ["a-token-of-the-tests.open"]);
    console.host.sql("DELETE FROM tokens", vec![]);
    assert_eq!(start(&console).ok().body["data"]["running"], false, "an empty pool is done at once");
}

#[test]
fn an_abandoned_job_gives_way() {
    let console = console(20, 0);
    on_d1(&console);
    console.host.on_send(alive);
    start(&console).ok();
    console.host.settle();
    console.host.advance(Duration::from_secs(601));
    start(&console).ok();
    console.host.settle();
    assert_eq!(to_the_end(&console).0["success"], 20);
    assert_eq!(console.get("/api/tokens/refresh-progress?outcome=good").refusal(), (400, "invalid_value", "outcome"));
}
