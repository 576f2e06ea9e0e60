//! Thousands of accounts: filtered, sorted, enabled, tagged, and shown with the reason for their state.

use super::*;
use crate::host::native::START;

const HOUR: i64 = 3_600_000;
const STATES: [&str; 9] =
    ["invalid", "expired", "disabled", "unreadable", "duplicate", "cooling", "unused", "exhausted", "normal"];

/// Every combination of what a state depends on, encrypted with two keys, of which one is lost.
fn every_state() -> Console {
    let mut console = Console::signed_in();
    console.host.set_variable("encryption_key", "a key that will be lost, long enough");
    console.sign_in("a long password");
    console
        .post(
            "/api/tokens/add",
            json!({ "tokens": ["a-token-of-the-tests.lost.1", "a-token-of-the-tests.lost.2"], "token_type": "sso" }),
        )
        .ok();
    console.quota(2, "fast", 0, START + HOUR);
    console.host.set_variable("encryption_key", "the key that is in use, long enough");
    console.sign_in("a long password");
    console.post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.ours"], "token_type": "sso" })).ok();
    console.host.sql(
        "INSERT INTO tokens (id, hash, sealed, suffix, token_type, created_at) VALUES (4, 'h4', 'TRUE', 's', 'sso', 5)",
        vec![],
    );
    console.host.sql("UPDATE leases SET until = 3 WHERE name = 'tokens-looked-at'", vec![]);
    console.get("/api/tokens?limit=1").ok();
    let ends = START + HOUR;
    // What is left in a mode, its total, and its window's end.
    let quotas = ["NULL, NULL, NULL", "0, 7, 1", &format!("0, 7, {ends}"), &format!("7, 7, {ends}"), "0, 0, NULL"];
    let mut id = 10;
    for duplicate_of in ["NULL", "3"] {
        for state in ["active", "disabled", "expired"] {
            for (fast, others) in quotas.iter().flat_map(|fast| quotas.map(|others| (*fast, others))) {
                for cooling in [0, 1, ends] {
                    id += 1;
                    console.host.sql(
                        &format!(
                            "INSERT INTO tokens (id, hash, sealed, suffix, token_type, state, created_at, duplicate_of)
                             SELECT {id}, 'h{id}', sealed, 's', 'sso', '{state}', 5, {duplicate_of} FROM tokens WHERE id = 3"
                        ),
                        vec![],
                    );
                    for (mode, quota, rest) in
                        [("fast", fast, cooling), ("auto", others, 0), ("expert", others, 0), ("heavy", others, 0)]
                    {
                        console.host.sql(
                            &format!("INSERT INTO account_quotas VALUES ({id}, '{mode}', {quota}, {rest})"),
                            vec![],
                        );
                    }
                }
            }
        }
    }
    keys_in_every_state(&console);
    console
}

/// Keys of xAI's API with every combination of budget, day, limit and rest.
fn keys_in_every_state(console: &Console) {
    let (today, ends) = ((START + 8 * HOUR) / (24 * HOUR), START + HOUR);
    let limits = [
        "NULL, NULL, NULL, 0",
        "NULL, NULL, NULL, 1",
        &format!("0, NULL, {ends}, 0"),
        "0, NULL, 1, 0",
        &format!("NULL, NULL, NULL, {ends}"),
    ];
    let mut id = 1_000;
    for budget in ["NULL", "0", "5"] {
        for day in [0, today] {
            for limit in limits {
                id += 1;
                console.host.sql(
                    &format!(
                        "INSERT INTO tokens (id, hash, sealed, suffix, token_type, read_type, created_at, daily_budget, day, day_cost)
                         SELECT {id}, 'h{id}', sealed, 's', 'sso', 'xai', 5, {budget}, {day}, 5 FROM tokens WHERE id = 3"
                    ),
                    vec![],
                );
                console.host.sql(&format!("INSERT INTO account_quotas VALUES ({id}, 'api', {limit})"), vec![]);
            }
        }
    }
}

fn page(console: &Console, query: &str) -> (Vec<Value>, i64) {
    let answer = console.get(&format!("/api/tokens?{query}")).ok();
    assert!(answer.statements <= 2, "{} statements", answer.statements);
    (answer.body["data"].as_array().expect("a list").clone(), answer.body["total"].as_i64().expect("a number"))
}

fn field<'a>(rows: &'a [Value], name: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[name]).collect()
}

/// Returns the name by which the statistics count a state.
fn counted_as(state: &str) -> &str {
    match state {
        "cooling" => "cooldown",
        "normal" => "active",
        other => other,
    }
}

