//! What a chat request asks of its answer: tools, formats, limits, reasoning.

use grok2api::inference::prompt::{
    OutputFormat, OutputLimits, Role, Tool, ToolCall, ToolChoice, ToolInput, ToolResult,
};
use grok2api::protocols::openai::chat_completions::chat_request::{ChatRequest, Part};
use grok2api::protocols::openai::chat_completions::parse;
use grok2api::settings::ReasoningFormat;
use serde_json::{Value, json};

/// Returns a request's JSON with these fields.
fn body(fields: Value) -> String {
    let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "hi" }] });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body.to_string()
}

fn check<T>(fields: Value, look: impl FnOnce(ChatRequest) -> T) -> T {
    let body = body(fields);
    look(parse::chat_request(body.as_bytes()).unwrap_or_else(|fault| panic!("{body}: {}", fault.message)))
}

fn refusal(fields: Value) -> (String, &'static str) {
    let body = body(fields);
    let refused = parse::chat_request(body.as_bytes()).map(|_| ()).expect_err(&body);
    assert!(!refused.message.is_empty());
    (refused.param.unwrap_or_default(), refused.code)
}

fn tools() -> Value {
    json!([
        { "type": "function", "function": { "name": "get_weather", "description": "d", "strict": true,
            "parameters": { "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"],
                "additionalProperties": false } } },
        { "type": "custom", "custom": { "name": "shell", "format": { "type": "grammar",
            "grammar": { "syntax": "regex", "definition": "ls.*" } } } },
        { "type": "function", "name": "flat" },
    ])
}

#[test]
fn tools_of_each_form_are_read() {
    let found = check(json!({ "tools": tools(), "parallel_tool_calls": false }), |request| {
        assert!(request.single_tool_call && request.tool_choice == ToolChoice::Auto);
        request.tools
    });
    let [weather, shell, flat] = &*found else { panic!("three tools") };
    assert_eq!((&*weather.name, &*weather.description), ("get_weather", "d"));
    let ToolInput::Json { schema, strict: true } = &weather.input else { panic!("strict JSON") };
    assert_eq!(schema["required"], json!(["city"]));
    let grammar = Some("ls.*".to_owned());
    assert_eq!(*shell, Tool { name: "shell".into(), description: String::new(), input: ToolInput::Text { grammar } });
    assert!(matches!(&flat.input, ToolInput::Json { strict: false, schema } if schema.is_empty()));
}

#[test]
fn a_choice_may_name_tools() {
    let choice = |choice: Value| {
        check(json!({ "tools": tools(), "tool_choice": choice }), |request| {
            (request.tool_choice, request.tools.into_iter().map(|tool| tool.name).collect::<Vec<_>>().join(" "))
        })
    };
    let all = "get_weather shell flat";
    for (given, expected, left) in [
        (json!("none"), ToolChoice::None, all),
        (json!("auto"), ToolChoice::Auto, all),
        (json!("required"), ToolChoice::Required, all),
        (json!({ "type": "function", "function": { "name": "flat" } }), ToolChoice::Named("flat".into()), all),
        (json!({ "type": "function", "name": "flat" }), ToolChoice::Named("flat".into()), all),
        (json!({ "type": "custom", "custom": { "name": "shell" } }), ToolChoice::Named("shell".into()), all),
        (
            json!({ "type": "allowed_tools", "allowed_tools": { "mode": "required",
                "tools": [{ "type": "function", "function": { "name": "flat" } }] } }),
            ToolChoice::Required,
            "flat",
        ),
    ] {
        assert_eq!(choice(given.clone()), (expected, left.to_owned()), "{given}");
    }
}

