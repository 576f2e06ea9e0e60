//! How answers end: complete, cut, too late, or after the client has disconnected.

use super::*;

fn steps(body: Vec<Step>) -> Answer {
    Answer { body, ..Answer::chunks([""]) }
}

fn chunk(text: String) -> Step {
    Step::Chunk(text.into())
}

#[test]
fn a_stream_says_what_the_collected_answer_says() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| whole_answer());
    let text: String = gateway
        .stream()
        .split("\n\n")
        .filter_map(|event| serde_json::from_str::<Value>(event.strip_prefix("data: ")?).ok())
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(text, gateway.chat(question(false)).1["choices"][0]["message"]["content"]);
    assert_eq!(gateway.log(), [(200, String::new(), 1), (200, String::new(), 1)]);
    assert_eq!(gateway.quota(1), 78);
}

#[test]
fn a_cut_stream_ends_with_an_error_and_never_with_done() {
    let gateway = Gateway::new(2);
    gateway.upstream(|_| Answer::chunks([token("Hel")]));
    let stream = gateway.stream();
    assert!(stream.contains(r#"data: {"error":{"#) && !stream.contains("[DONE]"), "{stream}");
    assert_eq!(gateway.log(), [(502, "upstream_error".to_owned(), 1)]);
    assert_eq!((gateway.quota(1), gateway.skipped(1)), (80, true));
}

#[test]
fn a_cut_answer_that_is_collected_is_tried_again() {
    let gateway = Gateway::new(2);
    gateway.upstream(|n| if n == 1 { Answer::chunks([token("Hel")]) } else { whole_answer() });
    let (status, answer) = gateway.chat(question(false));
    assert_eq!((status, &answer["choices"][0]["message"]["content"]), (StatusCode::OK, &json!("Hello world")));
    assert_eq!(gateway.log(), [(200, String::new(), 2)]);
}

#[test]
fn an_empty_stream_is_tried_again_before_the_head_is_sent() {
    let gateway = Gateway::new(2);
    let echo = json!({ "result": { "response": { "userResponse": { "message": "hi" } } } }).to_string();
    gateway.upstream(move |n| if n == 1 { Answer::chunks([echo.clone()]) } else { whole_answer() });
    assert!(gateway.stream().ends_with("data: [DONE]\n\n"));
    assert_eq!(gateway.log(), [(200, String::new(), 2)]);
}

#[test]
fn a_client_that_left_ends_the_upstream_read_at_no_cost() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| {
        let wait = || Step::Wait(Duration::from_millis(100));
        steps((0..1000).flat_map(|_| [chunk(token("word ")), wait()]).collect())
    });
    let Body::Stream(mut chunks) = gateway.send(question(true).to_string()).into_body() else { panic!("no stream") };
    let first = gateway.host.run(async move { (chunks.next().await, drop(chunks)).0 });
    assert!(first.is_some());
    gateway.host.settle();
    assert_eq!(gateway.host.open_bodies.get(), 0);
    assert_eq!(gateway.log(), [(499, "client_closed_request".to_owned(), 1)]);
    assert_eq!((gateway.quota(1), gateway.skipped(1)), (80, false));
}

#[test]
fn a_client_that_left_is_noticed_though_the_upstream_is_silent() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| steps(vec![chunk(token("word ")), Step::Hang]));
    let started = crate::host::Host::now_ms(&*gateway.host);
    drop(gateway.send(question(true).to_string()));
    gateway.host.settle();
    assert_eq!(gateway.host.open_bodies.get(), 0);
    assert_eq!(gateway.log(), [(499, "client_closed_request".to_owned(), 1)]);
    let duration = gateway.host.number("SELECT duration_ms FROM request_logs");
    assert!(duration <= 3_000, "{duration} ms after {started}");
}

