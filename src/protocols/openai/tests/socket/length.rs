//! Long dialogues: what stays in the message, what goes into the file, and what happens if Grok refuses the length.

use std::cell::Cell;

use super::{media::takes_uploads, *};

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==";

/// A dialogue whose older part has 6,000 characters.
fn long(stream: bool) -> Value {
    json!({ "model": "grok-4-fast", "stream": stream, "messages": [
        { "role": "system", "content": "be nice" },
        { "role": "user", "content": format!("old {}", "word ".repeat(1_200)) },
        { "role": "assistant", "content": "yes" },
        { "role": "user", "content": [{ "type": "image_url", "image_url": { "url": PNG } }, { "type": "text", "text": "what is this?" }] },
    ] })
}

/// A gateway that divides beyond this length, whose accounts take uploads.
fn socket(tokens: usize, limit: &str) -> Socket {
    let socket = Socket::new(tokens);
    socket.setting("max_prompt_chars", limit);
    takes_uploads(&socket);
    socket
}

/// The texts of the messages that Grok got, each with its files.
fn asked(socket: &Socket) -> Vec<(String, Vec<Value>)> {
    let said = socket.said();
    let items = said.iter().map(|message| &message["event"]["item"]).filter(|item| item.is_object());
    let asked = items.map(|item| {
        let chunks = item["x_grok"]["input_chunks"].as_array().expect("a list");
        let text = chunks.last().and_then(|chunk| chunk["text"]["text"].as_str()).expect("it ends with a text");
        (text.to_owned(), item["file_attachment_ids"].as_array().cloned().unwrap_or_default())
    });
    asked.collect()
}

/// The forms of all uploads.
fn uploads(socket: &Socket) -> Vec<String> {
    let requests = socket.host.requests.borrow();
    let uploads = requests.iter().filter(|request| request.uri().path() == "/http/upload-file-v2/direct");
    uploads.map(|request| String::from_utf8_lossy(request.body()).into_owned()).collect()
}

#[test]
fn the_older_dialogue_is_uploaded_and_mentioned() {
    let socket = socket(1, "5000");
    socket.serve(|_| hello());
    assert_eq!(socket.content(long(false)), "Hello world");
    let asked = asked(&socket);
    assert_eq!(asked.len(), 1);
    let (text, files) = &asked[0];
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines[0], lines[2], lines.len()), ("系统：be nice", "用户：what is this?", 3), "{text}");
    assert!(lines[1].starts_with("系统：The attached file dialogue.txt "), "{text}");
    let [picture, dialogue] = &uploads(&socket)[..] else { panic!("two uploads") };
    assert!(picture.contains("Content-Type: image/png\r\n"), "{picture}");
    let head = "name=\"file\"; filename=\"dialogue.txt\"\r\nContent-Type: text/plain\r\n\r\n";
    let older = format!("用户：old {}\ngrok：yes", "word ".repeat(1_200).trim());
    assert!(dialogue.contains(&format!("{head}{older}\r\n--")), "{dialogue}");
    assert_eq!(files, &[json!("token-1-file-1"), json!("token-1-file-2")], "pictures, then the dialogue");
    assert_eq!(socket.host.statements.borrow().len(), 2, "one before Grok is asked, one after");
}

#[test]
fn a_dialogue_within_the_limit_has_no_file() {
    let socket = socket(1, "7000");
    socket.serve(|_| hello());
    assert_eq!(socket.content(long(false)), "Hello world");
    assert_eq!((uploads(&socket).len(), asked(&socket)[0].1.len()), (1, 1), "the picture alone");
}

#[test]
fn a_refused_length_is_sent_once_more_in_a_shorter_form() {
    for kind in ["user_prompt_too_long", "beyond_context_length"] {
        for stream in [false, true] {
            let socket = socket(2, "40000");
            let count = Cell::new(0);
            socket.serve(move |_| {
                count.set(count.get() + 1);
                let refused = || script::opened().into_iter().chain(script::stream_error(kind)).collect();
                if count.get() == 1 { refused() } else { hello() }
            });
            if stream {
                let (head, body) = socket.send(long(true).to_string()).into_parts();
                let Body::Stream(chunks) = body else { panic!("no stream, {}", head.status) };
                assert_eq!(head.status, StatusCode::OK);
                socket.host.run(chunks.for_each(|_| futures::future::ready(())));
                socket.host.settle();
            } else {
                assert_eq!(socket.content(long(false)), "Hello world");
            }
            assert_eq!(socket.dialled(), [1, 1], "{kind}: the same account");
            let asked = asked(&socket);
            let lengths: Vec<_> =
                asked.iter().map(|(text, files)| (text.chars().count() > 6_000, files.len())).collect();
            assert_eq!(lengths, [(true, 1), (false, 2)], "{kind}: whole, then divided");
            assert_eq!(asked[0].1[0], asked[1].1[0], "{kind}: the picture is not uploaded again");
            assert_eq!(uploads(&socket).len(), 2);
            assert_eq!((socket.log()[0].0, socket.log()[0].2), (200, 1), "{kind}: one attempt");
            assert_eq!(socket.charged(1), Charge { spent: 1, ..NOTHING });
        }
    }
}

#[test]
fn a_length_refused_twice_is_the_clients_error() {
    let socket = socket(2, "40000");
    socket.serve(|_| script::opened().into_iter().chain(script::stream_error("user_prompt_too_long")).collect());
    assert_eq!(socket.refusal(&long(false)), (400, "context_length_exceeded".to_owned(), None));
    assert_eq!((socket.dialled(), socket.charged(1)), (vec![1, 1], NOTHING), "no other account is asked");
}

#[test]
fn the_repeat_may_fail_as_any_attempt() {
    let socket = socket(2, "40000");
    let count = Cell::new(0);
    socket.serve(move |account| {
        count.set(count.get() + 1);
        let refused = |kind| script::opened().into_iter().chain(script::stream_error(kind)).collect();
        match (account, count.get()) {
            (1, 1) => refused("user_prompt_too_long"),
            (1, _) => refused("usage_limit_reached"),
            _ => hello(),
        }
    });
    assert_eq!(socket.content(long(false)), "Hello world");
    assert_eq!((socket.dialled(), socket.charged(1)), (vec![1, 1, 2], USED_UP));
}
