//! Signing in: first run, throttling, the end of sessions, and which pages may write with a cookie.

use std::time::Duration;

use super::*;
use crate::store::{admin_sessions, login_attempts, schema, settings};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_first_run_password_is_good_for_choosing_another_one_only() {
    let mut console = Console::new();
    assert_eq!(console.get("/api/settings").refusal(), (401, "MISSING_SESSION", ""));
    let answer = console.sign_in("admin").ok();
    assert_eq!(answer.body["must_change_password"], true);
    assert_eq!(console.get("/api/settings").refusal(), (403, "PASSWORD_CHANGE_REQUIRED", ""));

    let change = |current: &str, new: &str| console.post("/api/password", json!({ "current": current, "new": new }));
    assert_eq!(change("admin", "short").refusal(), (400, "invalid_value", "new"));
    assert_eq!(change("admin", "admin").refusal(), (400, "invalid_value", "new"));
    assert_eq!(change("wrong", "long enough").refusal(), (401, "BAD_CREDENTIALS", "current"));
    assert_eq!(console.post("/api/password", json!({ "new": "x" })).refusal(), (400, "invalid_value", "current"));
    assert_eq!(change("admin", "long enough").ok().statements, 3);

    assert_eq!(console.get("/api/settings").refusal(), (401, "SESSION_EXPIRED", ""), "all sessions end");
    assert_eq!(console.login("admin").refusal(), (401, "BAD_CREDENTIALS", ""));
    let answer = console.sign_in("long enough").ok();
    assert_eq!(answer.body["must_change_password"], false);
    console.get("/api/settings").ok();
    assert_eq!(console.host.number("SELECT count(*) FROM settings WHERE instr(value, 'long enough') > 0"), 0);
}

#[test]
fn a_sign_in_takes_two_statements_and_answers_a_safe_cookie() {
    let mut console = Console::signed_in();
    let answer = console.login("a long password").ok();
    assert_eq!(answer.statements, 2);
    let token = answer.body["token"].as_str().expect("there is a token");
    assert_eq!(token.len(), 43);
    let cookie = answer.headers["set-cookie"].to_str().expect("it is ASCII");
    assert_eq!(cookie, format!("grok2api_session={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=28800"));
    assert_eq!(console.host.number(&format!("SELECT count(*) FROM admin_sessions WHERE hash = '{token}'")), 0);

    console.host.set_variable("trusted_proxy", "192.0.2.1");
    console.header("x-forwarded-proto", "https");
    let answer = console.login("a long password").ok();
    assert!(answer.headers["set-cookie"].to_str().expect("it is ASCII").ends_with("; Secure"));
}

#[test]
fn gateways_on_one_machine_do_not_sign_each_other_out() {
    let mut console = Console::signed_in();
    console.headers.remove("authorization");
    console.host.set_variable("trusted_proxy", "192.0.2.1");
    let mut sign_in = |port: u16| {
        console.header("x-forwarded-host", &format!("127.0.0.1:{port}"));
        let answer = console.login("a long password").ok();
        let cookie = answer.headers["set-cookie"].to_str().expect("it is ASCII").split(';').next().expect("a pair");
        assert!(cookie.starts_with(&format!("grok2api_session_{port}=")), "{cookie}");
        cookie.to_owned()
    };
    let jar = format!("{}; {}", sign_in(8787), sign_in(8788));
    console.header("cookie", &jar);
    console.get("/api/session").ok();
    console.header("origin", "http://127.0.0.1:8788");
    let answer = console.post("/api/logout", json!({})).ok();
    let cleared = answer.headers["set-cookie"].to_str().expect("it is ASCII");
    assert!(cleared.starts_with("grok2api_session_8788=;") && cleared.contains("Max-Age=0"), "{cleared}");
    assert_eq!(console.get("/api/session").refusal(), (401, "SESSION_EXPIRED", ""));
    console.header("x-forwarded-host", "127.0.0.1:8787");
    console.get("/api/session").ok();
}

#[test]
fn wrong_names_and_wrong_passwords_get_the_same_answer() {
    let console = Console::signed_in();
    let login = |name: &str, password: &str| {
        let answer = console.post("/api/login", json!({ "username": name, "password": password }));
        assert_eq!(answer.refusal(), (401, "BAD_CREDENTIALS", ""));
        (answer.body.to_string(), answer.statements)
    };
    assert_eq!(login("admin", "wrong"), login("stranger", "a long password"));
    let incomplete = console.post("/api/login", json!({ "username": "admin" }));
    assert_eq!(incomplete.refusal(), (400, "invalid_value", "password"));
}

