//! Daily budgets of keys of xAI's API and of the gateway's own keys, and what was spent.

use std::time::Duration;

use super::{
    logs::{Chat, finish},
    xai::{console, good, key, row},
    *,
};
use crate::{
    host::native::START,
    providers::grok_web::token::for_test,
    store::requests::stats,
    time::{self, HOUR},
};

const TICKS: i64 = 10_000_000_000;

/// Spends money of an account and of an API key, as an answer at this time does.
fn spend(console: &Console, account_id: i64, key_id: i64, ticks: i64) {
    let app = console.host.app();
    let day = time::local_day(app.now_ms(), 480);
    console.host.sql(
        "INSERT INTO account_outcomes (account_id, at, bucket, spent, used_up, window_until, not_granted, cool_until, skip, strike,
           read, reason, key_id, cost, held, day) VALUES (?, ?, 'api', 0, 0, 0, 0, 0, 0, 0, 0, '', ?, ?, 0, ?)",
        vec![account_id.into(), app.now_ms().into(), key_id.into(), ticks.into(), day.into()],
    );
}

#[test]
fn a_spent_budget_rests_until_local_midnight() {
    let mut console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    let set = |console: &Console, budget: Value| {
        console.post("/api/tokens/budget", json!({ "ids": [1], "daily_budget_usd": budget })).ok().body["data"].clone()
    };
    assert_eq!(set(&console, json!(1.5)), json!({ "updated": 1 }));
    spend(&console, 1, 0, TICKS);
    let money = |row: &Value| {
        ["daily_budget_usd", "spent_today_usd", "spent_month_usd", "held_usd"].map(|name| row[name].clone())
    };
    let before = row(&console, 1);
    assert_eq!(
        (money(&before), &before["status_code"]),
        ([json!(1.5), json!(1.0), json!(1.0), json!(0.0)], &json!("normal"))
    );
    spend(&console, 1, 0, TICKS / 2);
    let spent = row(&console, 1);
    assert_eq!((&spent["status_code"], &spent["status"]), (&json!("cooling"), &json!("daily budget reached")));
    assert_eq!((&spent["limit_reason"], &spent["cooldown_until"]), (&json!("budget"), &json!(START + 8 * HOUR)));
    assert_eq!(
        (&spent["cooldown_remaining"], spent["cooldowns"].as_array().map(Vec::len)),
        (&json!(8 * 3600), Some(1))
    );
    assert_eq!(
        spent["state_reason"],
        "Daily budget reached: 1.5 of 1.5 USD are spent. It rests for 8 h, until midnight"
    );
    assert_eq!(console.get("/api/tokens?state=cooling").ok().body["total"], 1);
    assert_eq!(console.get("/api/stats").ok().body["data"]["xai"]["cooldown"], 1);

    console.host.advance(Duration::from_secs(8 * 3600));
    console.sign_in("a long password");
    let next = row(&console, 1);
    assert_eq!(
        (money(&next), &next["status_code"]),
        ([json!(1.5), json!(0.0), json!(1.5), json!(0.0)], &json!("normal"))
    );
    console.host.advance(Duration::from_secs(3 * 24 * 3600));
    console.sign_in("a long password");
    assert_eq!(row(&console, 1)["spent_month_usd"], 0.0, "it is February");
    set(&console, json!(0));
    assert_eq!(row(&console, 1)["status_code"], "cooling", "0 spends nothing");
    set(&console, Value::Null);
    assert_eq!(
        (&row(&console, 1)["daily_budget_usd"], &row(&console, 1)["status_code"]),
        (&Value::Null, &json!("normal"))
    );
}

#[test]
fn what_running_answers_hold_is_shown() {
    let console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    let hold = |until: i64| {
        console.host.sql("UPDATE tokens SET held = 12345678, held_until = ?", vec![until.into()]);
        row(&console, 1)["held_usd"].clone()
    };
    assert_eq!((hold(START + 1), hold(START)), (json!(0.001_235), json!(0.0)));
}

