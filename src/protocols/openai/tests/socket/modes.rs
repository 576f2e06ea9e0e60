//! Modes that run out, and modes that an account does not have.

use std::{cell::RefCell, collections::HashSet};

use super::*;

/// An account and a mode in which a question ends with an error of this kind.
type Limit = (usize, &'static str, &'static str);

/// What Grok has left.
#[derive(Clone, Default)]
struct Grok(Rc<RefCell<HashSet<Limit>>>);

impl Grok {
    fn on(socket: &Socket) -> Self {
        let grok = Grok::default();
        let (errors, sockets) = (grok.0.clone(), socket.host.sockets.clone());
        socket.serve(move |account| {
            let (errors, sockets) = (errors.clone(), sockets.clone());
            let frames: Rc<RefCell<Vec<Frame>>> = Rc::default();
            let slot = frames.clone();
            // The mode is known when the session is asked for.
            let choose = Frame::Do(Box::new(move || {
                let asked = sockets.sent.borrow();
                let has = |mode: &str| asked.last().is_some_and(|text| text.contains(&format!(r#""model":"{mode}""#)));
                let error = errors.borrow().iter().find(|(n, mode, _)| *n == account && has(mode)).map(|found| found.2);
                let answer = match error {
                    Some(kind) => script::stream_error(kind),
                    None => vec![script::text("Hello world"), script::done("completed")],
                };
                slot.borrow_mut().extend(answer);
            }));
            let mut turn = script::opened();
            turn.insert(1, choose);
            turn.push(Frame::From(frames));
            turn
        });
        grok
    }

    fn fails(&self, account: usize, mode: &'static str, kind: &'static str) {
        self.0.borrow_mut().insert((account, mode, kind));
    }
}

/// When an account may be asked again in a mode, in seconds from now.
fn cooling(socket: &Socket, token: usize, mode: &str) -> i64 {
    let now = crate::host::Host::now_ms(&*socket.host);
    let until = format!("SELECT max({now}, coalesce(max(cool_until), 0)) - {now} FROM account_quotas");
    socket.host.number(&format!("{until} WHERE account_id = {token} AND bucket = '{mode}'")) / 1000
}

fn make_super(socket: &Socket, token: usize) {
    socket.host.sql(&format!("UPDATE tokens SET token_type = 'ssoSuper' WHERE id = {token}"), vec![]);
}

#[test]
fn each_model_opens_its_mode() {
    let socket = Socket::new(1);
    make_super(&socket, 1);
    Grok::on(&socket);
    for model in ["grok-fast", "grok-auto", "grok-expert", "grok-heavy", "grok-4", "grok-4-fast", "grok-chat-expert"] {
        assert_eq!(socket.content(to(model)), "Hello world", "{model}");
    }
    assert_eq!(socket.modes(), ["fast", "auto", "expert", "heavy", "auto", "fast", "expert"]);
}

#[test]
fn one_account_without_auto_answers_in_fast() {
    let socket = Socket::new(1);
    Grok::on(&socket).fails(1, "auto", "usage_limit_reached");
    assert_eq!(socket.content(to("grok-4")), "Hello world");
    assert_eq!((socket.modes(), socket.dialled()), (vec!["auto".to_owned(), "fast".to_owned()], vec![1, 1]));
    assert_eq!((cooling(&socket, 1, "auto"), cooling(&socket, 1, "fast")), (36_000, 0));
    assert_eq!(socket.log(), [(200, String::new(), 2)]);
    assert_eq!(socket.left(1), [("auto", 0), ("fast", 79)]);
    assert_eq!(socket.host.requests.borrow().len(), 1, "the owner is asked for once");
}

#[test]
fn the_last_attempt_is_made_in_the_mode_that_is_left() {
    let socket = Socket::new(5);
    let grok = Grok::on(&socket);
    (1..=5).for_each(|account| grok.fails(account, "auto", "usage_limit_reached"));
    assert_eq!(socket.content(to("grok-4")), "Hello world");
    assert_eq!(socket.modes(), ["auto", "auto", "fast"]);
    assert_eq!(socket.log(), [(200, String::new(), 3)]);
}

#[test]
fn an_account_with_auto_left_is_preferred_to_another_mode() {
    let socket = Socket::new(3);
    Grok::on(&socket).fails(1, "auto", "usage_limit_reached");
    assert_eq!(socket.content(to("grok-4")), "Hello world");
    assert_eq!((socket.modes(), socket.dialled()), (vec!["auto".to_owned(); 2], vec![1, 2]));
}

#[test]
fn a_mode_that_all_have_used_up_costs_no_call() {
    let socket = Socket::new(2);
    let grok = Grok::on(&socket);
    (1..=2).for_each(|account| grok.fails(account, "auto", "usage_limit_reached"));
    socket.content(to("grok-4"));
    let (asked, statements) = (socket.modes().len(), socket.host.statements.borrow().len());
    assert_eq!(socket.content(to("grok-4")), "Hello world");
    assert_eq!(socket.modes()[asked..], ["fast"]);
    assert_eq!(socket.log()[0], (200, String::new(), 1));
    assert_eq!(socket.host.statements.borrow().len() - statements, 3, "one more to find that auto is used up");
}

#[test]
fn when_both_modes_are_used_up_the_client_learns_for_how_long() {
    for (auto, fast, seconds) in [
        ("usage_limit_reached", "usage_limit_reached", 36_000),
        ("usage_limit_reached", "global_rate_limit", 60),
        // Auto is free again long before fast, and would serve.
        ("global_rate_limit", "usage_limit_reached", 60),
    ] {
        let socket = Socket::new(1);
        let grok = Grok::on(&socket);
        grok.fails(1, "auto", auto);
        grok.fails(1, "fast", fast);
        let limited = (429, "rate_limit_exceeded".to_owned(), Some(seconds));
        assert_eq!(socket.refusal(&to("grok-4")), limited, "{auto}, {fast}");
        assert_eq!(socket.modes(), ["auto", "fast"], "{auto}, {fast}");
        assert_eq!(socket.refusal(&to("grok-4")), limited, "{auto}, {fast}: and without a call the second time");
        assert_eq!(socket.modes().len(), 2, "{auto}, {fast}");
        assert_eq!(socket.log()[0], (429, "rate_limit_exceeded".to_owned(), 0));
    }
}

#[test]
fn a_limit_in_one_mode_leaves_the_others() {
    let socket = Socket::new(1);
    Grok::on(&socket).fails(1, "fast", "usage_limit_reached");
    assert_eq!(socket.refusal(&to("grok-fast")).0, 429);
    assert_eq!(socket.content(to("grok-4")), "Hello world");
    assert_eq!(socket.modes(), ["fast", "auto"]);
}

#[test]
fn an_account_without_auto_at_all_answers_in_fast() {
    let socket = Socket::new(1);
    Grok::on(&socket).fails(1, "auto", "model_not_available");
    assert_eq!(socket.content(to("grok-4")), "Hello world");
    assert_eq!(socket.modes(), ["auto", "fast"]);
}

#[test]
fn expert_asks_super_accounts_first() {
    let socket = Socket::new(3);
    make_super(&socket, 2);
    let grok = Grok::on(&socket);
    assert_eq!(socket.content(to("grok-expert")), "Hello world");
    assert_eq!(socket.dialled(), [2]);
    assert_eq!(socket.quota(2), 79);
    grok.fails(2, "expert", "usage_limit_reached");
    assert_eq!(socket.content(to("grok-expert")), "Hello world");
    assert_eq!(socket.dialled(), [2, 2, 1], "then Basic ones");
    assert!(socket.modes().iter().all(|mode| mode == "expert"), "expert has no second mode");
}

#[test]
fn a_mode_that_no_account_has_names_the_type_that_does() {
    let socket = Socket::new(3);
    let grok = Grok::on(&socket);
    (1..=3).for_each(|account| grok.fails(account, "expert", "model_not_available"));
    let (status, answer) = socket.chat(to("grok-expert"));
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (403, &json!("model_not_available")));
    let message = answer["error"]["message"].as_str().expect("a text");
    assert!(message.contains("SuperGrok"), "{message}");
    assert_eq!(socket.dialled(), [1, 2, 3]);
    for token in 1..=3 {
        let lacks = "SELECT group_concat(bucket) = 'expert' FROM account_quotas WHERE total = 0 AND account_id =";
        assert_eq!(socket.host.number(&format!("{lacks} {token}")), 1);
        assert_eq!(cooling(&socket, token, "fast"), 0);
    }
    assert_eq!(socket.content(to("grok-fast")), "Hello world");
}

#[test]
fn an_account_that_is_limited_has_the_mode() {
    for (super_first, basic) in [("usage_limit_reached", 36_000), ("global_rate_limit", 60)] {
        let socket = Socket::new(2);
        make_super(&socket, 2);
        let grok = Grok::on(&socket);
        grok.fails(2, "expert", super_first);
        grok.fails(1, "expert", "model_not_available");
        let limited = (429, "rate_limit_exceeded".to_owned(), Some(basic));
        assert_eq!(socket.refusal(&to("grok-expert")), limited, "it is not the type that is missing");
        assert_eq!(socket.dialled(), [2, 1]);
    }
}

#[test]
fn heavy_needs_an_account_that_may_have_it() {
    let socket = Socket::new(3);
    let grok = Grok::on(&socket);
    assert_eq!(socket.refusal(&to("grok-heavy")).1, "no_available_token");
    make_super(&socket, 1);
    make_super(&socket, 2);
    grok.fails(1, "heavy", "model_not_available");
    assert_eq!(socket.content(to("grok-heavy")), "Hello world");
    assert_eq!(socket.dialled(), [1, 2], "those that a person calls Super");
    for token in 1..=3 {
        let read = "INSERT INTO account_readings (account_id, at, outcome, reason, user_id, read_type, quotas, due)
                    VALUES (?, 0, 'ok', '', '', 'ssoSuper', '[{\"bucket\":\"heavy\",\"remaining\":0,\"total\":0}]', 0)";
        socket.host.sql(read, vec![token.into()]);
    }
    let (status, answer) = socket.chat(to("grok-heavy"));
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (403, &json!("model_not_available")));
    let message = answer["error"]["message"].as_str().expect("a text");
    assert!(message.starts_with("grok-heavy needs a SuperGrok Heavy account"), "{message}");
    assert_eq!(socket.dialled().len(), 2, "no account is asked in vain");
}
