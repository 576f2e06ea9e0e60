//! The log: newest first, in pages, searched, exported, cleared, pruned.

use super::*;
use crate::{
    providers::learned::Learned,
    store::requests::{self, Filter, FinishedRequest, Key},
};

/// What differs from chat to chat.
pub struct Chat {
    pub model: &'static str,
    pub status: u16,
    pub duration_ms: u64,
    pub key_id: i64,
    pub error: &'static str,
    pub cost: u64,
}

impl Default for Chat {
    fn default() -> Self {
        Chat { model: "grok-4", status: 200, duration_ms: 1234, key_id: 1, error: "Grok answered 500", cost: 0 }
    }
}

/// A chat that ended now.
pub fn finish(console: &Console, chat: Chat) {
    let app = console.host.app();
    let error_code = match chat.status {
        ..400 => "",
        400 => "invalid_value",
        429 => "rate_limit_exceeded",
        499 => "client_closed_request",
        _ => "upstream_error",
    };
    let finished = FinishedRequest {
        learned: Learned::default(),
        request_id: app.request_id.clone(),
        ip: "192.0.2.9".to_owned(),
        key_id: chat.key_id,
        key_name: "app".to_owned(),
        model: chat.model.to_owned(),
        stream: true,
        status: chat.status,
        error_code: error_code.to_owned(),
        error: if chat.status < 400 { "" } else { chat.error }.to_owned(),
        duration_ms: chat.duration_ms,
        first_byte_ms: (chat.status < 400).then_some(chat.duration_ms / 2),
        attempts: 1,
        prompt_tokens: 3,
        completion_tokens: 5,
        cost: chat.cost,
        at: app.now_ms(),
        outcome: None,
    };
    console.host.run(async move { requests::finish(&app.db, &finished, 480).await.expect("it is written") });
}

#[test]
fn the_newest_come_first() {
    let console = Console::signed_in();
    finish(&console, Chat::default());
    finish(&console, Chat { model: "grok-4-fast", status: 502, duration_ms: 20, ..Chat::default() });
    let answer = console.get("/api/logs").ok();
    assert_eq!(answer.statements, 2);
    let rows = answer.body["data"].as_array().expect("it is a list");
    assert_eq!(
        (rows.len(), &rows[0]["model"], &rows[0]["error"]),
        (2, &json!("grok-4-fast"), &json!("Grok answered 500"))
    );
    let mut row = rows[1].clone();
    assert!(row["request_id"].take().as_str().is_some_and(|id| id.starts_with("req_")));
    let expected = json!({
        "id": (crate::host::native::START * 2048).to_string(), "request_id": null,
        "time": "2026-01-29 08:00:00", "timestamp": crate::host::native::START, "ip": "192.0.2.9",
        "key_id": 1, "key_name": "app", "model": "grok-4", "stream": true, "status": 200, "duration": 1.23, "first_byte": 0.62,
        "attempts": 1, "account_id": null, "token_suffix": "", "error_code": "", "error": "", "prompt_tokens": 3, "completion_tokens": 5,
        "cost_usd": 0.0,
    });
    assert_eq!(row, expected);

    assert_eq!(console.get("/api/logs?limit=1").ok().body["data"][0]["model"], "grok-4-fast");
    for limit in ["0", "-1", "5001", "1.5", "abc", ""] {
        assert_eq!(console.get(&format!("/api/logs?limit={limit}")).refusal(), (400, "invalid_value", "limit"));
    }
    assert_eq!(console.post("/api/logs/clear", json!({})).ok().statements, 2);
    assert_eq!(console.get("/api/logs").ok().body["data"], json!([]));
    assert_eq!(console.host.number("SELECT sum(requests) FROM request_stats"), 2, "the counters stay");
}

/// Ids of a list, oldest last.
fn ids(rows: &Value) -> Vec<String> {
    let rows = rows.as_array().unwrap_or_else(|| panic!("no list: {rows}"));
    rows.iter().map(|row| row["id"].as_str().expect("it is text").to_owned()).collect()
}

/// Chats with every kind of status, a minute apart.
fn scripted() -> Console {
    let console = Console::signed_in();
    for (n, (model, status)) in
        [("grok-4", 200), ("grok-4-fast", 429), ("grok-4", 502), ("grok-4-fast", 200), ("nothing, \"x\"", 400)]
            .into_iter()
            .enumerate()
    {
        finish(&console, Chat { model, status, key_id: 1 + n as i64 % 2, error: "=SUM(1)", ..Chat::default() });
        console.host.advance(std::time::Duration::from_secs(60));
    }
    console
}

