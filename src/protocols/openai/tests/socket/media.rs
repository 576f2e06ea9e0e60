//! Pictures: uploads of a prompt's pictures, and pictures that Grok draws.

use super::*;

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==";
const JPEG: &str = "data:image/jpeg;base64,/9j/4AAQ";

fn with_pictures() -> Value {
    let picture = |url: &str| json!({ "type": "image_url", "image_url": { "url": url } });
    json!({ "model": "grok-4-fast", "messages": [
        { "role": "user", "content": [picture(PNG)] },
        { "role": "user", "content": [{ "type": "text", "text": "what is this?" }, picture(JPEG)] },
    ] })
}

/// Grok's HTTP side: uploads are named by account and order.
pub(super) fn takes_uploads(socket: &Socket) {
    let count = std::cell::Cell::new(0);
    socket.host.on_send(move |request| match request.uri().path() {
        "/http/upload-file-v2/direct" => {
            count.set(count.get() + 1);
            let id = format!("{}-file-{}", token_name(&request.headers()["cookie"]), count.get());
            Ok(Answer::new(200, json!({ "fileMetadata": { "fileMetadataId": id } }).to_string()))
        }
        _ => Ok(script::identity(script::USER)),
    });
}

#[test]
fn prompt_pictures_are_uploaded_and_mentioned_before_text() {
    let socket = Socket::new(1);
    takes_uploads(&socket);
    socket.serve(|_| hello());
    assert_eq!(socket.content(with_pictures()), "Hello world");
    let event = &socket.said()[1]["event"];
    let mention = |id: &str| json!({ "mention": { "target": { "file_mention": { "file_id": id } } } });
    let text = json!({ "text": { "text": "用户：what is this?" } });
    let ids = json!(["token-1-file-1", "token-1-file-2"]);
    let chunks = json!([mention("token-1-file-1"), mention("token-1-file-2"), text]);
    assert_eq!(event["item"]["x_grok"]["input_chunks"], chunks);
    assert_eq!((&event["item"]["file_attachment_ids"], &event["file_attachment_ids"]), (&ids, &ids));
    let requests = socket.host.requests.borrow();
    let paths: Vec<_> = requests.iter().map(|request| request.uri().path()).collect();
    let upload = "/http/upload-file-v2/direct";
    assert_eq!(paths, [upload, upload, "/api/auth/session"]);
    for (request, kind) in requests.iter().zip(["image/png", "image/jpeg"]) {
        let form = String::from_utf8_lossy(request.body());
        assert!(form.contains(&format!("Content-Type: {kind}\r\n")), "{form}");
        assert_eq!(request.headers()["origin"], "https://grok.com");
    }
    assert_eq!(socket.host.statements.borrow().len(), 2, "one before Grok is asked, one after");
}

#[test]
fn each_account_gets_files_of_its_own() {
    let socket = Socket::new(2);
    takes_uploads(&socket);
    socket.first_fails(|| Ok(vec![Frame::Close(1000, "")]));
    assert_eq!(socket.content(with_pictures()), "Hello world");
    let said = socket.said();
    let item = said.iter().find(|message| message["event"]["item"].is_object()).expect("it was asked");
    assert_eq!(item["event"]["file_attachment_ids"], json!(["token-2-file-3", "token-2-file-4"]));
}

#[test]
fn a_picture_that_grok_refuses_opens_no_connection() {
    let socket = Socket::new(2);
    let refused = json!({ "uploadId": "u", "terminalError": "Image dimensions are insufficient" }).to_string();
    socket.host.on_send(move |_| Ok(Answer::new(200, refused.clone())));
    assert_eq!(socket.refusal(&with_pictures()).0, 400);
    assert_eq!((socket.dialled(), socket.charged(1)), (vec![], NOTHING));
}

fn picture(id: &str, fields: Value) -> Frame {
    let mut image = json!({ "imageUuid": id });
    image.as_object_mut().expect("it is one").extend(fields.as_object().cloned().unwrap_or_default());
    script::chunk(json!({ "render_generated_image": { "id": "g", "image_chunk": image } }))
}

fn drawn(id: &str) -> Frame {
    picture(id, json!({ "progress": 100, "imageUrl": format!("users/u/generated/{id}/image.jpg") }))
}

fn preview(id: &str) -> Frame {
    picture(id, json!({ "progress": 50, "imageUrl": "data:image/jpeg;base64,AAAA" }))
}

