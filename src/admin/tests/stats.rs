//! Statistics: equal to a count by hand, also after the log was pruned or cleared.

use std::{collections::BTreeMap, time::Duration};

use super::{
    logs::{Chat, finish},
    *,
};
use crate::{
    admin::stats::date,
    host::native::START,
    store::requests::{self, stats},
    time,
};

const HOUR: i64 = 3_600_000;

fn advance(console: &mut Console, minutes: u64) {
    console.host.advance(Duration::from_secs(minutes * 60));
}

/// Signs in again, because the session has ended after some days.
fn stats(console: &mut Console) -> Value {
    console.sign_in("a long password");
    console.get("/api/request-stats").ok().body["data"].take()
}

fn age(console: &Console) {
    let app = console.host.app();
    let hour = time::local_hour(app.now_ms(), 480);
    console.host.run(async move { stats::age(&app.db, hour).await.expect("it is done") });
}

fn last(list: &Value, nth: usize) -> Value {
    let list = list.as_array().expect("it is a list");
    list[list.len() - 1 - nth].clone()
}

#[test]
fn an_hour_across_local_midnight_and_a_cleared_log() {
    let mut console = Console::signed_in();
    let made = console.post("/api/keys/add", json!({ "name": "app" })).ok().body;
    let key_id = made["data"]["id"].as_i64().expect("it has an id");
    // It is 16:00 in UTC+8; go to 23:30.
    advance(&mut console, 450);
    let chat = |model, status, duration_ms| Chat { model, status, duration_ms, key_id, ..Chat::default() };
    finish(&console, chat("grok-4", 200, 1_000));
    finish(&console, chat("grok-4", 502, 30_000));
    finish(&console, chat("grok-4-fast", 499, 40));
    advance(&mut console, 29);
    finish(&console, Chat { key_id: 77, ..chat("made-up", 400, 1) });
    console.post("/api/logs/clear", json!({})).ok();
    advance(&mut console, 2);
    finish(&console, chat("grok-4-fast", 200, 3_000));
    finish(&console, chat("grok-4-fast", 200, 3_000));

    console.sign_in("a long password");
    let answer = console.get("/api/request-stats").ok();
    assert_eq!(answer.statements, 2);
    let data = &answer.body["data"];
    let (hourly, daily) = (&data["hourly"], &data["daily"]);
    assert_eq!((hourly.as_array().map(Vec::len), daily.as_array().map(Vec::len)), (Some(24), Some(14)));
    assert_eq!(last(hourly, 0), json!({ "hour": "00:00", "success": 2, "failed": 0, "cancelled": 0, "cost_usd": 0.0 }));
    assert_eq!(last(hourly, 1), json!({ "hour": "23:00", "success": 1, "failed": 2, "cancelled": 1, "cost_usd": 0.0 }));
    assert_eq!(last(hourly, 2), json!({ "hour": "22:00", "success": 0, "failed": 0, "cancelled": 0, "cost_usd": 0.0 }));
    assert_eq!(
        last(daily, 0),
        json!({ "date": "2026-01-30", "success": 2, "failed": 0, "cancelled": 0, "cost_usd": 0.0 })
    );
    assert_eq!(
        last(daily, 1),
        json!({ "date": "2026-01-29", "success": 1, "failed": 2, "cancelled": 1, "cost_usd": 0.0 })
    );
    assert_eq!(daily[0]["date"], "2026-01-17");
    assert_eq!(
        data["models"],
        json!([
            { "model": "grok-4-fast", "count": 3, "success": 2, "failed": 0, "cancelled": 1, "cost_usd": 0.0 },
            { "model": "grok-4", "count": 2, "success": 1, "failed": 1, "cancelled": 0, "cost_usd": 0.0 },
            { "model": "", "count": 1, "success": 0, "failed": 1, "cancelled": 0, "cost_usd": 0.0 },
        ])
    );
    assert_eq!(
        data["keys"],
        json!([
            { "id": key_id, "name": "app", "count": 5, "success": 3, "failed": 1, "cancelled": 1,
              "prompt_tokens": 15, "completion_tokens": 25, "cost_usd": 0.0 },
            { "id": 77, "name": null, "count": 1, "success": 0, "failed": 1, "cancelled": 0,
              "prompt_tokens": 3, "completion_tokens": 5, "cost_usd": 0.0 },
        ])
    );
    assert_eq!(
        data["errors"],
        json!([{ "code": "invalid_value", "count": 1 }, { "code": "upstream_error", "count": 1 }])
    );
    assert_eq!(
        data["summary"],
        json!({ "total": 6, "success": 3, "failed": 2, "cancelled": 1, "success_rate": 60.0,
                "prompt_tokens": 18, "completion_tokens": 30, "cost_today_usd": 0.0, "cost_month_usd": 0.0 })
    );
    // 3,000 ms fall in the bin from 2,560 to 3,071 and 1,500 ms in the one from 1,280 to 1,535; the middle is reported.
    let percentiles = |ms: u64| json!({ "p50": ms, "p95": ms });
    assert_eq!(data["latency"], json!({ "duration_ms": percentiles(2_816), "first_byte_ms": percentiles(1_408) }));
    let names = console.host.sql("SELECT group_concat(DISTINCT model) FROM request_stats WHERE key_id = 77", vec![]);
    assert_eq!(names, [[crate::host::Value::Text(String::new())]], "a made-up name has no row of its own");
}

