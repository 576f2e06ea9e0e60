//! Exports accounts from one gateway and imports them into another.

use super::*;
use crate::host::native::START;

const HOUR: i64 = 3_600_000;
const SHOWN: [&str; 8] = [
    "token_suffix",
    "token_type",
    "status_code",
    "tags",
    "note",
    "remaining_queries",
    "quota_until",
    "heavy_remaining_queries",
];

fn import(console: &Console, body: Value) -> Value {
    console.post("/api/tokens/import", body).ok().body["data"].clone()
}

/// Everything that a file has of each account, oldest first.
fn shown(console: &Console) -> Vec<Vec<Value>> {
    let rows = console.get("/api/tokens?order=asc").ok().body["data"].clone();
    let shown = |row: &Value| {
        // The end of a window that has ended carries no information.
        let is_over = |name: &str| name == "quota_until" && row["remaining_queries"] == -1;
        SHOWN.map(|name| if is_over(name) { Value::Null } else { row[name].clone() }).to_vec()
    };
    rows.as_array().expect("a list").iter().map(shown).collect()
}

fn counts(data: &Value) -> [i64; 4] {
    ["added", "updated", "skipped", "invalid"].map(|name| data[name].as_i64().expect("a number"))
}

/// A pool in which every field has a value.
fn pool() -> Console {
    let mut console = Console::signed_in();
    console.host.set_variable("encryption_key", "a key of sixteen characters and more");
    console.sign_in("a long password");
    console.post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.basic.aaaaaa", "a-token-of-the-tests.spent.bbbbbb"], "token_type": "sso" })).ok();
    console
        .post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.super.cccccc", "-off-of-twenty-characters.dddddd"], "token_type": "ssoSuper" }))
        .ok();
    console.post("/api/tokens/tags", json!({ "ids": [1, 3], "tags": ["prod", "a, b"] })).ok();
    console.post("/api/tokens/note", json!({ "id": 1, "note": "=SUM(A1), \"quoted\"\nand more" })).ok();
    console.post("/api/tokens/status", json!({ "id": 4, "enabled": false })).ok();
    console.quota(2, "fast", 0, START + HOUR);
    console.quota(3, "fast", 7, START + HOUR);
    console.quota(1, "fast", 5, START);
    console
}

#[test]
fn a_file_carries_types_states_tags_notes_and_quotas() {
    let from = pool();
    for format in ["csv", "json"] {
        let file = from.get(&format!("/api/tokens/export?format={format}"));
        assert_eq!((file.status, &file.headers["cache-control"]), (StatusCode::OK, &"no-store".parse().unwrap()));
        assert_eq!((file.statements, &file.headers["x-keys-left-out"]), (3, &"0".parse().unwrap()));
        let content = file.body.as_str().map_or_else(|| file.body.to_string(), str::to_owned);
        assert!(content.contains("a-token-of-the-tests.basic.aaaaaa"));
        let into = Console::signed_in();
        let preview = import(&into, json!({ "content": content, "dry_run": true }));
        assert_eq!((counts(&preview), shown(&into).len()), ([4, 0, 0, 0], 0), "a preview changes nothing");
        let data = import(&into, json!({ "content": content }));
        assert_eq!((counts(&data), &data["lines"]), ([4, 0, 0, 0], &preview["lines"]));
        let here = shown(&from);
        assert_eq!(shown(&into), here, "{format}");
        assert_eq!((&here[0][5], &here[1][2], &here[3][2]), (&json!(-1), &json!("normal"), &json!("disabled")));
        assert_eq!(into.host.number("SELECT count(*) FROM tokens WHERE blocked = 2"), 1);
        assert_eq!(counts(&import(&into, json!({ "content": content }))), [0, 0, 4, 0], "nothing is new");
    }
}

#[test]
fn a_plain_list_holds_the_tokens_alone() {
    let from = pool();
    let file = from.get("/api/tokens/export?format=text&type=sso");
    assert_eq!(file.body, json!("a-token-of-the-tests.basic.aaaaaa\na-token-of-the-tests.spent.bbbbbb\n"));
    let into = Console::signed_in();
    assert_eq!(counts(&import(&into, json!({ "content": file.body }))), [2, 0, 0, 0], "Grok reports the type");
    assert_eq!(shown(&into)[1][..5], [json!("bbbbbb"), json!("sso"), json!("unused"), json!([]), json!("")]);
}

