//! What requests are taken, and what a refusal names.

use serde_json::{Value, json};

use crate::{
    inference::prompt::{
        Effort, OutputFormat, Part, Role, Sampling, SealedReasoning, Searches, ToolCall, ToolChoice, ToolInput,
        ToolResult,
    },
    protocols::openai::{
        chat_completions::{parse::chat_request, prompt::convert},
        responses::{dialogue_of, parse::responses_request, request::Namespaced},
    },
    settings::ReasoningFormat,
};

/// Returns the messages of a request's prompt.
fn messages(request: &Value) -> Vec<(Role, Vec<Part>)> {
    let body = request.to_string();
    let request = responses_request(body.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    let mut chat = request.chat;
    chat.messages = dialogue_of(request.instructions, Vec::new(), chat.messages);
    convert(chat).0.messages.into_iter().map(|message| (message.role, message.parts)).collect()
}

/// Returns the path, the code and the words of the refusal.
fn refused(request: &Value) -> (String, &'static str, String) {
    let body = request.to_string();
    let invalid = responses_request(body.as_bytes()).err().unwrap_or_else(|| panic!("it was taken: {request}"));
    (invalid.param.unwrap_or_default(), invalid.code, invalid.message)
}

fn text(text: &str) -> Vec<Part> {
    vec![Part::Text(text.to_owned())]
}

fn items() -> Value {
    json!([
        { "role": "user", "content": "weather in Paris and Rome?" },
        { "type": "reasoning", "id": "rs_1", "summary": [
            { "type": "summary_text", "text": "Hm. " }, { "type": "summary_text", "text": "So." }
        ], "encrypted_content": "x" },
        { "type": "reasoning", "id": "rs_2", "summary": [{ "type": "summary_text", "text": "not sealed" }] },
        { "type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
          "content": [{ "type": "output_text", "text": "Let me look.", "annotations": [] }] },
        { "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{\"city\":\"Paris\"}" },
        { "type": "custom_tool_call", "call_id": "call_2", "name": "look", "namespace": "mcp", "input": "Rome" },
        { "type": "function_call_output", "call_id": "call_1", "output": "sunny" },
        { "type": "custom_tool_call_output", "call_id": "call_2",
          "output": [{ "type": "input_text", "text": "rain" }, { "type": "input_image", "image_url": "https://e.org/a.png" }] },
        { "type": "message", "role": "developer", "content": [{ "type": "input_text", "text": "be brief" }] },
    ])
}

fn dialogue() -> Vec<(Role, Vec<Part>)> {
    let call = |id: &str, name: &str, input: &str| {
        Part::ToolCall(ToolCall { id: id.into(), name: name.into(), input: input.into() })
    };
    let result = |id: &str, output: &str| {
        Part::ToolResult(ToolResult { call_id: id.into(), name: String::new(), output: output.into() })
    };
    let answer = vec![
        Part::Reasoning(SealedReasoning { summary: "Hm. So.".into(), sealed: "x".into() }),
        Part::Text("Let me look.".into()),
        call("call_1", "weather", "{\"city\":\"Paris\"}"),
        call("call_2", "mcp.look", "Rome"),
    ];
    vec![
        (Role::User, text("weather in Paris and Rome?")),
        (Role::Assistant, answer),
        (Role::Tool, vec![result("call_1", "sunny")]),
        (Role::Tool, vec![result("call_2", "rain"), Part::Picture(0)]),
        (Role::Developer, text("be brief")),
    ]
}

#[test]
fn a_text_is_a_message_after_the_instructions() {
    let request = json!({ "model": "m", "instructions": "be nice", "input": "hi" });
    assert_eq!(messages(&request), [(Role::System, text("be nice")), (Role::User, text("hi"))]);
}

#[test]
fn items_become_messages_and_an_answer_is_one() {
    assert_eq!(messages(&json!({ "model": "m", "input": items() })), dialogue());
}

#[test]
fn a_chat_takes_items_in_place_of_messages() {
    let body = json!({ "model": "m", "input": items(), "instructions": "be nice" }).to_string();
    let chat = chat_request(body.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    let read: Vec<_> = convert(chat).0.messages.into_iter().map(|message| (message.role, message.parts)).collect();
    assert_eq!(read[0], (Role::System, text("be nice")));
    assert_eq!(read[1..], dialogue());
    let body = json!({ "model": "m", "input": [{ "type": "item_reference", "id": "msg_1" }] }).to_string();
    assert_eq!(chat_request(body.as_bytes()).unwrap_err().param.as_deref(), Some("input"));
}

#[test]
fn references_are_found() {
    let input = json!([{ "role": "user", "content": "a" }, { "id": "msg_1" }, { "type": "item_reference", "id": "rs_1" },
                       { "type": "item_reference", "id": "fc_2" }]);
    let body = json!({ "model": "m", "input": input }).to_string();
    assert_eq!(responses_request(body.as_bytes()).expect("it is taken").references, ["msg_1", "fc_2"]);
}

#[test]
fn tools_of_all_kinds_are_read() {
    let tools = json!([
        { "type": "function", "name": "weather", "description": "d", "strict": true, "parameters":
          { "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"], "additionalProperties": false } },
        { "type": "custom", "name": "apply_patch", "format": { "type": "grammar", "syntax": "lark", "definition": "start: x" } },
        { "type": "namespace", "name": "mcp__files", "description": "Files", "tools": [{ "type": "function", "name": "read" }] },
        { "type": "web_search", "external_web_access": false },
    ]);
    let body =
        json!({ "model": "m", "input": "x", "tools": tools, "tool_choice": "required", "parallel_tool_calls": false });
    let body = body.to_string();
    let request = responses_request(body.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    let names: Vec<_> = request.chat.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["weather", "apply_patch", "mcp__files.read"]);
    assert!(matches!(request.chat.tools[0].input, ToolInput::Json { strict: true, .. }));
    assert_eq!(request.chat.tools[1].input, ToolInput::Text { grammar: Some("start: x".into()) });
    let namespaced = Namespaced { full: "mcp__files.read".into(), namespace: "mcp__files".into(), name: "read".into() };
    assert_eq!(request.namespaced, [namespaced]);
    assert_eq!((request.chat.tool_choice, request.chat.single_tool_call), (ToolChoice::Required, true));
    let choices = [
        (json!({ "type": "function", "name": "weather" }), ToolChoice::Named("weather".into())),
        (json!({ "type": "web_search" }), ToolChoice::Auto),
        (json!("none"), ToolChoice::None),
    ];
    for (choice, expected) in choices {
        let body = json!({ "model": "m", "input": "x", "tools": tools, "tool_choice": choice }).to_string();
        assert_eq!(responses_request(body.as_bytes()).expect("it is taken").chat.tool_choice, expected);
    }
    let only_search = json!({ "model": "m", "input": "x", "tools": [tools[3]], "tool_choice": "required" }).to_string();
    assert_eq!(responses_request(only_search.as_bytes()).expect("it is taken").chat.tool_choice, ToolChoice::Auto);
}

#[test]
fn format_reasoning_and_length_are_read() {
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } } });
    let body = json!({ "model": "m", "input": "x", "max_output_tokens": 16, "reasoning": { "effort": "high", "summary": "auto" },
        "text": { "verbosity": "low", "format": { "type": "json_schema", "name": "n", "schema": schema, "strict": null } },
        "unknown": { "a": [1] }, "store": false, "stream": true });
    let body = body.to_string();
    let request = responses_request(body.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(request.chat.limits.max_tokens, Some(16));
    assert_eq!(request.chat.reasoning_format, Some(ReasoningFormat::Parsed));
    assert!(matches!(request.chat.format, OutputFormat::JsonSchema { ref name, strict: false, .. } if name == "n"));
    assert_eq!((request.store, request.chat.stream), (false, true));
}

