//! Which accounts a chat tries, and the effect of each outcome on them.

use super::*;

#[test]
fn a_chat_costs_one_statement_before_the_upstream_and_one_after() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    let (status, answer) = gateway.chat(question(false));
    assert_eq!((status, &answer["choices"][0]["message"]["content"]), (StatusCode::OK, &json!("Hello world")));
    assert_eq!(answer["model"], "grok-4-fast");
    let statements = gateway.host.statements.borrow();
    assert_eq!(statements.len(), 2, "{statements:?}");
    assert!(statements[0].starts_with("UPDATE tokens"), "{}", statements[0]);
    assert_eq!(gateway.log(), [(200, String::new(), 1)]);
    assert_eq!(gateway.quota(1), 79);
}

#[test]
fn a_rate_limited_account_is_replaced_and_rests_for_an_hour() {
    let gateway = Gateway::new(2);
    gateway.upstream(|n| if n == 1 { too_many_requests() } else { whole_answer() });
    for _ in 0..4 {
        assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
    }
    assert_eq!(gateway.asked().iter().filter(|token| *token == "token-1").count(), 1, "{:?}", gateway.asked());
    assert_eq!((gateway.cooling(1), gateway.cooling(2)), (HOUR, 0));
    assert_eq!((gateway.quota(1), gateway.quota(2)), (80, 76));
    assert_eq!(gateway.log()[3], (200, String::new(), 2));
}

#[test]
fn a_limit_inside_the_stream_counts_as_one_before_it() {
    let gateway = Gateway::new(2);
    let limit = json!({ "error": { "code": 8, "message": "You've reached your usage limit for grok-4" } });
    gateway.upstream(move |n| if n == 1 { Answer::chunks([limit.to_string()]) } else { whole_answer() });
    assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
    assert_eq!(gateway.cooling(1), WINDOW);
    assert_eq!(gateway.quota(1), 0, "it says that nothing is left");
}

#[test]
fn three_tokens_are_asked_and_no_more() {
    let gateway = Gateway::new(5);
    gateway.upstream(|_| Answer::new(500, "oops"));
    let (status, answer) = gateway.chat(question(false));
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_GATEWAY, &json!("upstream_error")));
    assert_eq!(gateway.asked(), ["token-1", "token-2", "token-3"]);
    assert_eq!(gateway.log(), [(502, "upstream_error".to_owned(), 3)]);
    assert!((1..=3).all(|n| gateway.skipped(n)) && !gateway.skipped(4));
}

#[test]
fn when_all_cool_the_client_learns_for_how_long() {
    let gateway = Gateway::new(2);
    gateway.upstream(|_| too_many_requests());
    assert_eq!(gateway.chat(question(false)).0, StatusCode::TOO_MANY_REQUESTS);
    let reply = gateway.send(question(false).to_string());
    assert_eq!(reply.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.headers()["retry-after"], "3600");
    gateway.host.settle();
    assert_eq!(gateway.asked().len(), 2);
    assert_eq!(gateway.log()[0], (429, "rate_limit_exceeded".to_owned(), 0));
}

#[test]
fn a_token_alone_still_serves_after_an_error() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| Answer::new(500, "oops"));
    assert_eq!(gateway.chat(question(false)).0, StatusCode::BAD_GATEWAY);
    gateway.upstream(|_| whole_answer());
    assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
}

#[test]
fn what_is_not_the_accounts_fault_leaves_it_alone() {
    let page = "<!DOCTYPE html><title>Just a moment...</title>";
    let moderated = r#"{"error":{"code":3,"message":"Content moderated [WKE=grok:content-moderated]"}}"#;
    let busy = r#"{"error":{"code":8,"message":"Grok is under heavy usage right now"}}"#;
    for (status, body, expected, code) in [
        (403, page, 502, "upstream_blocked"),
        (400, moderated, 400, "content_policy_violation"),
        (503, busy, 503, "upstream_overloaded"),
    ] {
        let gateway = Gateway::new(1);
        gateway.upstream(move |_| Answer::new(status, body));
        let (status, answer) = gateway.chat(question(false));
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (expected, &json!(code)));
        assert_eq!((gateway.cooling(1), gateway.skipped(1), gateway.quota(1)), (0, false, 80), "{code}");
        assert_eq!(gateway.host.number("SELECT strikes FROM tokens"), 0, "{code}");
    }
}