#[test]
fn the_row_the_filter_and_the_counts_agree_on_every_state() {
    let console = every_state();
    // An unencrypted text that resembles an encrypted one.
    console.host.sql(
        "INSERT INTO tokens (id, hash, sealed, suffix, token_type, created_at) VALUES (5, 'h5', 'v1.not-hex!.x', 's', 'sso', 5)",
        vec![],
    );
    for doubles in [false, true] {
        console.host.doubles.set(doubles);
        let (all, total) = page(&console, "");
        assert_eq!((all.len(), total), (485, 485));
        let stats = console.get("/api/stats").ok().body["data"].clone();
        let mut sum = 0;
        for state in STATES {
            let (rows, total) = page(&console, &format!("state={state}"));
            let expected = all.iter().filter(|row| row["status_code"] == state).count();
            assert!(expected > 0, "no token is {state}");
            assert_eq!((rows.len(), total), (expected, expected as i64), "{state}");
            assert!(rows.iter().all(|row| row["status_code"] == state), "{state}");
            assert!(rows.iter().all(|row| row["state_reason"].as_str().is_some_and(|text| text.len() > 5)), "{state}");
            let counted = ["normal", "super", "heavy", "xai"]
                .map(|group| stats[group][counted_as(state)].as_i64().expect("a number"));
            assert_eq!(counted.iter().sum::<i64>(), total, "{state}");
            sum += total;
        }
        assert_eq!(sum, 485, "each account is in one state");
    }
}

#[test]
fn type_tag_and_text_narrow_the_list() {
    let console = Console::signed_in();
    console.post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.one.aaaaaa", "a-token-of-the-tests.two.bbbbbb"], "token_type": "sso" })).ok();
    console
        .post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.three.cccccc"], "token_type": "ssoSuper" }))
        .ok();
    console.post("/api/tokens/tags", json!({ "id": 1, "tags": ["prod", "50%"] })).ok();
    console.post("/api/tokens/note", json!({ "id": 3, "note": "Bought from Äther" })).ok();
    for (query, ids) in [
        ("type=ssoSuper", vec![3]),
        ("type=sso", vec![2, 1]),
        ("tag=prod", vec![1]),
        ("tag=pro", vec![]),
        ("tag=50%25", vec![1]),
        ("text=bought", vec![3]),
        ("text=%C3%84ther", vec![3]),
        ("text=bbbb", vec![2]),
        ("text=%25", vec![]),
        ("text=sso%3Da-token-of-the-tests.two.bbbbbb", vec![2]),
        ("type=sso&text=bought", vec![]),
        ("sort=type&order=asc", vec![1, 2, 3]),
        ("sort=note", vec![3, 2, 1]),
        ("order=asc&limit=1&offset=1", vec![2]),
        ("id=2", vec![2]),
    ] {
        let (rows, _) = page(&console, query);
        assert_eq!(
            field(&rows, "id"),
            ids.iter().map(|id| json!(id)).collect::<Vec<_>>().iter().collect::<Vec<_>>(),
            "{query}"
        );
    }
    assert_eq!(page(&console, "type=sso&limit=1&offset=5"), (vec![], 2));
    for (query, at) in [("type=gold", "type"), ("state=tired", "state"), ("sort=hash", "sort"), ("order=up", "order")] {
        assert_eq!(console.get(&format!("/api/tokens?{query}")).refusal(), (400, "invalid_value", at));
    }
}

#[test]
fn unknown_numbers_come_last_either_way() {
    let console = Console::signed_in();
    console.post("/api/tokens/add", json!({ "tokens": ["a-token-of-the-tests.a", "a-token-of-the-tests.b", "a-token-of-the-tests.c", "a-token-of-the-tests.d"], "token_type": "sso" })).ok();
    let set = |id: i64, left: i64, until: i64| {
        console.quota(id, "fast", left, until);
    };
    set(1, 5, START + HOUR);
    set(2, 9, START + HOUR);
    set(3, 99, START);
    let numbers = |query: &str| -> Vec<i64> {
        page(&console, query).0.iter().map(|row| row["remaining_queries"].as_i64().expect("a number")).collect()
    };
    assert_eq!(numbers("sort=remaining"), [9, 5, -1, -1]);
    assert_eq!(numbers("sort=remaining&order=asc"), [5, 9, -1, -1]);
}