#[test]
fn large_bodies_of_strangers_are_not_read_or_hashed() {
    let console = Console::signed_in();
    assert_eq!(console.login(&"x".repeat(10_000)).refusal(), (401, "BAD_CREDENTIALS", ""));
    let answer = console.login(&"x".repeat(1 << 20));
    assert_eq!((answer.refusal(), answer.statements), ((413, "body_too_large", ""), 0));
}

#[test]
fn the_sixth_attempt_of_an_address_waits_for_the_window_to_end() {
    let mut console = Console::signed_in();
    for _ in 0..5 {
        assert_eq!(console.login("wrong").status, 401);
    }
    console.host.advance(5 * MINUTE);
    let answer = console.login("a long password");
    assert_eq!(answer.refusal(), (429, "TOO_MANY_LOGINS", ""), "the right password waits as well");
    assert_eq!(answer.headers["retry-after"], "600");
    let attempts = "SELECT failures FROM login_attempts WHERE address = ''";
    assert_eq!((console.host.number(attempts), answer.statements), (5, 1), "a refused attempt writes nothing");

    let elsewhere = console.headers.insert("spin-client-addr", "192.0.2.2:1".parse().expect("it is valid"));
    console.login("a long password").ok();
    console.headers.insert("spin-client-addr", elsewhere.expect("it was set"));
    console.host.advance(10 * MINUTE);
    console.login("a long password").ok();
}

#[test]
fn a_right_password_forgets_the_failures_of_its_address() {
    let console = Console::signed_in();
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(console.login("wrong").status, 401);
        }
        console.login("a long password").ok();
    }
    assert_eq!(console.host.number("SELECT failures FROM login_attempts WHERE address = ''"), 12);
    assert_eq!(console.host.number("SELECT count(*) FROM login_attempts"), 1);
}

#[test]
fn only_the_first_few_of_simultaneous_guesses_count() {
    let console = Console::signed_in();
    // What the ninth guess sees if all nine passed the first look before any failure was counted.
    console.host.sql("INSERT INTO login_attempts VALUES ('192.0.2.1', ?, 4)", vec![console.host.app().now_ms().into()]);
    let app = console.host.app();
    let counted = console.host.run(async move {
        let mut counted = Vec::new();
        for _ in 0..2 {
            counted.push(
                login_attempts::count_failure(&app.db, app.now_ms(), "192.0.2.1", false).await.expect("it counts"),
            );
        }
        let (address, expires_at) = ("192.0.2.1", app.now_ms() + 1);
        let session = admin_sessions::NewSession { hash: "h", proof: "p", address, expires_at, in_turn: false };
        let opened = admin_sessions::add(&app.db, app.now_ms(), session).await.expect("the statement runs");
        (counted[0].is_some(), counted[1].is_some(), opened)
    });
    assert_eq!(counted, (false, true, false));
    assert_eq!(console.host.number("SELECT count(*) FROM admin_sessions WHERE hash = 'h'"), 0);
}

#[test]
fn one_network_of_ipv6_is_one_party() {
    let mut console = Console::signed_in();
    for n in 0..6 {
        console.header("spin-client-addr", &format!("[2001:db8:1:2:{n}::1]:50000"));
        assert_eq!(console.login("wrong").status.as_u16(), if n < 5 { 401 } else { 429 });
    }
}

#[test]
fn the_variable_replaces_the_password_and_ends_its_sessions() {
    let mut console = Console::new();
    console.sign_in("admin");
    console.post("/api/password", json!({ "current": "admin", "new": "stored password" })).ok();
    console.sign_in("stored password");
    console.host.set_variable("admin_password", "from the variable");
    assert_eq!(console.get("/api/settings").refusal(), (401, "SESSION_EXPIRED", ""));
    assert_eq!(console.login("stored password").status, 401);
    console.sign_in("from the variable");
    let change = console.post("/api/password", json!({ "current": "from the variable", "new": "another one" }));
    assert_eq!(change.refusal(), (409, "conflict", ""));
    let change = console.post("/api/settings", json!({ "global_config": { "admin_password": "another one" } }));
    assert_eq!(change.refusal(), (409, "conflict", ""));
    console.host.set_variable("admin_password", "changed variable");
    assert_eq!(console.get("/api/settings").refusal(), (401, "SESSION_EXPIRED", ""));
    // The default in the variable would open the console to anyone.
    console.host.set_variable("admin_password", "admin");
    assert_eq!(console.login("admin").status, 401);
}

