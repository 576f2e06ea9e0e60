//! What is sent for a prompt, besides its dialogue.

use serde_json::Map;

use super::*;
use crate::inference::prompt::{
    Effort, OutputFormat, OutputLimits, Sampling, SealedReasoning, Searches, Tool, ToolChoice, ToolInput,
};

fn sent(model: &str, prompt: Prompt) -> Value {
    let api = Api::new(|_| hello());
    let said = api.ask(model, prompt);
    assert_eq!(said.end, Ok(Finish::Stop), "{said:?}");
    api.body(0)
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("a test's schema is an object")
}

fn json_tool(name: &str, strict: bool) -> Tool {
    let schema = object(json!({ "type": "object", "properties": { "a": true } }));
    Tool { name: name.to_owned(), description: "does it".to_owned(), input: ToolInput::Json { schema, strict } }
}

fn text_tool(name: &str, grammar: Option<&str>) -> Tool {
    let input = ToolInput::Text { grammar: grammar.map(str::to_owned) };
    Tool { name: name.to_owned(), description: String::new(), input }
}

#[test]
fn a_question_is_sent_as_the_api_takes_it() {
    let api = Api::new(|_| hello());
    assert_eq!(api.ask("grok-4.7", question("hi")).events, ["text hello"]);
    let requests = api.host.requests.borrow();
    let request = &requests[0];
    assert_eq!(
        (request.method().as_str(), request.uri().to_string()),
        ("POST", "https://api.x.ai/v1/responses".into())
    );
    let headers: Vec<_> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let agent = concat!("grok2api/", env!("CARGO_PKG_VERSION"));
    let bearer = format!("Bearer {KEY}");
    let expected = [("authorization", &*bearer), ("user-agent", agent), ("content-type", "application/json")];
    assert_eq!(headers, expected);
    let body: Value = serde_json::from_slice(request.body()).expect("JSON is sent");
    let key = body["prompt_cache_key"].as_str().expect("it has one").to_owned();
    assert_eq!(key.len(), 32);
    let input = json!([{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "hi" }] }]);
    let expected = json!({ "model": "grok-4.7", "input": input, "stream": true, "store": false,
        "include": ["reasoning.encrypted_content"], "prompt_cache_key": key });
    assert_eq!(body, expected);
}

#[test]
fn the_variable_overrides_the_address() {
    let api = Api::new(|_| hello());
    api.host.set_variable("xai_base_url", "http://127.0.0.1:9/v1/");
    api.ask("grok-4.7", question("hi"));
    assert_eq!(api.host.requests.borrow()[0].uri().to_string(), "http://127.0.0.1:9/v1/responses");
    api.host.set_variable("xai_base_url", "not an address");
    let end = api.ask("grok-4.7", question("hi")).end;
    let is_named = |text: &str| text.starts_with("The variable xai_base_url must be a URL");
    assert!(matches!(&end, Err(ProviderError::Variable(text)) if is_named(text)), "{end:?}");
}

#[test]
fn limits_and_sampling_are_the_clients() {
    let mut prompt = question("hi");
    prompt.limits = OutputLimits { max_tokens: Some(9), stop: vec!["x".to_owned()] };
    prompt.sampling = Sampling { temperature: Some(0.5), top_p: Some(0.25) };
    let body = sent("grok-4.7", prompt);
    assert_eq!(
        (&body["max_output_tokens"], &body["temperature"], &body["top_p"]),
        (&json!(9), &json!(0.5), &json!(0.25))
    );
    assert!(body.get("stop").is_none(), "the API refuses stop sequences");
}

#[test]
fn a_dialogue_keeps_its_cache_key() {
    let long = "é".repeat(3_000);
    let first = sent("grok-4.7", question(&long));
    let mut prompt = question(&long);
    prompt.messages.push(message(Role::Assistant, vec![words("hello")]));
    prompt.messages.push(message(Role::User, vec![words("more")]));
    assert_eq!(sent("grok-4.7", prompt)["prompt_cache_key"], first["prompt_cache_key"]);
    // A long text counts with its beginning only: every request of the dialogue would digest all of it.
    assert_eq!(sent("grok-4.7", question(&format!("{long}!")))["prompt_cache_key"], first["prompt_cache_key"]);
    assert_ne!(sent("grok-4.7", question("other"))["prompt_cache_key"], first["prompt_cache_key"]);
}

#[test]
fn tools_are_functions_and_searches() {
    let mut prompt = question("hi");
    prompt.tools =
        vec![json_tool("mcp.look", true), json_tool("mcp_look", false), text_tool("sh", Some("start: WORD"))];
    prompt.searches = Searches { web: true, x: true };
    prompt.tool_choice = ToolChoice::Named("mcp.look".to_owned());
    prompt.single_tool_call = true;
    let body = sent("grok-4.7", prompt);
    let look = |name: &str, any: Value| {
        json!({ "type": "function", "name": name, "description": "does it",
            "parameters": { "type": "object", "properties": { "a": any } } })
    };
    let mut strict = look("mcp_look_2", json!(true));
    strict["strict"] = json!(true);
    let tools = body["tools"].as_array().expect("a list");
    assert_eq!(tools[..2], [strict, look("mcp_look", json!({}))]);
    assert_eq!((&tools[2]["name"], &tools[2]["parameters"]["required"]), (&json!("sh"), &json!(["input"])));
    let about = tools[2]["parameters"]["properties"]["input"]["description"].as_str().expect("it has one");
    assert!(about.ends_with("start: WORD"), "{about}");
    assert_eq!(tools[3..], [json!({ "type": "web_search" }), json!({ "type": "x_search" })]);
    assert_eq!(body["tool_choice"], json!({ "type": "function", "name": "mcp_look_2" }));
    assert_eq!(body["parallel_tool_calls"], false);
}

