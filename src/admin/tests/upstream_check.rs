//! Checks of the connection to Grok: every step that can fail, the advice, and what is stored.

use super::*;
use crate::{
    host::{
        SendError,
        native::{Answer as Upstream, Frame},
        websocket::{Refusal, WebSocketError},
    },
    providers::grok_web::mgw::script::{self, USER, event},
};

const OTHER: &str = "0b9de2f4-17c8-4a6b-9a51-6c3e1f2d4b77";

/// One account, whose owner and session Grok knows.
fn healthy() -> Console {
    let console = Console::signed_in();
    console
        .post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.first.aaaaaa"], "token_type": "sso" }))
        .ok();
    console.host.on_send(|_| Ok(script::identity(script::USER)));
    console.host.on_connect(|_| Ok(created()));
    console
}

fn created() -> Vec<Frame> {
    vec![Frame::AfterSent(1), event(json!({ "type": "session.created" })), Frame::Hang]
}

fn check(console: &Console) -> Value {
    console.post("/api/upstream/check", json!({ "id": 1 })).ok().body["data"].clone()
}

/// `ok`, `failed` and `skipped` by their first letters, in the order of the steps.
fn states(data: &Value) -> String {
    let steps = data["steps"].as_array().expect("a list");
    steps.iter().map(|step| &step["state"].as_str().expect("a text")[..1]).collect()
}

fn codes(data: &Value) -> Vec<&str> {
    data["advice"].as_array().expect("a list").iter().map(|advice| advice["code"].as_str().expect("a text")).collect()
}

#[track_caller]
fn expect(data: &Value, expected: &str, failed: Value, error_type: Value, advice: &[&str]) {
    assert_eq!(
        (states(data).as_str(), &data["failed"], &data["error_type"]),
        (expected, &failed, &error_type),
        "{data}"
    );
    assert_eq!((codes(data), &data["ok"]), (advice.to_vec(), &json!(failed.is_null())), "{data}");
}

fn refused(status: u16, body: &str) -> WebSocketError {
    WebSocketError::Refused(Refusal { status, headers: Vec::new(), body: body.to_owned() })
}

fn user_id(console: &Console) -> crate::host::Value {
    console.host.sql("SELECT user_id FROM tokens WHERE id = 1", vec![])[0][0].clone()
}

#[test]
fn a_way_without_faults_is_ok_and_the_owner_is_stored_once() {
    let console = healthy();
    let answer = console.post("/api/upstream/check", json!({})).ok();
    let data = &answer.body["data"];
    expect(data, "soooo", Value::Null, Value::Null, &[]);
    assert_eq!(data["account"], json!({ "id": 1, "suffix": "aaaaaa" }));
    let sent = console.host.sockets.handshakes.borrow()[0].headers["user-agent"].clone();
    assert_eq!((data["user_agent"].as_str(), &data["user_agent_source"]), (sent.to_str().ok(), &json!("gateway")));
    assert_eq!((&data["host"], &data["transport"]), (&json!("grok.com"), &json!("websocket")));
    assert_eq!(user_id(&console), USER.into());
    assert_eq!((answer.statements, console.host.requests.borrow().len()), (3, 1), "session, account, owner");

    let answer = console.post("/api/upstream/check", json!({ "token": "a-token-of-the-tests.first.aaaaaa" })).ok();
    expect(&answer.body["data"], "soooo", Value::Null, Value::Null, &[]);
    assert_eq!((answer.statements, console.host.requests.borrow().len()), (2, 2), "the same id is not written again");
    console.host.settle();
    assert_eq!(*console.host.sockets.closes.borrow(), [(1000, ""), (1000, "")], "no session is left open");
    assert_eq!(console.host.sockets.sent.borrow().len(), 2, "nothing is asked");
}

#[test]
fn the_setting_is_what_is_sent() {
    let console = healthy();
    console.post("/api/settings", json!({ "grok_config": { "user_agent": "Agent/7" } })).ok();
    let data = check(&console);
    assert_eq!((&data["user_agent"], &data["user_agent_source"]), (&json!("Agent/7"), &json!("setting")));
    assert_eq!(console.host.sockets.handshakes.borrow()[0].headers["user-agent"], "Agent/7");
}

