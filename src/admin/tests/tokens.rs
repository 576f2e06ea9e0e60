//! Accounts through the console.

use super::*;
use crate::host::native::{Answer as Upstream, START};

const FULL: &str = "eyJ0eXAiOiJKV1QifQ.eyJzZXNzaW9uX2lkIjoiYSJ9.c2ln";
const HOUR: i64 = 3_600_000;

fn add(console: &Console, tokens: &[&str], token_type: &str) -> Value {
    console.post("/api/tokens/add", json!({ "tokens": tokens, "token_type": token_type })).ok().body["data"].clone()
}

fn rows(console: &Console) -> Vec<Value> {
    console.get("/api/tokens").ok().body["data"].as_array().expect("a list").clone()
}

fn limits(body: Value) -> impl Fn(&http::Request<Bytes>) -> Result<Upstream, crate::host::SendError> {
    move |request| Ok(about_account(request, |_| body.clone()))
}

#[test]
fn every_spelling_is_understood_and_nothing_counts_twice() {
    let console = Console::signed_in();
    let pasted = [
        FULL,
        " a-token-of-the-tests.b.b.b\r\n",
        "sso=a-token-of-the-tests.c.c.c; sso-rw=a-token-of-the-tests.c.c.c; cf_clearance=x",
        "",
        &format!("sso={FULL};\na-token-of-the-tests.b.b.b\nx=y"),
    ];
    let data = add(&console, &pasted, "sso");
    let invalid = json!([{ "line": 8, "reason": "the cookie line has no cookie named sso" }]);
    assert_eq!(data, json!({ "added": 3, "duplicates": 2, "invalid": invalid }));
    assert_eq!(
        add(&console, &[FULL, "a-token-of-the-tests.d.d.d"], "sso"),
        json!({ "added": 1, "duplicates": 1, "invalid": [] })
    );
    let suffixes: Vec<_> = rows(&console).iter().map(|row| row["token_suffix"].as_str().unwrap().to_owned()).collect();
    assert_eq!(suffixes, [".d.d.d", ".c.c.c", ".b.b.b", "9.c2ln"]);
}

#[test]
fn a_row_never_holds_the_token_and_reveal_does() {
    let mut console = Console::signed_in();
    add(&console, &[FULL], "ssoSuper");
    let answer = console.get("/api/tokens").ok();
    assert!(answer.statements <= 2, "{} statements", answer.statements);
    assert!(!answer.body.to_string().contains(FULL));
    let row = &answer.body["data"][0];
    let shown = json!([
        row["token"],
        row["token_type"],
        row["remaining_queries"],
        row["status"],
        row["status_code"],
        row["created_time"]
    ]);
    assert_eq!(shown, json!(["...9.c2ln", "ssoSuper", -1, "quota unknown", "unused", START]));
    for name in [json!({ "id": row["id"] }), json!({ "token": FULL }), json!({ "token": row["id"] })] {
        assert_eq!(console.post("/api/tokens/reveal", name).ok().body["data"]["token"], FULL);
    }
    console.host.set_variable("encryption_key", "a key of sixteen characters and more");
    console.sign_in("a long password");
    add(&console, &["a-token-of-the-tests.x.y.z"], "sso");
    let sealed = console.host.sql("SELECT sealed FROM tokens ORDER BY id DESC", vec![]);
    assert!(!format!("{sealed:?}").contains("a-token-of-the-tests.x.y.z"));
    assert_eq!(
        console.post("/api/tokens/reveal", json!({ "token": "sso=a-token-of-the-tests.x.y.z" })).ok().body["data"]["token"],
        "a-token-of-the-tests.x.y.z"
    );
    console.host.set_variable("encryption_key", "another key, as long as the first");
    console.sign_in("a long password");
    assert_eq!(rows(&console)[0]["status_code"], "unreadable");
    assert_eq!(console.post("/api/tokens/reveal", json!({ "token": "a-token-of-the-tests.x.y.z" })).refusal().0, 409);
}