#[test]
fn earlier_calls_and_their_results_are_read() {
    let messages = json!([
        { "role": "user", "content": "hi" },
        { "role": "assistant", "content": "I look.", "tool_calls": [
            { "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "{}" } },
            { "id": "call_2", "type": "custom", "custom": { "name": "shell", "input": "ls" } }] },
        { "role": "tool", "tool_call_id": "call_1", "content": [{ "type": "text", "text": "a" },
            { "type": "image_url", "image_url": { "url": "https://e.org/1.png" } }, { "type": "text", "text": "b" }] },
        { "role": "assistant", "content": null, "function_call": { "name": "g", "arguments": "{\"x\":1}" } },
        { "role": "function", "name": "g", "content": "c" },
    ]);
    check(json!({ "messages": messages }), |request| {
        let call = |id: &str, name: &str, input: &str| {
            Part::ToolCall(ToolCall { id: id.into(), name: name.into(), input: input.into() })
        };
        let result = |call_id: &str, name: &str, output: &str| {
            Part::ToolResult(ToolResult { call_id: call_id.into(), name: name.into(), output: output.into() })
        };
        let [_, calls, first, older, second] = &*request.messages else { panic!("five messages") };
        let said = Part::Text("I look.".into());
        assert_eq!(calls.parts, [said, call("call_1", "f", "{}"), call("call_2", "shell", "ls")]);
        assert_eq!((first.role, &first.parts[0]), (Role::Tool, &result("call_1", "", "ab")));
        assert!(matches!(&first.parts[1..], [Part::Image(image)] if image.url == "https://e.org/1.png"));
        assert_eq!(older.parts, [call("", "g", "{\"x\":1}")]);
        assert_eq!((second.role, &*second.parts), (Role::Tool, &[result("", "g", "c")][..]));
    });
}

#[test]
fn formats_limits_and_reasoning_are_read() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
    let named = json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": schema, "strict": false } });
    check(json!({ "response_format": named }), |request| {
        let OutputFormat::JsonSchema { name, strict: false, schema: kept, .. } = request.format else { panic!() };
        assert_eq!((&*name, json!(kept)), ("n", schema));
    });
    let object = json!({ "response_format": { "type": "json_object" } });
    assert_eq!(check(object, |request| request.format), OutputFormat::JsonObject);
    let limits = |fields: Value| check(fields, |request| request.limits);
    let expected = |stop: &[&str], max_tokens| OutputLimits {
        stop: stop.iter().map(|text| (*text).to_owned()).collect(),
        max_tokens,
    };
    assert_eq!(limits(json!({ "stop": "END", "max_tokens": 7 })), expected(&["END"], Some(7)));
    let both = json!({ "stop": ["a", ""], "max_tokens": 7, "max_completion_tokens": 9 });
    assert_eq!(limits(both), expected(&["a"], Some(9)));
    assert_eq!(limits(json!({ "stop": null })), expected(&[], None));
    for (fields, format) in [
        (json!({}), None),
        (json!({ "reasoning_effort": "high" }), None),
        (json!({ "reasoning_effort": "none" }), Some(ReasoningFormat::Hidden)),
        (json!({ "reasoning_effort": "none", "reasoning_format": "parsed" }), Some(ReasoningFormat::Parsed)),
        (json!({ "reasoning_format": "raw" }), Some(ReasoningFormat::Raw)),
    ] {
        assert_eq!(check(fields.clone(), |request| request.reasoning_format), format, "{fields}");
    }
}

#[test]
fn a_refusal_names_the_field_of_a_tool() {
    let function = |fields: Value| json!({ "tools": [{ "type": "function", "function": fields }] });
    let choice = |choice: Value| json!({ "tools": tools(), "tool_choice": choice });
    let said = |message: Value| json!({ "messages": [{ "role": "user", "content": "hi" }, message] });
    let call = |call: Value| said(json!({ "role": "assistant", "tool_calls": [call] }));
    let twice = json!([{ "type": "function", "name": "a" }, { "type": "function", "name": "a" }]);
    for (fields, param, code) in [
        (json!({ "tools": [5] }), "tools.0", "invalid_type"),
        (json!({ "tools": [{}] }), "tools.0.type", "missing_required_parameter"),
        (json!({ "tools": [{ "type": "computer" }] }), "tools.0.type", "invalid_value"),
        (json!({ "tools": [{ "type": "function" }] }), "tools.0.function", "missing_required_parameter"),
        (json!({ "tools": twice }), "tools.1", "invalid_value"),
        (function(json!({})), "tools.0.function.name", "missing_required_parameter"),
        (function(json!({ "name": "a b" })), "tools.0.function.name", "invalid_value"),
        (function(json!({ "name": "a", "parameters": [] })), "tools.0.function.parameters", "invalid_type"),
        (function(json!({ "name": "a", "strict": "yes" })), "tools.0.function.strict", "invalid_type"),
        (choice(json!("maybe")), "tool_choice", "invalid_value"),
        (choice(json!({ "type": "function" })), "tool_choice.function.name", "missing_required_parameter"),
        (choice(json!({ "type": "function", "name": "h" })), "tool_choice.function.name", "invalid_value"),
        (json!({ "tool_choice": "required" }), "tool_choice", "invalid_value"),
        (json!({ "parallel_tool_calls": "no" }), "parallel_tool_calls", "invalid_type"),
        (json!({ "functions": [{ "name": "a" }] }), "functions", "unsupported_parameter"),
        (said(json!({ "role": "tool", "content": "a" })), "messages.1.tool_call_id", "missing_required_parameter"),
        (said(json!({ "role": "function", "content": "a" })), "messages.1.name", "missing_required_parameter"),
        (call(json!({ "type": "function" })), "messages.1.tool_calls.0.id", "missing_required_parameter"),
        (call(json!({ "id": "1", "type": "x" })), "messages.1.tool_calls.0.type", "invalid_value"),
        (json!({ "response_format": { "type": "xml" } }), "response_format.type", "invalid_value"),
        (
            json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "n" } } }),
            "response_format.json_schema.schema",
            "missing_required_parameter",
        ),
        (json!({ "max_tokens": 0 }), "max_tokens", "integer_below_min_value"),
        (json!({ "max_completion_tokens": 1.5 }), "max_completion_tokens", "integer_below_min_value"),
        (json!({ "stop": vec!["a"; 17] }), "stop", "array_above_max_length"),
        (json!({ "reasoning_format": "xml" }), "reasoning_format", "invalid_value"),
    ] {
        assert_eq!(refusal(fields.clone()), (param.to_owned(), code), "{fields}");
    }
}