#[test]
fn pages_join_without_a_gap() {
    let console = scripted();
    let all = ids(&console.get("/api/logs").ok().body["data"]);
    let (mut seen, mut path) = (Vec::new(), "/api/logs?limit=2".to_owned());
    loop {
        let body = console.get(&path).ok().body;
        seen.extend(ids(&body["data"]));
        let Some(before) = body["next_before"].as_str() else { break };
        path = format!("/api/logs?limit=2&before={before}");
    }
    assert_eq!((seen.len(), &seen), (5, &all));
    assert_eq!(console.get("/api/logs?limit=5").ok().body["next_before"], Value::Null);
}

#[test]
fn every_filter_finds_its_rows() {
    let console = scripted();
    let start = crate::host::native::START;
    let all = ids(&console.get("/api/logs").ok().body["data"]);
    // Which of the five, the newest being 0.
    for (query, found) in [
        ("status=success", vec![1, 4]),
        ("status=error", vec![0, 2, 3]),
        ("status=2xx", vec![1, 4]),
        ("status=4xx", vec![0, 3]),
        ("status=5xx", vec![2]),
        ("status=429", vec![3]),
        ("status=200&model=grok-4", vec![4]),
        ("model=grok-4-fast", vec![1, 3]),
        ("key=2", vec![1, 3]),
        ("key=app", vec![0, 1, 2, 3, 4]),
        ("key=other", vec![]),
        (&format!("from={}", start + 120_000), vec![0, 1, 2]),
        (&format!("from={}&to={}", start + 60_000, start + 180_000), vec![2, 3]),
        (&format!("to={start}"), vec![]),
        ("from=0&text=SUM", vec![0, 2, 3]),
        ("from=0&text=NOTHING,", vec![0]),
        (&format!("from={}&text=upstream_ERROR&status=5xx", start + 1), vec![2]),
        ("model=&key=&status=&text=&before=&from=&to=&format=", vec![0, 1, 2, 3, 4]),
    ] {
        let rows = ids(&console.get(&format!("/api/logs?{query}")).ok().body["data"]);
        assert_eq!(rows, found.iter().map(|n: &usize| all[*n].clone()).collect::<Vec<_>>(), "{query}");
    }
    // A number that no id can be is a name.
    assert_eq!(console.get("/api/logs?key=9007199254740993").ok().body["data"], json!([]));
    for (query, field) in [
        ("status=6xx", "status"),
        ("status=99", "status"),
        ("status=good", "status"),
        ("text=x", "from"),
        ("from=5&to=4", "to"),
        ("from=x", "from"),
        ("to=-1", "to"),
        ("before=9007199254740993", "before"),
        ("format=xml", "format"),
        ("format=csv&limit=200001", "limit"),
        (&format!("model={}", "m".repeat(201)), "model"),
    ] {
        assert_eq!(console.get(&format!("/api/logs?{query}")).refusal(), (400, "invalid_value", field), "{query}");
    }
}

#[test]
fn exports_are_files_with_the_rows_of_the_filter() {
    let console = scripted();
    let all = console.get("/api/logs?status=error").ok().body["data"].take();
    let answer = console.get("/api/logs?status=error&format=json");
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"grok2api-logs.json\"");
    assert_eq!(answer.body, all);
    assert_eq!(console.get("/api/logs?key=none&format=json").body, json!([]));

    let answer = console.get("/api/logs?format=csv&status=error&limit=2");
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"grok2api-logs.csv\"");
    let text = answer.body.as_str().expect("it is text");
    let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("id,time,request_id,ip,key_id,key_name,model,"), "{text}");
    assert!(
        lines[1].contains(",app,\"nothing, \"\"x\"\"\",true,400,1.23,,1,,invalid_value,\"'=SUM(1)\",3,5"),
        "{text}"
    );
    assert_eq!(console.get("/api/logs?key=none&format=csv").body.as_str().map(|text| text.lines().count()), Some(1));
}

#[test]
fn an_incomplete_export_says_so_or_is_not_json() {
    let console = scripted();
    console.host.broken.replace(Some("FROM request_logs".to_owned()));
    let answer = console.get("/api/logs?format=csv");
    assert!(answer.body.as_str().is_some_and(|text| text.contains("The export is incomplete")), "{}", answer.body);
}

/// The query plan of a statement.
fn plan(console: &Console, filter: &Filter) -> String {
    let (sql, params) = requests::statement(filter, 1000);
    let rows = console.host.sql(&format!("EXPLAIN QUERY PLAN {sql}"), params);
    rows.iter().map(|row| format!("{:?}\n", row[3])).collect()
}