#[test]
fn without_a_body_the_account_used_least_recently_is_checked() {
    let console = healthy();
    console
        .post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.b.bbbbbb", "a-token-of-the-tests.c.cccccc", "a-token-of-the-tests.d.dddddd"], "token_type": "sso" }))
        .ok();
    console.host.sql("UPDATE tokens SET last_used_at = 100 - id WHERE id < 4", vec![]);
    let checked = || console.post("/api/upstream/check", json!({})).ok().body["data"]["account"]["id"].clone();
    assert_eq!(checked(), 4, "never used");
    console.host.sql("UPDATE tokens SET state = 'expired' WHERE id = 4", vec![]);
    assert_eq!(checked(), 3);
    console.host.sql("UPDATE tokens SET state = 'disabled'", vec![]);
    assert_eq!(console.post("/api/upstream/check", json!({})).refusal().0, 404);
    assert_eq!(console.post("/api/upstream/check", json!({ "id": 9 })).refusal().0, 404);
    let answer = console.post("/api/upstream/check", json!({ "id": "one" }));
    assert_eq!((answer.refusal().0, answer.refusal().2), (400, "id"));
}

#[test]
fn a_failing_name_differs_from_a_failing_connection() {
    let console = healthy();
    console.host.on_send(|_| Err(SendError::Unresolved("DNS error".to_owned())));
    expect(&check(&console), "fssss", json!("name"), json!("name"), &["check_dns", "set_dns_over_https_url"]);
    console.host.on_send(|_| Err(SendError::Connection("connection refused".to_owned())));
    let data = check(&console);
    expect(&data, "sfsss", json!("connect"), json!("network"), &["open_port", "other_egress"]);
    assert_eq!(data["steps"][1]["message"], "no connection: connection refused");
    console.host.on_send(|request| match request.uri().path() {
        "/api/auth/session" => Ok(script::identity(script::USER)),
        _ => Err(SendError::Connection("no resolver".to_owned())),
    });
    console.host.on_connect(|_| Err(WebSocketError::Unresolved("grok.com".to_owned())));
    expect(&check(&console), "fooss", json!("name"), json!("name"), &["check_dns", "set_dns_over_https_url"]);
    console.host.on_connect(|_| Err(WebSocketError::Unreachable("access denied".to_owned())));
    let data = check(&console);
    expect(&data, "sfoss", json!("connect"), json!("network"), &["open_port", "other_egress"]);
    assert_eq!(data["steps"][1]["message"], "access denied");
}

#[test]
fn a_variable_that_leads_elsewhere_is_named_first() {
    let console = healthy();
    console.host.set_variable("grok_base_url", "http://192.0.2.7:8080/");
    console.host.on_send(|_| Err(SendError::Denied("192.0.2.7".to_owned())));
    let data = check(&console);
    expect(&data, "sfsss", json!("connect"), json!("network"), &["check_grok_base_url", "open_port", "other_egress"]);
    assert_eq!(data["host"], "192.0.2.7:8080");
}

#[test]
fn an_unknown_owner_ends_the_check_and_a_known_one_does_not() {
    let console = healthy();
    console.host.on_send(|_| Ok(Upstream::new(500, "{}")));
    expect(&check(&console), "sofss", json!("identity"), json!("upstream"), &["wait"]);
    assert_eq!(user_id(&console), "".into());
    console.host.sql("UPDATE tokens SET user_id = ?", vec![OTHER.into()]);
    console.host.requests.borrow_mut().clear();
    let data = check(&console);
    expect(&data, "sosoo", Value::Null, Value::Null, &[]);
    assert_eq!(
        data["steps"][2]["message"],
        "Grok did not return the user id of the account (500: server error); the stored user id is used"
    );
    assert!(console.host.sockets.handshakes.borrow()[0].url.ends_with(OTHER));
    assert_eq!(console.host.requests.borrow().len(), 1);
    // The service's answer replaces the id of a pasted cookie.
    console.host.on_send(|_| Ok(script::identity(script::USER)));
    expect(&check(&console), "soooo", Value::Null, Value::Null, &[]);
    assert!(console.host.sockets.handshakes.borrow()[1].url.ends_with(USER));
    assert_eq!(user_id(&console), USER.into());
}