#[test]
fn a_session_shows_its_user_and_a_due_password_change() {
    let mut console = Console::new();
    let signed_in = console.sign_in("admin").body;
    let answer = console.get("/api/session").ok();
    let expected = json!({
        "username": "admin", "expires_at": signed_in["expires_at"], "must_change_password": true,
        "version": env!("CARGO_PKG_VERSION"),
    });
    assert_eq!((&answer.body["data"], answer.statements), (&expected, 1));
    console.post("/api/password", json!({ "current": "admin", "new": "a long password" })).ok();
    assert_eq!(console.get("/api/session").refusal(), (401, "SESSION_EXPIRED", ""));
    console.host.advance(MINUTE);
    let signed_in = console.sign_in("a long password").body;
    console.post("/api/settings", json!({ "global_config": { "admin_username": "grace" } })).ok();
    let data = console.get("/api/session").ok().body["data"].take();
    assert_eq!((&data["username"], &data["must_change_password"]), (&json!("grace"), &json!(false)));
    assert_eq!(data["expires_at"], signed_in["expires_at"]);
}

#[test]
fn the_other_sessions_can_be_ended() {
    let mut console = Console::signed_in();
    let own = console.headers["authorization"].clone();
    console.host.advance(7 * 60 * MINUTE);
    let others: Vec<_> = (0..3)
        .map(|_| {
            console.sign_in("a long password");
            console.headers["authorization"].clone()
        })
        .collect();
    console.headers.insert("authorization", own.clone());
    let answer = console.post("/api/sessions/end-others", json!({})).ok();
    assert_eq!((&answer.body["data"], answer.statements), (&json!({ "ended": 3 }), 2));
    console.get("/api/session").ok();
    for other in others {
        console.headers.insert("authorization", other);
        assert_eq!(console.get("/api/session").refusal(), (401, "SESSION_EXPIRED", ""));
    }
    console.headers.insert("authorization", own);
    assert_eq!(console.post("/api/sessions/end-others", json!({})).ok().body["data"]["ended"], 0);
    // An expired session does not count, even if its row still exists.
    console.host.sql("INSERT INTO admin_sessions VALUES ('old', '', '', 0, 1)", vec![]);
    assert_eq!(console.post("/api/sessions/end-others", json!({})).ok().body["data"]["ended"], 0);
    assert_eq!(console.host.number("SELECT count(*) FROM admin_sessions"), 1);
}

#[test]
fn sessions_end_by_logout_and_after_eight_hours() {
    let mut console = Console::signed_in();
    let answer = console.post("/api/logout", json!({})).ok();
    assert!(answer.headers["set-cookie"].to_str().expect("it is ASCII").contains("Max-Age=0"));
    assert_eq!(console.get("/api/settings").refusal(), (401, "SESSION_EXPIRED", ""));
    console.sign_in("a long password");
    console.host.advance(8 * 60 * MINUTE - Duration::from_millis(1));
    console.get("/api/settings").ok();
    console.host.advance(Duration::from_millis(1));
    assert_eq!(console.get("/api/settings").refusal(), (401, "SESSION_EXPIRED", ""));
    console.sign_in("a long password");
    assert_eq!(console.host.number("SELECT count(*) FROM admin_sessions"), 1, "ended sessions are swept");
}

