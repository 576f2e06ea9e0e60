//! The JSON that clients of Anthropic's Messages get.

use grok2api::error::{Error, ErrorKind};
use grok2api::inference::event::{Finish, ToolCallStart};
use grok2api::inference::usage::Usage;
use grok2api::protocols::answer::message::{Collected, Message};
use grok2api::protocols::answer::wire::{Ending, StreamWriter, Wire};
use grok2api::protocols::anthropic::messages::answer::MessageAnswer;
use grok2api::protocols::anthropic::messages::event_stream::EventStream;
use grok2api::protocols::anthropic::messages::wire::{Head, message_id};
use serde_json::{Value, json};

const ID: &str = "msg_abababababababababababababababab";
const USAGE: Usage = Usage::estimated(7, 3);

fn answer() -> MessageAnswer {
    let head = Head {
        id: message_id([0xab; 16]),
        model: "claude-opus-5-5".to_owned(),
        request_id: "req_1".to_owned(),
        input_tokens: 7,
        stop_sequences: vec!["END".to_owned(), "STOP".to_owned()],
    };
    MessageAnswer { head: head.into() }
}

fn ending(finish: Finish) -> Ending<'static> {
    Ending { finish, citations: &[], usage: USAGE }
}

/// Returns the events that were written: the data of each, after its name was compared.
fn events(stream: &mut EventStream) -> Vec<Value> {
    let sent = String::from_utf8(stream.take()).unwrap();
    let event = |text: &str| {
        let (name, data) = text.split_once('\n').expect("two lines");
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name.strip_prefix("event: "), data["type"].as_str());
        data
    };
    sent.split_terminator("\n\n").map(event).collect()
}

