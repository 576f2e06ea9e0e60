//! The accepted forms of a chat request, and the field that a refusal names.

use grok2api::inference::prompt::Role;
use grok2api::json::{MAX_ITEMS, values};
use grok2api::protocols::openai::chat_completions::{chat_request::Part, parse};

const OK: &str = r#""model":"grok-4","messages":[{"role":"user","content":"hi"}]"#;

fn refusal(body: &str) -> (Option<String>, &'static str) {
    let refused = parse::chat_request(body.as_bytes()).expect_err(body);
    assert!(!refused.message.is_empty());
    if let Some(param) = &refused.param {
        assert!(refused.message.contains(&**param), "{} does not name {param}", refused.message);
    }
    (refused.param, refused.code)
}

#[test]
fn a_request_is_read() {
    let body = r#"{"model":"grok-4","stream":true,"stream_options":{"include_usage":true},"n":1,"temperature":0.7,
        "max_tokens":null,"stop":["a"],"seed":-1,"user":"u","tools":[],"unknown":{"a":[1]},"messages":[
        {"role":"developer","content":"be \"nice\""},
        {"role":"assistant","content":null,"tool_calls":[]},
        {"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},
        {"role":"user","name":"x","content":[{"type":"text","text":"a"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AA","detail":"low"}}]}]}"#;
    let request = parse::chat_request(body.as_bytes()).unwrap();
    assert_eq!((&*request.model, request.stream, request.include_usage), ("grok-4", true, true));
    let roles: Vec<Role> = request.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::Developer, Role::Assistant, Role::Assistant, Role::User]);
    assert_eq!(request.messages[0].parts, [Part::Text("be \"nice\"".into())]);
    assert_eq!(request.messages[1].parts, []);
    assert_eq!(request.messages[2].parts, [Part::Text("no".into())]);
    let [Part::Text(text), Part::Image(image)] = &*request.messages[3].parts else { panic!("two parts") };
    assert_eq!((&**text, &*image.url), ("a", "data:image/png;base64,AA"));
    assert_eq!(image.param, "messages.3.content.1.image_url");
}

#[test]
fn missing_fields_have_defaults() {
    for extra in ["", r#","stream":null,"stream_options":null,"n":null"#, r#","stream":false,"stream_options":{}"#] {
        let body = format!("{{{OK}{extra}}}");
        let request = parse::chat_request(body.as_bytes()).unwrap();
        assert!(!request.stream && !request.include_usage, "{extra}");
    }
}

#[test]
fn broken_json_is_refused_without_a_field() {
    for body in ["", "{", "nonsense", r#"{"model":"#, "\u{feff}", &format!("{{{OK}}} x"), "{\"a\":\"\n\"}"] {
        assert_eq!(refusal(body), (None, "invalid_json"), "{body}");
    }
    assert_eq!(parse::chat_request(b"{\"model\":\"\xff\"}").unwrap_err().code, "invalid_json");
    for body in ["null", "[]", "1", "\"x\""] {
        assert_eq!(refusal(body), (None, "invalid_type"), "{body}");
    }
}

#[test]
fn an_endless_list_does_not_fill_the_memory() {
    let items = |count: usize| vec![r#"{"role":"user","content":"a"}"#; count].join(",");
    let body = |count: usize| format!(r#"{{"model":"m","messages":[{}]}}"#, items(count));
    assert_eq!(parse::chat_request(body(MAX_ITEMS).as_bytes()).unwrap().messages.len(), MAX_ITEMS);
    let refused = parse::chat_request(body(MAX_ITEMS + 1).as_bytes()).unwrap_err();
    assert!(refused.message.contains("more than 16384 items"), "{}", refused.message);
}

#[test]
fn nested_lists_do_not_fill_the_memory() {
    let body = |items: usize, messages: usize| {
        let message = format!(r#"{{"role":"user","content":[{}]}}"#, vec!["1"; items].join(","));
        format!(r#"{{"model":"m","messages":[{}]}}"#, vec![message; messages].join(","))
    };
    assert_eq!(refusal(&body(MAX_ITEMS, 7)), (Some("messages.0.content.0".to_owned()), "invalid_type"));
    let refused = parse::chat_request(body(MAX_ITEMS, 9).as_bytes()).unwrap_err();
    assert!(refused.message.contains("more than 131072 values"), "{}", refused.message);
}

#[test]
fn values_are_counted_outside_texts() {
    for (json, count) in [
        ("", 1),
        ("[1,2,[3,4]]", 4),
        (r#"{"a,":",,","b":1}"#, 2),
        (r#"["\",",",1]"#, 2),
        (r#"["\\",",,",1]"#, 3),
        (r#"["\"#, 1),
        (r#"["a,b"#, 1),
    ] {
        assert_eq!(values(json.as_bytes()), count, "{json}");
    }
    // Text of any length is one value.
    let body = format!(r#"{{{OK},"user":"{}"}}"#, ",".repeat(1 << 20));
    assert!(parse::chat_request(body.as_bytes()).is_ok());
}

#[test]
fn a_refusal_names_the_field() {
    let messages = |messages: &str| format!(r#"{{"model":"grok-4","messages":{messages}}}"#);
    let content = |content: &str| messages(&format!(r#"[{{"role":"user","content":{content}}}]"#));
    let extra = |extra: &str| format!("{{{OK},{extra}}}");
    let cases = [
        (r#"{"messages":[]}"#.to_owned(), "model", "missing_required_parameter"),
        (r#"{"model":5}"#.to_owned(), "model", "invalid_type"),
        (r#"{"model":null}"#.to_owned(), "model", "invalid_type"),
        (r#"{"model":" ","messages":[]}"#.to_owned(), "model", "invalid_value"),
        (r#"{"model":"grok-4"}"#.to_owned(), "messages", "missing_required_parameter"),
        (messages("{}"), "messages", "invalid_type"),
        (messages("\"hi\""), "messages", "invalid_type"),
        (messages("[]"), "messages", "empty_array"),
        (content("\" \""), "messages", "invalid_value"),
        (content("[]"), "messages", "invalid_value"),
        (messages("[5]"), "messages.0", "invalid_type"),
        (messages("[null]"), "messages.0", "invalid_type"),
        (messages("[{}]"), "messages.0.role", "missing_required_parameter"),
        (messages(r#"[{"role":1,"content":"a"}]"#), "messages.0.role", "invalid_type"),
        (messages(r#"[{"role":"user","content":"a"},{"role":"owner"}]"#), "messages.1.role", "invalid_value"),
        (messages(r#"[{"role":"user"}]"#), "messages.0.content", "missing_required_parameter"),
        (content("null"), "messages.0.content", "invalid_type"),
        (content("7"), "messages.0.content", "invalid_type"),
        (content("{}"), "messages.0.content", "invalid_type"),
        (content(r#"["a"]"#), "messages.0.content.0", "invalid_type"),
        (content("[{}]"), "messages.0.content.0.type", "missing_required_parameter"),
        (content(r#"[{"type":[]}]"#), "messages.0.content.0.type", "invalid_type"),
        (content(r#"[{"type":"text","text":"a"},{"type":"video"}]"#), "messages.0.content.1.type", "invalid_value"),
        (content(r#"[{"type":"text"}]"#), "messages.0.content.0.text", "missing_required_parameter"),
        (content(r#"[{"type":"text","text":1}]"#), "messages.0.content.0.text", "invalid_type"),
        (content(r#"[{"type":"image_url"}]"#), "messages.0.content.0.image_url", "missing_required_parameter"),
        (content(r#"[{"type":"image_url","image_url":"x"}]"#), "messages.0.content.0.image_url", "invalid_type"),
        (
            content(r#"[{"type":"image_url","image_url":{}}]"#),
            "messages.0.content.0.image_url.url",
            "missing_required_parameter",
        ),
        (
            content(r#"[{"type":"image_url","image_url":{"url":1}}]"#),
            "messages.0.content.0.image_url.url",
            "invalid_type",
        ),
        (
            content(r#"[{"type":"image_url","image_url":{"url":"x","detail":2}}]"#),
            "messages.0.content.0.image_url.detail",
            "invalid_type",
        ),
        (extra(r#""n":2"#), "n", "unsupported_value"),
        (extra(r#""n":0"#), "n", "unsupported_value"),
        (extra(r#""n":"1""#), "n", "invalid_type"),
        (extra(r#""stream":"true""#), "stream", "invalid_type"),
        (extra(r#""stream":1"#), "stream", "invalid_type"),
        (extra(r#""stream_options":true"#), "stream_options", "invalid_type"),
        (extra(r#""stream_options":{"include_usage":"yes"}"#), "stream_options.include_usage", "invalid_type"),
        (extra(r#""temperature":"hot""#), "temperature", "invalid_type"),
        (extra(r#""max_tokens":[]"#), "max_tokens", "invalid_type"),
        (extra(r#""tools":{}"#), "tools", "invalid_type"),
        (extra(r#""user":1"#), "user", "invalid_type"),
        (extra(r#""stop":1"#), "stop", "invalid_type"),
    ];
    for (body, param, code) in cases {
        assert_eq!(refusal(&body), (Some(param.to_owned()), code), "{body}");
    }
}