/// The duration in the database alone, the best of five: the machine may be busy.
const LIMIT_MS: u128 = 100;

#[test]
fn a_hundred_thousand_rows_are_listed_and_searched_by_an_index() {
    const FILL: &str = "INSERT INTO request_logs (id, request_id, ip, key_id, key_name, model, stream, status, error_code,
          error, duration_ms, first_byte_ms, attempts, token_id, token_suffix, prompt_tokens, completion_tokens)
        SELECT (1769673600000 + value * 600) * 2048, 'req_' || hex(randomblob(12)), '192.0.2.' || (value % 200),
          value % 20, 'key ' || (value % 20), 'grok-' || (value % 8), 1, iif(value % 50, 200, 429), iif(value % 50, '', 'e'),
          iif(value % 50, '', 'an error of some length, as they come from upstream'), value % 9000, 300, 1, 5, 'abcdef', 100, 300
        FROM (WITH RECURSIVE n (value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 100000) SELECT * FROM n)";
    let console = Console::signed_in();
    console.host.sql(FILL, vec![]);
    let (model, key) = (Some("grok-3".to_owned()), Some(Key::Id(7)));
    let last_hour = Some(1_769_673_600_000 + 99_000 * 600);
    for (name, filter, index) in [
        ("all", Filter::default(), "INTEGER PRIMARY KEY"),
        ("time", Filter { from: last_hour, to: Some(i64::MAX / 4096), ..Filter::default() }, "INTEGER PRIMARY KEY"),
        ("model", Filter { model: model.clone(), ..Filter::default() }, "INTEGER PRIMARY KEY"),
        ("no such model", Filter { model: Some("x".to_owned()), ..Filter::default() }, "INTEGER PRIMARY KEY"),
        ("key", Filter { key: key.clone(), ..Filter::default() }, "INTEGER PRIMARY KEY"),
        ("key's name", Filter { key: Some(Key::Name("x".to_owned())), ..Filter::default() }, "INTEGER PRIMARY KEY"),
        ("errors", Filter { status: Some((400, 599)), ..Filter::default() }, "request_logs_failed"),
        ("no such error", Filter { status: Some((503, 503)), ..Filter::default() }, "request_logs_failed"),
        ("no such success", Filter { status: Some((201, 201)), ..Filter::default() }, "INTEGER PRIMARY KEY"),
        ("three", Filter { status: Some((400, 499)), model, key, ..Filter::default() }, "request_logs_failed"),
        (
            "text in a range",
            Filter { from: last_hour, text: Some("x".to_owned()), ..Filter::default() },
            "INTEGER PRIMARY KEY",
        ),
    ] {
        let plan = plan(&console, &filter);
        assert!(plan.contains(index) && plan.contains("SEARCH") && !plan.contains("B-TREE"), "{name}: {plan}");
        let run = |_| {
            let (sql, params) = requests::statement(&filter, 1000);
            let started = std::time::Instant::now();
            console.host.sql(&sql, params);
            started.elapsed().as_millis()
        };
        let best = (0..5).map(run).min().expect("it ran");
        println!("{name}: {best} ms");
        assert!(best < LIMIT_MS, "{name}: {best} ms");
    }
}

#[test]
fn pruning_keeps_the_newest_of_the_last_days() {
    let console = Console::signed_in();
    let prune = |days, rows| {
        let app = console.host.app();
        console.host.run(async move { requests::prune(&app.db, app.now_ms(), days, rows).await.expect("it is done") })
    };
    let count = || console.host.number("SELECT count(*) FROM request_logs");
    assert!(!prune(1, 5), "an empty log");
    for _ in 0..30 {
        finish(&console, Chat::default());
        console.host.advance(std::time::Duration::from_secs(6 * 3600));
    }
    // It is six hours after the last row.
    assert!(!prune(3, 100));
    assert_eq!(count(), 12);
    assert!(!prune(3, 5));
    assert_eq!(count(), 5);
    let newest = console.get("/api/logs?limit=1");
    assert_eq!(newest.status, StatusCode::UNAUTHORIZED, "days went by");
    console.host.sql(
        "INSERT INTO request_logs SELECT value, '', '', 1, '', '', 0, 200, '', '', 0, 0, 1, NULL, '', 0, 0, 0
           FROM (WITH RECURSIVE n (value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 7500) SELECT * FROM n)",
        vec![],
    );
    assert_eq!((prune(30, 5), prune(30, 5), prune(30, 5)), (true, false, false), "in slices");
    assert_eq!(count(), 5);
    assert_eq!(console.host.number("SELECT min(id) > 20000 FROM request_logs"), 1, "the newest are left");
}