#[test]
fn a_known_token_keeps_what_is_known_of_it() {
    let console = Console::signed_in();
    add(&console, &[FULL], "sso");
    console.post("/api/tokens/tags", json!({ "token": FULL, "tags": [" prod ", "", "<b>", "prod"] })).ok();
    console.post("/api/tokens/note", json!({ "id": 1, "note": "  mine " })).ok();
    let before = rows(&console);
    assert_eq!((&before[0]["tags"], &before[0]["note"]), (&json!(["prod", "<b>"]), &json!("mine")));
    add(&console, &[FULL], "ssoSuper");
    assert_eq!(rows(&console), before);
    assert_eq!(console.get("/api/tokens/tags/all").ok().body["data"], json!(["<b>", "prod"]));
}

#[test]
fn pages_and_deletes_by_the_thousand() {
    let console = Console::signed_in();
    let many: Vec<String> = (0..2_500).map(|n| format!("a-token-of-the-tests.number.{n}")).collect();
    let sent: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(add(&console, &sent, "sso")["added"], 2_500);
    let page = console.get("/api/tokens?limit=2&offset=2498").ok().body;
    let ids: Vec<_> = page["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!((ids, &page["total"], &page["has_more"]), (vec![2, 1], &json!(2_500), &json!(false)));
    let beyond = console.get("/api/tokens?offset=9000").ok().body;
    assert_eq!((&beyond["data"], &beyond["total"]), (&json!([]), &json!(2_500)));
    let other_type = console.post("/api/tokens/delete", json!({ "tokens": [1, many[5]], "token_type": "ssoSuper" }));
    assert_eq!(other_type.ok().body["data"]["deleted"], 0);
    let deleted = console.post("/api/tokens/delete", json!({ "ids": [1, 2, 99_999], "tokens": many })).ok();
    assert_eq!((&deleted.body["data"]["deleted"], deleted.statements), (&json!(2_500), 2));
}

#[test]
fn bad_input_names_its_field() {
    let console = Console::signed_in();
    for (path, body, status, field) in [
        ("add", json!({ "tokens": ["a-token-of-the-tests.a.b.c"], "token_type": "gold" }), 400, "token_type"),
        ("add", json!({ "tokens": "a-token-of-the-tests.a.b.c", "token_type": "sso" }), 400, "tokens"),
        ("add", json!({ "token_type": "sso" }), 400, "tokens"),
        ("add", json!({ "tokens": ["", "x=y"], "token_type": "sso" }), 400, "tokens"),
        ("delete", json!({}), 400, "tokens"),
        ("tags", json!({ "id": 1 }), 400, "tags"),
        ("tags", json!({ "tags": [] }), 400, "id"),
        ("tags", json!({ "id": 1, "tags": ["x".repeat(101)] }), 400, "tags"),
        ("tags", json!({ "id": 1, "tags": [] }), 404, ""),
        ("note", json!({ "id": 1, "note": 5 }), 400, "note"),
        ("note", json!({ "token": "a-token-of-the-tests.a.b.c", "note": "" }), 404, ""),
        ("reveal", json!({}), 400, "id"),
        ("test", json!({ "id": 1 }), 404, ""),
    ] {
        let answer = console.post(&format!("/api/tokens/{path}"), body.clone());
        let (found, _, at) = answer.refusal();
        assert_eq!((found, at), (status, field), "{path} {body}");
    }
    assert_eq!(console.get("/api/tokens?limit=0").refusal().2, "limit");
}

#[test]
fn a_test_stores_only_what_grok_reports() {
    let console = Console::signed_in();
    add(&console, &["a-token-of-the-tests.basic"], "sso");
    console.host.on_send(limits(json!({ "windowSizeSeconds": 72_000, "remainingTokens": 76, "totalTokens": 80 })));
    let data = console.post("/api/tokens/test", json!({ "id": 1 })).ok().body["data"].clone();
    assert_eq!((&data["valid"], &data["remaining_queries"], &data["limit"]), (&json!(true), &json!(76), &json!(80)));
    assert_eq!(console.host.requests.borrow().len(), 5);
    console.host.on_send(limits(json!({ "windowSizeSeconds": 60 })));
    assert_eq!(console.post("/api/tokens/test", json!({ "id": 1 })).ok().body["data"]["remaining_queries"], 76);
    let row = &rows(&console)[0];
    assert_eq!((&row["remaining_queries"], &row["quota_until"]), (&json!(76), &json!(START + 20 * HOUR)));
    console.host.on_send(limits(json!({ "remainingQueries": 0, "windowSizeSeconds": 7200, "waitTimeSeconds": 50 })));
    console.post("/api/tokens/test", json!({ "id": 1 })).ok();
    let row = &rows(&console)[0];
    let shown = json!([row["remaining_queries"], row["quota_until"], row["status_code"], row["limit_reason"]]);
    assert_eq!(shown, json!([0, START + 50_000, "exhausted", "exhausted"]));
}

#[test]
fn a_test_reads_the_type_and_the_modes_of_an_account() {
    let console = Console::signed_in();
    add(&console, &["a-token-of-the-tests.ssoSuper"], "sso");
    console.host.on_send(|request| {
        Ok(about_account(request, |mode| {
            let (left, total) = if mode == "expert" { (90, 90) } else { (40, 50) };
            json!({ "remainingQueries": left, "totalQueries": total, "windowSizeSeconds": 7_200 })
        }))
    });
    let data = console.post("/api/tokens/test", json!({ "id": 1 })).ok().body["data"].clone();
    let left = |mode: usize| data["quotas"][mode]["remaining"].clone();
    assert_eq!((&data["token_type"], &data["type_read"]), (&json!("ssoSuper"), &json!(true)));
    assert_eq!([left(0), left(1), left(2), left(3)], [json!(40), json!(40), json!(90), json!(0)]);
    assert_eq!((&data["remaining_queries"], &data["limit"], &data["heavy_limit"]), (&json!(40), &json!(50), &json!(0)));
    let row = &rows(&console)[0];
    assert_eq!(
        json!([row["token_type"], row["quota_until"], row["read_time"]]),
        json!(["ssoSuper", START + 2 * HOUR, START])
    );
    assert_eq!(row["user_id_suffix"].as_str().map(str::len), Some(6));
    console.host.advance(std::time::Duration::from_secs(7_200));
    assert_eq!(rows(&console)[0]["remaining_queries"], -1, "unknown after the window");
}

#[test]
fn a_failed_test_separates_the_account_from_the_connection() {
    let console = Console::signed_in();
    add(&console, &["a-token-of-the-tests.one", "a-token-of-the-tests.two"], "sso");
    let test = |id: i64, status: u16, body: &'static str| {
        console.host.on_send(move |_| Ok(Upstream::new(status, body)));
        let answer = console.post("/api/tokens/test", json!({ "id": id })).body;
        assert_eq!((&answer["success"], &answer["data"]["valid"]), (&json!(false), &json!(false)));
        (answer["data"]["error_type"].as_str().unwrap().to_owned(), answer["data"]["error_code"].as_i64().unwrap())
    };
    assert_eq!(test(1, 403, "<html>Just a moment...</html>"), ("blocked".to_owned(), 403));
    assert_eq!(test(1, 500, "{}"), ("network".to_owned(), 502));
    assert_eq!(rows(&console)[1]["status_code"], "unused", "none of this is the account's fault");
    let dead = r#"{"code":16,"message":"[WKE=unauthenticated:invalid-credentials]","details":[]}"#;
    assert_eq!(test(1, 401, dead), ("expired".to_owned(), 401));
    assert_eq!(rows(&console)[1]["status"], "expired");
    console.cool(2, "fast", START + 90_500);
    assert_eq!(test(2, 429, "{}"), ("cooldown".to_owned(), 429));
    let row = &rows(&console)[0];
    let shown = json!([row["status"], row["limit_reason"], row["cooldown_remaining"], row["cooldown_until"]]);
    assert_eq!(shown, json!(["cooling down", "cooldown", 91, START + 90_500]));
    console.host.on_send(limits(json!({ "remainingQueries": 80 })));
    console.post("/api/tokens/test", json!({ "id": 1 })).ok();
    assert_eq!(rows(&console)[1]["status_code"], "normal", "an answer proves the session good");
}
