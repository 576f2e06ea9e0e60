//! Every failure: the client's error, whether another account is tried, and the effect on the account.

use super::*;

/// The result of a failure.
struct Expected {
    status: u16,
    code: &'static str,
    /// Seconds.
    retry_after: Option<u64>,
    charge: Charge,
    asks_another: bool,
}

fn expect(status: u16, code: &'static str, charge: Charge, asks_another: bool) -> Expected {
    Expected { status, code, retry_after: None, charge, asks_another }
}

/// A rate limit: the client learns how long the account cools down.
fn limit(seconds: u64) -> Expected {
    let retry_after = Some(seconds);
    Expected { retry_after, ..expect(429, "rate_limit_exceeded", cooled(seconds as i64), true) }
}

fn used_up() -> Expected {
    Expected { retry_after: Some(36_000), ..expect(429, "rate_limit_exceeded", USED_UP, true) }
}

/// Another account is tried.
fn broken(charge: Charge) -> Expected {
    expect(502, "upstream_error", charge, true)
}

fn check(name: &str, expected: &Expected, fails: impl Fn() -> Result<Vec<Frame>, WebSocketError> + Clone + 'static) {
    let Expected { status, code, retry_after, charge, asks_another } = expected;
    let alone = Socket::new(1);
    alone.first_fails(fails.clone());
    assert_eq!(alone.refusal(&question(false)), (*status, (*code).to_owned(), *retry_after), "{name}");
    assert_eq!(alone.charged(1), *charge, "{name}");
    assert_eq!(alone.log()[0], (i64::from(*status), (*code).to_owned(), 1), "{name}");

    for stream in [false, true] {
        let two = Socket::new(2);
        two.first_fails(fails.clone());
        if *asks_another && stream {
            assert_eq!(text_of(&two.stream()), "Hello world", "{name}");
        } else if *asks_another {
            assert_eq!(two.content(question(false)), "Hello world", "{name}");
        } else {
            assert_eq!(two.refusal(&question(stream)).0, *status, "{name}: before the head of a stream, too");
        }
        assert_eq!(two.dialled(), if *asks_another { vec![1, 2] } else { vec![1] }, "{name}");
        assert_eq!(two.charged(1), *charge, "{name}");
        assert_eq!(two.charged(2), Charge { spent: i64::from(*asks_another), ..NOTHING }, "{name}");
        let attempts = if *asks_another { 2 } else { 1 };
        assert_eq!(two.log()[0].2, attempts, "{name}");
    }
}

#[test]
fn refused_upgrades() {
    let page = "<!DOCTYPE html><title>Just a moment...</title>";
    let anti_bot = r#"{"error":{"code":7,"message":"Request rejected by anti-bot rules.","details":[]}}"#;
    let policy = r#"{"error":{"code":7,"message":"This request is not allowed.","details":[]}}"#;
    let moved = &[("location", "https://accounts.x.ai/sign-in?redirect=x")];
    let strike = || broken(Charge { strikes: 1, ..SKIPPED });
    let blocked = || expect(502, "upstream_blocked", NOTHING, false);
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(u16, Headers, &str, Expected); 13] = [
        (401, &[], "{}", strike()),
        (401, &[], "", strike()),
        (302, moved, "", strike()),
        (302, &[("location", "https://grok.com/maintenance")], "", broken(SKIPPED)),
        (403, &[], page, blocked()),
        (403, &[], "", blocked()),
        (403, &[], anti_bot, blocked()),
        (403, &[], policy, broken(SKIPPED)),
        (400, &[], "<html>400 Bad Request</html>", broken(SKIPPED)),
        (429, &[], "{}", limit(3600)),
        (429, &[("retry-after", "7")], "", limit(7)),
        (503, &[], "", broken(SKIPPED)),
        (200, &[], "{}", broken(SKIPPED)),
    ];
    for (status, headers, body, expected) in cases {
        let name = format!("{status} {headers:?} {body}");
        check(&name, &expected, move || Err(refused(status, headers, body)));
    }
}

#[test]
fn no_connection() {
    let unreachable = |text: &'static str| move || Err(WebSocketError::Unreachable(text.to_owned()));
    check("refused", &broken(SKIPPED), unreachable("connection refused"));
    let late = expect(504, "upstream_timeout", SKIPPED, true);
    check("late", &late, unreachable("no connection within 20000 ms"));
    check("broken", &broken(SKIPPED), || Err(WebSocketError::Broken("reset".to_owned())));
}

