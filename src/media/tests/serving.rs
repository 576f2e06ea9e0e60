//! Answers of the routes, from the source and from the cache.

use super::*;

#[test]
fn an_unknown_address_is_a_404_that_touches_nothing() {
    let gateway = Gateway::new();
    let path = gateway.video();
    let id = path.rsplit('/').next().expect("it has an id");
    let invented = "/videos/AAAAAAAAAAAAAAAAAAAAAA";
    for (path, statements) in [
        (invented, 1),
        (&format!("/images/{id}"), 1),
        ("/videos/p_L3VzZXJz", 0),
        ("/videos/..%2f..%2fetc", 0),
        ("/images/u_aHR0cHM6Ly9ncm9rLmNvbS9yZXN0", 0),
    ] {
        let answer = gateway.get(path, &[]);
        assert_eq!((answer.status, answer.statements), (404, statements), "{path}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
    assert!(gateway.asked().is_empty());
    assert!(gateway.host.kv_calls.borrow().is_empty());
    assert_eq!(gateway.host.number("SELECT max(turn) + sum(strikes) FROM tokens"), 0);
    assert_eq!(gateway.ask(Method::POST, &path, &[]).status, 405);
}

#[test]
fn only_the_first_reader_fetches_and_does_so_as_the_owner() {
    let gateway = Gateway::new();
    let (path, file) = (gateway.video(), bytes(2 * MIB + 12_345));
    gateway.source(file.clone());
    let first = gateway.get(&path, &[]);
    assert_eq!((first.status, first.is_cut, first.is_through), (200, false, false));
    assert!(first.body == file);
    let asked = gateway.asked();
    let expected = [
        "GET",
        "https://assets.grok.com/users/u/generated/g/generated_video.mp4",
        "sso=a-token-of-the-tests.token-7; sso-rw=a-token-of-the-tests.token-7",
        "",
    ];
    assert_eq!(asked, [expected.map(str::to_owned)]);

    let second = gateway.get(&path, &[]);
    assert_eq!((second.status, second.statements, second.body == file), (200, 1, true));
    assert!(gateway.asked().is_empty(), "the second reader's bytes come from the cache");
    for answer in [&first, &second] {
        assert_eq!(answer.header("content-type"), "video/mp4");
        assert_eq!(answer.header("content-length"), file.len().to_string());
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(answer.header("etag"), "\"v1\"");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        // It is 8:00, 16 hours before midnight.
        assert_eq!(answer.header("cache-control"), "public, max-age=57600");
    }
    assert_eq!(gateway.host.number("SELECT max(turn) + sum(strikes) FROM tokens"), 0, "no token was touched");
}

#[test]
fn ranges_read_only_their_parts() {
    let gateway = Gateway::new();
    let (path, size) = (gateway.video(), 3 * MIB + 100);
    let file = bytes(size);
    gateway.source(file.clone());
    gateway.get(&path, &[]);
    gateway.asked();
    for (range, from, to, parts) in [
        ("bytes=0-0", 0, 1, "0"),
        ("bytes=0-", 0, size, "0 1 2 3"),
        ("bytes=1048575-1048576", MIB - 1, MIB + 1, "0 1"),
        ("bytes=1048576-2097151", MIB, 2 * MIB, "1"),
        ("bytes=2097152-", 2 * MIB, size, "2 3"),
        ("bytes=-1", size - 1, size, "3"),
        ("bytes=-101", size - 101, size, "2 3"),
        ("bytes=5-99999999", 5, size, "0 1 2 3"),
    ] {
        gateway.host.kv_calls.borrow_mut().clear();
        let answer = gateway.get(&path, &[("range", range)]);
        assert_eq!((answer.status, answer.body == file[from..to]), (206, true), "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {from}-{}/{size}", to - 1));
        assert_eq!(answer.header("content-length"), (to - from).to_string());
        let read: Vec<_> = gateway
            .host
            .kv_calls
            .borrow()
            .iter()
            .map(|(_, key)| key.rsplit('/').next().unwrap_or("").to_owned())
            .collect();
        assert_eq!(read.join(" "), parts, "{range}");
    }
    for range in ["bytes=3145828-", "bytes=9-5", "bytes=-0"] {
        gateway.host.kv_calls.borrow_mut().clear();
        let answer = gateway.get(&path, &[("range", range)]);
        assert_eq!((answer.status, answer.body.len()), (416, 0), "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes */{size}"));
        assert!(gateway.host.kv_calls.borrow().is_empty());
    }
    for headers in [[("range", "bytes=0-1,5-6"), ("accept", "*/*")], [("range", "bytes=0-1"), ("if-range", "\"v0\"")]] {
        let answer = gateway.get(&path, &headers);
        assert_eq!((answer.status, answer.body.len()), (200, size));
    }
    assert_eq!(gateway.get(&path, &[("range", "bytes=0-1"), ("if-range", "\"v1\"")]).status, 206);
    assert!(gateway.asked().is_empty());
}

