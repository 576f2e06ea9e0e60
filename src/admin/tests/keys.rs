//! API keys: making, naming, batches, revealing.

use super::*;

fn add(console: &Console, name: &str) -> Value {
    console.post("/api/keys/add", json!({ "name": name })).ok().body["data"].take()
}

fn names(console: &Console, query: &str) -> Vec<String> {
    let rows = console.get(&format!("/api/keys{query}")).ok().body["data"].take();
    rows.as_array().expect("it is a list").iter().map(|row| row["name"].to_string()).collect()
}

#[test]
fn a_new_key_is_shown_once_and_listed_masked() {
    let console = Console::signed_in();
    let made = add(&console, "  app ");
    let key = made["key"].as_str().expect("it is shown").to_owned();
    assert_eq!((key.len(), &key[..3]), (35, "sk-"));
    let answer = console.get("/api/keys").ok();
    let masked = format!("{}...{}", &key[..6], &key[31..]);
    let row = json!({
        "id": made["id"], "key": masked, "display_key": masked, "name": "app", "created_at": 1_769_673_600,
        "is_active": 1, "revealable": false, "daily_budget_usd": null, "spent_today_usd": 0.0, "spent_month_usd": 0.0,
    });
    assert_eq!(answer.body["data"], json!([row]));
    assert_eq!((&answer.body["global_key_set"], answer.statements), (&json!(false), 2));
    let revealed = console.post("/api/keys/reveal", json!({ "id": made["id"] }));
    assert_eq!(revealed.refusal(), (409, "conflict", ""), "only its hash is kept");
}

#[test]
fn with_an_encryption_key_keys_can_be_revealed() {
    let console = Console::signed_in();
    console.host.set_variable("encryption_key", "sixteen letters!");
    let made = add(&console, "app");
    let reveal = || console.post("/api/keys/reveal", json!({ "id": made["id"] }));
    assert_eq!(reveal().ok().body["data"]["key"], made["key"]);
    let other = add(&console, "other");
    console.host.sql(
        "UPDATE api_keys SET sealed = (SELECT sealed FROM api_keys WHERE id = ?) WHERE name = 'app'",
        vec![other["id"].as_i64().expect("a number").into()],
    );
    assert_eq!(reveal().refusal().0, 409, "another row's text does not open");
    assert_eq!(console.post("/api/keys/reveal", json!({ "id": 99 })).refusal(), (404, "not_found", ""));
}

#[test]
fn keys_are_named_by_id_or_in_full() {
    let console = Console::signed_in();
    let (a, b) = (add(&console, "a"), add(&console, "b"));
    let answer = console.post("/api/keys/status", json!({ "id": a["id"], "is_active": false })).ok();
    assert_eq!(answer.statements, 2);
    console.post("/api/keys/name", json!({ "key": b["key"], "name": " bb " })).ok();
    console.post("/api/keys/name", json!({ "key": a["id"], "name": "aa" })).ok();
    let rows = console.get("/api/keys").ok().body["data"].take();
    assert_eq!((&rows[0]["name"], &rows[0]["is_active"]), (&json!("bb"), &json!(1)));
    assert_eq!((&rows[1]["name"], &rows[1]["is_active"]), (&json!("aa"), &json!(0)));
    console.post("/api/keys/delete", json!({ "key": b["key"] })).ok();
    assert_eq!(console.post("/api/keys/delete", json!({ "key": b["key"] })).refusal().0, 404);
    assert_eq!(names(&console, ""), ["\"aa\""]);
}

