//! From the account to the open session: its owner, the upgrade's headers, the first messages.

use super::*;

const OTHER_USER: &str = "11111111-2222-4333-8444-555555555555";

#[test]
fn a_stream_says_what_the_collected_answer_says() {
    let socket = Socket::new(1);
    socket.serve(|_| script::turn([script::thought("Hm."), script::text("Hello"), script::text(" world")]));
    let text = socket.content(question(false));
    assert_eq!(text, "<think>\nHm.\n</think>\nHello world");
    assert_eq!(text_of(&socket.stream()), text);
    assert_eq!(socket.log(), [(200, String::new(), 1), (200, String::new(), 1)]);
    assert_eq!(socket.charged(1), Charge { spent: 2, ..NOTHING });
    assert_eq!(*socket.host.sockets.closes.borrow(), [(1000, ""), (1000, "")]);
}

#[test]
fn the_owner_is_asked_for_once_and_stored_with_the_log_row() {
    let socket = Socket::new(1);
    socket.serve(|_| hello());
    for chat in 1..=3 {
        assert_eq!(socket.content(question(false)), "Hello world");
        let requests = socket.host.requests.borrow();
        let paths: Vec<_> = requests.iter().map(|request| request.uri().path()).collect();
        assert_eq!(paths, ["/api/auth/session"], "chat {chat}");
        let statements = socket.host.statements.borrow().len();
        assert_eq!(statements, 2 * chat, "one before Grok is asked, one after");
    }
    assert_eq!(socket.user_id(1), USER);
}

#[test]
fn an_owner_is_kept_though_the_chat_failed() {
    let socket = Socket::new(1);
    socket.host.on_connect(|_| Err(WebSocketError::Unreachable("connection refused".to_owned())));
    assert_eq!(socket.refusal(&question(false)).0, 502);
    assert_eq!(socket.user_id(1), USER);
}

#[test]
fn the_upgrade_shows_the_accounts_cookies_and_no_signature() {
    let socket = Socket::new(1);
    socket.setting("x_statsig_id", "\"a-signature\"");
    socket.serve(|_| hello());
    socket.content(question(false));
    socket.setting("user_agent", "\"Agent/1\"");
    socket.setting("cf_clearance", "\"abc\"");
    socket.content(question(false));
    let handshakes = socket.host.sockets.handshakes.borrow();
    let [by_default, set] = &handshakes[..] else { panic!("two connections") };
    assert_eq!(by_default.url, format!("wss://grok.com/ws/mgw/?uid={USER}"));
    let token = for_test("token-1");
    let cookies = format!("sso={token}; sso-rw={token}; x-userid={USER}");
    assert_eq!(by_default.headers["cookie"], cookies);
    assert_eq!(set.headers["cookie"], format!("{cookies}; cf_clearance=abc"));
    let agent = by_default.headers["user-agent"].to_str().expect("it is ASCII");
    assert!(agent.starts_with("Mozilla/5.0 (compatible; grok2api/"), "{agent}");
    assert_eq!(set.headers["user-agent"], "Agent/1");
    for handshake in [by_default, set] {
        assert_eq!(handshake.headers["origin"], "https://grok.com");
        for absent in ["authorization", "x-statsig-id", "x-xai-request-id"] {
            assert!(!handshake.headers.contains_key(absent), "{absent}");
        }
        assert_eq!((handshake.max_message_bytes, handshake.connect_timeout.as_secs()), (16 << 20, 20));
        assert!(handshake.addresses.is_empty());
    }
    let requests = socket.host.requests.borrow();
    assert!(requests.iter().all(|request| !request.headers().contains_key("x-statsig-id")), "{requests:?}");
}

#[test]
fn the_session_is_opened_before_the_question_is_put() {
    let socket = Socket::new(1);
    socket.serve(|_| hello());
    let mut question = question(false);
    question["messages"] = json!([{ "role": "system", "content": "be nice" }, { "role": "user", "content": "hi" }]);
    socket.content(question.clone());
    socket.setting("temporary", "false");
    socket.content(question);
    let said = socket.said();
    let types: Vec<_> = said.iter().map(|message| message["event"]["type"].as_str().expect("it has one")).collect();
    let turn = ["session.create", "conversation.item.create", "response.create"];
    assert_eq!(types, [turn, turn].concat());
    let temporary = |n: usize| said[n]["event"]["session"]["x_grok"]["is_temporary"].as_bool();
    assert_eq!((temporary(0), temporary(3)), (Some(true), Some(false)));
    let chunks = &said[1]["event"]["item"]["x_grok"]["input_chunks"];
    assert_eq!(*chunks, json!([{ "text": { "text": "系统：be nice\n用户：hi" } }]));
    let ids: std::collections::HashSet<_> = said.iter().map(|message| message["event"]["event_id"].as_str()).collect();
    assert_eq!(ids.len(), 6, "{ids:?}");
}

