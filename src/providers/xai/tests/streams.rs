//! What is read of a stream, however it is cut, and in which forms it comes.

use super::*;
use crate::{
    host::{SendError, native::Step},
    inference::prompt::{OutputFormat, Searches, Tool, ToolInput},
};

/// Returns what an answer of these events says.
fn read(events: impl IntoIterator<Item = Value>) -> Said {
    read_text(stream(events), question("hi"))
}

fn read_text(body: String, prompt: Prompt) -> Said {
    Api::new(move |_| Answer::new(200, body.clone())).ask("grok-4.3", prompt)
}

/// Returns the events of an answer with reasoning as the service has been recorded.
fn reasoned() -> Vec<Value> {
    let place = |kind: &str| json!({ "type": format!("response.{kind}"), "item_id": "rs_r", "output_index": 0, "summary_index": 0 });
    let text = |kind: &str, text: &str| {
        let mut event = place(kind);
        event["text"] = json!(text);
        event
    };
    let item = json!({ "id": "rs_r", "summary": [{ "text": "Let's see", "type": "summary_text" }], "type": "reasoning",
        "status": "completed", "encrypted_content": "c2VjcmV0" });
    let message = json!({ "content": [{ "type": "output_text", "text": "Grüße 🌲", "logprobs": [], "annotations": [] }],
        "id": "msg_r", "role": "assistant", "type": "message", "status": "completed" });
    vec![
        created(),
        json!({ "type": "response.in_progress", "response": { "id": "r", "status": "in_progress" } }),
        added(0, json!({ "id": "rs_r", "summary": [], "type": "reasoning", "status": "in_progress" })),
        place("reasoning_summary_part.added"),
        thought(0, 0, "Let's"),
        thought(0, 0, " see"),
        text("reasoning_summary_text.done", "Let's see"),
        place("reasoning_summary_part.done"),
        done(0, item),
        added(
            1,
            json!({ "content": [], "id": "msg_r", "role": "assistant", "type": "message", "status": "in_progress" }),
        ),
        json!({ "type": "response.content_part.added", "content_index": 0, "item_id": "msg_r", "output_index": 1,
            "part": { "type": "output_text", "text": "", "logprobs": [], "annotations": [] } }),
        delta(1, "Grüße"),
        delta(1, " 🌲"),
        json!({ "type": "response.output_text.done", "item_id": "msg_r", "output_index": 1, "text": "Grüße 🌲" }),
        done(1, message),
        completed(),
    ]
}

const REASONED: [&str; 3] = ["thought Let's see", "sealed xai1.7.c2VjcmV0", "text Grüße 🌲"];

#[test]
fn a_recorded_answer_is_read_wherever_it_is_cut() {
    let body = stream(reasoned());
    let bytes = body.as_bytes();
    let cuts = (1..bytes.len()).step_by(7).map(|at| vec![&bytes[..at], &bytes[at..]]);
    let all: Vec<Vec<&[u8]>> = cuts.chain([bytes.chunks(1).collect(), vec![bytes]]).collect();
    for pieces in all {
        let chunks: Vec<_> = pieces.into_iter().map(Bytes::copy_from_slice).collect();
        let first = chunks[0].len();
        let said = Api::new(move |_| Answer::chunks(chunks.clone())).ask("grok-4.3", question("hi"));
        assert_eq!(said.events, REASONED, "{first}");
        assert_eq!((said.end, said.started), (Ok(Finish::Stop), true), "{first}");
    }
}

#[test]
fn streams_come_in_several_forms() {
    let body = stream(reasoned());
    let bare: String =
        body.lines().filter(|line| !line.starts_with("event:")).map(|line| format!("{line}\n")).collect();
    let dense = bare.replace("\n\n", "\n");
    for form in [
        bare.clone(),
        dense,
        body.replace('\n', "\r\n"),
        body.replace("\n\n", "\n\n: keep-alive\n\n"),
        body.replace("data: [DONE]\n\n", ""),
        bare.replace("data: [DONE]\n\n", "").trim_end().to_owned(),
        body.replace("response.completed", "response.done"),
        body.replace("event: ", "id: 1\nretry: 5\nevent: "),
        format!("\u{feff}{body}"),
    ] {
        let said = read_text(form.clone(), question("hi"));
        assert_eq!((said.events, said.end), (REASONED.map(str::to_owned).into(), Ok(Finish::Stop)), "{form}");
    }
}

