//! The items that a dialogue becomes.

use super::*;
use crate::inference::prompt::{SealedReasoning, Tool, ToolCall, ToolInput, ToolResult};

fn items(messages: Vec<Message>) -> Value {
    sent(Prompt { messages, ..Prompt::default() })
}

fn sent(prompt: Prompt) -> Value {
    let api = Api::new(|_| hello());
    let said = api.ask("grok-4.7", prompt);
    assert_eq!(said.end, Ok(Finish::Stop), "{said:?}");
    api.body(0)["input"].clone()
}

fn call(id: &str, name: &str, input: &str) -> Part {
    Part::ToolCall(ToolCall { id: id.to_owned(), name: name.to_owned(), input: input.to_owned() })
}

fn result(call_id: &str, name: &str, output: &str) -> Part {
    Part::ToolResult(ToolResult { call_id: call_id.to_owned(), name: name.to_owned(), output: output.to_owned() })
}

fn reasoning(summary: &str, sealed: &str) -> Part {
    Part::Reasoning(SealedReasoning { summary: summary.to_owned(), sealed: sealed.to_owned() })
}

fn said(role: &str, kind: &str, text: &str) -> Value {
    json!({ "type": "message", "role": role, "content": [{ "type": kind, "text": text }] })
}

fn user(text: &str) -> Value {
    said("user", "input_text", text)
}

fn called(id: &str, name: &str, arguments: &str) -> Value {
    json!({ "type": "function_call", "call_id": id, "name": name, "arguments": arguments })
}

fn returned(id: &str, output: &str) -> Value {
    json!({ "type": "function_call_output", "call_id": id, "output": output })
}

const LOST: &str = "(The client has no result of this call.)";

#[test]
fn roles_and_parts_keep_their_order() {
    let input = items(vec![
        message(Role::System, vec![words("be nice")]),
        message(Role::Developer, vec![words("be brief"), words("")]),
        message(Role::User, vec![words("a"), words("b")]),
        message(Role::Assistant, vec![words("c"), call("1", "f", "{\"x\": 1}"), words("d")]),
        message(Role::Tool, vec![result("1", "", "e")]),
        message(Role::User, vec![words("")]),
    ]);
    let both = json!({ "type": "message", "role": "user",
        "content": [{ "type": "input_text", "text": "a" }, { "type": "input_text", "text": "b" }] });
    let expected = json!([
        said("system", "input_text", "be nice"),
        said("system", "input_text", "be brief"),
        both,
        said("assistant", "output_text", "c"),
        called("1", "f", "{\"x\": 1}"),
        said("assistant", "output_text", "d"),
        returned("1", "e"),
    ]);
    // An output may follow later, so that none is added.
    assert_eq!(input, expected);
}

#[test]
fn every_call_has_one_output_and_every_output_a_call() {
    let input = items(vec![
        message(Role::Tool, vec![result("0", "f", "from before")]),
        message(Role::Assistant, vec![call("1", "f", "{}"), call("2", "g", "{}")]),
        message(Role::Tool, vec![result("2", "", "two"), result("2", "", "twice")]),
        message(Role::User, vec![words("go on")]),
        message(Role::Assistant, vec![call("2", "f", "{}"), call("", "h", "{}")]),
        message(Role::Tool, vec![result("2", "", "again")]),
        message(Role::Function, vec![result("", "h", "by name")]),
        message(Role::Assistant, vec![call("9", "f", "{}")]),
    ]);
    let orphan =
        |of: &str, text: &str| user(&format!("Result of the tool{of}, whose call is not in this dialogue:\n{text}"));
    let expected = json!([
        orphan(" f", "from before"),
        called("1", "f", "{}"),
        called("2", "g", "{}"),
        returned("2", "two"),
        returned("1", LOST),
        orphan("", "twice"),
        user("go on"),
        called("call_3_2", "f", "{}"),
        called("call_4_", "h", "{}"),
        returned("call_3_2", "again"),
        returned("call_4_", "by name"),
        called("9", "f", "{}"),
        returned("9", LOST),
    ]);
    assert_eq!(input, expected);
}