/// Each kind that an error inside the answer may have.
#[test]
fn errors_in_the_answer() {
    let refused = |code| expect(400, code, NOTHING, false);
    let cases = [
        ("usage_limit_reached", used_up()),
        ("usage_pool_exhausted", used_up()),
        ("global_rate_limit", limit(60)),
        ("concurrency_limit", limit(60)),
        ("render_tool_rate_limited", limit(60)),
        ("render_per_message_limit_exceeded", limit(60)),
        ("model_not_available", expect(403, "model_not_available", cooled(3600), true)),
        ("system_kill_switch", expect(503, "upstream_overloaded", NOTHING, true)),
        ("beyond_context_length", refused("context_length_exceeded")),
        ("user_prompt_too_long", refused("context_length_exceeded")),
        ("attachment_image_too_large", refused("invalid_value")),
        ("attachment_file_too_large", refused("invalid_value")),
        ("attachment_too_many_pages", refused("invalid_value")),
        ("attachment_load_failed", refused("invalid_value")),
        ("attachment_moderated", refused("content_policy_violation")),
        ("content_moderated", refused("content_policy_violation")),
        ("tool_call_failed", broken(SKIPPED)),
        ("render_tool_failed", broken(SKIPPED)),
        ("internal_error", broken(SKIPPED)),
        ("request_cancelled", broken(SKIPPED)),
    ];
    for (kind, expected) in cases {
        let frames = move || Ok(script::opened().into_iter().chain(script::stream_error(kind)).collect());
        check(kind, &expected, frames);
    }
}

#[test]
fn errors_without_an_answer() {
    let blocked = expect(502, "upstream_blocked", NOTHING, false);
    let error = |error: Value| script::event(json!({ "type": "error", "error": error }));
    let bare = |error: Value| Frame::Text(json!({ "error": error }).to_string());
    type Fails = fn(&dyn Fn(Value) -> Frame, &dyn Fn(Value) -> Frame) -> Frame;
    let cases: [(&str, Expected, Fails); 5] = [
        ("anti-bot", blocked, |event, _| event(json!({ "code": "anti_bot", "message": "Request rejected." }))),
        ("exhausted", limit(3600), |event, _| event(json!({ "code": 8, "message": "Resource exhausted" }))),
        ("bare", expect(502, "upstream_error", NOTHING, false), |_, bare| bare(json!({ "code": 7, "message": "no" }))),
        ("dead", broken(Charge { strikes: 1, ..SKIPPED }), |_, bare| {
            bare(json!({ "code": 16, "message": "Session not found" }))
        }),
        ("lost", broken(SKIPPED), |event, _| event(json!({ "code": "conversation_not_found" }))),
    ];
    for (name, expected, frame) in cases {
        for is_open in [false, true] {
            let fails = move || {
                let mut frames = if is_open { script::opened() } else { vec![Frame::AfterSent(1)] };
                frames.extend([frame(&error, &bare), Frame::Hang]);
                Ok(frames)
            };
            check(&format!("{name}, open: {is_open}"), &expected, fails);
        }
    }
}

/// An error of the second answer to choose from does not belong to the first.
#[test]
fn an_error_of_another_response_ends_nothing() {
    let error = json!({ "type": "response.error", "response_id": "r-2", "error": { "code": 8, "message": "full" } });
    let socket = Socket::new(1);
    socket.serve(move |_| script::turn([script::text("Hello "), script::event(error.clone()), script::text("world")]));
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(socket.charged(1), Charge { spent: 1, ..NOTHING });
}

#[test]
fn the_final_reason_overrides_an_earlier_error() {
    let socket = Socket::new(2);
    socket.serve(|_| {
        let minor = json!({ "kind": "tool_call_failed", "severity": "STREAM_ERROR_SEVERITY_NORMAL" });
        let output = json!({ "type": "response.grok.output", "output": { "stream_error": minor } });
        let details = json!({ "reason": "content_filter" });
        let done = json!({ "id": "r-1", "status": "incomplete", "status_details": details });
        let end = script::event(json!({ "type": "response.done", "response": done }));
        script::opened().into_iter().chain([script::event(output), end, Frame::Hang]).collect()
    });
    assert_eq!(socket.refusal(&question(false)).1, "content_policy_violation");
    assert_eq!((socket.dialled(), socket.charged(1)), (vec![1], NOTHING));
}

