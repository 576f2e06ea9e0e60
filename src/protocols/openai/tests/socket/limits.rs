//! Time: limits, heartbeats, and clients that leave.

use super::*;
use crate::host::Host;

fn seconds(seconds: u64) -> Frame {
    Frame::Wait(Duration::from_secs(seconds))
}

fn began(frames: impl IntoIterator<Item = Frame>) -> Vec<Frame> {
    script::opened().into_iter().chain([script::text("word ")]).chain(frames).collect()
}

/// The sent messages of a type, with the host's clock at each.
fn count(socket: &Socket, name: &str) -> usize {
    socket.said().iter().filter(|message| message["event"]["type"] == name).count()
}

#[test]
fn a_server_silent_after_the_upgrade_is_left_after_15_seconds() {
    type Silence = fn() -> Vec<Frame>;
    let cases: [(&str, Silence); 3] = [
        ("mute", || vec![Frame::Hang]),
        ("created", || vec![script::event(json!({ "type": "session.created" })), Frame::Hang]),
        ("attached", || vec![script::event(json!({ "type": "conversation.attached" })), Frame::Hang]),
    ];
    for (name, silent) in cases {
        let socket = Socket::new(2);
        socket.first_fails(move || Ok(silent()));
        assert_eq!(socket.content(question(false)), "Hello world", "{name}");
        assert_eq!((socket.dialled(), socket.charged(1)), (vec![1, 2], SKIPPED), "{name}");
        assert_eq!(socket.host.number("SELECT duration_ms / 1000 FROM request_logs"), 15, "{name}");
        assert_eq!(count(&socket, "conversation.item.create"), 1, "{name}: nothing is asked before");
    }
}

/// Each limit with a server that oversteps it, and after how many seconds the chat ends.
#[test]
fn limits_close_the_connection() {
    let slow = || began((0..100).flat_map(|_| [seconds(50), script::text("word ")]));
    let silent = || began([Frame::Hang]);
    // Replies to the gateway's heartbeats are not part of the answer.
    let alive = || began((0..100).flat_map(|_| [seconds(20), script::event(json!({ "type": "pong" }))]));
    // A second response, which the server may offer beside it, is not either.
    let other = || {
        let second = json!({ "type": "response.output_text.delta", "response_id": "another", "delta": "x" });
        began((0..100).flat_map(move |_| [seconds(20), script::event(second.clone())]))
    };
    let mute = || script::opened().into_iter().chain([Frame::Hang]).collect();
    // Events before the answer begins do not count as its first part.
    let working = || {
        let layout = || script::chunk(json!({ "ui_layout": { "effort": "HIGH" } }));
        script::opened().into_iter().chain((0..100).flat_map(|_| [seconds(5), layout()])).collect()
    };
    type Server = fn() -> Vec<Frame>;
    let cases: [(&str, Server, i64); 6] = [
        ("total", slow, 600),
        ("chunk", silent, 120),
        ("chunk, alive", alive, 120),
        ("chunk, a second response", other, 120),
        ("first", mute, 30),
        ("first, at work", working, 30),
    ];
    for (limit, server, seconds) in cases {
        for stream in [false, true] {
            let socket = Socket::new(1);
            socket.serve(move |_| server());
            if limit.starts_with("first") {
                assert_eq!(socket.refusal(&question(stream)).0, 504, "{limit}");
            } else if stream {
                let text = socket.stream();
                assert!(text.contains("upstream_timeout") && !text.contains("[DONE]"), "{limit}");
            } else {
                assert_eq!(socket.collected(&question(false)).1, None, "{limit}: it began with blanks");
            }
            assert_eq!(socket.log()[0].1, "upstream_timeout", "{limit}");
            assert_eq!(socket.host.number("SELECT duration_ms / 1000 FROM request_logs"), seconds, "{limit}");
            assert_eq!(socket.host.sockets.open.get(), 0, "{limit}");
            assert_eq!(*socket.host.sockets.closes.borrow(), [(1000, "")], "{limit}");
            assert_eq!(socket.charged(1), SKIPPED, "{limit}");
        }
    }
}

#[test]
fn a_limit_of_zero_is_none() {
    let socket = Socket::new(1);
    for name in ["stream_first_response_timeout", "stream_chunk_timeout", "stream_total_timeout"] {
        socket.setting(name, "0");
    }
    let long = || Frame::Wait(Duration::from_secs(4000));
    socket.serve(move |_| {
        let answer = [long(), script::text("Hello"), long(), script::done("completed"), Frame::Hang];
        script::opened().into_iter().chain(answer).collect()
    });
    assert_eq!(socket.content(question(false)), "Hello");
}

