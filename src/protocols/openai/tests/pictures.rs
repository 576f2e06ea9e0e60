//! Pictures of a chat request: where they are fetched from, when they are refused, how they reach an account.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::host::SendError;

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==";
const PNG_BYTES: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// A question with these pictures, the first of them in an earlier message.
fn with_pictures(urls: &[&str]) -> Value {
    let part = |url: &&str| json!({ "type": "image_url", "image_url": { "url": url } });
    let (first, rest) = urls.split_at(1);
    let mut last: Vec<_> = rest.iter().map(part).collect();
    last.push(json!({ "type": "text", "text": "what is this?" }));
    json!({ "model": "grok-4-fast", "messages": [
        { "role": "user", "content": [part(&first[0])] },
        { "role": "user", "content": last },
    ] })
}

fn uploaded(id: impl std::fmt::Display) -> Answer {
    Answer::new(
        200,
        json!({ "fileMetadata": { "fileMetadataId": id.to_string(), "fileUri": format!("users/u/{id}/content") } })
            .to_string(),
    )
}

fn png() -> Answer {
    let mut answer = Answer::new(200, PNG_BYTES);
    answer.headers.push(("content-type", "image/png".to_owned()));
    answer
}

fn redirect(target: &str) -> Answer {
    let mut answer = Answer::new(302, "");
    answer.headers.push(("location", target.to_owned()));
    answer
}

/// Grok behind the scripted pictures: names uploads by their content, in the order of arrival.
fn grok(path: &str, count: usize) -> Answer {
    match path {
        "/http/upload-file-v2/direct" => uploaded(format!("file-{count}")),
        "/rest/app-chat/conversations/new" => whole_answer(),
        other => panic!("{other}"),
    }
}

/// The file that an upload's form holds.
fn file(request: &http::Request<Bytes>) -> Option<Value> {
    let content_type = request.headers().get("content-type")?.to_str().ok()?;
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=")?;
    let body = request.body().strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
    let body = body.strip_suffix(format!("\r\n--{boundary}--\r\n").as_bytes())?;
    let end = body.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&body[..end]).ok()?;
    let (disposition, mime_type) = head.split_once("\r\nContent-Type: ")?;
    let name = disposition.strip_prefix("Content-Disposition: form-data; name=\"file\"; filename=\"")?;
    let content = STANDARD.encode(&body[end + 4..]);
    Some(json!({ "fileName": name.strip_suffix('"')?, "fileMimeType": mime_type, "content": content }))
}

impl Gateway {
    /// An upstream that serves pictures by their address, and Grok for everything else.
    fn pictures(&self, picture: impl Fn(&str) -> Result<Answer, SendError> + 'static) {
        let count = std::cell::Cell::new(0);
        self.host.on_send(move |request| match request.uri().host() {
            Some("grok.com") => {
                count.set(count.get() + 1);
                Ok(grok(request.uri().path(), count.get()))
            }
            _ => picture(&request.uri().to_string()),
        });
    }

    /// Addresses that were asked, in order, with the JSON that was sent, or the file.
    fn sent(&self) -> Vec<(String, Value)> {
        let requests = self.host.requests.borrow();
        let one = |request: &http::Request<Bytes>| {
            let json = serde_json::from_slice(request.body()).ok();
            (request.uri().to_string(), json.or_else(|| file(request)).unwrap_or_default())
        };
        requests.iter().map(one).collect()
    }

    /// Asks with one picture; the refusal's field and text.
    #[track_caller]
    fn refusal(&self, url: &str) -> String {
        let (status, answer) = self.chat(with_pictures(&[PNG, url]));
        assert_eq!(status, StatusCode::BAD_REQUEST, "{url}: {answer}");
        assert_eq!(answer["error"]["param"], "messages.1.content.0.image_url", "{answer}");
        answer["error"]["message"].as_str().expect("it has a text").to_owned()
    }
}