#[test]
fn a_choice_of_tools_is_sent_with_tools_only() {
    for (choice, word) in [(ToolChoice::None, json!("none")), (ToolChoice::Required, json!("required"))] {
        let mut prompt = question("hi");
        prompt.tool_choice = choice;
        assert!(sent("grok-4.7", prompt.clone()).get("tool_choice").is_none());
        prompt.tools = vec![text_tool("sh", None)];
        assert_eq!(sent("grok-4.7", prompt)["tool_choice"], word);
    }
}

#[test]
fn the_form_of_the_answer_is_the_apis() {
    let schema = object(json!({ "type": "object", "properties": { "b": {}, "a": {} } }));
    let mut prompt = question("hi");
    prompt.format = OutputFormat::JsonSchema {
        name: "my answer".to_owned(),
        description: "an answer".to_owned(),
        schema: schema.clone(),
        strict: false,
    };
    let expected = json!({ "type": "json_schema", "name": "my_answer", "description": "an answer", "schema": schema,
        "strict": false });
    assert_eq!(sent("grok-4.7", prompt.clone())["text"]["format"].to_string(), expected.to_string());
    prompt.format = OutputFormat::JsonObject;
    assert_eq!(sent("grok-4.7", prompt)["text"], json!({ "format": { "type": "json_object" } }));
}

#[test]
fn an_effort_is_sent_to_models_that_take_one() {
    let asked = |model: &str, effort| sent(model, Prompt { effort, ..question("hi") }).get("reasoning").cloned();
    assert_eq!(asked("grok-4.7", Some(Effort::Xhigh)), Some(json!({ "effort": "xhigh" })));
    assert_eq!(asked("grok-4.3", Some(Effort::Xhigh)), Some(json!({ "effort": "high" })));
    assert_eq!(asked("grok-4.7", None), None);
    assert_eq!(asked("grok-build-0.1", Some(Effort::Low)), None);
    // The model's own, unless the client says otherwise.
    let routes = catalog::find("grok-fast").expect("it exists").routes();
    let model = routes.into_iter().find(|route| route.model.provider == catalog::Provider::Xai).expect("it has one");
    let api = Api::new(|_| hello());
    api.ask_model(model.model.clone(), question("hi"));
    api.ask_model(model.model, Prompt { effort: Some(Effort::High), ..question("hi") });
    assert_eq!(api.body(0)["reasoning"]["effort"], "low");
    assert_eq!(api.body(1)["reasoning"]["effort"], "high");
}

const UNSUPPORTED: &str =
    r#"{"code":"invalid-argument","error":"Model grok-9 does not support parameter reasoningEffort."}"#;
const UNDECIPHERABLE: &str = r#"{"code":"invalid-argument","error":"Could not decrypt the provided encrypted_content. Ensure the value is the unmodified encrypted_content from a previous response."}"#;

/// Returns a prompt with reasoning that is the account's own.
fn reasoned() -> Prompt {
    let reasoning = SealedReasoning { summary: "hm".to_owned(), sealed: format!("xai1.{ACCOUNT}.secret") };
    let mut prompt = question("hi");
    prompt.effort = Some(Effort::High);
    prompt.messages.push(message(Role::Assistant, vec![Part::Reasoning(reasoning), words("hello")]));
    prompt.messages.push(message(Role::User, vec![words("more")]));
    prompt
}

#[test]
fn what_is_refused_is_left_out_once() {
    let api = Api::new(|request| {
        let text = String::from_utf8_lossy(request.body()).into_owned();
        match (text.contains("secret"), text.contains("effort")) {
            (true, _) => Answer::new(400, UNDECIPHERABLE),
            (false, true) => Answer::new(400, UNSUPPORTED),
            _ => hello(),
        }
    });
    assert_eq!(api.ask("grok-9", reasoned()).end, Ok(Finish::Stop));
    assert_eq!(api.requests(), 3);
    let [first, second, third] = [0, 1, 2].map(|at| api.body(at));
    assert_eq!((&first["input"][1]["type"], first["reasoning"].is_null()), (&json!("reasoning"), false));
    assert_eq!((&second["input"][1]["role"], second["reasoning"].is_null()), (&json!("assistant"), false));
    assert_eq!((&third["input"], third["reasoning"].is_null()), (&second["input"], true));
}

#[test]
fn a_request_without_the_refused_part_is_not_repeated() {
    for body in [UNSUPPORTED, UNDECIPHERABLE] {
        let api = Api::new(move |_| Answer::new(400, body));
        let end = api.ask("grok-build-0.1", question("hi")).end;
        assert!(matches!(end, Err(ProviderError::CallerError(_))), "{end:?}");
        assert_eq!(api.requests(), 1);
        let api = Api::new(move |_| Answer::new(400, body));
        assert!(matches!(api.ask("grok-9", reasoned()).end, Err(ProviderError::CallerError(_))));
        assert_eq!(api.requests(), 2, "{body}");
    }
}
