//! The events of a stream, and that they end with what the collected answer has.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::{
    error::{Error, ErrorKind},
    inference::{
        event::{Finish, ToolCallStart},
        usage::Usage,
    },
    protocols::{
        answer::{
            message::{Collected, Message},
            wire::{Cited, Ending, Wire},
        },
        openai::responses::{
            answer::ResponsesAnswer,
            request::{Echo, Namespaced},
            wire::Head,
        },
    },
};

fn wire() -> ResponsesAnswer {
    let (head, keeper) = (Rc::new(head()), Rc::default());
    ResponsesAnswer { head, keeper }
}

fn head() -> Head {
    let echo = Echo { tools: json!([]), tool_choice: json!("auto"), metadata: json!({}), ..Echo::default() };
    let mut head = Head::new([7; 16], 1_700_000_000, "grok-4", false, &echo);
    let (full, namespace, name) = ("mcp.read".to_owned(), "mcp".to_owned(), "read".to_owned());
    head.namespaced = vec![Namespaced { full, namespace, name }];
    head
}

/// Returns the data of the events, whose names and numbers are as they must be.
fn events(bytes: Vec<u8>) -> Vec<Value> {
    let text = String::from_utf8(bytes).expect("it is text");
    let blocks = text.split_terminator("\n\n").filter(|block| !block.starts_with(':'));
    let read = |(number, block): (usize, &str)| {
        let (name, data) = block.split_once('\n').expect("two lines");
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!(name, format!("event: {}", data["type"].as_str().expect("a type")));
        assert_eq!(data["sequence_number"], number, "{name}");
        data
    };
    blocks.enumerate().map(read).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("a type").trim_start_matches("response.")).collect()
}

fn ending<'a>(finish: Finish, citations: &'a [Cited]) -> Ending<'a> {
    Ending { finish, citations, usage: Usage::estimated(3, 4) }
}

/// Writes the same answer as a stream, a take after each step, and collected.
fn both(fill: impl Fn(&mut dyn Message), finish: Finish, citations: &[Cited]) -> (Vec<Value>, Value) {
    both_on(wire(), fill, finish, citations)
}

fn both_on(
    wire: ResponsesAnswer,
    fill: impl Fn(&mut dyn Message),
    finish: Finish,
    citations: &[Cited],
) -> (Vec<Value>, Value) {
    let mut stream = wire.stream();
    let mut bytes = stream.take();
    fill(&mut *stream);
    bytes.extend(stream.take());
    stream.finish(&ending(finish, citations));
    bytes.extend(stream.take());
    let mut collected = Collected::default();
    fill(&mut collected);
    let json = wire.json(&collected, &ending(finish, citations));
    (events(bytes), serde_json::from_slice(&json).expect("JSON"))
}

#[test]
fn reasoning_text_and_citations_come_in_order() {
    let cited = Cited { start: 2, end: 5, title: "T".into(), url: "https://e.org".into() };
    let fill = |out: &mut dyn Message| {
        out.reasoning().push_str("hm");
        out.content().push_str("Hello");
    };
    let (events, collected) = both(fill, Finish::Stop, &[cited]);
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(kinds(&events), expected);
    assert_eq!(events[15]["response"], collected);
    let output = &collected["output"];
    assert_eq!(output[0]["summary"], json!([{ "type": "summary_text", "text": "hm" }]));
    let annotation =
        json!({ "type": "url_citation", "start_index": 2, "end_index": 5, "title": "T", "url": "https://e.org" });
    let part = json!({ "type": "output_text", "text": "Hello", "annotations": [annotation], "logprobs": [] });
    assert_eq!(output[1]["content"], json!([part]));
    assert_eq!((&events[7]["item"], &events[14]["item"]), (&output[0], &output[1]));
    assert_eq!((&events[11]["annotation"], &events[13]["part"]), (&annotation, &part));
    assert_eq!(events[10]["item_id"], output[1]["id"]);
    assert_eq!((&events[0]["response"]["status"], &collected["status"]), (&json!("in_progress"), &json!("completed")));
    assert_eq!(collected["usage"]["total_tokens"], 7);
    assert_eq!(collected["usage"]["output_tokens_details"]["reasoning_tokens"], 1);
}

#[test]
fn calls_are_items_with_their_namespace() {
    let fill = |out: &mut dyn Message| {
        out.content().push_str("I look.");
        for (id, name, is_custom, input) in
            [("call_1", "mcp.read", false, "{\"a\":1}"), ("call_2", "apply_patch", true, "*** Begin")]
        {
            out.tool_call_start(&ToolCallStart { id: id.into(), name: name.into(), is_custom });
            out.tool_call_input(input);
            out.tool_call_end();
        }
    };
    let (events, collected) = both(fill, Finish::ToolCalls, &[]);
    let call =
        ["output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"];
    let custom =
        ["output_item.added", "custom_tool_call_input.delta", "custom_tool_call_input.done", "output_item.done"];
    assert_eq!(kinds(&events)[7..], [&["output_item.done"][..], &call, &custom, &["completed"]].concat());
    assert_eq!(events.last().expect("some")["response"], collected);
    let output = collected["output"].as_array().expect("a list");
    let digits = "07".repeat(16);
    let expected = json!({ "id": format!("fc_{digits}01"), "type": "function_call", "status": "completed", "call_id": "call_1",
        "name": "read", "namespace": "mcp", "arguments": "{\"a\":1}" });
    assert_eq!(output[1], expected);
    assert_eq!(output[2]["input"], "*** Begin");
    assert_eq!((&output[2]["type"], &output[2]["name"]), (&json!("custom_tool_call"), &json!("apply_patch")));
    let added = events.iter().find(|event| event["item"]["type"] == "function_call").expect("a call");
    assert_eq!((&added["item"]["arguments"], &added["item"]["status"]), (&json!(""), &json!("in_progress")));
}

