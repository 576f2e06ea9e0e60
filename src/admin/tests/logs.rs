//! The log: newest first, limited, cleared.

use super::*;
use crate::store::request_logs::{self, FinishedRequest};

/// A chat that ended now.
fn finish(console: &Console, model: &str, status: u16, duration_ms: u64) {
    let app = console.host.app();
    let finished = FinishedRequest {
        request_id: app.request_id.clone(),
        ip: "192.0.2.9".to_owned(),
        key_id: 1,
        key_name: "app".to_owned(),
        model: model.to_owned(),
        stream: true,
        status,
        error_code: if status < 400 { "" } else { "upstream_error" }.to_owned(),
        error: if status < 400 { "" } else { "Grok answered 500" }.to_owned(),
        duration_ms,
        first_byte_ms: (status < 400).then_some(duration_ms / 2),
        attempts: 1,
        prompt_tokens: 3,
        completion_tokens: 5,
        at: app.now(),
        outcome: None,
    };
    console.host.run(async move { request_logs::finish(&app.db, &finished, 480).await.expect("it is written") });
}

#[test]
fn the_newest_come_first() {
    let console = Console::signed_in();
    finish(&console, "grok-4", 200, 1234);
    finish(&console, "grok-4-fast", 502, 20);
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
        "key_name": "app", "model": "grok-4", "stream": true, "status": 200, "duration": 1.23, "first_byte": 0.62,
        "attempts": 1, "token_suffix": "", "error_code": "", "error": "", "prompt_tokens": 3, "completion_tokens": 5,
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