#[test]
fn a_refusal_concerns_the_network_or_the_account() {
    let console = healthy();
    const AT_HOME: [&str; 3] = ["set_user_agent_and_clearance", "other_egress", "official_key"];
    for (status, body, error_type, advice) in [
        (403, "<html>Just a moment...</html>", "blocked", &AT_HOME[..]),
        (403, "", "blocked", &AT_HOME),
        (403, r#"{"error":{"code":7,"message":"This request is not allowed."}}"#, "upstream", &["replace_account"]),
        (429, "", "rate_limited", &["wait"]),
        (502, "", "upstream", &["wait"]),
    ] {
        console.host.on_connect(move |_| Err(refused(status, body)));
        let data = check(&console);
        expect(&data, "soofs", json!("upgrade"), json!(error_type), advice);
        let message = data["steps"][3]["message"].as_str().expect("a text");
        assert!(message.starts_with(&format!("status {status}: ")), "{message}");
    }
    assert_eq!(console.host.sql("SELECT state FROM tokens", vec![])[0][0], "active".into());
    console.host.on_send(|_| Ok(Upstream::new(403, "<html>Just a moment...</html>")));
    console.host.sql("UPDATE tokens SET user_id = ''", vec![]);
    expect(&check(&console), "sofss", json!("identity"), json!("blocked"), &AT_HOME);
}

/// The account's state, strikes and last failure.
fn standing(console: &Console) -> (String, i64, String) {
    use crate::host::Value::{Integer, Text};
    let row = console.host.sql("SELECT state, strikes, last_failure_reason FROM tokens WHERE id = 1", vec![]).remove(0);
    match <[crate::host::Value; 3]>::try_from(row) {
        Ok([Text(state), Integer(strikes), Text(reason)]) => (state, strikes, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dead_account_gets_a_strike_as_after_a_chat() {
    for (on_upgrade, states) in [(true, "soofs"), (false, "sofss")] {
        let console = healthy();
        match on_upgrade {
            true => console.host.on_connect(|_| Err(refused(401, "{}"))),
            false => console.host.on_send(|_| Ok(Upstream::new(200, r#"{"status":"unauthenticated"}"#))),
        }
        console.host.sql("UPDATE tokens SET user_id = ?", vec![USER.into()]);
        let failed = if on_upgrade { "upgrade" } else { "identity" };
        for (state, strikes) in [("active", 1), ("expired", 2)] {
            expect(&check(&console), states, json!(failed), json!("dead_account"), &["replace_account"]);
            let (found, counted, reason) = standing(&console);
            assert_eq!((found.as_str(), counted), (state, strikes));
            assert!(reason.starts_with("account refused"), "{reason}");
        }
    }
}

#[test]
fn a_stored_owner_that_cannot_be_confirmed_costs_one_strike() {
    let console = healthy();
    console.host.sql("UPDATE tokens SET user_id = ?", vec![OTHER.into()]);
    console.host.on_send(|_| Ok(Upstream::new(500, "oops")));
    console.host.on_connect(|_| Err(refused(401, "{}")));
    expect(&check(&console), "sosfs", json!("upgrade"), json!("dead_account"), &["replace_account"]);
    assert_eq!((standing(&console).0.as_str(), standing(&console).1), ("active", 1));
}

#[test]
fn a_limit_that_the_check_meets_cools_the_account() {
    let console = healthy();
    let cooled = "SELECT coalesce(sum(cool_until), 0) FROM account_quotas WHERE bucket = 'fast'";
    let limited =
        Refusal { status: 429, headers: vec![("retry-after".to_owned(), "7".to_owned())], body: String::new() };
    console.host.on_connect(move |_| Err(WebSocketError::Refused(limited.clone())));
    expect(&check(&console), "soofs", json!("upgrade"), json!("rate_limited"), &["wait"]);
    assert_eq!(console.host.number(cooled), console.host.app().now_ms() + 7000);
    assert_eq!((standing(&console).0.as_str(), standing(&console).1), ("active", 0));
}

#[test]
fn what_blocks_this_machine_leaves_the_account_alone() {
    let console = healthy();
    console.host.on_connect(|_| Err(refused(403, "")));
    check(&console);
    assert_eq!(standing(&console), ("active".to_owned(), 0, String::new()));
}

#[test]
fn advice_fits_the_place() {
    let mut console = healthy();
    console.host.on_connect(|_| Err(refused(403, "")));
    console.host.sql("CREATE TABLE _cf_KV (key TEXT)", vec![]);
    assert_eq!(codes(&check(&console)), ["set_user_agent_and_clearance", "other_egress", "official_key"], "on workerd");
    console.header("cf-ray", "230b030023ae2822-SJC");
    assert_eq!(codes(&check(&console)), ["placement", "set_user_agent", "official_key"], "on Cloudflare");
    console.post("/api/settings", json!({ "grok_config": { "user_agent": "Agent/7" } })).ok();
    assert_eq!(codes(&check(&console)), ["placement", "official_key"]);
    console.host.on_connect(|_| Err(WebSocketError::Unreachable("internal error".to_owned())));
    expect(&check(&console), "sfoss", json!("connect"), json!("network"), &["wait"]);
    console.host.on_connect(|_| Ok(vec![Frame::Hang]));
    expect(&check(&console), "sooof", json!("session"), json!("timeout"), &["wait", "placement"]);
}

#[test]
fn silence_is_a_timeout_of_the_step_that_is_silent() {
    let console = healthy();
    console.host.on_connect(|_| Ok(vec![Frame::Hang]));
    let data = check(&console);
    expect(&data, "sooof", json!("session"), json!("timeout"), &["wait", "other_egress"]);
    assert_eq!(data["steps"][4]["ms"], 15_000);
    console.host.on_connect(|_| Err(WebSocketError::Unreachable("no connection within 20000 ms".to_owned())));
    expect(&check(&console), "soofs", json!("upgrade"), json!("timeout"), &["wait", "other_egress"]);
    console.host.on_send(|_| Ok(Upstream { body: vec![crate::host::native::Step::Hang], ..Upstream::new(200, "") }));
    console.host.sql("UPDATE tokens SET user_id = ''", vec![]);
    let data = check(&console);
    expect(&data, "sfsss", json!("connect"), json!("timeout"), &["open_port", "other_egress", "wait"]);
    assert_eq!(data["steps"][1]["ms"], 16_000, "two calls of 8 s");
}

#[test]
fn all_steps_together_end_after_thirty_seconds() {
    let console = healthy();
    let slow = || Upstream { delay: std::time::Duration::from_millis(7_900), ..script::identity(script::USER) };
    console.host.on_send(move |request| match request.uri().path() {
        "/" => Ok(Upstream { headers: vec![("set-cookie", format!("x-userid={USER}"))], ..slow() }),
        _ => Ok(Upstream { status: 500, ..slow() }),
    });
    console.host.on_connect(|_| Ok(vec![Frame::Hang]));
    let data = check(&console);
    assert_eq!((&data["steps"][2]["ms"], &data["steps"][4]["ms"]), (&json!(15_800), &json!(14_200)));
    expect(&data, "sooof", json!("session"), json!("timeout"), &["wait", "other_egress"]);
}

#[test]
fn a_session_that_ends_at_once_fails_its_step() {
    let console = healthy();
    console.host.on_connect(|_| Ok(vec![Frame::Close(1011, "")]));
    expect(&check(&console), "sooof", json!("session"), json!("upstream"), &["wait"]);
    let limited = json!({ "type": "error", "error": { "code": 8, "message": "Too many requests" } });
    console.host.on_connect(move |_| Ok(vec![event(limited.clone())]));
    expect(&check(&console), "sooof", json!("session"), json!("rate_limited"), &["wait"]);
}

#[test]
fn over_http_no_socket_is_opened() {
    let console = healthy();
    console.post("/api/settings", json!({ "grok_config": { "chat_transport": "http" } })).ok();
    let data = check(&console);
    expect(&data, "sooss", Value::Null, Value::Null, &["set_x_statsig_id"]);
    assert_eq!(data["transport"], "http");
    assert!(console.host.sockets.handshakes.borrow().is_empty());
    console.post("/api/settings", json!({ "grok_config": { "x_statsig_id": "signature" } })).ok();
    expect(&check(&console), "sooss", Value::Null, Value::Null, &[]);
}