#[test]
fn a_range_of_a_file_that_was_never_fetched() {
    for (range, status, from, to) in [
        ("bytes=5-9", 206, 5, 10),
        ("bytes=1048570-1048580", 206, MIB - 6, MIB + 5),
        ("bytes=-7", 206, MIB + 93, MIB + 100),
        ("bytes=2000000-", 416, 0, 0),
    ] {
        let gateway = Gateway::new();
        let (path, file) = (gateway.video(), bytes(MIB + 100));
        gateway.source(file.clone());
        let answer = gateway.get(&path, &[("range", range)]);
        assert_eq!((answer.status, answer.body == file[from..to], answer.is_cut), (status, true, false), "{range}");
        assert_eq!(gateway.asked().len(), 1);
        assert_eq!(gateway.host.open_bodies.get(), 0);
        if status == 206 {
            assert_eq!(answer.header("content-range"), format!("bytes {from}-{}/{}", to - 1, file.len()));
            assert!(gateway.get(&path, &[]).body == file, "the whole file was stored meanwhile");
            assert!(gateway.asked().is_empty());
        }
    }
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.source(bytes(1000));
    gateway.get(&path, &[]);
    gateway.asked();
    let answer = gateway.get(&path, &[("if-none-match", "\"v0\", W/\"v1\"")]);
    assert_eq!((answer.status, answer.body.len(), answer.header("etag")), (304, 0, "\"v1\""));
    assert!(answer.headers.get("content-type").is_none());
    gateway.host.advance(Duration::from_secs(2 * 86_400));
    assert_eq!(gateway.get(&path, &[("if-none-match", "\"v1\"")]).status, 304, "even when the bytes are gone");
    assert!(gateway.asked().is_empty());
    assert_eq!(gateway.get(&path, &[("if-none-match", "\"v2\"")]).status, 200);
}

#[test]
fn head_has_the_headers_of_get() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.source(bytes(1000));
    for (asked, statements) in [(1, 1), (0, 1)] {
        let answer = gateway.ask(Method::HEAD, &path, &[("range", "bytes=0-1")]);
        assert_eq!((answer.status, answer.body.len(), answer.statements), (200, 0, statements));
        assert_eq!((answer.header("content-length"), answer.header("content-type")), ("1000", "video/mp4"));
        let requests = gateway.asked();
        assert_eq!(requests.len(), asked);
        assert!(requests.iter().all(|[method, ..]| method == "HEAD"));
        gateway.get(&path, &[]);
        gateway.asked();
    }
}

#[test]
fn only_pictures_and_videos_pass() {
    for (content_type, passes) in [
        ("image/jpeg", true),
        ("Image/PNG; charset=binary", true),
        ("video/webm", true),
        ("text/html", false),
        ("image/svg+xml", false),
        ("application/json", false),
        ("application/octet-stream", false),
        ("text/html; image/png", false),
        ("", false),
    ] {
        let gateway = Gateway::new();
        let path = gateway.video();
        gateway.host.on_send(move |_| {
            let mut answer = sent(200, b"<script>alert(1)</script>", vec![]);
            answer.headers[0].1 = content_type.to_owned();
            Ok(answer)
        });
        let answer = gateway.get(&path, &[]);
        assert_eq!(answer.status, if passes { 200 } else { 502 }, "{content_type}");
        assert_eq!(String::from_utf8_lossy(&answer.body).contains("script"), passes);
        assert_eq!(gateway.stored_parts(), usize::from(passes));
    }
}

#[test]
fn refusals_of_the_source_are_reported_and_touch_no_account() {
    for (status, expected) in [(403, 502), (404, 404), (410, 404), (429, 503), (500, 502), (302, 502), (206, 502)] {
        let gateway = Gateway::new();
        let path = gateway.video();
        gateway.host.on_send(move |_| Ok(sent(status, b"secret", vec![("location", "https://evil.test/".to_owned())])));
        let answer = gateway.get(&path, &[]);
        assert_eq!(answer.status, expected, "{status}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
        assert!(
            serde_json::from_slice::<serde_json::Value>(&answer.body)
                .is_ok_and(|body| body["error"]["message"].is_string())
        );
        assert_eq!(gateway.asked().len(), 1, "no second try, no redirect followed");
        assert_eq!(gateway.host.number("SELECT max(turn) + sum(strikes) + count(last_failure_at) FROM tokens"), 0);
        assert_eq!(gateway.copies("storing"), 0);
    }
}

#[test]
fn a_file_made_a_moment_ago_is_asked_for_again() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.host.sql("UPDATE media SET created_at = ?", vec![START.into()]);
    let tries = std::cell::Cell::new(0);
    gateway.host.on_send(move |request| {
        tries.set(tries.get() + 1);
        Ok(if tries.get() < 3 { sent(403, b"", vec![]) } else { ranged(request, &bytes(10)) })
    });
    assert_eq!(gateway.get(&path, &[]).status, 200);
    assert_eq!(gateway.asked().len(), 3);
}

#[test]
fn cookies_stay_at_home() {
    let gateway = Gateway::new();
    gateway.source(bytes(10));
    let path = gateway.file(MediaKind::Image, "https://imagine-public.x.ai/a.png");
    assert_eq!(gateway.get(&path, &[]).status, 200);
    assert_eq!(gateway.asked(), [["GET", "https://imagine-public.x.ai/a.png", "", ""].map(str::to_owned)]);
    for url in ["https://evil.test/a.png", "http://assets.grok.com/a.png", "https://assets.grok.com.evil.test/a.png"] {
        let path = gateway.file(MediaKind::Image, url);
        assert_eq!(gateway.get(&path, &[]).status, 502, "{url}");
        assert!(gateway.asked().is_empty());
    }
    gateway.host.sql("DELETE FROM tokens WHERE id = 7", vec![]);
    assert_eq!(gateway.get(&gateway.video(), &[]).status, 410);
    assert!(gateway.asked().is_empty(), "no other account is asked");
    let public = gateway.file(MediaKind::Image, "https://imgen.x.ai/b.png");
    assert_eq!(gateway.get(&public, &[]).status, 200, "which needs no owner");
}