#[test]
fn arguments_are_an_object() {
    let tool = Tool { name: "mcp.sh".to_owned(), description: String::new(), input: ToolInput::Text { grammar: None } };
    let calls = [("mcp.sh", "{\"ls\":1}"), ("f", "{\"x\":1}"), ("f", "[1]"), ("f", "{oops"), ("f", " ")];
    let parts = calls.iter().enumerate().map(|(n, (name, input))| call(&n.to_string(), name, input));
    let messages = vec![message(Role::Assistant, parts.collect())];
    let input = sent(Prompt { messages, tools: vec![tool], ..Prompt::default() });
    let arguments: Vec<_> = (0..5).map(|at| input[at]["arguments"].as_str().unwrap()).collect();
    let expected = [r#"{"input":"{\"ls\":1}"}"#, "{\"x\":1}", r#"{"input":"[1]"}"#, r#"{"input":"{oops"}"#, "{}"];
    assert_eq!(arguments, expected);
    assert_eq!(input[0]["name"], "mcp_sh");
}

#[test]
fn reasoning_is_sent_to_the_account_whose_it_is() {
    let own = format!("xai1.{ACCOUNT}.a.b");
    let input = items(vec![
        message(Role::User, vec![words("hi")]),
        message(Role::Assistant, vec![reasoning("hm", &own), reasoning("", &own), words("hello")]),
        message(Role::Assistant, vec![reasoning("x", "xai1.8.other"), reasoning("x", "gAAAAA"), call("1", "f", "{}")]),
        message(Role::Tool, vec![result("1", "", "done")]),
        // It leads to nothing: the client has dropped the answer.
        message(Role::Assistant, vec![reasoning("lost", &own)]),
        message(Role::User, vec![words("more")]),
        message(Role::Assistant, vec![reasoning("last", &own)]),
    ]);
    let summary = json!([{ "type": "summary_text", "text": "hm" }]);
    let expected = json!([
        user("hi"),
        { "type": "reasoning", "summary": summary, "encrypted_content": "a.b" },
        { "type": "reasoning", "summary": [], "encrypted_content": "a.b" },
        said("assistant", "output_text", "hello"),
        called("1", "f", "{}"),
        returned("1", "done"),
        user("more"),
    ]);
    assert_eq!(input, expected);
}

#[test]
fn an_unanswered_call_is_answered_before_the_next_reasoning() {
    let own = format!("xai1.{ACCOUNT}.x");
    let input = items(vec![
        message(Role::Assistant, vec![call("1", "f", "{}"), reasoning("", &own), words("never mind")]),
        message(Role::User, vec![words("ok")]),
    ]);
    let kinds: Vec<_> = (0..5).map(|at| input[at]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["function_call", "function_call_output", "reasoning", "message", "message"]);
}

const URL: &str = "data:image/png;base64,iVBORw0KGgoAAAAN";

#[test]
fn pictures_stand_where_the_client_put_them() {
    let picture = || Part::Picture(0);
    let messages = vec![
        message(Role::User, vec![words("a"), picture(), words("b")]),
        message(Role::Assistant, vec![words("c"), picture(), call("1", "f", "{}")]),
        message(Role::Tool, vec![result("1", "", "d"), picture(), picture()]),
        message(Role::Tool, vec![result("2", "f", "e"), picture()]),
    ];
    let input = sent(Prompt { messages, pictures: vec![png()], ..Prompt::default() });
    let (text, image) = (
        |text: &str| json!({ "type": "input_text", "text": text }),
        json!({ "type": "input_image", "image_url": URL }),
    );
    let content = |content: Value| json!({ "type": "message", "role": "user", "content": content });
    let orphan = "Result of the tool f, whose call is not in this dialogue:\ne";
    let expected = json!([
        content(json!([text("a"), image, text("b")])),
        said("assistant", "output_text", "c"),
        content(json!([image])),
        called("1", "f", "{}"),
        { "type": "function_call_output", "call_id": "1", "output": [text("d"), image, image] },
        content(json!([text(orphan), image])),
    ]);
    assert_eq!(input, expected);
}

#[test]
fn a_picture_of_another_type_is_named() {
    let pictures = vec![png(), Picture { mime_type: "image/webp", bytes: Bytes::from_static(b"RIFF") }];
    let messages = vec![message(Role::User, vec![Part::Picture(0), Part::Picture(1)])];
    let api = Api::new(|_| hello());
    let said = api.ask("grok-4.7", Prompt { messages, pictures, ..Prompt::default() });
    let Err(ProviderError::CallerError(words)) = said.end else { panic!("{said:?}") };
    assert_eq!(words, "picture 2 of the request is image/webp, but it takes only JPEG and PNG: convert the picture");
    assert_eq!(api.requests(), 0);
}