#[test]
fn inline_pictures_cost_no_round_trip_and_go_to_the_account() {
    let gateway = Gateway::new(1);
    gateway.pictures(|url| panic!("{url} is fetched"));
    let (status, answer) = gateway.chat(with_pictures(&[PNG, "data:image/jpeg;base64,/9j/4AAQ"]));
    assert_eq!((status, &answer["choices"][0]["message"]["content"]), (StatusCode::OK, &json!("Hello world")));
    let sent = gateway.sent();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0].1["fileMimeType"], "image/png");
    assert_eq!(sent[1].1, json!({ "fileName": "image.jpeg", "fileMimeType": "image/jpeg", "content": "/9j/4AAQ" }));
    assert_eq!(sent[2].1["fileAttachments"], json!(["file-1", "file-2"]));
    assert_eq!(sent[2].1["message"], "用户：what is this?");
    assert_eq!(gateway.asked(), ["token-1", "token-1", "token-1"]);
    assert_eq!(gateway.host.statements.borrow().len(), 2, "one before the upstream, one after");
}

#[test]
fn remote_pictures_are_fetched_without_cookies_after_the_key() {
    let mut gateway = Gateway::new(1);
    gateway.pictures(|url| match url {
        "https://pictures.example/a.png?x=1" => Ok(png()),
        "https://pictures.example/old" => Ok(redirect("/older")),
        "https://pictures.example/older" => Ok(redirect("https://cdn.example/b")),
        "https://cdn.example/b" => Ok(png()),
        other => panic!("{other} is fetched"),
    });
    let question = with_pictures(&["https://pictures.example/a.png?x=1#there", "https://pictures.example/old"]);
    assert_eq!(gateway.chat(question.clone()).0, StatusCode::OK);
    let sent = gateway.sent();
    let fetched = |(url, _): &&(String, Value)| !url.starts_with("https://grok.com");
    assert_eq!(sent.iter().filter(fetched).count(), 4);
    assert_eq!(sent[4].1["content"], "iVBORw0KGgoAAAANSUhEUg==");
    assert_eq!(sent[6].1["fileAttachments"], json!(["file-1", "file-2"]));
    for request in gateway.host.requests.borrow().iter().take(4) {
        assert!(!request.headers().contains_key("cookie"), "{request:?}");
    }
    let statements = gateway.host.statements.borrow().len();
    assert_eq!(statements, 3, "one more than for text");

    gateway.key = Some("sk-wrong".to_owned());
    gateway.host.requests.borrow_mut().clear();
    assert_eq!(gateway.chat(question).0, StatusCode::UNAUTHORIZED);
    assert!(gateway.sent().is_empty(), "a client without a key causes no fetch");
}

#[test]
fn a_refused_picture_reserves_no_token_and_is_logged() {
    let gateway = Gateway::new(1);
    gateway.pictures(|url| panic!("{url} is fetched"));
    for url in [
        "https://127.0.0.1/a.png",
        "https://[::ffff:127.0.0.1]/a.png",
        "https://2130706433/a.png",
        "https://93.184.215.14/a.png",
        "https://a.localhost/a.png",
        "https://pictures.example:8443/a.png",
        "http://pictures.example/a.png",
        "data:image/png;base64,PCFkb2N0eXBlIGh0bWw+",
        "iVBORw0KGgo=",
    ] {
        let text = gateway.refusal(url);
        assert!(text.contains("send") || text.contains("leave") || text.contains("taken"), "{url}: {text}");
    }
    assert_eq!(gateway.host.number("SELECT max(turn) FROM tokens"), 0);
    assert_eq!(gateway.log()[0], (400, "invalid_value".to_owned(), 0));
}

#[test]
fn redirects_are_checked_at_every_hop_and_counted() {
    for target in [
        "https://127.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://0x7f000001/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a.png",
        "//10.0.0.8/a.png",
        "http://pictures.example/a.png",
        "https://pictures.example:8443/a.png",
    ] {
        let gateway = Gateway::new(1);
        gateway.pictures(move |url| match url {
            "https://pictures.example/a" => Ok(redirect("/b")),
            "https://pictures.example/b" => Ok(redirect(target)),
            other => panic!("{other} is fetched"),
        });
        let text = gateway.refusal("https://pictures.example/a");
        assert!(text.contains("redirects elsewhere"), "{target}: {text}");
    }
    let gateway = Gateway::new(1);
    gateway.pictures(|_| Ok(redirect("/again")));
    assert!(gateway.refusal("https://pictures.example/a").contains("more than 3 times"));
    assert_eq!(gateway.sent().len(), 4);
    gateway.pictures(|_| Ok(Answer::new(302, "")));
    assert!(gateway.refusal("https://pictures.example/a").contains("without an address"));
}