#[test]
fn a_preview_says_what_would_happen_to_each_line() {
    let console = pool();
    let before = shown(&console);
    let content = "token,token_type,note,remaining_queries,quota_until\na-token-of-the-tests.new.one,sso,,,\n\na-token-of-the-tests.basic.aaaaaa,ssoSuper,other,9,1769680000000\n\
        to ken,sso,,,\na-token-of-the-tests.spent.bbbbbb,sso,,3,1769680000000\na-token-of-the-tests.new.one,sso,,,\na-token-of-the-tests.new.two,,,,\na-token-of-the-tests.super.cccccc,gold,,,\n";
    let data = import(&console, json!({ "content": content, "dry_run": true }));
    let lines: Vec<Value> = data["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| json!([o["line"], o["action"], o["token_suffix"], o["reason"]]))
        .collect();
    assert_eq!(
        lines,
        [
            json!([2, "added", "ew.one", ""]),
            json!([4, "updated", "aaaaaa", "type, note, quota"]),
            json!([5, "invalid", "", "no token in it: neither a JWT nor a value after sso="]),
            json!([6, "skipped", "bbbbbb", "The account exists already, and the file changes nothing"]),
            json!([7, "skipped", "ew.one", "Duplicate of line 2"]),
            json!([8, "added", "ew.two", ""]),
            json!([
                9,
                "invalid",
                "",
                "token_type is sso (Basic), ssoSuper (Super), ssoHeavy (Heavy) or xai (a key of xAI's API)"
            ]),
        ]
    );
    assert_eq!(shown(&console), before);
    let kept = import(&console, json!({ "content": content, "update": false }));
    assert_eq!((counts(&kept), &shown(&console)[..4]), ([2, 0, 3, 2], &before[..]));
    assert_eq!(counts(&import(&console, json!({ "content": content }))), [0, 1, 4, 2]);
    let changed = &shown(&console)[0];
    assert_eq!(changed[1..6], [json!("ssoSuper"), json!("normal"), json!(["prod", "a, b"]), json!("other"), json!(9)]);
    assert_eq!(shown(&console)[1], before[1], "a known quota is newer than a file");
}

#[test]
fn thousands_fit_into_the_statements_of_a_worker() {
    let from = Console::signed_in();
    let many: Vec<String> = (0..5_000).map(|n| format!("{n:0>200}")).collect();
    from.post("/api/tokens/add", json!({ "tokens": many, "token_type": "sso" })).ok();
    let file = from.get("/api/tokens/export?format=csv");
    assert_eq!((file.status, file.statements), (StatusCode::OK, 8));
    let into = Console::signed_in();
    let answer = into.post("/api/tokens/import", json!({ "content": file.body })).ok();
    assert_eq!(counts(&answer.body["data"]), [5_000, 0, 0, 0]);
    assert!(answer.statements < 10, "{} statements", answer.statements);
    assert_eq!(into.get("/api/tokens?limit=1").ok().body["total"], 5_000);
}

#[test]
fn what_cannot_be_opened_is_left_out() {
    let mut console = pool();
    console.host.set_variable("encryption_key", "another key, as long as the first");
    console.sign_in("a long password");
    assert_eq!(console.get("/api/tokens/export").body, json!([]));
    console.post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.open"], "token_type": "sso" })).ok();
    assert_eq!(console.get("/api/tokens/export").body[0]["token"], "a-token-of-the-tests.open");
    assert_eq!(console.get("/api/tokens/export?format=text").body, "a-token-of-the-tests.open\n");
}

#[test]
fn a_file_that_is_none_is_refused() {
    let console = Console::signed_in();
    for content in ["", "\n\n", "token\n", "[{\"token\":", "a,b\n1,2", "token\n\"a-token-of-the-tests.open"] {
        let body = json!({ "content": content, "format": if content.starts_with('[') { "json" } else { "csv" } });
        assert_eq!(
            console.post("/api/tokens/import", body).refusal(),
            (400, "invalid_value", "content"),
            "{content:?}"
        );
    }
    assert_eq!(console.get("/api/tokens/export?format=xml").refusal(), (400, "invalid_value", "format"));
}