#[test]
fn wrong_budgets_are_named_and_only_keys_have_one() {
    let console = console(good);
    console.post("/api/tokens/add", json!({ "tokens": [key("a"), for_test("web")] })).ok();
    console.post("/api/keys/add", json!({ "name": "app" })).ok();
    for path in ["/api/tokens/budget", "/api/keys/budget"] {
        for budget in [json!(-1), json!(0.000_000_1), json!(100_000.5), json!("5"), json!([1])] {
            let answer = console.post(path, json!({ "ids": [1], "daily_budget_usd": budget }));
            assert_eq!((answer.refusal().0, answer.refusal().2), (400, "daily_budget_usd"), "{path} {budget}");
        }
        assert_eq!(console.post(path, json!({ "ids": [1] })).refusal().2, "daily_budget_usd", "{path}");
        assert_eq!(console.post(path, json!({ "ids": [99], "daily_budget_usd": 1 })).refusal().0, 404, "{path}");
        assert_eq!(console.post(path, json!({ "daily_budget_usd": 1 })).refusal().0, 400, "{path}");
    }
    for (names, field) in [(json!({ "ids": [1, 2] }), "ids"), (json!({ "token": for_test("web") }), "id")] {
        let mut body = names;
        body["daily_budget_usd"] = 5.into();
        assert_eq!(console.post("/api/tokens/budget", body).refusal(), (400, "invalid_value", field));
    }
    assert_eq!(row(&console, 1)["daily_budget_usd"], Value::Null, "nothing is changed");
    assert_eq!(row(&console, 2).get("daily_budget_usd"), None);
    assert_eq!(
        console.post("/api/tokens/budget", json!({ "token": key("a"), "daily_budget_usd": 5 })).ok().statements,
        3
    );
}

#[test]
fn files_set_budgets_of_keys_and_exports_leave_them_out() {
    let console = console(good);
    let import =
        |content: &str| console.post("/api/tokens/import", json!({ "content": content })).ok().body["data"].clone();
    let csv = |budget: f64| format!("token,note,daily_budget_usd\n{},team,{budget}\n{},,", key("a"), for_test("web"));
    let lines = import(&csv(0.25))["lines"].clone();
    let added =
        |token_suffix: &str| json!({ "line": 2, "action": "added", "token_suffix": token_suffix, "reason": "" });
    let (mut of_key, mut of_token) = (added(""), added(&for_test("web")[for_test("web").len() - 6..]));
    of_key["token_type"] = "xai".into();
    of_token["line"] = 3.into();
    assert_eq!(lines, json!([of_key, of_token]));
    let found = row(&console, 1);
    assert_eq!((&found["daily_budget_usd"], &found["note"]), (&json!(0.25), &json!("team")));
    assert_eq!(import(&csv(0.25))["skipped"], 2, "nothing changes");
    let again = import(&json!([{ "token": key("a"), "daily_budget_usd": 7 }]).to_string());
    assert_eq!((&again["updated"], &again["lines"][0]["reason"]), (&json!(1), &json!("budget")));
    assert_eq!(import(&format!("token,note\n{},other", key("a")))["updated"], 1);
    assert_eq!(row(&console, 1)["daily_budget_usd"], 7.0, "a file without the column leaves it");
    for (query, left_out) in [("", "1"), ("&text=other", "1"), ("&type=sso", "0"), ("&id=2", "0")] {
        for format in ["csv", "json", "text"] {
            let file = console.get(&format!("/api/tokens/export?format={format}{query}"));
            assert_eq!(file.headers["x-keys-left-out"], left_out, "{format} {query}");
            let text = file.body.as_str().map_or_else(|| file.body.to_string(), str::to_owned);
            assert!(!text.contains(&key("a")[4..]) && !text.contains("budget"), "{format} {query}: {text}");
            assert_eq!(text.contains(&for_test("web")), query != "&text=other", "{format} {query}: {text}");
        }
    }
    let refusal = console.get("/api/tokens/export?type=xai");
    assert_eq!(refusal.refusal(), (400, "invalid_value", "type"));
    assert!(refusal.body["message"].as_str().is_some_and(|text| text.contains("console.x.ai")), "{}", refusal.body);
    let from = console;
    let refused = |line: &str| {
        let content = format!("token,token_type,daily_budget_usd\n{line}");
        let data = from.post("/api/tokens/import", json!({ "content": content, "dry_run": true })).ok().body;
        data["data"]["lines"][0]["reason"].as_str().expect("a text").to_owned()
    };
    assert!(refused(&format!("{},sso,1", for_test("web"))).contains("is for keys of xAI's API only"));
    assert!(refused(&format!("{},xai,1", for_test("web"))).contains("the type xai needs a key"));
    assert!(refused(&format!("{},xai,much", key("c"))).contains("daily_budget_usd is a number"));
}