#[test]
fn a_second_strike_expires_an_account_and_success_clears_one() {
    let gateway = Gateway::new(1);
    let dead =
        r#"{"error":{"code":16,"message":"Failed to look up session ID. [WKE=unauthenticated:invalid-credentials]"}}"#;
    let states = || gateway.host.number("SELECT (state = 'expired') * 10 + strikes FROM tokens");
    gateway.upstream(move |_| Answer::new(401, dead));
    gateway.chat(question(false));
    assert_eq!(states(), 1);
    gateway.upstream(|_| whole_answer());
    gateway.chat(question(false));
    assert_eq!(states(), 0);
    gateway.upstream(move |_| Answer::new(401, dead));
    gateway.chat(question(false));
    gateway.chat(question(false));
    assert_eq!(states(), 12);
    assert_eq!(gateway.chat(question(false)).0, StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn a_token_sealed_with_another_key_is_passed_over_and_kept() {
    let gateway = Gateway::new(2);
    gateway.host.sql("UPDATE tokens SET sealed = 'v1.0123abcd.AAAA' WHERE id = 1", vec![]);
    gateway.upstream(|_| whole_answer());
    assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
    assert_eq!(gateway.asked(), ["token-2"]);
    assert_eq!(gateway.host.number("SELECT count(*) FROM tokens WHERE state = 'active'"), 2);
}

#[test]
fn a_bad_key_is_reported_before_a_bad_body_and_writes_nothing() {
    let mut gateway = Gateway::new(1);
    gateway.key = Some("sk-wrong".to_owned());
    assert_eq!(gateway.chat(json!({ "model": 7 })).0, StatusCode::UNAUTHORIZED);
    assert_eq!(gateway.chat(question(false)).0, StatusCode::UNAUTHORIZED);
    gateway.key = None;
    assert_eq!(gateway.chat(question(false)).0, StatusCode::UNAUTHORIZED);
    assert_eq!(gateway.log(), []);
    assert_eq!(gateway.host.number("SELECT max(turn) FROM tokens"), 0);
}

#[test]
fn a_bad_request_names_the_field_is_logged_and_asks_no_account() {
    let gateway = Gateway::new(1);
    let mut question = question(false);
    question["messages"][0]["content"] = json!([{ "type": "text", "text": 7 }]);
    let (status, answer) = gateway.chat(question);
    assert_eq!((status, &answer["error"]["param"]), (StatusCode::BAD_REQUEST, &json!("messages.0.content.0.text")));
    assert_eq!(gateway.log()[0].0, 400);
    assert!(gateway.asked().is_empty());
}

#[test]
fn a_log_that_cannot_be_written_changes_no_answer() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    *gateway.host.broken.borrow_mut() = Some("finished_requests".to_owned());
    assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
    assert!(gateway.stream().ends_with("data: [DONE]\n\n"));
    assert_eq!(gateway.log(), []);
}

#[test]
fn a_locked_database_is_asked_again_and_at_last_reported() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    gateway.host.locked.set(2);
    assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
    gateway.host.locked.set(6);
    let (status, answer) = gateway.chat(question(false));
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("database_error")));
    assert_eq!(gateway.log(), [(200, String::new(), 1)]);
}

#[test]
fn a_read_only_database_still_serves_chats_from_the_whole_pool() {
    let gateway = Gateway::new(3);
    gateway.upstream(|_| whole_answer());
    gateway.host.sql("UPDATE tokens SET state = 'disabled' WHERE id = 3", vec![]);
    *gateway.host.broken.borrow_mut() = Some("UPDATE tokens".to_owned());
    for _ in 0..30 {
        assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
    }
    let mut asked = gateway.asked();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, ["token-1", "token-2"]);
    assert_eq!(gateway.host.number("SELECT max(turn) FROM tokens"), 0);
}

#[test]
fn a_database_that_cannot_be_read_either_is_an_error() {
    let gateway = Gateway::new(1);
    *gateway.host.broken.borrow_mut() = Some("tokens".to_owned());
    let (status, answer) = gateway.chat(question(false));
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("database_error")));
}