#[test]
fn an_address_must_serve_a_picture_of_limited_size() {
    let gateway = Gateway::new(1);
    let typed = |mime_type: &str, body: &'static [u8]| {
        let mut answer = Answer::new(200, body);
        answer.headers.push(("content-type", mime_type.to_owned()));
        answer
    };
    gateway.pictures(move |url| match url.rsplit('/').next() {
        Some("html") => Ok(typed("text/html", PNG_BYTES)),
        Some("untyped") => Ok(Answer::new(200, PNG_BYTES)),
        Some("svg") => Ok(typed("image/svg+xml", b"<svg/>")),
        Some("liar") => Ok(typed("image/png", b"<!doctype html>")),
        Some("gone") => Ok(Answer::new(404, "")),
        Some("large") => {
            let mut answer = png();
            answer.headers.push(("content-length", (16 << 20).to_string()));
            Ok(answer)
        }
        Some("endless") => {
            let mut answer = png();
            answer.body.extend((0..16).map(|_| Step::Chunk(Bytes::from(vec![0; 1 << 20]))));
            answer.body.push(Step::Hang);
            Ok(answer)
        }
        Some("broken") => {
            let mut answer = png();
            answer.body.push(Step::Break(SendError::Connection("reset".to_owned())));
            Ok(answer)
        }
        Some("slow") => {
            let mut answer = png();
            answer.body.push(Step::Hang);
            Ok(answer)
        }
        _ => Err(SendError::Connection("refused".to_owned())),
    });
    for (name, words) in [
        ("html", "another type"),
        ("untyped", "another type"),
        ("svg", "not serve a picture:"),
        ("liar", "not serve a picture:"),
        ("gone", "answered 404"),
        ("large", "15 MiB"),
        ("endless", "15 MiB"),
        ("broken", "ended early"),
        ("slow", "within 10 s"),
        ("refused", "could not be reached"),
    ] {
        let text = gateway.refusal(&format!("https://pictures.example/{name}"));
        assert!(text.contains(words), "{name}: {text}");
    }
    assert_eq!(gateway.host.open_bodies.get(), 0, "nothing is read on");
    assert_eq!(gateway.host.number("SELECT max(turn) FROM tokens"), 0);
}

