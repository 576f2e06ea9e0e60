//! What a request of Anthropic's Messages becomes.

use grok2api::inference::prompt::{
    Effort, Message, OutputFormat, OutputLimits, Part, Role, Sampling, SealedReasoning, Searches, Tool, ToolCall,
    ToolChoice, ToolInput, ToolResult,
};
use grok2api::protocols::anthropic::messages::parse::{MessageRequest, count_request, message_request};
use serde_json::{Value, json};

/// Returns a request's JSON with these fields.
fn body(fields: Value) -> String {
    let messages = json!([{ "role": "user", "content": "hi" }]);
    let mut body = json!({ "model": "m", "max_tokens": 100, "messages": messages });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body.to_string()
}

fn check<T>(fields: Value, look: impl FnOnce(MessageRequest) -> T) -> T {
    let body = body(fields);
    look(message_request(body.as_bytes()).unwrap_or_else(|fault| panic!("{body}: {}", fault.message)))
}

/// Returns the field at fault and its code.
fn refusal(fields: Value) -> (String, &'static str) {
    let body = body(fields);
    let refused = message_request(body.as_bytes()).map(|_| ()).expect_err(&body);
    assert!(!refused.message.is_empty());
    (refused.param.unwrap_or_default(), refused.code)
}

fn said(role: Role, text: &str) -> Message {
    Message { role, parts: vec![Part::Text(text.to_owned())] }
}

/// Returns the messages that the prompt has for these.
fn messages(messages: Value) -> Vec<Message> {
    check(json!({ "messages": messages }), |request| request.prompt.messages)
}

#[test]
fn texts_and_blocks_become_messages() {
    let fields = json!({
        "system": [
            { "type": "text", "text": "x-anthropic-billing-header: cc_version=2; cch=1;" },
            { "type": "text", "text": "Be kind.", "cache_control": { "type": "ephemeral" } },
            { "type": "text", "text": "Be brief." },
        ],
        "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b\n" }, { "type": "text", "text": "c" }] },
            { "role": "system", "content": "It is noon." },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "secret", "signature": "msg_1" },
                { "type": "redacted_thinking", "data": "s" },
                { "type": "text", "text": "one " },
                { "type": "text", "text": "sentence" },
            ] },
            { "role": "assistant", "content": [{ "type": "thinking", "thinking": "all", "signature": "s" }] },
            { "role": "user", "content": [
                { "type": "document", "title": "T", "source": { "type": "text", "media_type": "text/plain", "data": "body" } },
                { "type": "search_result", "title": "S", "source": "https://e.org", "content": [{ "type": "text", "text": "found" }] },
            ] },
        ],
    });
    // Only what a provider has encrypted is of use to it.
    let sealed = Part::Reasoning(SealedReasoning { summary: "all".to_owned(), sealed: "s".to_owned() });
    let expected = [
        said(Role::System, "Be kind.\nBe brief."),
        said(Role::User, "a\nb\nc"),
        said(Role::System, "It is noon."),
        said(Role::Assistant, "one sentence"),
        Message { role: Role::Assistant, parts: vec![sealed] },
        said(Role::User, "T\nbody\nS https://e.org\nfound"),
    ];
    assert_eq!(check(fields, |request| request.prompt.messages), expected);
    let system = check(json!({ "system": "short" }), |request| request.prompt.messages);
    assert_eq!(system, [said(Role::System, "short"), said(Role::User, "hi")]);
}

