//! The JSON that clients get.

use grok2api::error::{Error, ErrorKind};
use grok2api::protocols::openai::chat_completions::collect::Collected;
use grok2api::protocols::openai::chat_completions::event_stream::EventStream;
use grok2api::protocols::openai::chat_completions::wire::{FinishReason, Head};
use serde_json::json;

fn head() -> Head {
    // The model's name looks like the place of the text.
    Head::new([0xab; 16], 1_769_700_000, r#""delta":{"content":""#)
}

fn stream(include_usage: bool, texts: &[&str]) -> String {
    let (mut stream, mut buffer) = (EventStream::new(head(), include_usage), Vec::new());
    for text in texts {
        stream.text(text, &mut buffer);
    }
    stream.finish(FinishReason::Stop, 7, &mut buffer);
    String::from_utf8(buffer).unwrap()
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
    let (mut stream, mut buffer) = (EventStream::new(head(), false), Vec::new());
    stream.error(&Error::new(ErrorKind::Upstream, "m\n"), &mut buffer);
    assert_eq!(
        String::from_utf8(buffer).unwrap(),
        "data: {\"error\":{\"message\":\"m\\n\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_error\"}}\n\n"
    );
}

#[test]
fn a_collected_answer_is_one_object() {
    let mut collected = Collected::default();
    for text in ["abc", "d树e"] {
        collected.content.push_str(text);
    }
    let answer: serde_json::Value = serde_json::from_slice(&collected.finish(&head(), FinishReason::Stop, 7)).unwrap();
    let expected = json!({
        "id": "chatcmpl-abababababababababababababababab", "object": "chat.completion", "created": 1_769_700_000,
        "model": r#""delta":{"content":""#,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "abcd树e", "refusal": null},
            "logprobs": null, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    });
    assert_eq!(answer, expected);
}