#[test]
fn a_refusal_names_the_field() {
    let with = |more: Value| {
        let mut request = json!({ "model": "m", "input": "x" });
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        request
    };
    let item = |item: Value| with(json!({ "input": [item] }));
    let part = |part: Value| item(json!({ "role": "user", "content": [part] }));
    let cases = [
        (json!({ "input": "x" }), "model", "missing_required_parameter"),
        (json!({ "model": "m" }), "input", "missing_required_parameter"),
        (with(json!({ "input": "  " })), "input", "invalid_value"),
        (with(json!({ "input": 3 })), "input", "invalid_type"),
        (with(json!({ "background": true })), "background", "unsupported_parameter"),
        (with(json!({ "conversation": "conv_1" })), "conversation", "unsupported_parameter"),
        (with(json!({ "prompt": { "id": "pmpt_1" } })), "prompt", "unsupported_parameter"),
        (with(json!({ "truncation": "maybe" })), "truncation", "invalid_value"),
        (with(json!({ "stream": "yes" })), "stream", "invalid_type"),
        (with(json!({ "max_output_tokens": 0.5 })), "max_output_tokens", "integer_below_min_value"),
        (with(json!({ "text": { "format": { "type": "xml" } } })), "text.format.type", "invalid_value"),
        (
            with(json!({ "text": { "format": { "type": "json_schema", "name": "a" } } })),
            "text.format.schema",
            "missing_required_parameter",
        ),
        (with(json!({ "tools": [{ "type": "function" }] })), "tools.0.name", "missing_required_parameter"),
        (
            with(json!({ "tools": [{ "type": "namespace", "name": "a" }] })),
            "tools.0.tools",
            "missing_required_parameter",
        ),
        (with(json!({ "tool_choice": "required" })), "tool_choice", "invalid_value"),
        (item(json!({ "type": "mcp_call" })), "input.0.type", "invalid_value"),
        (item(json!({ "role": "robot", "content": "x" })), "input.0.role", "invalid_value"),
        (
            item(json!({ "type": "function_call_output", "output": "x" })),
            "input.0.call_id",
            "missing_required_parameter",
        ),
        (part(json!({ "type": "input_file", "file_id": "f" })), "input.0.content.0.type", "unsupported_value"),
        (
            part(json!({ "type": "input_image", "file_id": "f" })),
            "input.0.content.0.image_url",
            "missing_required_parameter",
        ),
    ];
    for (request, param, code) in cases {
        let (found, found_code, message) = refused(&request);
        assert_eq!((found.as_str(), found_code), (param, code), "{request}: {message}");
    }
    for kind in ["file_search", "code_interpreter", "computer_use_preview", "mcp", "image_generation", "local_shell"] {
        let (param, _, message) = refused(&with(json!({ "tools": [{ "type": kind }] })));
        assert_eq!(param, "tools.0.type");
        assert!(message.contains(&format!("'{kind}'")), "{message}");
    }
}