fn usage(input: u64, output: u64) -> Value {
    json!({ "input_tokens": input, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": output })
}

fn start() -> Value {
    json!({ "type": "message_start", "message": { "id": ID, "type": "message", "role": "assistant",
        "model": "claude-opus-5-5", "content": [], "stop_reason": null, "stop_sequence": null, "stop_details": null,
        "usage": usage(7, 0) } })
}

fn end(stop_reason: &str) -> [Value; 2] {
    let delta = json!({ "stop_reason": stop_reason, "stop_sequence": null, "stop_details": null });
    [json!({ "type": "message_delta", "delta": delta, "usage": usage(7, 3) }), json!({ "type": "message_stop" })]
}

fn begin(index: u64, block: Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn piece(index: u64, delta: Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn stop(index: u64) -> Value {
    json!({ "type": "content_block_stop", "index": index })
}

/// Writes a message with every kind of block.
fn write(message: &mut impl Message) {
    message.reasoning().push_str("hm");
    message.reasoning().push('!');
    message.content().push_str("ok");
    for id in ["call_1", "call_2"] {
        message.tool_call_start(&ToolCallStart { id: id.to_owned(), name: "f".to_owned(), is_custom: false });
        ["{\"a\":", "1}"].into_iter().for_each(|input| message.tool_call_input(input));
        message.tool_call_end();
    }
}

#[test]
fn events_come_in_the_order_of_the_reference() {
    let mut stream = EventStream::new(answer().head);
    write(&mut stream);
    stream.finish(&ending(Finish::ToolCalls));
    let call = |index: u64, id: &str| {
        let input = |text: &str| json!({ "type": "input_json_delta", "partial_json": text });
        [
            begin(index, json!({ "type": "tool_use", "id": id, "name": "f", "input": {} })),
            piece(index, input("{\"a\":")),
            piece(index, input("1}")),
            stop(index),
        ]
    };
    let mut expected = vec![
        start(),
        begin(0, json!({ "type": "thinking", "thinking": "", "signature": "" })),
        piece(0, json!({ "type": "thinking_delta", "thinking": "hm!" })),
        piece(0, json!({ "type": "signature_delta", "signature": ID })),
        stop(0),
        begin(1, json!({ "type": "text", "text": "" })),
        piece(1, json!({ "type": "text_delta", "text": "ok" })),
        stop(1),
    ];
    expected.extend(call(2, "call_1"));
    expected.extend(call(3, "call_2"));
    expected.extend(end("tool_use"));
    assert_eq!(events(&mut stream), expected);
}

#[test]
fn text_of_several_writes_is_one_block() {
    let mut stream = EventStream::new(answer().head);
    stream.content().push('a');
    let mut found = events(&mut stream);
    stream.content().push('b');
    stream.content().push('c');
    found.extend(events(&mut stream));
    assert_eq!(stream.content_length(), 3);
    stream.finish(&ending(Finish::Stop));
    found.extend(events(&mut stream));
    let mut expected = vec![start(), begin(0, json!({ "type": "text", "text": "" }))];
    expected.extend(["a", "bc"].map(|text| piece(0, json!({ "type": "text_delta", "text": text }))));
    expected.push(stop(0));
    expected.extend(end("end_turn"));
    assert_eq!(found, expected);
}

#[test]
fn a_ping_never_comes_before_the_start() {
    let mut stream = EventStream::new(answer().head);
    stream.keep_alive();
    stream.content().push('a');
    stream.keep_alive();
    let names: Vec<_> = events(&mut stream).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["message_start", "ping", "content_block_start", "content_block_delta", "ping"]);
}

#[test]
fn a_failed_stream_ends_with_an_error() {
    let mut stream = EventStream::new(answer().head);
    stream.content().push('a');
    stream.error(&Error::new(ErrorKind::UpstreamOverloaded, "busy"));
    let found = events(&mut stream);
    let error = json!({ "type": "overloaded_error", "message": "busy" });
    assert_eq!(found.last(), Some(&json!({ "type": "error", "error": error, "request_id": "req_1" })));
    assert!(!found.iter().any(|event| event["type"] == "message_stop"));
}

fn whole(message: &Collected, finish: Finish) -> Value {
    serde_json::from_slice(&answer().json(message, &ending(finish))).unwrap()
}

#[test]
fn a_collected_answer_has_the_blocks_of_the_stream() {
    let mut message = Collected::default();
    write(&mut message);
    let call = |id: &str| json!({ "type": "tool_use", "id": id, "name": "f", "input": { "a": 1 } });
    let expected = json!({
        "id": ID, "type": "message", "role": "assistant", "model": "claude-opus-5-5",
        "content": [
            { "type": "thinking", "thinking": "hm!", "signature": ID },
            { "type": "text", "text": "ok" },
            call("call_1"), call("call_2"),
        ],
        "stop_reason": "tool_use", "stop_sequence": null, "stop_details": null, "usage": usage(7, 3),
    });
    assert_eq!(whole(&message, Finish::ToolCalls), expected);
}

#[test]
fn each_end_has_its_reason() {
    let message = Collected { content: "a".to_owned(), ..Collected::default() };
    for (finish, reason, sequence) in [
        (Finish::Stop, "end_turn", Value::Null),
        (Finish::Length, "max_tokens", Value::Null),
        (Finish::StopSequence(1), "stop_sequence", json!("STOP")),
    ] {
        let found = whole(&message, finish);
        assert_eq!((&found["stop_reason"], &found["stop_sequence"]), (&json!(reason), &sequence));
        let mut stream = EventStream::new(answer().head);
        stream.content().push('a');
        stream.finish(&ending(finish));
        let found = events(&mut stream);
        let delta = &found[found.len() - 2]["delta"];
        assert_eq!((&delta["stop_reason"], &delta["stop_sequence"]), (&json!(reason), &sequence));
    }
}

#[test]
fn a_refusal_is_text_and_a_reason() {
    let details = json!({ "type": "refusal", "category": null, "explanation": "I cannot." });
    let mut message = Collected::default();
    message.refusal("I cannot.");
    let found = whole(&message, Finish::Stop);
    assert_eq!(found["content"], json!([{ "type": "text", "text": "I cannot." }]));
    assert_eq!((&found["stop_reason"], &found["stop_details"]), (&json!("refusal"), &details));
    let mut stream = EventStream::new(answer().head);
    stream.refusal("I ");
    stream.refusal("cannot.");
    stream.finish(&ending(Finish::Stop));
    let found = events(&mut stream);
    assert_eq!(found[2], piece(0, json!({ "type": "text_delta", "text": "I cannot." })));
    let delta = &found[found.len() - 2]["delta"];
    assert_eq!((&delta["stop_reason"], &delta["stop_details"]), (&json!("refusal"), &details));
}

#[test]
fn sealed_reasoning_signs_its_block() {
    let head = || answer().head;
    let write = |message: &mut dyn Message| {
        message.reasoning().push_str("hm");
        message.reasoning_sealed("xai1.7.abc");
        message.content().push_str("ok");
    };
    let mut stream = EventStream::new(head());
    write(&mut stream);
    let sent = events(&mut stream);
    let signature = sent.iter().find(|event| event["delta"]["type"] == "signature_delta").expect("it is signed");
    assert_eq!(signature["delta"]["signature"], "xai1.7.abc");
    let mut collected = Collected::default();
    write(&mut collected);
    let message: Value = serde_json::from_slice(&answer().json(&collected, &ending(Finish::Stop))).unwrap();
    let thought = json!({ "type": "thinking", "thinking": "hm", "signature": "xai1.7.abc" });
    assert_eq!(message["content"], json!([thought, { "type": "text", "text": "ok" }]));
}

#[test]
fn cached_tokens_are_counted_apart() {
    let usage = Usage { cached_tokens: Some(5), ..USAGE };
    let json = answer().json(&Collected::default(), &Ending { finish: Finish::Stop, citations: &[], usage });
    let message: Value = serde_json::from_slice(&json).unwrap();
    let expected = json!({ "input_tokens": 2, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 5, "output_tokens": 3 });
    assert_eq!(message["usage"], expected);
}