#[test]
fn what_is_unknown_or_odd_is_skipped() {
    let odd = [
        json!({ "type": "response.something.new", "delta": "not text", "output_index": 1 }),
        json!({ "type": "response.output_text.delta", "delta": 5, "output_index": "x" }),
        json!({ "type": "response.output_item.done", "item": [1], "output_index": 3 }),
        json!({ "type": 7 }),
    ];
    let all = reasoned().into_iter().flat_map(|event| odd.clone().into_iter().chain([event]));
    let odd_lines = all.map(|mut event| {
        event["x"] = json!(1);
        format!("data: {event}\n\ndata: {{half\n\ndata: 5\n\n")
    });
    let said = read_text(odd_lines.collect(), question("hi"));
    assert_eq!((said.events, said.end), (REASONED.map(str::to_owned).into(), Ok(Finish::Stop)));
    let surrogate = r#"data: {"type":"response.output_text.delta","delta":"a\ud83d!","output_index":0}"#;
    let said = read_text(format!("{surrogate}\n\n{}", stream([completed()])), question("hi"));
    assert_eq!(said.events, ["text a\u{fffd}!"]);
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    let events = reasoned();
    for count in 0..events.len() {
        let body = stream(events[..count].iter().cloned()).replace("data: [DONE]\n\n", "");
        let expected = if count > 4 { ProviderError::Cut } else { ProviderError::Empty };
        let said = read_text(body.clone(), question("hi"));
        assert_eq!((said.end, said.started, said.usage), (Err(expected), count > 4, None), "{count}");
        let half = format!("{body}data: {{\"type\":\"resp");
        assert!(read_text(half, question("hi")).end.is_err(), "{count}");
        let broken = Api::new(move |_| {
            let mut answer = Answer::new(200, body.clone());
            answer.body.push(Step::Break(SendError::Connection("reset".to_owned())));
            answer
        });
        assert_eq!(broken.ask("grok-4.3", question("hi")).end, Err(ProviderError::Cut), "{count}");
    }
}

#[test]
fn an_answer_of_nothing_is_empty() {
    for events in [vec![completed()], vec![created(), completed()], vec![thought(0, 0, "hm"), completed()]] {
        assert_eq!(read(events).end, Err(ProviderError::Empty));
    }
}

#[test]
fn what_follows_the_end_is_not_the_answers() {
    let said =
        read([delta(0, "a"), completed(), delta(0, "b"), json!({ "type": "error", "code": "x", "message": "late" })]);
    assert_eq!((said.events, said.end), (vec!["text a".to_owned()], Ok(Finish::Stop)));
}

#[test]
fn parts_of_the_reasoning_are_paragraphs() {
    let said = read([
        thought(0, 0, "a"),
        thought(0, 0, "b"),
        thought(0, 1, "c"),
        thought(2, 1, "d"),
        delta(3, "x"),
        thought(4, 0, "late"),
        completed(),
    ]);
    assert_eq!(said.events, ["thought ab\n\nc\n\nd", "text x"], "none follows the text");
}

#[test]
fn messages_of_one_answer_are_paragraphs_but_not_in_json() {
    let events = [delta(0, "a"), delta(0, "b"), delta(2, "c"), completed()];
    assert_eq!(read(events.clone()).events, ["text ab\n\nc"]);
    let json = Prompt { format: OutputFormat::JsonObject, ..question("hi") };
    assert_eq!(read_text(stream(events), json).events, ["text abc"]);
}

#[test]
fn raw_reasoning_is_not_repeated_as_a_summary() {
    let raw = |text: &str| json!({ "type": "response.reasoning_text.delta", "delta": text, "output_index": 0, "content_index": 0 });
    assert_eq!(
        read([raw("a"), thought(0, 0, "b"), raw("c"), delta(1, "x"), completed()]).events,
        ["thought ac", "text x"]
    );
}

#[test]
fn items_bring_what_their_pieces_did_not() {
    let item = |kind: &str, member: &str, text: &str| json!({ "type": kind, member: [{ "text": text }] });
    let (thoughts, said) = (item("reasoning", "summary", "hm"), item("message", "content", "hello"));
    let events = [created(), done(0, thoughts.clone()), done(1, said.clone()), completed()];
    assert_eq!(read(events).events, ["thought hm", "text hello"]);
    let mut all = completed();
    let call = json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}" });
    all["response"]["output"] = json!([thoughts, said, call]);
    let whole = read([all.clone()]);
    assert_eq!(whole.events, ["text hello", "call c f", "input {}", "end"]);
    assert_eq!(whole.end, Ok(Finish::ToolCalls));
    assert_eq!(read([delta(1, "hello"), all]).events, ["text hello"], "it has come before");
}

