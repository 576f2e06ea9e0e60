//! Keys of xAI's API as accounts: added, read, tested, checked; and never sent to Grok.

use super::*;
use crate::{
    host::native::{Answer as Upstream, START},
    providers::grok_web::token::for_test,
    time::HOUR,
};

/// A key whose end says which one it is.
pub fn key(name: &str) -> String {
    format!("xai-a_key-of-the-tests-{name:_>6}")
}

/// A signed-in console. xAI answers about keys as `answer` says of a path; another service fails the test.
pub fn console(answer: impl Fn(&str, &str) -> (u16, Value) + 'static) -> Console {
    let console = Console::signed_in();
    console.host.on_send(move |request| {
        assert_eq!(request.uri().host(), Some("api.x.ai"), "{} is asked for a key", request.uri());
        let key = request.headers()["authorization"].to_str().expect("it is text").trim_start_matches("Bearer ");
        let (status, body) = answer(request.uri().path(), key);
        Ok(Upstream::new(status, body.to_string()))
    });
    console
}

/// What xAI answers about a good key.
pub fn good(path: &str, _: &str) -> (u16, Value) {
    let body = match path {
        "/v1/api-key" => {
            json!({ "name": "test", "api_key_blocked": false, "team_blocked": false, "acls": ["api-key:model:*"] })
        }
        "/v1/language-models" => json!({ "models": [{ "id": "grok-4.3" }, { "id": "grok-4.7" }] }),
        "/v1/image-generation-models" => json!({ "models": [{ "id": "grok-imagine-image" }] }),
        other => panic!("{other} is asked for"),
    };
    (200, body)
}

fn wrong(_: &str, _: &str) -> (u16, Value) {
    (400, json!({ "code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***90." }))
}

fn blocked(path: &str, key: &str) -> (u16, Value) {
    let (status, mut body) = good(path, key);
    body["team_blocked"] = true.into();
    (status, body)
}

pub fn row(console: &Console, id: i64) -> Value {
    console.get(&format!("/api/tokens?id={id}")).ok().body["data"][0].clone()
}

fn read_by_itself(console: &Console) {
    console.host.sql("DELETE FROM leases WHERE name = 'readings'", vec![]);
}

#[test]
fn keys_are_recognised_beside_tokens_and_read() {
    let console = console(good);
    read_by_itself(&console);
    let body = json!({ "tokens": [format!("{}\nteam----{}", key("a"), key("b"))], "token_type": "ssoSuper" });
    let added = console.post("/api/tokens/add", body).ok();
    assert_eq!(added.body["data"], json!({ "added": 2, "duplicates": 0, "invalid": [] }));
    console.host.settle();
    let row = row(&console, 1);
    assert_eq!(
        (&row["token_type"], &row["type_read"], &row["status_code"]),
        (&json!("xai"), &json!(true), &json!("normal"))
    );
    assert_eq!(row["models"], json!(["grok-4.3", "grok-4.7", "grok-imagine-image"]));
    assert_eq!((&row["quotas"], &row["media_quotas"], &row["remaining_queries"]), (&json!([]), &json!([]), &json!(-1)));
    assert_eq!((&row["token"], &row["token_suffix"], &row["user_id_suffix"]), (&json!("..."), &json!(""), &json!("")));
    let listed = console.get("/api/tokens?type=xai").ok().body;
    assert_eq!((&listed["total"], &listed["unread"]), (&json!(2), &json!(0)));
    assert_eq!(console.get("/api/tokens?type=ssoSuper").ok().body["total"], 0);
    let revealed = console.post("/api/tokens/reveal", json!({ "token": key("b") })).ok();
    assert_eq!(revealed.body["data"], json!({ "id": 2, "token": key("b") }));
}

