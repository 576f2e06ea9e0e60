//! A full disk: stored files can be read, and clearing the cache deletes as many bytes as possible.

use super::*;

/// A gateway whose operator is signed in, with `parts` files of one part in the cache.
fn filled(parts: i64) -> (Gateway, String) {
    let gateway = Gateway::new();
    gateway.cached(parts, MediaKind::Image, 10);
    let token = gateway.sign_in();
    (gateway, token)
}

fn status(gateway: &Gateway, method: Method, path: &str, token: &str) -> (u16, String) {
    let answer = gateway.ask(method, path, &[("authorization", token)]);
    (answer.status, String::from_utf8(answer.body).expect("it is text"))
}

#[test]
fn what_is_stored_is_read() {
    let (gateway, token) = filled(1);
    gateway.host.full_above.set(0);
    for path in
        ["/api/session", "/api/settings", "/api/tokens", "/api/logs", "/api/stats", "/api/cache/list", "/api/keys"]
    {
        assert_eq!(status(&gateway, Method::GET, path, &token).0, 200, "{path}");
    }
    let path = gateway.path_of_any();
    let file = gateway.get(&path, &[]);
    assert_eq!((file.status, file.body.len(), gateway.asked().len()), (200, 10, 0), "from the cache");
}

#[test]
fn clearing_deletes_bytes_first_when_no_row_can_be_written() {
    let (gateway, token) = filled(100);
    // The key-value store fills the disk.
    gateway.host.full_above.set(80);
    let (code, text) = status(&gateway, Method::POST, "/api/cache/clear", &token);
    assert_eq!(code, 200, "{text}");
    assert_eq!((gateway.copies("stored"), gateway.stored_parts() < 80), (0, true));
    let (code, text) = status(&gateway, Method::GET, "/api/cache/size", &token);
    assert!(code == 200 && text.contains("\"total_size_bytes\":0"), "{text}");
}

#[test]
fn clearing_continues_when_something_else_fills_the_disk() {
    let (gateway, token) = filled(100);
    gateway.host.full_above.set(0);
    let (code, text) = status(&gateway, Method::POST, "/api/cache/clear", &token);
    assert!(code == 503 && text.contains("40 stored parts") && text.contains("database_full"), "{code} {text}");
    assert_eq!((gateway.stored_parts(), gateway.copies("stored")), (60, 100));
    for _ in 0..10 {
        status(&gateway, Method::POST, "/api/cache/clear", &token);
    }
    assert!(gateway.stored_parts() < 20, "{}", gateway.stored_parts());
    // What is missing is read at the source.
    let path = gateway.path_of_any();
    assert_eq!((gateway.get(&path, &[]).status, gateway.get(&path, &[]).body.len()), (200, 10));
    gateway.host.full_above.set(usize::MAX);
    assert_eq!(status(&gateway, Method::POST, "/api/cache/clear", &token).0, 200);
}

#[test]
fn a_sign_in_that_cannot_be_stored_says_what_to_do() {
    let (gateway, token) = filled(1);
    gateway.host.full_above.set(0);
    let answers = ["a long password", "wrong"].map(|password| gateway.login(password));
    for answer in &answers {
        assert_eq!((&answer.0, answer.1["code"].as_str()), (&503, Some("database_full")));
        let message = answer.1["message"].as_str().expect("it has one");
        assert!(message.contains("free space") && message.contains("sign in"), "{message}");
    }
    assert_eq!(answers[0].1, answers[1].1, "the answer does not say whether the password was right");
    assert_eq!(status(&gateway, Method::GET, "/api/session", &token).0, 200, "an open session goes on");
}