/// Grok's answer about the owner, the result of the chat, and the effect on the account.
#[test]
fn an_owner_that_cannot_be_learned_is_a_failure_of_its_class() {
    let page = "<!DOCTYPE html><title>Just a moment...</title>";
    let strike = Charge { strikes: 1, ..SKIPPED };
    for (status, body, expected, code, charge) in [
        (200, r#"{"status":"blocked"}"#, 502, "upstream_error", strike),
        (401, "{}", 502, "upstream_error", strike),
        (403, page, 502, "upstream_blocked", NOTHING),
        (400, "{}", 502, "upstream_error", SKIPPED),
        (429, "{}", 429, "rate_limit_exceeded", cooled(3600)),
        (500, "oops", 502, "upstream_error", SKIPPED),
        (200, "{}", 502, "upstream_error", SKIPPED),
    ] {
        let socket = Socket::new(1);
        socket.host.on_send(move |_| Ok(Answer::new(status, body)));
        let (found, found_code, _) = socket.refusal(&question(false));
        assert_eq!((found, &*found_code), (expected, code), "{status} {body}");
        assert_eq!(socket.charged(1), charge, "{status} {body}");
        assert_eq!(socket.dialled(), [0; 0]);
    }
}

#[test]
fn the_front_page_names_the_owner_when_the_session_does_not() {
    let socket = Socket::new(1);
    socket.serve(|_| hello());
    socket.host.on_send(|request| {
        if request.uri().path() == "/api/auth/session" {
            return Ok(Answer::new(500, "oops"));
        }
        let mut answer = Answer::new(200, "<html></html>");
        answer.headers.push(("set-cookie", format!("x-userid={OTHER_USER}; Path=/; Secure")));
        Ok(answer)
    });
    socket.content(question(false));
    assert_eq!(socket.user_id(1), OTHER_USER);
}

#[test]
fn a_stored_owner_whose_session_is_refused_is_asked_again() {
    let socket = Socket::new(1);
    socket.host.sql(&format!("UPDATE tokens SET user_id = '{OTHER_USER}'"), vec![]);
    socket.host.on_connect(|handshake| match handshake.url.ends_with(USER) {
        true => Ok(hello()),
        false => Err(refused(401, &[], "{}")),
    });
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!((socket.user_id(1), socket.charged(1)), (USER.to_owned(), Charge { spent: 1, ..NOTHING }));
    assert_eq!(socket.dialled(), [1, 1]);
    socket.content(question(false));
    assert_eq!((socket.dialled(), socket.host.requests.borrow().len()), (vec![1, 1, 1], 1));
}

#[test]
fn a_refused_session_whose_owner_was_right_is_a_strike() {
    let socket = Socket::new(2);
    socket.host.sql(&format!("UPDATE tokens SET user_id = '{USER}' WHERE id = 1"), vec![]);
    socket.host.sql(&format!("UPDATE tokens SET user_id = '{OTHER_USER}' WHERE id = 2"), vec![]);
    socket.first_fails(|| Err(refused(401, &[], "{}")));
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!(socket.dialled(), [1, 2]);
    assert_eq!(socket.charged(1), Charge { strikes: 1, ..SKIPPED });
    assert_eq!(socket.host.requests.borrow().len(), 1, "the owner is asked for once more, the socket is not");
}

#[test]
fn a_blocked_owner_is_a_strike_whatever_the_refusal_said() {
    let policy = r#"{"error":{"code":7,"message":"This request is not allowed.","details":[]}}"#;
    let socket = Socket::new(2);
    socket.host.sql(&format!("UPDATE tokens SET user_id = '{USER}' WHERE id = 1"), vec![]);
    socket.host.sql(&format!("UPDATE tokens SET user_id = '{OTHER_USER}' WHERE id = 2"), vec![]);
    socket.first_fails(move || Err(refused(403, &[], policy)));
    socket.host.on_send(|_| Ok(Answer::new(200, r#"{"status":"blocked"}"#)));
    assert_eq!(socket.content(question(false)), "Hello world");
    assert_eq!((socket.dialled(), socket.charged(1)), (vec![1, 2], Charge { strikes: 1, ..SKIPPED }));
}