#[test]
fn fifteen_mebibytes_are_for_all_pictures_together() {
    let gateway = Gateway::new(1);
    gateway.pictures(|_| {
        let mut answer = png();
        answer.body.extend((0..8).map(|_| Step::Chunk(Bytes::from(vec![0; 1 << 20]))));
        Ok(answer)
    });
    assert_eq!(gateway.chat(with_pictures(&["https://pictures.example/1"])).0, StatusCode::OK);
    let (status, answer) = gateway.chat(with_pictures(&["https://pictures.example/1", "https://pictures.example/2"]));
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    assert!(answer["error"]["message"].as_str().expect("a text").contains("15 MiB in all"), "{answer}");
    let many = vec![PNG; 21];
    let (status, answer) = gateway.chat(with_pictures(&many));
    assert_eq!(
        (status, &answer["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("messages.1.content.19.image_url"))
    );
}

#[test]
fn uploads_keep_their_order_and_run_five_at_a_time() {
    let gateway = Gateway::new(1);
    let (open, most) = (Rc::new(std::cell::Cell::new(0)), Rc::new(std::cell::Cell::new(0)));
    let (host, seen) = (gateway.host.clone(), most.clone());
    let count = std::cell::Cell::new(0);
    gateway.host.on_send(move |request| {
        let Some(file) = file(request) else { return Ok(whole_answer()) };
        let content = file["content"].as_str().expect("it is a text");
        count.set(count.get() + 1);
        open.set(open.get() + 1);
        seen.set(seen.get().max(open.get()));
        // Every other upload is slow.
        let delay = Duration::from_millis(if count.get() % 2 == 1 { 900 } else { 10 });
        let (left, timer) = (open.clone(), crate::host::Host::sleep(&*host, delay));
        crate::host::Host::spawn(
            &*host,
            async move {
                timer.await;
                left.set(left.get() - 1)
            }
            .boxed_local(),
        );
        Ok(Answer { delay, ..uploaded(content.trim_end_matches('=')) })
    });
    // Seven GIFs that differ in their last byte.
    let contents: Vec<_> =
        (0..7).map(|n| format!("R0lGODlh{}", ["AA", "AQ", "Ag", "Aw", "BA", "BQ", "Bg"][n])).collect();
    let urls: Vec<_> = contents.iter().map(|content| format!("data:image/gif;base64,{content}==")).collect();
    let (status, answer) = gateway.chat(with_pictures(&urls.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(status, StatusCode::OK, "{answer}");
    let sent = gateway.sent();
    assert_eq!(sent[7].1["fileAttachments"], json!(contents));
    assert_eq!(most.get(), 5);
}

#[test]
fn a_failed_upload_counts_and_all_are_uploaded_again() {
    let gateway = Gateway::new(2);
    let count = std::cell::Cell::new(0);
    gateway.host.on_send(move |request| {
        let cookie = request.headers()["cookie"].to_str().expect("a cookie is ASCII").to_owned();
        count.set(count.get() + 1);
        match (request.uri().path(), cookie.contains("token-1;"), count.get()) {
            ("/http/upload-file-v2/direct", true, 2) => Ok(too_many_requests()),
            ("/http/upload-file-v2/direct", true, _) => Ok(uploaded("one")),
            ("/http/upload-file-v2/direct", false, n) => Ok(uploaded(format!("two-{n}"))),
            _ => Ok(whole_answer()),
        }
    });
    let (status, answer) = gateway.chat(with_pictures(&[PNG, PNG]));
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(gateway.sent().last().expect("something was sent").1["fileAttachments"], json!(["two-3", "two-4"]));
    assert_eq!((gateway.cooling(1), gateway.cooling(2)), (HOUR, 0));
    assert_eq!(gateway.log(), [(200, String::new(), 2)]);
}

#[test]
fn an_upload_that_hangs_times_out() {
    let gateway = Gateway::new(1);
    gateway.host.on_send(|_| Ok(Answer { body: vec![Step::Hang], ..Answer::new(200, "") }));
    let (status, answer) = gateway.chat(with_pictures(&[PNG]));
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::GATEWAY_TIMEOUT, &json!("upstream_timeout")));
    assert!(gateway.skipped(1));
}

#[test]
fn pictures_that_announce_too_much_are_refused_unread() {
    let gateway = Gateway::new(1);
    gateway.pictures(|url| {
        let announced = if url.ends_with("small") { 16 } else { 10 << 20 };
        let mut answer = png();
        answer.headers.push(("content-length", announced.to_string()));
        Ok(answer)
    });
    assert_eq!(gateway.chat(with_pictures(&["https://a.example/small", "https://a.example/large"])).0, StatusCode::OK);
    let (status, answer) = gateway.chat(with_pictures(&["https://a.example/large", "https://a.example/large"]));
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(answer["error"]["message"].as_str().unwrap().contains("15 MiB"), "{answer}");
}

#[test]
fn many_pictures_limit_attempts_to_a_workers_calls() {
    for (pictures, fetched, attempts) in [(1, 0, 3), (5, 5, 3), (18, 0, 2), (20, 20, 1)] {
        let gateway = Gateway::new(4);
        gateway.host.on_send(|request| match request.uri().path() {
            "/rest/app-chat/conversations/new" => Ok(Answer::new(500, "{}")),
            "/http/upload-file-v2/direct" => Ok(uploaded("file")),
            _ => Ok(png()),
        });
        let urls: Vec<_> =
            (0..pictures).map(|n| if n < fetched { "https://pictures.example/a" } else { PNG }).collect();
        assert_eq!(gateway.chat(with_pictures(&urls)).0, StatusCode::BAD_GATEWAY);
        assert_eq!(gateway.log(), [(502, "upstream_error".to_owned(), attempts)], "{pictures}, {fetched} fetched");
        let calls = gateway.host.statements.borrow().len() + gateway.host.requests.borrow().len();
        assert!(calls <= 50, "{calls} calls for {pictures} pictures, {fetched} of them fetched");
    }
}
