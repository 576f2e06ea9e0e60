//! Types that the routes refuse to serve, and the headers that keep browsers from running the others.

use super::*;

const SHIELD: &str = "default-src 'none'; sandbox";

/// A source whose answers have these `Content-Type` lines.
fn typed(gateway: &Gateway, content_types: &'static [&'static str]) {
    gateway.host.on_send(move |request| {
        let mut answer = ranged(request, b"<script>alert(1)</script>");
        answer.headers.retain(|(name, _)| *name != "content-type");
        answer.headers.extend(content_types.iter().map(|value| ("content-type", (*value).to_owned())));
        Ok(answer)
    });
}

#[test]
fn a_list_of_types_is_neither_served_nor_stored() {
    for content_types in [
        &["image/png, text/html"][..],
        &["image/png,text/html"],
        &["image/png;a=b, text/html"],
        &["video/mp4, image/svg+xml"],
        &["image/png", "text/html"],
        &["image/png", "image/png"],
        &["image/x-whatever"],
        &[],
    ] {
        for (limit, headers) in [(25, &[][..]), (0, &[]), (0, &[("range", "bytes=0-3")])] {
            let gateway = Gateway::new();
            let setting = format!("{{\"cache_max_file_mb\":{limit}}}");
            gateway.host.sql("INSERT INTO settings VALUES ('global', ?)", vec![setting.into()]);
            let path = gateway.video();
            typed(&gateway, content_types);
            let answer = gateway.get(&path, headers);
            assert_eq!(answer.status, 502, "{content_types:?} {limit} {headers:?}");
            assert!(!String::from_utf8_lossy(&answer.body).contains("script"));
            assert_eq!((gateway.stored_parts(), gateway.copies("stored")), (0, 0));
            assert_eq!(gateway.ask(Method::HEAD, &path, &[]).status, 502);
        }
    }
}

#[test]
fn a_stored_copy_of_another_type_is_deleted_instead_of_served() {
    for content_type in ["image/png, text/html", "image/svg+xml", "text/html", ""] {
        let gateway = Gateway::new();
        let path = gateway.video();
        gateway.source(bytes(1000));
        assert_eq!(gateway.get(&path, &[]).status, 200);
        gateway.asked();
        // As a release before this check has left it.
        for table in ["media", "media_copies"] {
            gateway.host.sql(&format!("UPDATE {table} SET content_type = ?"), vec![content_type.into()]);
        }
        for headers in [&[("if-none-match", "\"v1\"")][..], &[("range", "bytes=0-3")], &[]] {
            gateway.host.on_send(|_| Ok(sent(404, b"", vec![])));
            let answer = gateway.get(&path, headers);
            assert_eq!(answer.status, 404, "{content_type} {headers:?}");
            assert_eq!(gateway.asked().len(), 1, "the source is asked");
        }
        assert_eq!(gateway.ask(Method::HEAD, &path, &[]).status, 404);
        assert_eq!(gateway.copies("stored"), 0);
        gateway.source(bytes(1000));
        let answer = gateway.get(&path, &[]);
        assert_eq!((answer.status, answer.header("content-type")), (200, "video/mp4"));
        assert_eq!((gateway.copies("stored"), gateway.stored_parts()), (1, 1), "the old bytes are gone");
    }
}

#[test]
fn every_answer_of_the_routes_is_shielded() {
    let gateway = Gateway::new();
    let path = gateway.video();
    gateway.source(bytes(1000));
    let mut answers = vec![
        (200, gateway.get(&path, &[])),
        (200, gateway.get(&path, &[])),
        (200, gateway.ask(Method::HEAD, &path, &[])),
        (206, gateway.get(&path, &[("range", "bytes=0-1")])),
        (304, gateway.get(&path, &[("if-none-match", "\"v1\"")])),
        (416, gateway.get(&path, &[("range", "bytes=1000-")])),
        (404, gateway.get("/images/AAAAAAAAAAAAAAAAAAAAAA", &[])),
        (404, gateway.get("/videos/a/b", &[])),
        (405, gateway.ask(Method::POST, &path, &[])),
        (204, gateway.ask(Method::OPTIONS, &path, &[])),
    ];
    gateway.host.sql("INSERT INTO settings VALUES ('global', '{\"cache_max_file_mb\":0}')", vec![]);
    let other = gateway.video();
    for (status, headers) in [(200, &[][..]), (206, &[("range", "bytes=0-1")]), (416, &[("range", "bytes=1000-")])] {
        answers.push((status, gateway.get(&other, headers)));
    }
    typed(&gateway, &["text/html"]);
    answers.push((502, gateway.get(&other, &[])));
    gateway.host.sql("DELETE FROM tokens WHERE id = 7", vec![]);
    answers.push((410, gateway.get(&other, &[])));
    for (status, answer) in answers {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-security-policy"), SHIELD, "{status}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin", "{status}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{status}");
    }
    for path in ["/health", "/v1/models", "/imagesx/a"] {
        assert_eq!(gateway.get(path, &[]).header("content-security-policy"), "", "{path}");
    }
}