#[test]
fn thousands_at_a_time() {
    let console = Console::signed_in();
    let mut keys = Vec::new();
    for n in 0..30 {
        let rows = console.post("/api/keys/batch-add", json!({ "name_prefix": format!("p{n}"), "count": 100 })).ok();
        assert_eq!(rows.statements, 2);
        keys.extend(rows.body["data"].as_array().expect("it is a list").clone());
    }
    assert_eq!(
        (&keys[0]["name"], &keys[99]["name"], &keys[2999]["id"]),
        (&json!("p0-1"), &json!("p0-100"), &json!(3000))
    );
    let full: Vec<&Value> = keys.iter().map(|row| &row["key"]).collect();
    let answer = console.post("/api/keys/batch-status", json!({ "keys": full, "is_active": false })).ok();
    assert_eq!((&answer.body["data"]["updated"], answer.statements), (&json!(3000), 2));
    assert_eq!(console.host.number("SELECT count(*) FROM api_keys WHERE is_active = 0"), 3000);
    let ids: Vec<i64> = (1..=2990).collect();
    let answer = console.post("/api/keys/batch-delete", json!({ "ids": ids })).ok();
    assert_eq!(answer.body["data"]["deleted"], 2990);
    assert_eq!(console.post("/api/keys/batch-delete", json!({ "ids": vec![1; 10_001] })).refusal().0, 400);

    assert_eq!(names(&console, "?limit=2&offset=1"), ["\"p29-99\"", "\"p29-98\""]);
    let page = console.get("/api/keys?limit=5&offset=10").ok();
    assert_eq!(
        (&page.body["total"], &page.body["data"], &page.body["has_more"]),
        (&json!(10), &json!([]), &json!(false))
    );
    assert_eq!(console.get("/api/keys?limit=5").ok().body["has_more"], true);
}

#[test]
fn bad_input_names_its_field() {
    let console = Console::signed_in();
    let id = add(&console, "app")["id"].take();
    let long = "x".repeat(101);
    for (path, body, field) in [
        ("add", json!({}), "name"),
        ("add", json!({ "name": " " }), "name"),
        ("add", json!({ "name": long }), "name"),
        ("add", json!({ "name": "a\nb" }), "name"),
        ("add", json!({ "name": 1 }), "name"),
        ("batch-add", json!({ "name_prefix": "", "count": 2 }), "name_prefix"),
        ("batch-add", json!({ "name_prefix": "p", "count": 0 }), "count"),
        ("batch-add", json!({ "name_prefix": "p", "count": 101 }), "count"),
        ("batch-add", json!({ "name_prefix": "p", "count": "abc" }), "count"),
        ("delete", json!({}), "key"),
        ("delete", json!({ "key": true }), "key"),
        ("status", json!({ "id": id }), "is_active"),
        ("status", json!({ "id": id, "is_active": 1 }), "is_active"),
        ("name", json!({ "id": id }), "name"),
        ("batch-delete", json!({ "keys": [] }), "keys"),
        ("batch-delete", json!({ "keys": [1.5] }), "keys[0]"),
        ("batch-status", json!({ "ids": [1] }), "is_active"),
    ] {
        let answer = console.post(&format!("/api/keys/{path}"), body.clone());
        assert_eq!(answer.refusal(), (400, "invalid_value", field), "{path} {body}");
    }
    for query in ["limit=0", "limit=1001", "limit=abc", "offset=-1"] {
        let answer = console.get(&format!("/api/keys?{query}"));
        assert_eq!(answer.refusal().0, 400, "{query}");
    }
    assert_eq!(names(&console, ""), ["\"app\""]);
}

#[test]
fn the_setting_api_key_cannot_be_changed_here() {
    let console = Console::signed_in();
    console.post("/api/settings", json!({ "grok_config": { "api_key": "sk-of-the-settings" } })).ok();
    for named in [json!({ "id": 0 }), json!({ "key": "sk-of-the-settings" })] {
        assert_eq!(console.post("/api/keys/delete", named).refusal().0, 404);
    }
    let answer = console.post("/api/keys/batch-delete", json!({ "ids": [0] })).ok();
    assert_eq!(answer.body["data"]["deleted"], 0);
    let page = console.get("/api/keys").ok();
    assert_eq!(
        (&page.body["data"], &page.body["total"], &page.body["global_key_set"]),
        (&json!([]), &json!(0), &json!(true))
    );
}