#[test]
fn a_refusal_and_an_end_by_length_are_what_they_are() {
    let refusal = |text: &str| json!({ "type": "response.refusal.delta", "delta": text, "output_index": 0 });
    let said = read([refusal("I "), refusal("can't"), completed()]);
    assert_eq!((said.events, said.end), (vec!["refusal I can't".to_owned()], Ok(Finish::Stop)));
    let ended = |reason: Value| {
        let mut event = completed();
        event["type"] = json!("response.incomplete");
        event["response"]["status"] = json!("incomplete");
        event["response"]["incomplete_details"] = json!({ "reason": reason });
        event
    };
    for reason in [json!("max_output_tokens"), json!("something"), Value::Null] {
        assert_eq!(read([delta(0, "a"), ended(reason.clone())]).end, Ok(Finish::Length), "{reason}");
        assert_eq!(read([thought(0, 0, "a"), ended(reason)]).end, Ok(Finish::Length));
    }
    let withheld = read([delta(0, "a"), ended(json!("content_filter"))]);
    assert!(matches!(withheld.end, Err(ProviderError::Moderated(_))), "{withheld:?}");
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({ "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name, "arguments": arguments })
}

fn piece(index: u64, text: &str) -> Value {
    json!({ "type": "response.function_call_arguments.delta", "output_index": index, "delta": text })
}

fn whole(index: u64, text: &str) -> Value {
    json!({ "type": "response.function_call_arguments.done", "output_index": index, "arguments": text })
}

#[test]
fn calls_come_in_pieces_whole_or_mixed() {
    let streamed = ["call a f", "input {\"x\":1}", "end"].map(str::to_owned);
    let json = "{\"x\":1}";
    for events in [
        vec![
            added(0, call("a", "f", "")),
            piece(0, "{\"x\""),
            piece(0, ":1}"),
            whole(0, json),
            done(0, call("a", "f", json)),
        ],
        vec![added(0, call("a", "f", "")), piece(0, "{\"x\""), done(0, call("a", "f", json))],
        vec![added(0, call("a", "f", json)), done(0, call("a", "f", json))],
        vec![added(0, call("a", "f", "")), whole(0, json)],
        vec![done(0, call("a", "f", json))],
    ] {
        let said = read(events.into_iter().chain([completed()]));
        assert_eq!((said.events, said.end), (streamed.to_vec(), Ok(Finish::ToolCalls)));
    }
    let mixed = read([
        added(0, call("a", "f", "")),
        added(1, call("b", "g", "")),
        piece(1, "{\"y\""),
        piece(0, "{}"),
        delta(2, "text"),
        piece(1, ":2}"),
        done(1, call("b", "g", "{\"y\":2}")),
        done(0, call("a", "f", "{}")),
        completed(),
    ]);
    assert_eq!(mixed.events, ["call a f", "input {}", "end", "call b g", "input {\"y\":2}", "end", "text text"]);
    let without = read([added(0, call("a", "f", "")), done(0, call("a", "f", "")), completed()]);
    assert_eq!(without.events, ["call a f", "input {}", "end"]);
}

#[test]
fn calls_have_the_clients_names_and_free_text() {
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        description: String::new(),
        input: ToolInput::Text { grammar: None },
    };
    let mut prompt = question("hi");
    prompt.tools = vec![tool("mcp/sh")];
    let arguments = r#"{"input":"ls \"ä\"\n"}"#;
    let events = [
        added(0, call("a", "mcp_sh", "")),
        piece(0, &arguments[..9]),
        done(0, call("a", "mcp_sh", arguments)),
        completed(),
    ];
    let said = read_text(stream(events), prompt);
    assert_eq!(said.events, ["call a mcp/sh (text)", "input ls \"ä\"\n", "end"]);
}

fn searched(kind: &str, sources: Value) -> Value {
    json!({ "type": kind, "id": "ws", "status": "completed", "action": { "type": "search", "query": "q", "sources": sources } })
}

fn annotation(url: &str, title: &str) -> Value {
    let annotation = json!({ "type": "url_citation", "url": url, "title": title, "start_index": 0, "end_index": 0 });
    json!({ "type": "response.output_text.annotation.added", "annotation": annotation, "output_index": 2 })
}

#[test]
fn searches_give_sources_and_the_text_cites_them() {
    let mut prompt = question("hi");
    prompt.searches = Searches { web: true, x: false };
    let found = json!([{ "type": "url", "url": "https://a.org/" }, { "url": "javascript:x" }, { "url": "https://b.org/x_(y)" }]);
    let server_tool = json!({ "type": "custom_tool_call", "name": "x_keyword_search", "call_id": "xs", "input": "{}" });
    let events = || {
        [
            thought(0, 0, "hm"),
            added(1, searched("web_search_call", json!([]))),
            done(1, searched("web_search_call", found.clone())),
            added(2, server_tool.clone()),
            done(2, server_tool.clone()),
            thought(3, 0, "so"),
            delta(4, "It is[[1"),
            delta(4, "]](https://b.org/x_(y"),
            delta(4, "))."),
            delta(4, "[["),
            annotation("https://a.org/", "A"),
            done(4, json!({ "type": "message", "content": [] })),
            completed(),
        ]
    };
    let said = read_text(stream(events()), prompt.clone());
    let sources = "sources https://a.org/=https://a.org/ https://b.org/x_(y)=https://b.org/x_(y)";
    let expected = ["thought hm", sources, "thought so", "text It is", "cited 1 https://b.org/x_(y)", "text .[["];
    assert_eq!((said.events, said.end), (expected.map(str::to_owned).into(), Ok(Finish::Stop)));
    // Without a search, and in JSON, the text is the model's.
    let plain = read_text(stream(events()), question("hi"));
    assert_eq!(plain.events[3..], ["text It is[[1]](https://b.org/x_(y)).[["]);
}

#[test]
fn sources_that_only_annotations_name_are_not_lost() {
    let named = || [annotation("https://x.com/i/status/1", "a post"), annotation("https://x.com/i/status/2", "")];
    let said = read([delta(2, "hi")].into_iter().chain(named()).chain([completed()]));
    let sources = "sources a post=https://x.com/i/status/1 https://x.com/i/status/2=https://x.com/i/status/2";
    assert_eq!(said.events, ["text hi", sources]);
}