/// The chats, counted independently of the statements.
#[derive(Default)]
struct ByHand {
    chats: Vec<(i64, &'static str, u16)>,
}

impl ByHand {
    fn count(&self, range: std::ops::Range<i64>) -> (usize, usize, usize) {
        let of = |fits: fn(u16) -> bool| {
            self.chats.iter().filter(|(at, _, status)| range.contains(at) && fits(*status)).count()
        };
        (of(|status| status < 400), of(|status| status >= 400 && status != 499), of(|status| status == 499))
    }

    fn models(&self, range: std::ops::Range<i64>) -> BTreeMap<String, u64> {
        let mut models = BTreeMap::new();
        for (_, model, _) in self.chats.iter().filter(|(at, ..)| range.contains(at)) {
            *models.entry((*model).to_owned()).or_default() += 1;
        }
        models
    }
}

fn served(entry: &Value) -> (usize, usize, usize) {
    let number = |name: &str| entry[name].as_u64().unwrap_or_else(|| panic!("{entry}")) as usize;
    (number("success"), number("failed"), number("cancelled"))
}

#[test]
fn forty_days_of_chats_equal_a_count_by_hand() {
    let mut console = Console::signed_in();
    let mut hand = ByHand::default();
    for n in 0..600_u64 {
        let [dice] = console.host.app().random::<1>();
        advance(&mut console, u64::from(dice) * 3 / 4);
        let model = ["grok-4", "grok-4-fast", "grok-4-heavy"][n as usize % 3];
        let status = [200, 200, 200, 429, 499][(n / 3) as usize % 5];
        finish(&console, Chat { model, status, ..Chat::default() });
        hand.chats.push((console.host.app().now_ms(), model, status));
        if n % 50 == 49 {
            age(&console);
            let app = console.host.app();
            let now = app.now_ms();
            console.host.run(async move { requests::prune(&app.db, now, 1, 10).await.expect("it is done") });
            check(&mut console, &hand);
        }
    }
    let days = (console.host.app().now_ms() - START) / (24 * HOUR);
    assert!(days > 31, "{days} days");
    let (rows, oldest) = (
        console.host.number("SELECT count(*) FROM request_stats"),
        console.host.number("SELECT min(hour) FROM request_stats"),
    );
    let today = (console.host.app().now_ms() + 8 * HOUR) / (24 * HOUR);
    assert_eq!(oldest.div_euclid(24), today - 30, "older counters are dropped");
    assert!(rows < 450, "{rows} rows: days that are over are folded");
}

/// Every hour, day and model that is served, against the count by hand.
fn check(console: &mut Console, hand: &ByHand) {
    let data = stats(console);
    let hour = (console.host.app().now_ms() + 8 * HOUR) / HOUR;
    let begins = |hour: i64| hour * HOUR - 8 * HOUR;
    for (n, entry) in data["hourly"].as_array().expect("it is a list").iter().enumerate() {
        let hour = hour - 23 + n as i64;
        assert_eq!(entry["hour"], format!("{:02}:00", hour % 24));
        assert_eq!(served(entry), hand.count(begins(hour)..begins(hour + 1)), "hour {n}");
    }
    let today = hour / 24;
    for (n, entry) in data["daily"].as_array().expect("it is a list").iter().enumerate() {
        let day = today - 13 + n as i64;
        assert_eq!(entry["date"], date(day));
        assert_eq!(served(entry), hand.count(begins(day * 24)..begins((day + 1) * 24)), "day {n}");
    }
    let models: BTreeMap<String, u64> = (data["models"].as_array().expect("it is a list").iter())
        .map(|entry| (entry["model"].as_str().unwrap_or_default().to_owned(), entry["count"].as_u64().unwrap_or(0)))
        .collect();
    assert_eq!(models, hand.models(begins((today - 6) * 24)..i64::MAX));
    let (success, failed, cancelled) = hand.count(begins(hour - 23)..i64::MAX);
    let rate = (success as f64 / (success + failed).max(1) as f64 * 1000.0).round() / 10.0;
    assert_eq!(
        (served(&data["summary"]), &data["summary"]["success_rate"]),
        ((success, failed, cancelled), &json!(rate))
    );
}

#[test]
fn a_variable_moves_the_day() {
    for (minutes, hour, date) in
        [(0, "08:00", "2026-01-29"), (-570, "22:00", "2026-01-28"), (840, "22:00", "2026-01-29")]
    {
        let mut console = Console::signed_in();
        console.host.set_variable("timezone_offset_minutes", &minutes.to_string());
        let data = stats(&mut console);
        assert_eq!(data["timezone_offset_minutes"], minutes);
        assert_eq!((&last(&data["hourly"], 0)["hour"], &last(&data["daily"], 0)["date"]), (&json!(hour), &json!(date)));
        assert_eq!(data["summary"]["success_rate"], 0.0);
        assert_eq!(data["latency"]["duration_ms"], json!({ "p50": null, "p95": null }));
    }
}

#[test]
fn dates_of_days() {
    for (day, text) in [
        (0, "1970-01-01"),
        (19_782, "2024-02-29"),
        (20_482, "2026-01-29"),
        (47_540, "2100-02-28"),
        (47_541, "2100-03-01"),
    ] {
        assert_eq!(date(day), text);
    }
}

#[test]
fn the_pool_by_type_and_state() {
    let console = Console::signed_in();
    let modes = |numbers: [[i64; 5]; 4]| {
        let sum = |[remaining, total, known, unknown, resting]: [i64; 5]| json!({ "remaining": remaining, "total": total, "known": known, "unknown": unknown, "resting": resting });
        let [auto, fast, expert, heavy] = numbers.map(sum);
        json!({ "auto": auto, "fast": fast, "expert": expert, "heavy": heavy })
    };
    let empty = json!({ "total": 0, "active": 0, "unused": 0, "cooldown": 0, "exhausted": 0, "expired": 0, "disabled": 0,
        "unreadable": 0, "duplicate": 0, "invalid": 0, "remaining_queries": 0, "heavy_remaining_queries": 0,
        "unknown_quota": 0, "modes": modes([[0; 5]; 4]) });
    let answer = console.get("/api/stats").ok();
    assert_eq!(answer.statements, 2);
    assert_eq!(
        answer.body["data"],
        json!({ "normal": empty, "super": empty, "heavy": empty, "xai": empty, "total": 0 })
    );

    let (past, later) = (START - 1, START + HOUR);
    // Type, state, quota in fast and its end, quota in heavy and its end, end of a rest in fast, sealed text, double.
    for (n, row) in [
        ("sso", "active", "70", later, "0", 0, 0, "eyJ", "NULL"),
        ("sso", "active", "5", later, "0", 0, past, "eyJ", "NULL"),
        ("sso", "active", "0", later, "0", 0, 0, "eyJ", "NULL"),
        ("sso", "active", "0", past, "0", 0, 0, "eyJ", "NULL"),
        ("sso", "active", "NULL", 0, "0", 0, 0, "eyJ", "NULL"),
        ("sso", "active", "0", later, "0", 0, later, "eyJ", "NULL"),
        ("sso", "expired", "9", later, "0", 0, later, "eyJ", "NULL"),
        ("sso", "disabled", "9", later, "0", 0, 0, "eyJ", "NULL"),
        ("sso", "active", "9", later, "0", 0, 0, "v1.deadbeef.abc", "NULL"),
        ("sso", "active", "9", later, "0", 0, 0, "eyJ", "1"),
        ("ssoHeavy", "active", "100", later, "NULL", 0, 0, "eyJ", "NULL"),
        ("ssoHeavy", "active", "100", later, "0", later, 0, "eyJ", "NULL"),
        ("ssoHeavy", "active", "NULL", 0, "7", later, 0, "eyJ", "NULL"),
        ("ssoHeavy", "active", "NULL", 0, "NULL", 0, 0, "eyJ", "NULL"),
    ]
    .into_iter()
    .enumerate()
    {
        let (read_type, state, fast, fast_until, heavy, heavy_until, cooling, sealed, duplicate_of) = row;
        console.host.sql(
            &format!(
                "INSERT INTO tokens (id, hash, sealed, suffix, token_type, read_type, state, duplicate_of, created_at)
                 VALUES ({n}, '{n}', '{sealed}{n}', '', 'sso', '{read_type}', '{state}', {duplicate_of}, 0)"
            ),
            vec![],
        );
        let heavy_total = if heavy_until == 0 && heavy == "0" { "0, NULL" } else { &format!("20, {heavy_until}") };
        for (mode, quota) in [
            ("fast", format!("{fast}, 100, {fast_until}, {cooling}")),
            ("heavy", format!("{heavy}, {heavy_total}, 0")),
            ("auto", "0, 0, NULL, 0".to_owned()),
            ("expert", "0, 0, NULL, 0".to_owned()),
        ] {
            console.host.sql(&format!("INSERT INTO account_quotas VALUES ({n}, '{mode}', {quota})"), vec![]);
        }
    }
    let expected = json!({
        "normal": { "total": 10, "active": 2, "unused": 2, "cooldown": 1, "exhausted": 1, "expired": 1, "disabled": 1,
            "unreadable": 1, "duplicate": 1, "invalid": 0, "remaining_queries": 75, "heavy_remaining_queries": 0,
            "unknown_quota": 2, "modes": modes([[0; 5], [75, 400, 4, 2, 2], [0; 5], [0; 5]]) },
        "super": empty,
        "heavy": { "total": 4, "active": 3, "unused": 1, "cooldown": 0, "exhausted": 0, "expired": 0, "disabled": 0,
            "unreadable": 0, "duplicate": 0, "invalid": 0, "remaining_queries": 200, "heavy_remaining_queries": 7,
            "unknown_quota": 2, "modes": modes([[0; 5], [200, 200, 2, 2, 0], [0; 5], [7, 40, 2, 2, 1]]) },
        "xai": empty,
        "total": 14,
    });
    assert_eq!(console.get("/api/stats").ok().body["data"], expected);
    // The token list sees the same states.
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for row in console.get("/api/tokens").ok().body["data"].as_array().expect("it is a list") {
        *listed.entry(row["status_code"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let expected = [
        ("cooling", 1),
        ("disabled", 1),
        ("duplicate", 1),
        ("exhausted", 1),
        ("expired", 1),
        ("normal", 5),
        ("unreadable", 1),
        ("unused", 3),
    ];
    assert_eq!(listed, expected.map(|(state, count)| (state.to_owned(), count)).into());
}
