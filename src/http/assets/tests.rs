//! Every file of `static/` through the router, against the file itself.

use std::{
    collections::BTreeMap,
    io::Read,
    path::{Path, PathBuf},
};

use futures::{FutureExt, StreamExt};

use super::*;
use crate::{host::native::NativeHost, http::router};

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

fn asked(method: Method, path: &str, headers: &[(&'static str, &str)]) -> Request {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(futures::stream::empty().boxed_local()).expect("a test's request is valid")
}

fn answer_of(reply: Response) -> Answer {
    let (head, body) = reply.into_parts();
    let Body::Full(body) = body else { panic!("a file is there at once") };
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()));
    Answer { status: head.status.as_u16(), headers: headers.collect(), body: body.to_vec() }
}

/// Asks the whole router, which must not use the storage.
fn ask(method: Method, path: &str, headers: &[(&'static str, &str)]) -> Answer {
    let host = NativeHost::new();
    let reply = router::route(App::new(host.clone()), asked(method, path, headers)).now_or_never().expect("no waiting");
    assert!(host.statements.borrow().is_empty(), "{path} asked the database");
    answer_of(reply)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be listed").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The path and the content of every served file.
fn served() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let name =
        |file: &PathBuf| file.strip_prefix(&root).expect("it is in the folder").to_str().expect("text").to_owned();
    let all = files(&root).into_iter().filter(|file| {
        let name = name(file);
        !name.starts_with(['.', '_']) && !name.ends_with(".md")
    });
    all.map(|file| (format!("/{}", name(&file)), std::fs::read(&file).expect("it can be read"))).collect()
}

#[test]
fn every_file_is_served_plain_and_gzipped() {
    let served = served();
    assert!(served.iter().any(|(name, _)| name == "/vendor/preact.js"), "the folder was found");
    for (name, content) in served {
        let path = name.strip_suffix(".html").unwrap_or(&name);
        let plain = ask(Method::GET, path, &[]);
        assert_eq!((plain.status, plain.body == content), (200, true), "{path}");
        assert_eq!(plain.header("content-length"), content.len().to_string(), "{path}");
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        let packed = ask(Method::GET, path, &[("accept-encoding", "br, gzip")]);
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        assert_eq!(packed.header("content-length"), packed.body.len().to_string(), "{path}");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).expect("it is gzip");
        assert!(unpacked == content, "{path}");
        assert_ne!(plain.header("etag"), packed.header("etag"), "{path}: two forms under one strong tag");
        assert_eq!((plain.header("vary"), packed.header("vary")), ("accept-encoding", "accept-encoding"));
    }
}

#[test]
fn every_answer_carries_the_headers_of_the_file() {
    let text = include_str!("../../../static/_headers");
    let wanted: Vec<(String, &str)> = text
        .lines()
        .filter(|line| line.starts_with(' '))
        .map(|line| line.split_once(':').expect("a name and a value"))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim()))
        .collect();
    assert!(wanted.iter().any(|(name, _)| name == "content-security-policy"));
    let etag = ask(Method::GET, "/vendor/preact.js", &[]).header("etag").to_owned();
    for (headers, status) in [(vec![], 200), (vec![("if-none-match", etag.as_str())], 304)] {
        let answer = ask(Method::GET, "/vendor/preact.js", &headers);
        assert_eq!(answer.status, status);
        for (name, value) in &wanted {
            assert_eq!(answer.header(name), *value, "{name}");
        }
    }
}

#[test]
fn what_a_browser_has_is_not_sent_again() {
    let path = "/vendor/preact.js";
    let gzip = ("accept-encoding", "gzip");
    let (plain, packed) = (ask(Method::GET, path, &[]), ask(Method::GET, path, &[gzip]));
    let known = ask(Method::GET, path, &[gzip, ("if-none-match", packed.header("etag"))]);
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, packed.header("etag")));
    assert_eq!(known.header("vary"), "accept-encoding");
    assert_eq!(ask(Method::GET, path, &[gzip, ("if-none-match", plain.header("etag"))]).status, 200);
    assert_eq!(ask(Method::GET, path, &[("if-none-match", "\"other\"")]).status, 200);
}

#[test]
fn head_is_get_without_the_body() {
    for headers in [vec![], vec![("accept-encoding", "gzip")]] {
        let get = ask(Method::GET, "/vendor/preact.js", &headers);
        let head = ask(Method::HEAD, "/vendor/preact.js", &headers);
        assert!(head.body.is_empty());
        for name in ["content-length", "content-type", "content-encoding", "etag"] {
            assert_eq!(head.header(name), get.header(name), "{name}");
        }
    }
}

#[test]
fn pages_have_one_address() {
    for (path, status, to) in [
        ("/", 302, "/manage"),
        ("/favicon.ico", 302, "/favicon.svg"),
        ("/manage.html", 307, "/manage"),
        ("/manage/", 307, "/manage"),
        ("/login/?next=x", 307, "/login?next=x"),
        ("/login.html?next=x", 307, "/login?next=x"),
    ] {
        let answer = ask(Method::GET, path, &[]);
        assert_eq!((answer.status, answer.header("location")), (status, to), "{path}");
    }
}

#[test]
fn other_paths_are_404_and_other_methods_405() {
    for path in [
        "/vendor/",
        "/vendor/preact",
        "/vendor/preact.js/",
        "/vendor/preact.js.html",
        "/vendor/VENDOR.md",
        "/console/../vendor/preact.js",
        "/console/%2e%2e/vendor/preact.js",
        "/vendor//preact.js",
        "/_headers",
        "/console/_headers",
        "/.assetsignore",
        "/static/vendor/preact.js",
    ] {
        assert_eq!(ask(Method::GET, path, &[]).status, 404, "{path}");
    }
    let wrong = ask(Method::POST, "/vendor/preact.js", &[]);
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET, HEAD"));
}

#[test]
fn a_blanked_archive_says_where_the_files_are() {
    let blank: &'static [u8] = Vec::leak(vec![0; ARCHIVE.len()]);
    let error = answer(blank, &asked(Method::GET, "/manage", &[])).err().expect("it holds nothing");
    assert_eq!(error.status(), 404);
    assert!(error.message.contains("static assets"), "{error}");
}

#[test]
fn gzip_is_sent_to_those_who_take_it() {
    for (value, taken) in [
        ("gzip", true),
        ("GZIP", true),
        ("deflate, gzip;q=0.5, br", true),
        ("*", true),
        ("*;q=0", false),
        ("gzip;q=0, *", false),
        ("gzip; q=0.000", false),
        ("identity", false),
        ("", false),
        ("gzipped", false),
        ("gzip;q=x", false),
    ] {
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().expect("valid"))]);
        assert_eq!(takes_gzip(&headers), taken, "{value}");
    }
    assert!(!takes_gzip(&HeaderMap::new()));
}