#[test]
fn keys_of_the_gateway_show_what_they_spent() {
    let console = console(good);
    let made = console.post("/api/keys/add", json!({ "name": "app" })).ok().body["data"].clone();
    console.post("/api/keys/add", json!({ "name": "other" })).ok();
    let set = |body: Value| console.post("/api/keys/budget", body).ok().body["data"].clone();
    assert_eq!(set(json!({ "keys": [made["key"]], "daily_budget_usd": 2 })), json!({ "updated": 1 }));
    assert_eq!(set(json!({ "id": 2, "daily_budget_usd": null })), json!({ "updated": 1 }));
    console.post("/api/tokens/add", json!({ "tokens": [key("a")] })).ok();
    spend(&console, 1, 1, 5_421_500);
    let rows = console.get("/api/keys").ok().body["data"].clone();
    let money = |row: &Value| ["daily_budget_usd", "spent_today_usd", "spent_month_usd"].map(|name| row[name].clone());
    assert_eq!(money(&rows[1]), [json!(2.0), json!(0.000_542), json!(0.000_542)]);
    assert_eq!(money(&rows[0]), [Value::Null, json!(0.0), json!(0.0)]);
}

#[test]
fn costs_are_in_the_log_and_in_the_statistics_when_hours_are_folded() {
    let mut console = console(good);
    let cost =
        |console: &Console, ticks: u64| finish(console, Chat { model: "grok-4", cost: ticks, ..Chat::default() });
    cost(&console, 20_000_000_000);
    finish(&console, Chat { model: "grok-4-fast", ..Chat::default() });
    // The first hour of the next day, and a later one.
    console.host.advance(Duration::from_secs(8 * 3600));
    cost(&console, 2_000_000_000);
    console.host.advance(Duration::from_secs(16 * 3600));
    cost(&console, 3_000_000_000);
    console.sign_in("a long password");
    let rows = console.get("/api/logs").ok().body["data"].clone();
    assert_eq!([0, 1, 2, 3].map(|n| rows[n]["cost_usd"].clone()), [json!(0.3), json!(0.2), json!(0.0), json!(2.0)]);
    let file = console.get("/api/logs?format=csv").body;
    let lines: Vec<&str> = file.as_str().expect("a text").lines().collect();
    assert!(
        lines[0].ends_with(",account_id,cost_usd") && lines[1].ends_with(",,0.3") && lines[4].ends_with(",,2"),
        "{file}"
    );
    let check = |console: &mut Console, [hour, today, month]: [f64; 3]| {
        console.sign_in("a long password");
        let data = console.get("/api/request-stats").ok().body["data"].clone();
        let summary = &data["summary"];
        assert_eq!(
            (&summary["cost_today_usd"], &summary["cost_month_usd"]),
            (&json!(today), &json!(month)),
            "{summary}"
        );
        let last = |name: &str, nth: usize| {
            let list = data[name].as_array().expect("a list");
            list[list.len() - 1 - nth]["cost_usd"].clone()
        };
        assert_eq!((last("hourly", 0), last("daily", 0)), (json!(hour), json!(today)));
        assert_eq!(data["models"][0]["cost_usd"], 2.5, "{}", data["models"]);
        data
    };
    let data = check(&mut console, [0.3, 0.5, 2.5]);
    assert_eq!((&data["daily"][12]["cost_usd"], &data["keys"][0]["cost_usd"]), (&json!(2.0), &json!(0.5)));
    console.host.advance(Duration::from_secs(48 * 3600));
    let app = console.host.app();
    let hour = time::local_hour(app.now_ms(), 480);
    console.host.run(async move { stats::age(&app.db, hour).await.expect("it is done") });
    assert_eq!(
        console.host.number("SELECT count(*) FROM request_stats WHERE hour % 24 <> 0"),
        0,
        "both days are folded"
    );
    let data = check(&mut console, [0.0; 3]);
    assert_eq!((&data["daily"][10]["cost_usd"], &data["daily"][11]["cost_usd"]), (&json!(2.0), &json!(0.5)));
}
