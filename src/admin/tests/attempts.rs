//! Guesses from many addresses at once: attempts wait in one queue, over all instances.

use super::*;
use crate::{
    host::Host,
    store::{admin_sessions, login_attempts},
};

/// A console after 50 wrong passwords, each from another address.
fn besieged() -> Console {
    let mut console = Console::signed_in();
    for n in 0..50 {
        from(&mut console, n);
        assert_eq!(console.login("wrong").status, 401);
    }
    console
}

fn from(console: &mut Console, attacker: usize) {
    console.header("spin-client-addr", &format!("[2001:db8:{attacker:x}::1]:50000"));
}

fn now(console: &Console) -> i64 {
    console.host.app().now_ms()
}

/// Sends a password and returns the status, and how long it took in milliseconds.
fn timed(console: &Console, password: &str) -> (u16, i64) {
    let before = now(console);
    let status = console.login(password).status.as_u16();
    (status, now(console) - before)
}

#[test]
fn attempts_take_turns_after_fifty_failures_from_everywhere() {
    let mut console = besieged();
    let started = now(&console);
    for n in 50..60 {
        from(&mut console, n);
        timed(&console, "wrong");
    }
    assert_eq!(now(&console) - started, 18_000, "ten turns, two seconds apart");
    assert_eq!(console.host.number("SELECT failures FROM login_attempts WHERE address = ''"), 60);

    console.host.advance(std::time::Duration::from_secs(15 * 60));
    let answer = console.login("a long password").ok();
    assert_eq!(answer.statements, 2, "once the window is over nothing is queued");
}

#[test]
fn attempts_at_once_wait_in_line_and_the_rest_keep_their_place() {
    let console = besieged();
    let done = Rc::new(std::cell::RefCell::new(Vec::new()));
    let started = now(&console);
    for n in 0..20 {
        let (host, done) = (console.host.clone(), done.clone());
        let body = json!({ "username": "admin", "password": "wrong" }).to_string();
        let mut request = http::Request::new(futures::stream::iter([Ok(Bytes::from(body))]).boxed_local());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = "http://gateway.test/api/login".parse().expect("it is valid");
        request.headers_mut().insert("spin-client-addr", format!("203.0.113.{n}:1").parse().expect("it is valid"));
        console.host.start(async move {
            let reply = router::route(host.app(), request).await;
            let retry = reply.headers().get("retry-after").map(|value| value.to_str().expect("ASCII").to_owned());
            done.borrow_mut().push((reply.status().as_u16(), host.now_ms() - started, retry));
        });
    }
    console.host.settle();
    let mut done = done.take();
    done.sort();
    let looked_at: Vec<_> = (0..6).map(|turn| (401, turn * 2000, None)).collect();
    let later: Vec<_> = (6..20).map(|turn| (429, 0, Some((turn * 2).to_string()))).collect();
    assert_eq!(done.len(), 20);
    assert_eq!(done[..6], looked_at);
    let mut refused = done[6..].to_vec();
    refused.sort_by_key(|(_, _, retry)| retry.as_ref().and_then(|retry| retry.parse::<u32>().ok()));
    assert_eq!(refused, later);
}

#[test]
fn an_operator_who_returns_in_turn_gets_in_despite_guesses() {
    let mut console = besieged();
    let knock = |console: &mut Console, range: std::ops::Range<usize>| {
        for n in range {
            from(console, n);
            console.host.statements.borrow_mut().clear();
            // More than ten seconds ahead: answered at once.
            let answer = console.login("wrong");
            assert_eq!(answer.refusal(), (429, "TOO_MANY_LOGINS", ""));
        }
    };
    // Attackers hold the next 100 places.
    let app = console.host.app();
    console.host.run(async move {
        for n in 0..100 {
            let site = format!("2001:db9:{n:x}::/48");
            crate::auth::throttle::TURNS.place(&app.db, app.now_ms(), &site).await.expect("it runs");
        }
    });
    console.header("spin-client-addr", "192.0.2.9:1");
    let answer = console.login("a long password");
    assert_eq!(
        (answer.refusal(), &answer.headers["retry-after"]),
        ((429, "TOO_MANY_LOGINS", ""), &"200".parse().unwrap())
    );
    knock(&mut console, 100..200);
    console.host.advance(std::time::Duration::from_secs(190));
    console.header("spin-client-addr", "192.0.2.9:1");
    assert_eq!(timed(&console, "a long password"), (200, 10_000), "the place was kept");
    assert_eq!(console.login("a long password").status, 429, "the next one is behind all others");
}

#[test]
fn a_full_queue_refuses_further_attempts() {
    let mut console = besieged();
    let app = console.host.app();
    console.host.run(async move {
        for n in 0..=450 {
            crate::auth::throttle::TURNS.place(&app.db, app.now_ms(), &format!("{n}")).await.expect("it runs");
        }
    });
    console.header("spin-client-addr", "192.0.2.9:1");
    let answer = console.login("a long password");
    assert_eq!(
        (answer.refusal(), &answer.headers["retry-after"]),
        ((429, "TOO_MANY_LOGINS", ""), &"2".parse().unwrap())
    );
    assert_eq!(console.host.number("SELECT count(*) FROM leases WHERE name GLOB 'login *'"), 451);
    console.host.advance(std::time::Duration::from_secs(2));
    assert_eq!(console.login("a long password").headers["retry-after"], "900");
}

/// What the last of a thousand guesses sees if all came before any failure was counted.
#[test]
fn a_burst_from_everywhere_learns_nothing_after_fifty() {
    let console = besieged();
    let app = console.host.app();
    let (counted, opened) = console.host.run(async move {
        let mut counted = Vec::new();
        for in_turn in [false, true] {
            let failure = login_attempts::count_failure(&app.db, app.now_ms(), "192.0.2.8", in_turn).await;
            counted.push(failure.expect("it counts"));
        }
        let mut opened = Vec::new();
        for (hash, in_turn) in [("out of turn", false), ("in turn", true)] {
            let (address, expires_at) = ("192.0.2.9", app.now_ms() + 1);
            let session = admin_sessions::NewSession { hash, proof: "p", address, expires_at, in_turn };
            opened.push(admin_sessions::add(&app.db, app.now_ms(), session).await.expect("the statement runs"));
        }
        (counted, opened)
    });
    assert_eq!(counted, [Some(login_attempts::Refused::Everyone), None]);
    assert_eq!(opened, [false, true]);
}

#[test]
fn asking_for_the_current_password_takes_turns_as_well() {
    let mut console = besieged();
    console.header("spin-client-addr", "192.0.2.9:1");
    let setting = |current: &str| json!({ "global_config": { "admin_password": "another password" }, "current_password": current });
    console.host.set_variable("admin_password", "");
    console.sign_in("admin");
    let change = |console: &Console| {
        console.post("/api/password", json!({ "current": "wrong", "new": "long enough" })).refusal().0
    };
    let started = now(&console);
    assert_eq!((change(&console), change(&console)), (401, 401));
    assert_eq!(now(&console) - started, 4000);
    assert_eq!(console.post("/api/password", json!({ "current": "admin", "new": "long enough" })).ok().statements, 6);
    console.sign_in("long enough");
    assert_eq!(console.post("/api/settings", setting("wrong")).refusal().0, 401);
    assert_eq!(now(&console) - started, 10_000);
}
