//! The JSON that clients get.

use grok2api::error::{Error, ErrorKind};
use grok2api::inference::event::{Finish, ToolCallStart};
use grok2api::inference::usage::Usage;
use grok2api::protocols::answer::message::{Collected, Message};
use grok2api::protocols::answer::wire::{Cited, Ending, StreamWriter, Wire};
use grok2api::protocols::openai::chat_completions::completion::ChatAnswer;
use grok2api::protocols::openai::chat_completions::event_stream::EventStream;
use grok2api::protocols::openai::chat_completions::wire::Head;
use serde_json::{Value, json};

fn head() -> Head {
    // The model's name looks like the place of the text.
    Head::new([0xab; 16], 1_769_700_000, r#""delta":{"content":""#)
}

fn stream(include_usage: bool, texts: &[&str]) -> String {
    let (mut stream, mut sent) = (EventStream::new(head(), include_usage), Vec::new());
    for text in texts {
        stream.content().push_str(text);
        sent.extend(stream.take());
    }
    let usage = Usage::estimated(7, stream.completion_tokens());
    stream.finish(&Ending { finish: Finish::Stop, citations: &[], usage });
    sent.extend(stream.take());
    String::from_utf8(sent).unwrap()
}

/// Writes a message with every field.
fn write(message: &mut impl Message) {
    message.reasoning().push_str("hm");
    message.content().push_str("ok");
    for (id, is_custom, inputs) in [("call_1", false, ["{\"a\":", "1}"]), ("call_2", true, ["ls", " -l"])] {
        message.tool_call_start(&ToolCallStart { id: id.to_owned(), name: "f".to_owned(), is_custom });
        inputs.into_iter().for_each(|input| message.tool_call_input(input));
    }
}

fn citation() -> Cited {
    Cited { start: 0, end: 2, title: "T".to_owned(), url: "https://e.org/".to_owned() }
}

const USAGE: Usage = Usage::estimated(7, 3);

/// Returns the collected answer.
fn whole(message: &Collected, finish: Finish, citations: &[Cited]) -> Value {
    let answer = ChatAnswer { head: head(), include_usage: false };
    serde_json::from_slice(&answer.json(message, &Ending { finish, citations, usage: USAGE })).unwrap()
}

fn chunk(delta: &str, finish_reason: &str, usage: &str) -> String {
    format!(
        concat!(
            r#"data: {{"id":"chatcmpl-abababababababababababababababab","object":"chat.completion.chunk","#,
            r#""created":1769700000,"model":"\"delta\":{{\"content\":\"","choices":[{{"index":0,"delta":{},"#,
            r#""logprobs":null,"finish_reason":{}}}]{}}}"#,
            "\n\n"
        ),
        delta, finish_reason, usage
    )
}

#[test]
fn a_stream_has_one_role_one_end_and_exact_bytes() {
    let expected = [
        chunk(r#"{"role":"assistant","content":"a \"b\"\n"}"#, "null", ""),
        chunk(r#"{"content":"树🌲\\"}"#, "null", ""),
        chunk("{}", r#""stop""#, ""),
        "data: [DONE]\n\n".to_owned(),
    ];
    assert_eq!(stream(false, &["a \"b\"\n", "", "树🌲\\"]), expected.concat());
}

#[test]
fn usage_comes_last_and_is_null_before() {
    let null = r#","usage":null"#;
    let usage = concat!(
        r#"data: {"id":"chatcmpl-abababababababababababababababab","object":"chat.completion.chunk","created":1769700000,"#,
        r#""model":"\"delta\":{\"content\":\"","choices":[],"#,
        r#""usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}"#,
        "\n\n"
    );
    let expected = [
        chunk(r#"{"role":"assistant","content":"abc"}"#, "null", null),
        chunk(r#"{"content":"d树e"}"#, "null", null),
        chunk("{}", r#""stop""#, null),
        usage.to_owned(),
        "data: [DONE]\n\n".to_owned(),
    ];
    assert_eq!(stream(true, &["abc", "d树e"]), expected.concat());
}

#[test]
fn a_stream_without_text_still_names_its_role() {
    let expected = chunk(r#"{"role":"assistant","content":""}"#, r#""stop""#, "") + "data: [DONE]\n\n";
    assert_eq!(stream(false, &[]), expected);
}

#[test]
fn a_failed_stream_reports_the_error_and_has_no_end() {
    let mut stream = EventStream::new(head(), false);
    stream.error(&Error::new(ErrorKind::Upstream, "m\n"));
    assert_eq!(
        String::from_utf8(stream.take()).unwrap(),
        "data: {\"error\":{\"message\":\"m\\n\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_error\"}}\n\n"
    );
}

#[test]
fn a_collected_answer_is_one_object() {
    let mut collected = Collected::default();
    for text in ["abc", "d树e"] {
        collected.content.push_str(text);
    }
    assert_eq!(collected.completion_tokens(), 3);
    let answer = whole(&collected, Finish::Stop, &[]);
    let expected = json!({
        "id": "chatcmpl-abababababababababababababababab", "object": "chat.completion", "created": 1_769_700_000,
        "model": r#""delta":{"content":""#,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "abcd树e", "refusal": null},
            "logprobs": null, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    });
    assert_eq!(answer, expected);
}

#[test]
fn calls_are_streamed_by_index_with_their_name_first() {
    let mut stream = EventStream::new(head(), false);
    write(&mut stream);
    stream.finish(&Ending { finish: Finish::ToolCalls, citations: &[citation()], usage: USAGE });
    let citation =
        r#"{"type":"url_citation","url_citation":{"start_index":0,"end_index":2,"title":"T","url":"https://e.org/"}}"#;
    let expected = [
        chunk(r#"{"role":"assistant","reasoning_content":"hm"}"#, "null", ""),
        chunk(r#"{"content":"ok"}"#, "null", ""),
        chunk(
            r#"{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]}"#,
            "null",
            "",
        ),
        chunk(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}"#, "null", ""),
        chunk(r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#, "null", ""),
        chunk(
            r#"{"tool_calls":[{"index":1,"id":"call_2","type":"custom","custom":{"name":"f","input":""}}]}"#,
            "null",
            "",
        ),
        chunk(r#"{"tool_calls":[{"index":1,"custom":{"input":"ls"}}]}"#, "null", ""),
        chunk(r#"{"tool_calls":[{"index":1,"custom":{"input":" -l"}}]}"#, "null", ""),
        chunk(&format!(r#"{{"annotations":[{citation}]}}"#), "null", ""),
        chunk("{}", r#""tool_calls""#, ""),
        "data: [DONE]\n\n".to_owned(),
    ];
    assert_eq!(String::from_utf8(stream.take()).unwrap(), expected.concat());
}

#[test]
fn a_collected_answer_has_calls_reasoning_and_sources() {
    let mut collected = Collected::default();
    write(&mut collected);
    let answer = whole(&collected, Finish::ToolCalls, &[citation()]);
    let expected = json!({
        "role": "assistant", "content": "ok", "refusal": null, "reasoning_content": "hm",
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
            {"id": "call_2", "type": "custom", "custom": {"name": "f", "input": "ls -l"}},
        ],
        "annotations": [{"type": "url_citation",
            "url_citation": {"start_index": 0, "end_index": 2, "title": "T", "url": "https://e.org/"}}],
    });
    assert_eq!(answer["choices"][0]["message"], expected);
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    let mut refused = Collected::default();
    refused.refusal("I can't");
    let answer = whole(&refused, Finish::Stop, &[]);
    let expected = json!({ "role": "assistant", "content": null, "refusal": "I can't" });
    assert_eq!(answer["choices"][0]["message"], expected);
}

#[test]
fn details_of_the_usage_are_there_if_they_are_reported() {
    let usage = Usage { cached_tokens: Some(5), reasoning_tokens: Some(2), ..USAGE };
    let answer = ChatAnswer { head: head(), include_usage: false };
    let json = answer.json(&Collected::default(), &Ending { finish: Finish::Stop, citations: &[], usage });
    let completion: Value = serde_json::from_slice(&json).unwrap();
    let expected = json!({ "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10,
        "prompt_tokens_details": { "cached_tokens": 5 }, "completion_tokens_details": { "reasoning_tokens": 2 } });
    assert_eq!(completion["usage"], expected);
}