#[test]
fn thousands_are_switched_tagged_and_deleted_in_one_call() {
    let console = Console::signed_in();
    let tokens: Vec<String> = (0..12_000).map(|n| format!("a-token-of-the-tests.number.{n}")).collect();
    let added = console.post("/api/tokens/add", json!({ "tokens": tokens, "token_type": "sso" })).ok();
    assert_eq!(added.body["data"]["added"], 12_000);
    assert!(added.statements <= 5, "{} statements", added.statements);
    let ids: Vec<i64> = (1..=12_000).collect();
    let off = console.post("/api/tokens/status", json!({ "ids": ids, "enabled": false })).ok();
    assert_eq!((&off.body["data"]["updated"], off.statements), (&json!(12_000), 3));
    assert_eq!(page(&console, "state=disabled&limit=1").1, 12_000);
    console.post("/api/tokens/tags", json!({ "ids": [1, 2], "tags": ["old"] })).ok();
    let tagged =
        console.post("/api/tokens/tags", json!({ "tokens": tokens, "tags": ["new", "old"], "mode": "add" })).ok();
    assert_eq!(tagged.body["data"]["updated"], 12_000);
    let (rows, total) = page(&console, "tag=new&sort=created&order=asc&limit=3");
    assert_eq!(total, 12_000);
    assert_eq!(field(&rows, "tags"), [&json!(["old", "new"]), &json!(["old", "new"]), &json!(["new", "old"])]);
    console.post("/api/tokens/tags", json!({ "ids": ids, "tags": ["old"], "mode": "remove" })).ok();
    assert_eq!(page(&console, "tag=old&limit=1").1, 0);
    let deleted = console.post("/api/tokens/delete", json!({ "ids": ids[..9_000], "tokens": tokens[8_000..] })).ok();
    assert_eq!(deleted.body["data"]["deleted"], 12_000);
    let many: Vec<i64> = (0..100_001).collect();
    assert_eq!(console.post("/api/tokens/delete", json!({ "ids": many })).refusal(), (400, "invalid_value", "tokens"));
}

#[test]
fn switching_on_gives_an_expired_token_another_chance() {
    let console = Console::signed_in();
    console
        .post(
            "/api/tokens/add",
            json!({ "tokens": ["a-token-of-the-tests.one", "a-token-of-the-tests.two"], "token_type": "sso" }),
        )
        .ok();
    console
        .host
        .sql("UPDATE tokens SET state = 'expired', strikes = 2, last_failure_reason = 'why' WHERE id = 1", vec![]);
    let (rows, _) = page(&console, "state=expired");
    assert_eq!(
        rows[0]["state_reason"],
        "Grok refused the session (why). A test that succeeds makes the account active again"
    );
    console.post("/api/tokens/status", json!({ "tokens": ["a-token-of-the-tests.one", 2], "enabled": true })).ok();
    assert_eq!(console.host.number("SELECT count(*) FROM tokens WHERE state = 'active' AND strikes = 0"), 2);
    // Disabled in between, it must not come back with a strike that makes the next refusal expire it.
    console.host.sql("UPDATE tokens SET state = 'expired', strikes = 2 WHERE id = 1", vec![]);
    for enabled in [false, true] {
        console.post("/api/tokens/status", json!({ "id": 1, "enabled": enabled })).ok();
    }
    assert_eq!(console.host.number("SELECT count(*) FROM tokens WHERE state = 'active' AND strikes = 0"), 2);
    for (body, status, at) in [
        (json!({ "id": 1 }), 400, "enabled"),
        (json!({ "enabled": true }), 400, "id"),
        (json!({ "id": 9, "enabled": true }), 404, ""),
        (json!({ "ids": ["1"], "enabled": true }), 400, "ids[0]"),
    ] {
        let answer = console.post("/api/tokens/status", body);
        let (found, _, field) = answer.refusal();
        assert_eq!((found, field), (status, at));
    }
}

#[test]
fn reasons_say_what_and_how_long() {
    let console = Console::signed_in();
    console
        .post(
            "/api/tokens/add",
            json!({ "tokens": ["a-token-of-the-tests.a", "a-token-of-the-tests.b"], "token_type": "ssoSuper" }),
        )
        .ok();
    console.cool(1, "auto", START + 9 * HOUR + 60_000);
    console.host.sql("UPDATE tokens SET last_failure_reason = '429: too many requests' WHERE id = 1", vec![]);
    console.quota(2, "auto", 0, START + 90_000);
    console.quota(2, "fast", 0, START + HOUR);
    for mode in ["expert", "heavy"] {
        console.host.sql("INSERT INTO account_quotas VALUES (2, ?, 0, 0, NULL, 0)", vec![mode.into()]);
    }
    let (rows, _) = page(&console, "order=asc");
    let reasons = field(&rows, "state_reason");
    assert_eq!(*reasons[0], "Cooling down: auto for 9 h 1 min (429: too many requests). It serves other modes");
    assert_eq!(*reasons[1], "All modes are used up: auto comes back in 2 min, fast comes back in 1 h");
}