#[test]
fn calls_and_results_keep_their_order() {
    let found = messages(json!([
        { "role": "user", "content": "weather?" },
        { "role": "assistant", "content": [
            { "type": "text", "text": "Looking." },
            { "type": "tool_use", "id": "c1", "name": "f", "input": { "city": "Rome" }, "caller": { "type": "direct" } },
            { "type": "tool_use", "id": "c2", "name": "g", "input": {} },
        ] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "c1", "content": [
                { "type": "text", "text": "sunny" }, { "type": "text", "text": "warm" },
                { "type": "image", "source": { "type": "url", "url": "https://e.org/p.png" } },
            ] },
            { "type": "tool_result", "tool_use_id": "c2", "is_error": true, "content": "no such place" },
            { "type": "tool_result", "tool_use_id": "c3" },
            { "type": "text", "text": "Well?" },
        ] },
    ]));
    let call = |id: &str, name: &str, input: &str| {
        Part::ToolCall(ToolCall { id: id.to_owned(), name: name.to_owned(), input: input.to_owned() })
    };
    let result = |id: &str, name: &str, output: &str| {
        Part::ToolResult(ToolResult { call_id: id.to_owned(), name: name.to_owned(), output: output.to_owned() })
    };
    let calls = vec![Part::Text("Looking.".to_owned()), call("c1", "f", r#"{"city":"Rome"}"#), call("c2", "g", "{}")];
    let expected = [
        said(Role::User, "weather?"),
        Message { role: Role::Assistant, parts: calls },
        Message { role: Role::Tool, parts: vec![result("c1", "f", "sunny\nwarm"), Part::Picture(0)] },
        Message { role: Role::Tool, parts: vec![result("c2", "g", "Error: no such place")] },
        Message { role: Role::Tool, parts: vec![result("c3", "", "")] },
        said(Role::User, "Well?"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_note_stands_for_what_a_result_cannot_show() {
    let pdf =
        json!({ "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": "" } });
    let text = json!({ "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "body" } });
    let content = json!([{ "type": "text", "text": "a" }, pdf, text, { "type": "browser_state", "tabs": [] }]);
    let found = messages(json!([
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "c", "content": content }] },
    ]));
    let [Part::ToolResult(result)] = &*found[0].parts else { panic!("one result") };
    let left_out = |kind: &str| format!("(A {kind} block of this result was left out, because it cannot be read.)");
    assert_eq!(result.output, format!("a\n{}\nbody\n{}", left_out("document"), left_out("browser_state")));
}

#[test]
fn pictures_come_in_the_request_or_by_address() {
    let image = |source: Value| json!({ "type": "image", "source": source });
    let fields = json!({ "messages": [{ "role": "user", "content": [
        image(json!({ "type": "base64", "media_type": "image/png", "data": "AAAA" })),
        { "type": "text", "text": "and" },
        image(json!({ "type": "url", "url": "https://e.org/p.png" })),
    ] }] });
    check(fields, |request| {
        let found: Vec<_> = request.images.iter().map(|image| (&*image.url, &*image.param)).collect();
        let expected = [
            ("data:image/png;base64,AAAA", "messages.0.content.0.source"),
            ("https://e.org/p.png", "messages.0.content.2.source"),
        ];
        assert_eq!(found, expected);
        let parts = [Part::Picture(0), Part::Text("and".to_owned()), Part::Picture(1)];
        assert_eq!(request.prompt.messages[0].parts, parts);
    });
}

fn tool(name: &str) -> Value {
    json!({ "name": name, "description": "d", "input_schema": { "type": "object" } })
}

#[test]
fn tools_and_choices_are_read() {
    let named = |choice: Value| {
        let tools =
            json!([tool("f"), tool("g"), { "type": "web_search_20250305", "name": "web_search", "max_uses": 3 }]);
        check(json!({ "tools": tools, "tool_choice": choice }), |request| {
            let prompt = request.prompt;
            assert_eq!(prompt.tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["f", "g"]);
            (prompt.tool_choice, prompt.single_tool_call)
        })
    };
    assert_eq!(named(Value::Null), (ToolChoice::Auto, false));
    assert_eq!(named(json!({ "type": "auto", "disable_parallel_tool_use": true })), (ToolChoice::Auto, true));
    assert_eq!(named(json!({ "type": "any" })), (ToolChoice::Required, false));
    assert_eq!(named(json!({ "type": "none" })), (ToolChoice::None, false));
    assert_eq!(named(json!({ "type": "tool", "name": "g" })), (ToolChoice::Named("g".to_owned()), false));
    // Grok's own search cannot be asked for.
    assert_eq!(named(json!({ "type": "tool", "name": "web_search" })), (ToolChoice::Auto, false));
    let schema = json!({ "type": "object", "additionalProperties": false });
    let strict =
        json!([{ "type": "custom", "name": "f", "strict": true, "input_schema": schema, "cache_control": null }]);
    let tools = check(json!({ "tools": strict }), |request| request.prompt.tools);
    let input = ToolInput::Json { schema: schema.as_object().unwrap().clone(), strict: true };
    assert_eq!(tools, [Tool { name: "f".to_owned(), description: String::new(), input }]);
}

#[test]
fn a_deferred_tool_counts_once_it_is_offered() {
    let offered = |more: Value, content: Value| {
        let deferred = |name: &str| {
            let mut tool = tool(name);
            tool["defer_loading"] = json!(true);
            tool
        };
        let mut tools = vec![tool("search"), deferred("a"), deferred("b")];
        tools.extend(more.as_array().unwrap().clone());
        let messages = json!([{ "role": "user", "content": content }, { "role": "user", "content": "go" }]);
        check(json!({ "tools": tools, "messages": messages }), |request| {
            request.prompt.tools.into_iter().map(|tool| tool.name).collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(offered(json!([]), json!("hi")), "search");
    let reference = json!([{ "type": "tool_reference", "tool_name": "b" }]);
    let result = json!([{ "type": "tool_result", "tool_use_id": "c", "content": reference }]);
    assert_eq!(offered(json!([]), result), "search b");
    let change = |kind: &str, name: &str| json!({ "type": kind, "tool": { "type": "tool_reference", "name": name } });
    assert_eq!(offered(json!([]), json!([change("tool_addition", "a")])), "search a");
    let changes = json!([change("tool_addition", "a"), change("tool_removal", "a"), change("tool_removal", "search")]);
    assert_eq!(offered(json!([]), changes), "");
    let server = json!([{ "type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25" }]);
    assert_eq!(offered(server, json!("hi")), "search a b");
}

#[test]
fn limits_formats_and_thinking_are_read() {
    let limits = check(json!({ "stop_sequences": ["END", "", "\n"] }), |request| request.prompt.limits);
    assert_eq!(limits, OutputLimits { stop: vec!["END".to_owned(), "\n".to_owned()], max_tokens: Some(100) });
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let format = json!({ "type": "json_schema", "schema": schema });
    for fields in
        [json!({ "output_config": { "effort": "low", "format": format } }), json!({ "output_format": format })]
    {
        let found = check(fields, |request| request.prompt.format);
        assert!(
            matches!(found, OutputFormat::JsonSchema { schema: read, .. } if Value::Object(read.clone()) == schema)
        );
    }
    assert_eq!(check(json!({ "output_config": { "effort": "max" } }), |r| r.prompt.format), OutputFormat::Text);
    for (thinking, thinks) in [
        (json!(null), false),
        (json!({ "type": "disabled" }), false),
        (json!({ "type": "enabled", "budget_tokens": 1024 }), true),
        (json!({ "type": "adaptive" }), true),
        (json!({ "type": "adaptive", "display": "summarized" }), true),
        (json!({ "type": "adaptive", "display": "omitted" }), false),
    ] {
        assert_eq!(check(json!({ "thinking": thinking }), |request| request.thinks), thinks, "{thinking}");
    }
}

#[test]
fn unknown_and_unused_fields_pass() {
    let fields = json!({
        "metadata": { "user_id": "u" }, "temperature": 0.5, "top_p": 1, "top_k": 40, "service_tier": "auto", "speed": "fast",
        "context_management": { "edits": [] }, "cache_control": { "type": "ephemeral" }, "container": null, "thread": null,
        "mcp_servers": [], "unheard_of": [1],
        "messages": [{ "role": "user", "id": 1, "content": [{ "type": "text", "text": "hi", "citations": null, "x": {} }] }],
    });
    assert_eq!(check(fields, |request| request.prompt.messages), [said(Role::User, "hi")]);
    // What the servers of other models did in their answers.
    let found = messages(json!([
        { "role": "user", "content": "hi" },
        { "role": "assistant", "content": [
            { "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} },
            { "type": "web_search_tool_result", "tool_use_id": "s", "content": [] },
            { "type": "text", "text": "yes" },
        ] },
    ]));
    assert_eq!(found[1], said(Role::Assistant, "yes"));
}

#[test]
fn a_fault_names_its_field() {
    let message = |content: Value| json!({ "messages": [{ "role": "user", "content": content }] });
    let invalid = "invalid_value";
    for (fields, param, code) in [
        (json!({ "model": null }), "model", "invalid_type"),
        (json!({ "max_tokens": null }), "max_tokens", "invalid_type"),
        (json!({ "max_tokens": 0 }), "max_tokens", "integer_below_min_value"),
        (json!({ "messages": [] }), "messages", invalid),
        (json!({ "messages": "hi" }), "messages", "invalid_type"),
        (json!({ "messages": [{ "role": "tool", "content": "x" }] }), "messages.0.role", invalid),
        (message(json!(null)), "messages.0.content", "invalid_type"),
        (message(json!([{ "type": "text" }])), "messages.0.content.0.text", "missing_required_parameter"),
        (message(json!([{ "type": "audio" }])), "messages.0.content.0.type", invalid),
        (message(json!([{ "type": "image" }])), "messages.0.content.0.source", "missing_required_parameter"),
        (
            message(json!([{ "type": "image", "source": { "type": "file" } }])),
            "messages.0.content.0.source.type",
            invalid,
        ),
        (
            message(json!([{ "type": "document", "source": { "type": "base64", "data": "" } }])),
            "messages.0.content.0.source.type",
            "unsupported_value",
        ),
        (message(json!([{ "type": "tool_result" }])), "messages.0.content.0.tool_use_id", "missing_required_parameter"),
        (json!({ "system": 5 }), "system", "invalid_type"),
        (json!({ "stop_sequences": ["a", 1] }), "stop_sequences.1", "invalid_type"),
        (json!({ "thinking": { "type": "on" } }), "thinking.type", invalid),
        (json!({ "tools": [{ "name": "f" }] }), "tools.0.input_schema", "missing_required_parameter"),
        (json!({ "tools": [tool("f"), tool("f")] }), "tools.1.name", invalid),
        (json!({ "tools": [tool("f g")] }), "tools.0.name", invalid),
        (json!({ "tools": [{ "type": "bash_20250124", "name": "bash" }] }), "tools.0.type", "unsupported_value"),
        (json!({ "tools": [tool("f")], "tool_choice": { "type": "tool", "name": "g" } }), "tool_choice.name", invalid),
        (json!({ "tool_choice": { "type": "any" } }), "tool_choice", invalid),
        (json!({ "tool_choice": "auto" }), "tool_choice", "invalid_type"),
        (json!({ "output_format": { "type": "json_object" } }), "output_format.type", invalid),
        (json!({ "container": "c_1" }), "container", "unsupported_parameter"),
        (json!({ "mcp_servers": [{ "url": "https://e.org" }] }), "mcp_servers", "unsupported_parameter"),
    ] {
        assert_eq!(refusal(fields.clone()), (param.to_owned(), code), "{fields}");
    }
}

#[test]
fn a_thread_is_refused_before_anything_else() {
    for thread in [json!({ "type": "create" }), json!({ "type": "continue", "previous_message_id": "msg_1" })] {
        let fields = json!({ "thread": thread, "messages": [] });
        assert_eq!(refusal(fields), ("thread".to_owned(), "thread_unsupported_request"));
    }
}

#[test]
fn tokens_are_counted_without_a_limit() {
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "twelve chars" }] }).to_string();
    assert_eq!(count_request(body.as_bytes()).unwrap().prompt.tokens(), 6);
    let param = message_request(body.as_bytes()).unwrap_err().param;
    assert_eq!(param.as_deref(), Some("max_tokens"));
}

#[test]
fn effort_sampling_and_searches_reach_the_prompt() {
    let prompt = |fields| check(fields, |request| request.prompt);
    let given = prompt(json!({ "temperature": 0.5, "top_p": 0.9, "output_config": { "effort": "high" },
        "tools": [{ "type": "web_search_20250305", "name": "web_search" }] }));
    assert_eq!(given.sampling, Sampling { temperature: Some(0.5), top_p: Some(0.9) });
    assert_eq!((given.effort, given.searches), (Some(Effort::High), Searches { web: true, x: false }));
    let none = prompt(json!({ "output_config": { "effort": "max" } }));
    assert_eq!((none.sampling, none.effort, none.searches), Default::default());
}