/// Returns the names and owners of the stored files.
fn kept(socket: &Socket) -> Vec<(String, i64)> {
    use crate::host::Value::{Integer, Text};
    let rows = socket.host.sql("SELECT url, token_id FROM media ORDER BY rowid", vec![]);
    let entry = |row: Vec<_>| match <[_; 2]>::try_from(row) {
        Ok([Text(url), Integer(token)]) => (url, token),
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(entry).collect()
}

#[test]
fn drawn_pictures_get_addresses_of_our_own_in_one_statement() {
    for stream in [false, true] {
        let socket = Socket::new(1);
        socket.serve(|_| {
            script::turn([preview("a"), preview("b"), drawn("b"), drawn("a"), drawn("a"), script::text("Two moons")])
        });
        let text = if stream { text_of(&socket.stream()) } else { socket.content(question(false)) };
        let pictures: Vec<_> = text.split("\n![Generated Image](http://gateway.test/images/").collect();
        assert_eq!((pictures.len(), pictures[0]), (3, "Two moons"), "{text}");
        let row = |id: &str| (format!("users/u/generated/{id}/image.jpg"), 1);
        assert_eq!(kept(&socket), [row("b"), row("a")]);
        assert_eq!(socket.host.statements.borrow().len(), 3, "one for the rows of both");
        assert_eq!(socket.charged(1), Charge { spent: 1, ..NOTHING });
        assert!(!text.contains("base64"), "previews are not shown");
    }
}

#[test]
fn a_withheld_picture_is_reported_beside_the_others() {
    let socket = Socket::new(1);
    socket.serve(|_| {
        let moderated = || picture("a", json!({ "progress": 100, "moderated": true }));
        script::turn([preview("a"), moderated(), moderated(), drawn("b")])
    });
    let text = socket.content(question(false));
    assert!(text.starts_with("![Generated Image](http://gateway.test/images/"), "{text}");
    assert_eq!(text.matches("(A picture was withheld by Grok's content policy.)").count(), 1, "{text}");
    assert_eq!(kept(&socket).len(), 1);
}

#[test]
fn pictures_that_do_not_come_are_errors_of_their_class() {
    let moderated = || json!({ "progress": 100, "moderated": true });
    for (fields, status, code, charge, asked) in [
        (moderated(), 400, "content_policy_violation", NOTHING, 1),
        (json!({ "systemErrCode": 1006 }), 429, "rate_limit_exceeded", cooled(60), 2),
        (json!({ "systemErrCode": 1007 }), 502, "upstream_error", SKIPPED, 2),
    ] {
        for stream in [false, true] {
            let socket = Socket::new(2);
            let image = fields.clone();
            socket.serve(move |_| script::turn([picture("a", image.clone())]));
            let (found, found_code, _) = socket.refusal(&question(stream));
            assert_eq!((found, &*found_code), (status, code), "{fields}");
            assert_eq!((socket.dialled().len(), socket.charged(1)), (asked, charge), "{fields}");
        }
    }
}

/// With an owner that is learned the second way only, and a first mode that is used up.
#[test]
fn many_pictures_limit_attempts_to_a_workers_calls() {
    for (pictures, attempts) in [(1, 3), (10, 3), (18, 2), (20, 1)] {
        let socket = Socket::new(4);
        socket.host.on_send(move |request| match request.uri().path() {
            "/http/upload-file-v2/direct" => Ok(Answer::new(200, r#"{"fileMetadata":{"fileMetadataId":"f"}}"#)),
            "/api/auth/session" => Ok(Answer::new(500, "oops")),
            _ => {
                let mut page = Answer::new(200, "<html></html>");
                page.headers
                    .push(("set-cookie", format!("x-userid={}; Path=/", owner(number(&request.headers()["cookie"])))));
                Ok(page)
            }
        });
        socket.serve(|_| vec![Frame::Close(1000, "")]);
        socket.host.sql("UPDATE account_quotas SET remaining = 0 WHERE bucket = 'auto'", vec![]);
        socket.host.statements.borrow_mut().clear();
        let picture = json!({ "type": "image_url", "image_url": { "url": PNG } });
        let mut content = vec![picture; pictures];
        content.push(json!({ "type": "text", "text": "what is this?" }));
        let question = json!({ "model": "grok-4", "messages": [{ "role": "user", "content": content }] });
        assert_eq!(socket.refusal(&question).0, 502);
        assert_eq!(socket.log()[0].2, attempts, "{pictures}");
        let (host, sockets) = (&socket.host, &socket.host.sockets);
        let calls = host.statements.borrow().len() + host.requests.borrow().len() + sockets.handshakes.borrow().len();
        assert!(calls <= 50, "{calls} calls for {pictures} pictures");
    }
}