#[test]
fn a_refusal_is_a_part_of_its_own() {
    let fill = |out: &mut dyn Message| {
        out.refusal("No");
        out.refusal("!");
    };
    let (events, collected) = both(fill, Finish::Stop, &[]);
    let expected = ["content_part.added", "refusal.delta", "refusal.delta", "refusal.done", "content_part.done"];
    assert_eq!(kinds(&events)[3..8], expected);
    assert_eq!(collected["output"][0]["content"], json!([{ "type": "refusal", "refusal": "No!" }]));
    assert_eq!(events.last().expect("some")["response"], collected);
}

#[test]
fn an_answer_at_its_limit_is_incomplete() {
    let (events, collected) = both(|out| out.content().push_str("Hel"), Finish::Length, &[]);
    assert_eq!(kinds(&events).last(), Some(&"incomplete"));
    assert_eq!(collected["incomplete_details"], json!({ "reason": "max_output_tokens" }));
    assert_eq!((&collected["status"], &collected["output"][0]["status"]), (&json!("incomplete"), &json!("incomplete")));
    assert_eq!(events.last().expect("some")["response"], collected);
}

#[test]
fn a_failure_has_the_error_and_the_failed_response() {
    let mut stream = wire().stream();
    stream.content().push_str("Hel");
    stream.error(&Error::new(ErrorKind::AllAccountsCooling, "All rest").with_param("x"));
    let events = events(stream.take());
    assert_eq!(kinds(&events)[5..], ["error", "failed"]);
    let error = &events[5];
    assert_eq!(
        (&error["code"], &error["message"], &error["param"]),
        (&json!("rate_limit_exceeded"), &json!("All rest"), &json!("x"))
    );
    assert_eq!(error["error"]["type"], "rate_limit_error");
    assert_eq!(events[6]["response"]["error"], json!({ "code": "rate_limit_exceeded", "message": "All rest" }));
    assert_eq!(events[6]["response"]["status"], "failed");
}

#[test]
fn text_after_reasoning_or_a_call_is_another_item() {
    let mut stream = wire().stream();
    stream.content().push('a');
    let start = ToolCallStart { id: "1".into(), name: "f".into(), is_custom: false };
    stream.tool_call_start(&start);
    stream.tool_call_input("{}");
    stream.tool_call_end();
    stream.content().push('b');
    assert_eq!(stream.content_length(), 1);
    stream.keep_alive();
    stream.content().push('c');
    stream.finish(&ending(Finish::ToolCalls, &[]));
    let events = events(stream.take());
    let output = events.last().expect("some")["response"]["output"].as_array().expect("a list").clone();
    let kinds: Vec<_> = output.iter().map(|item| item["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["message", "function_call", "message"]);
    assert_eq!(output[2]["content"][0]["text"], "bc");
}

#[test]
fn encrypted_reasoning_is_in_its_item_if_the_client_wants_it() {
    let fill = |out: &mut dyn Message| {
        out.reasoning().push_str("hm");
        out.reasoning_sealed("one");
        out.reasoning_sealed("two");
        out.reasoning().push_str("so");
        out.content().push_str("Hello");
    };
    let wanted = Head { includes_encrypted: true, ..head() };
    let wanted = ResponsesAnswer { head: Rc::new(wanted), keeper: Rc::default() };
    let (events, collected) = both_on(wanted, fill, Finish::Stop, &[]);
    let shown = |text: &str| json!([{ "type": "summary_text", "text": text }]);
    let of = |output: &Value| -> Vec<Value> {
        output
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| json!([item["summary"], item["encrypted_content"]]))
            .collect()
    };
    let expected = [json!([shown("hm"), "one"]), json!([[], "two"]), json!([shown("so"), null]), json!([null, null])];
    assert_eq!(of(&collected["output"]), expected);
    assert_eq!(events.last().expect("some")["response"], collected);
    let done: Vec<_> = events.iter().filter(|event| event["type"] == "response.output_item.done").collect();
    assert_eq!(done.len(), 4);
    assert_eq!(done[0]["item"], collected["output"][0]);
    let (_, plain) = both(fill, Finish::Stop, &[]);
    assert_eq!(of(&plain["output"]), [json!([shown("hmso"), null]), json!([null, null])]);
}

#[test]
fn the_usage_is_what_the_provider_reports() {
    let usage =
        Usage { prompt_tokens: 10, cached_tokens: Some(4), completion_tokens: 7, reasoning_tokens: Some(5), cost: 1 };
    let json = wire().json(&Collected::default(), &Ending { finish: Finish::Stop, citations: &[], usage });
    let response: Value = serde_json::from_slice(&json).expect("JSON");
    let expected = json!({ "input_tokens": 10, "input_tokens_details": { "cached_tokens": 4 }, "output_tokens": 7,
        "output_tokens_details": { "reasoning_tokens": 5 }, "total_tokens": 17 });
    assert_eq!(response["usage"], expected);
}