/// Ends of the connection, and of the answer, before any content.
#[test]
fn ends_before_the_answer() {
    let ended = || script::event(json!({ "type": "session.ended" }));
    let empty = || vec![script::done("completed"), Frame::Hang];
    type End = Box<dyn Fn() -> Vec<Frame>>;
    let ends: [(&str, End); 7] = [
        ("closed", Box::new(|| vec![Frame::Close(1000, "bye")])),
        ("closed for a reason", Box::new(|| vec![Frame::Close(1008, "policy")])),
        ("broken", Box::new(|| vec![Frame::Break])),
        ("ended", Box::new(move || vec![ended(), Frame::Hang])),
        ("empty", Box::new(empty)),
        ("failed", Box::new(|| vec![script::done("failed"), Frame::Hang])),
        ("cancelled", Box::new(|| vec![script::done("cancelled"), Frame::Hang])),
    ];
    for (name, end) in ends {
        let end: Rc<dyn Fn() -> Vec<Frame>> = end.into();
        let at_once = end.clone();
        check(name, &broken(SKIPPED), move || Ok(script::opened().into_iter().chain(end()).collect()));
        if !matches!(name, "empty" | "failed" | "cancelled") {
            check(&format!("{name} at once"), &broken(SKIPPED), move || Ok(at_once()));
        }
    }
}

/// After part of the answer has come, a stream ends with an error, and a collected answer is tried on another account.
#[test]
fn ends_within_the_answer() {
    let ended = || script::event(json!({ "type": "session.ended" }));
    type End = (&'static str, fn() -> Vec<Frame>, Charge);
    let ends: [End; 5] = [
        ("closed", || vec![Frame::Close(1001, "")], SKIPPED),
        ("broken", || vec![Frame::Break], SKIPPED),
        ("incomplete", || vec![script::done("incomplete"), Frame::Hang], SKIPPED),
        ("limited", || script::stream_error("usage_limit_reached"), USED_UP),
        ("moderated", || script::stream_error("content_moderated"), NOTHING),
    ];
    let ends = ends.into_iter().map(|(name, end, charge)| (name, Rc::new(end) as Rc<dyn Fn() -> Vec<Frame>>, charge));
    let session_ended: Rc<dyn Fn() -> Vec<Frame>> = Rc::new(move || vec![ended(), Frame::Hang]);
    for (name, end, charge) in ends.chain([("session ended", session_ended, SKIPPED)]) {
        let pause = || Frame::Wait(Duration::from_millis(10));
        let began = move || script::opened().into_iter().chain([script::thought("Hm."), script::text("Hel"), pause()]);
        for stream in [true, false] {
            let socket = Socket::new(2);
            let end = end.clone();
            socket.first_fails(move || Ok(began().chain(end()).collect()));
            if stream {
                let text = socket.stream();
                assert!(text.contains(r#"data: {"error":{"#) && !text.contains("[DONE]"), "{name}: {text}");
                assert_eq!(text_of(&text), "<think>\nHm.\n</think>\nHel", "{name}");
                assert_eq!(socket.dialled(), [1], "{name}");
            } else if name == "moderated" {
                assert_eq!(socket.refusal(&question(false)).1, "content_policy_violation", "{name}");
            } else {
                assert_eq!(socket.content(question(false)), "Hello world", "{name}");
                assert_eq!(socket.dialled(), [1, 2], "{name}");
            }
            assert_eq!(socket.charged(1), charge, "{name}");
        }
    }
}

#[test]
fn three_accounts_are_asked_and_no_more() {
    let socket = Socket::new(5);
    socket.serve(|_| vec![Frame::Close(1000, "")]);
    assert_eq!(socket.refusal(&question(false)), (502, "upstream_error".to_owned(), None));
    assert_eq!(socket.dialled(), [1, 2, 3]);
    assert_eq!(socket.log(), [(502, "upstream_error".to_owned(), 3)]);
    assert!((1..=3).all(|n| socket.user_id(n) == owner(n)), "what each attempt learned is kept");
    assert_eq!(socket.user_id(4), "");
}