#[test]
fn a_key_has_no_place_in_an_address_or_an_error() {
    let console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    for path in ["/api/tokens?text=", "/api/tokens/export?text="] {
        let answer = console.get(&format!("{path}{}", key("a")));
        assert_eq!(answer.refusal(), (400, "invalid_value", "text"), "{path}");
        assert!(!answer.body.to_string().contains(&key("a")), "{}", answer.body);
    }
    assert_eq!(console.get("/api/tokens?text=_____a").ok().body["total"], 0, "a part finds nothing");
    for (path, field) in [("/api/tokens/add", "tokens"), ("/api/tokens/note", "ids"), ("/api/tokens/import", "format")]
    {
        let answer = console.post(path, json!({ "content": "", field: key("a") }));
        assert_eq!((answer.refusal().0, answer.refusal().2), (400, field), "{}", answer.body);
        assert!(answer.body.to_string().contains("xai-***"), "{}", answer.body);
    }
}

#[test]
fn the_type_xai_takes_nothing_but_keys() {
    let console = console(good);
    let lines = format!("{}\n{}\nsso={}\nxai-short-of-a-key-1", for_test("web"), key("a"), key("b"));
    let reasons = [
        (1, "the type xai needs a key of xAI's API: xai- and 20 or more letters, digits, - and _"),
        (3, "this is a key of xAI's API, not a session token: paste it alone"),
        (4, "this begins like a key of xAI's API, which has 20 or more letters, digits, - and _ after xai-"),
    ];
    let body = json!({ "tokens": [lines], "token_type": "xai" });
    let data = console.post("/api/tokens/add", body).ok().body["data"].clone();
    assert_eq!(data["invalid"], json!(reasons.map(|(line, reason)| json!({ "line": line, "reason": reason }))));
    let preview = console.post("/api/tokens/import", json!({ "content": lines, "token_type": "xai", "dry_run": true }));
    let lines = preview.ok().body["data"]["lines"].clone();
    let actions: Vec<&Value> = lines.as_array().expect("a list").iter().map(|line| &line["action"]).collect();
    assert_eq!(actions, ["invalid", "skipped", "invalid", "invalid"], "the key is there already");
}

#[test]
fn a_test_reads_the_models_or_says_what_xai_said() {
    let console = console(|path, token| if token == key("good") { good(path, token) } else { blocked(path, token) });
    console.post("/api/tokens/add", json!({ "tokens": [key("good"), key("bad")] })).ok();
    let tested = console.post("/api/tokens/test", json!({ "id": 1 })).ok();
    assert_eq!(tested.body["message"], "The key is valid and has 3 models");
    assert_eq!((&tested.body["data"]["models"][0], &tested.body["data"]["quotas"]), (&json!("grok-4.3"), &json!([])));
    let failed = console.post("/api/tokens/test", json!({ "id": 2 })).body;
    assert_eq!((&failed["success"], &failed["data"]["error_type"]), (&json!(false), &json!("expired")));
    assert!(failed["message"].as_str().is_some_and(|text| text.contains("team is blocked")), "{failed}");
    let row = row(&console, 2);
    assert_eq!(row["status_code"], "expired");
    let reason = row["state_reason"].as_str().expect("a text");
    assert!(reason.starts_with("xAI refused the key") && reason.contains("team is blocked"), "{reason}");
    assert!(!failed.to_string().contains(&key("bad")));
}