#[test]
fn the_first_part_is_awaited_from_when_the_account_was_asked() {
    let socket = Socket::new(1);
    socket.host.on_send(|request| match request.uri().path() {
        "/http/upload-file-v2/direct" => {
            let uploaded = Answer::new(200, r#"{"fileMetadata":{"fileMetadataId":"f"}}"#);
            Ok(Answer { delay: Duration::from_secs(25), ..uploaded })
        }
        _ => Ok(script::identity(script::USER)),
    });
    socket.serve(|_| script::turn([seconds(25), script::text("A cat.")]));
    let picture =
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==" } });
    let mut question = question(false);
    question["messages"][0]["content"] = json!([picture, { "type": "text", "text": "what is this?" }]);
    assert_eq!(socket.content(question.clone()), "A cat.");
    assert_eq!(socket.host.number("SELECT duration_ms / 1000 FROM request_logs"), 50);

    socket.serve(|_| script::turn([seconds(31), script::text("A cat.")]));
    assert_eq!(socket.refusal(&question).0, 504);
    let newest = "SELECT duration_ms / 1000 FROM request_logs ORDER BY id DESC LIMIT 1";
    assert!((54..=56).contains(&socket.host.number(newest)), "the limit of 30 seconds counts from then on");
}

#[test]
fn a_heartbeat_goes_out_every_20_seconds_and_none_after_the_end() {
    let socket = Socket::new(1);
    socket.serve(|_| {
        let pong = script::event(json!({ "type": "pong" }));
        began([
            seconds(50),
            pong,
            seconds(45),
            script::text("more"),
            script::done("completed"),
            seconds(100),
            Frame::Hang,
        ])
    });
    assert!(text_of(&socket.stream()).ends_with("more"));
    socket.host.advance(Duration::from_secs(100));
    socket.host.settle();
    let pings = socket.said().into_iter().filter(|message| message["event"]["type"] == "ping").collect::<Vec<_>>();
    assert_eq!(pings.len(), 4, "at 20, 40, 60 and 80 of 95 seconds");
    for ping in &pings {
        assert_eq!(ping.get("session_id"), None);
        assert!(ping["event"]["event_id"].as_str().is_some_and(|id| id.starts_with("evt_hb_")), "{ping}");
    }
    let ids: std::collections::HashSet<_> = pings.iter().map(|ping| ping["event"]["event_id"].as_str()).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn a_busy_answer_has_heartbeats_too() {
    let socket = Socket::new(1);
    socket
        .serve(|_| script::turn((0..100).flat_map(|_| [Frame::Wait(Duration::from_millis(500)), script::text("w ")])));
    socket.stream();
    assert_eq!(count(&socket, "ping"), 2, "in 50 seconds");
}

#[test]
fn a_ping_of_the_server_is_answered() {
    let socket = Socket::new(1);
    socket.serve(|_| {
        let ping = script::event(json!({ "type": "ping", "event_id": "evt_ping_7" }));
        began([ping, Frame::AfterSent(4), script::done("completed"), Frame::Hang])
    });
    assert_eq!(socket.content(question(false)), "word ");
    let pong = socket.said().pop().expect("something was said");
    assert_eq!(pong, json!({ "event": { "type": "pong", "event_id": "evt_ping_7" } }));
}

#[test]
fn a_quiet_answer_is_kept_alive_after_10_seconds_and_every_5() {
    for (pause, comments) in [(9, 0), (11, 1), (16, 2), (31, 5)] {
        let socket = Socket::new(1);
        socket.serve(move |_| began([seconds(pause), script::done("completed"), Frame::Hang]));
        assert_eq!(socket.stream().matches(": waiting\n\n").count(), comments, "a pause of {pause} s");
    }
}

#[test]
fn a_client_that_left_ends_the_connection_at_no_cost() {
    type Server = fn() -> Vec<Frame>;
    let cases: [(&str, Server); 2] = [
        ("busy", || began((0..1000).flat_map(|_| [Frame::Wait(Duration::from_millis(100)), script::text("w ")]))),
        ("silent", || began([Frame::Hang])),
    ];
    for (name, server) in cases {
        let socket = Socket::new(1);
        socket.serve(move |_| server());
        let Body::Stream(mut chunks) = socket.send(question(true).to_string()).into_body() else { panic!("no stream") };
        assert_eq!(socket.host.sockets.open.get(), 1, "{name}");
        let first = socket.host.run(async move { (chunks.next().await, drop(chunks)).0 });
        assert!(first.is_some(), "{name}");
        socket.host.settle();
        assert_eq!(socket.host.sockets.open.get(), 0, "{name}");
        assert_eq!(socket.log(), [(499, "client_closed_request".to_owned(), 1)], "{name}");
        assert_eq!(socket.charged(1), NOTHING, "{name}");
        let duration = socket.host.number("SELECT duration_ms FROM request_logs");
        assert!(duration <= 3_000, "{name}: {duration} ms");
    }
}

#[test]
fn a_request_dropped_before_the_answer_ends_the_connection() {
    let socket = Socket::new(1);
    socket.serve(|_| script::opened().into_iter().chain([Frame::Hang]).collect());
    let request = socket.request(question(true).to_string());
    let (host, app) = (socket.host.clone(), socket.host.app());
    socket.host.run(async move {
        let chat = router::route(app, request).boxed_local();
        let given_up = crate::host::timeout::timeout(&*host, Some(Duration::from_secs(5)), chat).await;
        assert!(given_up.is_none(), "no answer has come");
    });
    assert_eq!(socket.dialled(), [1]);
    assert_eq!(socket.host.sockets.open.get(), 0);
}

/// A peer that reads nothing must not keep the connection or the request open.
#[test]
fn messages_that_never_leave_do_not_outlive_the_chat() {
    let socket = Socket::new(1);
    let sockets = socket.host.sockets.clone();
    socket.serve(move |_| {
        let blocked = sockets.clone();
        let block = Frame::Do(Box::new(move || blocked.is_blocked.set(true)));
        let ping = script::event(json!({ "type": "ping", "event_id": "evt_ping_7" }));
        began([block, ping, seconds(50), script::text("more"), script::done("completed"), Frame::Hang])
    });
    let before = socket.host.now_ms();
    assert_eq!(text_of(&socket.stream()), "word more");
    socket.host.settle();
    assert_eq!(socket.host.sockets.open.get(), 0);
    assert!(socket.host.now_ms() - before < 60_000, "the close frame is not waited for without end");
    assert_eq!(socket.log(), [(200, String::new(), 1)]);
}

/// A client that reads nothing for longer than the limit: that time does not count for the account.
#[test]
fn a_client_that_reads_late_gets_the_rest() {
    let socket = Socket::new(1);
    let words = || (0..400).map(|_| script::text("word "));
    socket.serve(move |_| script::turn(words()));
    let Body::Stream(mut chunks) = socket.send(question(true).to_string()).into_body() else { panic!("no stream") };
    let host = socket.host.clone();
    let read = socket.host.run(async move {
        let mut read = chunks.next().await.expect("it begins").to_vec();
        host.sleep(Duration::from_secs(200)).await;
        while let Some(chunk) = chunks.next().await {
            read.extend_from_slice(&chunk);
        }
        read
    });
    let text = String::from_utf8(read).expect("it is text");
    assert_eq!(text_of(&text), "word ".repeat(400));
    assert_eq!(count(&socket, "ping"), 10, "Grok ends a connection without heartbeats");
    socket.host.settle();
    assert_eq!((socket.log(), socket.charged(1)), (vec![(200, String::new(), 1)], Charge { spent: 1, ..NOTHING }));
}

/// A client that stays but reads nothing must not hold an account's connection past the total limit.
#[test]
fn a_stalled_client_holds_no_connection_past_the_total_limit() {
    let socket = Socket::new(1);
    socket.serve(move |_| script::turn((0..400).map(|_| script::text("word "))));
    let Body::Stream(mut chunks) = socket.send(question(true).to_string()).into_body() else { panic!("no stream") };
    let (host, open) = (socket.host.clone(), socket.host.sockets.clone());
    let read = socket.host.run(async move {
        let mut read = chunks.next().await.expect("it begins").to_vec();
        host.sleep(Duration::from_secs(590)).await;
        assert_eq!(open.open.get(), 1, "the limit is 600 seconds");
        host.sleep(Duration::from_secs(20)).await;
        assert_eq!(open.open.get(), 0);
        while let Some(chunk) = chunks.next().await {
            read.extend_from_slice(&chunk);
        }
        read
    });
    let text = String::from_utf8(read).expect("it is text");
    assert!(text.contains("upstream_timeout") && !text.contains("[DONE]"), "{text}");
    socket.host.settle();
    assert_eq!(socket.log().len(), 1);
}