#[test]
fn effort_sampling_and_searches_reach_the_prompt() {
    let body =
        json!({ "model": "m", "input": "hi", "temperature": 0.5, "top_p": 0.9, "reasoning": { "effort": "xhigh" },
        "tools": [{ "type": "web_search" }, { "type": "x_search" }], "tool_choice": { "type": "x_search" },
        "include": ["reasoning.encrypted_content"] })
        .to_string();
    let request = responses_request(body.as_bytes()).unwrap_or_else(|fault| panic!("{}", fault.message));
    assert!(request.includes_encrypted);
    let (prompt, _) = convert(request.chat);
    assert_eq!(prompt.sampling, Sampling { temperature: Some(0.5), top_p: Some(0.9) });
    assert_eq!((prompt.effort, prompt.searches), (Some(Effort::Xhigh), Searches { web: true, x: true }));
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "hi" }], "temperature": 1, "top_p": 0.1,
        "reasoning_effort": "low", "web_search_options": {} })
    .to_string();
    let (prompt, _) = convert(chat_request(body.as_bytes()).unwrap_or_else(|fault| panic!("{}", fault.message)));
    assert_eq!(prompt.sampling, Sampling { temperature: Some(1.0), top_p: Some(0.1) });
    assert_eq!((prompt.effort, prompt.searches), (Some(Effort::Low), Searches { web: true, x: false }));
}