#[test]
fn a_refresh_asks_each_account_where_it_belongs() {
    let console = Console::signed_in();
    console.host.on_send(|request| match request.uri().host() {
        Some("api.x.ai") => Ok(Upstream::new(200, good(request.uri().path(), "").1.to_string())),
        _ => Ok(about_account(request, |_| json!({ "remainingQueries": 20, "totalQueries": 30 }))),
    });
    console.post("/api/tokens/add", json!({ "tokens": [for_test("web"), key("a")] })).ok();
    console.post("/api/tokens/refresh-all", json!({})).ok();
    console.host.settle();
    let progress = console.get("/api/tokens/refresh-progress?results=1").ok().body["data"].clone();
    let results: Vec<(&Value, &Value)> = progress["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (&row["token_type"], &row["outcome"]))
        .collect();
    assert_eq!(results, [(&json!("sso"), &json!("ok")), (&json!("xai"), &json!("ok"))]);
    assert_eq!(row(&console, 2)["models"].as_array().map(Vec::len), Some(3));
    assert_eq!(row(&console, 1)["models"], Value::Null, "only keys have models");
}

/// The states of the steps by their first letters, and the codes of the advice.
fn checked(data: &Value) -> (String, Vec<&str>) {
    let list = |name: &str| data[name].as_array().expect("a list").iter();
    let states = list("steps").map(|step| &step["state"].as_str().expect("a text")[..1]).collect();
    (states, list("advice").map(|advice| advice["code"].as_str().expect("a text")).collect())
}

#[test]
fn the_connection_check_has_the_steps_of_a_key() {
    let console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    let data = console.post("/api/upstream/check", json!({})).ok().body["data"].clone();
    let names: Vec<&Value> = data["steps"].as_array().expect("a list").iter().map(|step| &step["name"]).collect();
    assert_eq!(names, ["name", "connect", "key", "models"]);
    assert_eq!(checked(&data), ("oooo".to_owned(), vec![]));
    assert_eq!((&data["ok"], &data["host"], &data["failed"]), (&json!(true), &json!("api.x.ai"), &Value::Null));
    assert_eq!(row(&console, 1)["models"].as_array().map(Vec::len), Some(3), "what it learned is stored");
}

#[test]
fn each_failure_of_a_key_has_its_advice() {
    let credits = "Your team has either used all available credits or reached its monthly spending limit.";
    let denied = |words: &str| (403, json!({ "code": "permission-denied", "error": words }));
    for (answer, states, error_type, codes) in [
        (wrong("", ""), "oofs", "dead_account", "replace_key"),
        (denied("Your team is blocked."), "oofs", "dead_account", "unblock_key"),
        (denied("The API key is disabled."), "oofs", "dead_account", "unblock_key"),
        (denied("No permission for this endpoint."), "oofs", "not_allowed", "allow_key"),
        ((429, json!({ "code": "x", "error": credits })), "oofs", "no_credits", "add_credits"),
        ((429, json!({ "code": "x", "error": "Too many requests" })), "oofs", "rate_limited", "wait"),
        ((500, json!({})), "oofs", "upstream", "wait"),
    ] {
        let console = console(move |_, _| answer.clone());
        console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
        let data = console.post("/api/upstream/check", json!({ "id": 1 })).ok().body["data"].clone();
        assert_eq!(checked(&data), (states.to_owned(), vec![codes]), "{data}");
        assert_eq!((&data["failed"], &data["error_type"]), (&json!("key"), &json!(error_type)), "{data}");
        let row = row(&console, 1);
        assert_eq!(row["strikes"], i64::from(error_type == "dead_account"), "{data}");
        let rests = matches!(error_type, "no_credits" | "rate_limited");
        assert_eq!(row["status_code"] == "cooling", rests, "{row}");
        if rests {
            assert!(row["state_reason"].as_str().is_some_and(|text| text.starts_with("Cooling down for ")), "{row}");
        }
    }
}

#[test]
fn a_test_that_succeeds_ends_the_rest_of_a_key() {
    let console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    console.host.sql("INSERT INTO account_quotas VALUES (1, 'api', 0, NULL, ?1, ?1)", vec![(START + HOUR).into()]);
    assert_eq!(row(&console, 1)["status_code"], "cooling");
    read_by_itself(&console);
    console.get("/api/tokens").ok();
    console.host.settle();
    let read = row(&console, 1);
    assert_eq!((&read["models"][0], &read["status_code"]), (&json!("grok-4.3"), &json!("cooling")), "not by itself");
    console.post("/api/tokens/test", json!({ "id": 1 })).ok();
    assert_eq!(row(&console, 1)["status_code"], "normal");
}

#[test]
fn a_key_that_was_taken_for_a_token_becomes_a_key() {
    let console = console(good);
    let insert = "INSERT INTO tokens (id, hash, sealed, suffix, token_type, state, last_failure_reason, created_at)
                  VALUES (1, ?, ?, '_____a', 'sso', 'disabled', ?, 5)";
    let reason = crate::jobs::invalid_tokens::NO_TOKEN;
    console.host.sql(insert, vec![sha256_hex(&key("a")).into(), key("a").into(), reason.into()]);
    assert_eq!(row(&console, 1)["status_code"], "invalid");
    let added = console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    assert_eq!(added.body["data"]["added"], 1);
    let row = row(&console, 1);
    assert_eq!((&row["token_type"], &row["status_code"]), (&json!("xai"), &json!("normal")));
    assert_eq!(row["token_suffix"], "");
    assert_eq!(console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok().body["data"]["duplicates"], 1);
}

#[test]
fn an_address_that_is_not_reached_is_named() {
    let console = Console::signed_in();
    console.host.on_send(|_| Err(crate::host::SendError::Connection("refused".to_owned())));
    console.host.set_variable("xai_base_url", "http://127.0.0.1:9/v1");
    console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    let data = console.post("/api/upstream/check", json!({ "id": 1 })).ok().body["data"].clone();
    assert_eq!(checked(&data).1, ["check_xai_base_url", "reach_api"]);
    assert_eq!(data["host"], "127.0.0.1:9");
}

#[test]
fn a_check_without_a_name_prefers_accounts_of_the_page() {
    let console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a"), for_test("web")] })).ok();
    console.host.sql("UPDATE tokens SET last_used_at = 5 WHERE id = 2", vec![]);
    let app = console.host.app();
    let found = console.host.run(async move { crate::store::accounts::least_recently_used(&app.db).await });
    assert_eq!(found.ok().flatten().map(|account| account.token.id), Some(2));
    console.post("/api/tokens/status", json!({ "id": 2, "enabled": false })).ok();
    assert_eq!(console.post("/api/upstream/check", json!({})).ok().body["data"]["account"]["id"], 1);
}

#[test]
fn a_key_is_valid_in_a_row_of_its_type_only() {
    let console = console(good);
    let stored = [("sso", key("a")), ("xai", key("b")), ("xai", for_test("web")), ("sso", for_test("web.2"))];
    for (n, (token_type, text)) in stored.into_iter().enumerate() {
        console.host.sql(
            "INSERT INTO tokens (id, hash, sealed, suffix, token_type, read_type, created_at)
             VALUES (?, ?, ?, '', 'sso', nullif(?, 'sso'), 5)",
            vec![(n as i64 + 1).into(), sha256_hex(&text).into(), text.into(), token_type.into()],
        );
    }
    console.host.sql("UPDATE leases SET until = 0 WHERE name = 'tokens-looked-at'", vec![]);
    let listed = console.get("/api/tokens?order=asc").ok().body["data"].clone();
    let states: Vec<&Value> = listed.as_array().expect("a list").iter().map(|row| &row["status_code"]).collect();
    assert_eq!(states, ["invalid", "normal", "invalid", "unused"]);
    let export = |query: &str| console.get(&format!("/api/tokens/export?format=text{query}")).body;
    assert_eq!(export(""), format!("{}\n", for_test("web.2")));
    assert_eq!(export("&state=invalid"), format!("{}\n", for_test("web")), "no key, wherever it is");
}

#[test]
fn keys_do_not_count_as_accounts_with_unknown_quotas() {
    let console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a"), key("b")] })).ok();
    console.host.sql("INSERT INTO account_quotas VALUES (2, 'api', NULL, NULL, NULL, ?)", vec![(START + HOUR).into()]);
    let pool = console.get("/api/stats").ok().body["data"].clone();
    let xai = &pool["xai"];
    assert_eq!(
        (&xai["total"], &xai["active"], &xai["cooldown"], &pool["total"]),
        (&json!(2), &json!(1), &json!(1), &json!(2))
    );
    assert_eq!((&xai["unknown_quota"], &xai["modes"]["auto"]["unknown"]), (&json!(0), &json!(0)));
    assert_eq!(pool["normal"]["total"], 0);
}