#[test]
fn a_quiet_stream_is_kept_alive_after_10_seconds_and_every_5() {
    for (pause, comments) in [(9, 0), (11, 1), (14, 1), (16, 2), (31, 5)] {
        let gateway = Gateway::new(1);
        let wait = move || Step::Wait(Duration::from_secs(pause));
        gateway.upstream(move |_| {
            steps(vec![chunk(token("Hello")), wait(), chunk(token(" world")), wait(), chunk(end())])
        });
        let stream = gateway.stream();
        assert_eq!(stream.matches(": waiting\n\n").count(), 2 * comments, "pauses of {pause} s: {stream}");
        assert!(stream.ends_with("data: [DONE]\n\n"));
    }
}

/// Keep-alives depend on what the client received, not on what the account sent.
#[test]
fn a_stream_is_kept_alive_while_the_account_thinks_in_secret() {
    let gateway = Gateway::new(1);
    gateway.setting("show_thinking", "false");
    let thought = json!({ "result": { "response": { "token": "hm", "isThinking": true } } });
    gateway.upstream(move |_| {
        let thoughts = (0..31).flat_map(|_| [Step::Wait(Duration::from_secs(1)), chunk(format!("{thought}\n"))]);
        steps([chunk(token("Hello"))].into_iter().chain(thoughts).chain([chunk(end())]).collect())
    });
    assert_eq!(gateway.stream().matches(": waiting\n\n").count(), 5);
}

/// Each limit with an upstream that oversteps it, and after how many seconds the chat ends.
#[test]
fn limits_are_errors_and_never_the_end_of_an_answer() {
    let slow = || {
        let wait = || Step::Wait(Duration::from_secs(50));
        steps((0..100).flat_map(|_| [chunk(token("word ")), wait()]).collect())
    };
    let silent = || steps(vec![chunk(token("word ")), Step::Hang]);
    let mute = || steps(vec![Step::Hang]);
    let late = || Answer { delay: Duration::from_secs(90), ..whole_answer() };
    type Upstream = fn() -> Answer;
    let cases: [(Upstream, &str, u64); 4] =
        [(slow, "total", 600), (silent, "chunk", 120), (mute, "first", 30), (late, "first, of the head", 30)];
    for (upstream, limit, seconds) in cases {
        let gateway = Gateway::new(1);
        gateway.upstream(move |_| upstream());
        if limit.starts_with("first") {
            let (status, answer) = gateway.chat(question(false));
            let code = &answer["error"]["code"];
            assert_eq!((status, code), (StatusCode::GATEWAY_TIMEOUT, &json!("upstream_timeout")), "{limit}");
        } else {
            assert_eq!(gateway.collected(&question(false)).1, None, "{limit}: it began with blanks");
        }
        assert_eq!(gateway.log(), [(504, "upstream_timeout".to_owned(), 1)], "{limit}");
        assert_eq!(gateway.host.number("SELECT duration_ms / 1000 FROM request_logs"), seconds as i64, "{limit}");
        assert_eq!(gateway.host.open_bodies.get(), 0, "{limit}");
        assert!(gateway.skipped(1), "{limit}");
    }
}

#[test]
fn a_streamed_answer_that_stalls_ends_with_an_error() {
    let gateway = Gateway::new(1);
    gateway.upstream(|_| steps(vec![chunk(token("word ")), Step::Hang]));
    let stream = gateway.stream();
    assert!(stream.contains("upstream_timeout") && !stream.contains("[DONE]"), "{stream}");
    assert_eq!(gateway.log(), [(504, "upstream_timeout".to_owned(), 1)]);
}

#[test]
fn a_limit_of_zero_is_none() {
    let gateway = Gateway::new(1);
    for name in ["stream_first_response_timeout", "stream_chunk_timeout", "stream_total_timeout"] {
        gateway.setting(name, "0");
    }
    gateway.upstream(|_| {
        steps(vec![
            Step::Wait(Duration::from_secs(4000)),
            chunk(token("Hello")),
            Step::Wait(Duration::from_secs(4000)),
            chunk(end()),
        ])
    });
    assert_eq!(gateway.chat(question(false)).0, StatusCode::OK);
}