#[test]
fn a_cookie_writes_only_from_our_own_pages() {
    let mut console = Console::signed_in();
    let bearer = console.headers.remove("authorization").expect("it was set");
    let token = bearer.to_str().expect("it is ASCII").trim_start_matches("Bearer ").to_owned();
    console.header("cookie", &format!("theme=dark; grok2api_session={token}"));
    console.get("/api/settings").ok();
    let write = |console: &Console| console.post("/api/settings", json!({})).status.as_u16();
    assert_eq!(console.post("/api/settings", json!({})).refusal(), (403, "FOREIGN_ORIGIN", ""));
    for (origin, status) in [
        ("http://gateway.test", 200),
        ("https://gateway.test", 403),
        ("http://gateway.test:8080", 403),
        ("http://gateway.test.evil.example", 403),
        ("null", 403),
    ] {
        console.header("origin", origin);
        assert_eq!(write(&console), status, "{origin}");
    }
    // Behind a proxy that speaks TLS: either it is trusted, or base_url names the address.
    console.header("origin", "https://public.example");
    console.header("x-forwarded-host", "public.example");
    console.header("x-forwarded-proto", "https");
    assert_eq!(write(&console), 403);
    console.host.set_variable("trusted_proxy", "192.0.2.1");
    assert_eq!(write(&console), 200);
    console.host.set_variable("trusted_proxy", "");
    console.header("authorization", &format!("Bearer {token}"));
    console.post("/api/settings", json!({ "global_config": { "base_url": "https://PUBLIC.example:443/" } })).ok();
    console.headers.remove("authorization");
    assert_eq!(write(&console), 200);
}

#[test]
fn the_hash_is_renewed_at_sign_in_without_ending_sessions() {
    let mut console = Console::new();
    console.sign_in("admin");
    console.post("/api/password", json!({ "current": "admin", "new": "a long password" })).ok();
    console.sign_in("a long password");
    let stored = |console: &Console| {
        let row = console.host.sql("SELECT value FROM settings WHERE section = 'password'", vec![]);
        format!("{:?}", row[0][0])
    };
    let weak = stored(&console);
    assert!(weak.contains("pbkdf2-sha256$1000$$"), "{weak}");
    console.host.set_variable("password_iterations", "1500");
    console.host.set_variable("encryption_key", "sixteen letters!");
    console.login("a long password").ok();
    let strong = stored(&console);
    assert!(strong.contains("pbkdf2-sha256$1500$") && !strong.contains("$1500$$"), "{strong}");
    console.get("/api/settings").ok();

    console.host.set_variable("encryption_key", "another long key");
    assert_eq!(console.login("a long password").refusal().0, 409, "the pepper is lost");
    console.host.set_variable("encryption_key_previous", "sixteen letters!");
    console.login("a long password").ok();
    console.host.set_variable("encryption_key_previous", "");
    console.login("a long password").ok();
    console.host.set_variable("password_iterations", "many");
    assert_eq!(console.login("a long password").status, 500);
}

#[test]
fn a_database_that_is_behind_serves_the_first_request() {
    let console = Console::signed_in();
    console.host.sql("DELETE FROM d1_migrations", vec![]);
    console.get("/api/settings").ok();
    assert_eq!(console.host.number("SELECT count(*) FROM d1_migrations"), schema::MIGRATIONS.len() as i64);
    console.host.sql("DELETE FROM d1_migrations", vec![]);
    console.login("a long password").ok();
    assert_eq!(console.host.number("SELECT count(*) FROM d1_migrations"), schema::MIGRATIONS.len() as i64);
}

#[test]
fn a_renewed_hash_never_replaces_a_newer_password() {
    let mut console = Console::new();
    console.sign_in("admin");
    console.post("/api/password", json!({ "current": "admin", "new": "a long password" })).ok();
    let app = console.host.app();
    console.host.run(async move {
        settings::renew_password(&app.db, "what was read before", "its stronger hash").await.expect("it runs");
    });
    console.login("a long password").ok();
}

#[test]
fn a_foreign_page_cannot_count_failures_for_the_operator() {
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let mut console = Console::new();
        console.header(name, value);
        for _ in 0..20 {
            assert_eq!(console.login("a guess").refusal(), (403, "FOREIGN_ORIGIN", ""), "{name}: {value}");
        }
        assert_eq!(console.host.number("SELECT count(*) FROM login_attempts"), 0, "{name}: {value}");
        console.headers.remove(name);
        console.login("admin").ok();
    }
}

#[test]
fn the_consoles_own_page_signs_in_also_behind_a_proxy() {
    let mut console = Console::new();
    console.header("origin", "http://gateway.test");
    console.login("admin").ok();
    // A proxy that the gateway does not know: the browser itself says that the page is its own.
    console.header("origin", "https://public.example");
    console.header("sec-fetch-site", "same-origin");
    console.login("admin").ok();
}
