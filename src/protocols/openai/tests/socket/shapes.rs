//! Answers in the shape that the client asked for: tools, structured output, length, stop sequences, one repair.

use std::cell::{Cell, RefCell};

use super::*;

/// The text of the last question that was sent.
fn asked(sent: &[String]) -> String {
    let messages = sent.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let text = |message: Value| {
        let chunks = message["event"]["item"]["x_grok"]["input_chunks"].as_array()?.clone();
        Some(chunks.iter().filter_map(|chunk| chunk["text"]["text"].as_str()).collect::<String>())
    };
    messages.filter_map(text).next_back().expect("a question was sent")
}

/// Each connection gives the next answer; `MARK` in it is the marker of the tags in its question.
fn answers(socket: &Socket, answers: &[&'static str]) {
    let (answers, at, sockets) = (answers.to_vec(), Cell::new(0), socket.host.sockets.clone());
    socket.serve(move |_| {
        let answer = answers[at.replace(at.get() + 1).min(answers.len() - 1)];
        let (sockets, frames): (_, Rc<RefCell<Vec<Frame>>>) = (sockets.clone(), Rc::default());
        let slot = frames.clone();
        let write = Frame::Do(Box::new(move || {
            let question = asked(&sockets.sent.borrow());
            let tag = ["<tool_call_", "<refusal_"].into_iter().find_map(|tag| question.split_once(tag));
            let marker = tag.and_then(|(_, rest)| rest.get(..5)).unwrap_or_default();
            let answer = answer.replace("MARK", marker);
            // In pieces that end anywhere.
            let pieces = answer.as_bytes().chunks(7).map(String::from_utf8_lossy);
            slot.borrow_mut().extend(pieces.map(|piece| script::text(&piece)));
            slot.borrow_mut().push(script::done("completed"));
        }));
        script::opened().into_iter().chain([write, Frame::From(frames)]).collect()
    });
}

fn with(fields: Value) -> Value {
    let mut question = question(false);
    question.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    question
}

fn weather(choice: &str) -> Value {
    let city = json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"],
        "additionalProperties": false });
    let function = json!({ "name": "get_weather", "strict": true, "parameters": city });
    with(json!({ "tools": [{ "type": "function", "function": function }], "tool_choice": choice }))
}

fn numbers() -> Value {
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"],
        "additionalProperties": false });
    with(json!({ "response_format": { "type": "json_schema",
        "json_schema": { "name": "numbers", "strict": true, "schema": schema } } }))
}

fn choice(socket: &Socket, question: Value) -> Value {
    let (status, mut answer) = socket.chat(question);
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["choices"][0].take()
}

const CALL: &str = "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>";
const WRONG: &str = "Well. <tool_call_MARK name=\"get_weather\">\n{\"town\": \"Paris\"}\n</tool_call_MARK>";

#[test]
fn a_call_is_taken_out_of_the_answer() {
    let socket = Socket::new(1);
    answers(&socket, &[CALL]);
    let choice = choice(&socket, weather("auto"));
    assert_eq!((&choice["finish_reason"], &choice["message"]["content"]), (&json!("tool_calls"), &Value::Null));
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(call["function"], json!({ "name": "get_weather", "arguments": "{\"city\":\"Paris\"}" }));
    assert!(call["id"].as_str().is_some_and(|id| id.starts_with("call_")), "{call}");
    assert!(asked(&socket.host.sockets.sent.borrow()).contains("get_weather"), "Grok knows the tool");
}

#[test]
fn streamed_calls_come_as_deltas_and_text_at_once() {
    let socket = Socket::new(1);
    answers(
        &socket,
        &[concat!("I look. ", "<tool_call_MARK name=\"get_weather\">\n{\"city\": \"Paris\"}\n</tool_call_MARK>")],
    );
    let mut question = weather("auto");
    question["stream"] = true.into();
    let stream = socket.stream_of(&question);
    let chunks: Vec<Value> =
        stream.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
    let deltas = || chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]);
    let text: String = deltas().filter_map(|delta| delta["content"].as_str()).collect();
    assert_eq!(text.trim(), "I look.");
    let calls: Vec<&Value> = deltas().filter_map(|delta| delta.get("tool_calls")).map(|calls| &calls[0]).collect();
    assert_eq!((&calls[0]["index"], &calls[0]["function"]["name"]), (&json!(0), &json!("get_weather")));
    let arguments: String = calls.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect();
    assert_eq!(arguments, "{\"city\":\"Paris\"}");
    assert_eq!(chunks.last().expect("chunks")["choices"][0]["finish_reason"], "tool_calls");
    assert!(stream.ends_with("data: [DONE]\n\n"));
}

#[test]
fn the_same_account_repairs_a_call_once() {
    let socket = Socket::new(2);
    answers(&socket, &[WRONG, CALL]);
    let (status, answer) = socket.chat(weather("auto"));
    assert_eq!(status, StatusCode::OK, "{answer}");
    let choice = &answer["choices"][0];
    assert_eq!((&choice["finish_reason"], &choice["message"]["content"]), (&json!("tool_calls"), &json!("Well. ")));
    let first = socket.dialled()[0];
    assert_eq!(socket.dialled(), [first, first], "of the same account");
    assert_eq!(socket.charged(first), Charge { spent: 2, ..Charge::default() });
    let prompt = asked(&socket.host.sockets.sent.borrow());
    assert!(prompt.contains("`city` is required") && prompt.contains("town"), "{prompt}");
    let tokens = answer["usage"]["prompt_tokens"].as_i64().expect("a number");
    assert!(tokens > prompt.len() as i64 / 4, "both prompts count: {tokens}");
}

#[test]
fn an_answer_that_stays_wrong_is_an_error() {
    for (question, answer, code) in [
        (weather("auto"), WRONG, "invalid_tool_call"),
        (weather("required"), "It is sunny.", "tool_call_missing"),
        (numbers(), "{\"n\": \"many\"}", "invalid_structured_output"),
    ] {
        let socket = Socket::new(2);
        answers(&socket, &[answer]);
        assert_eq!(socket.refusal(&question), (502, code.to_owned(), None));
        assert_eq!(socket.dialled().len(), 2, "{code}");
        assert_eq!(socket.log()[0].1, code);
        let asked = socket.dialled()[0];
        assert_eq!(socket.charged(asked), Charge { spent: 2, ..Charge::default() }, "{code}: the account is well");
    }
}

#[test]
fn structured_output_is_json_alone() {
    let socket = Socket::new(1);
    answers(&socket, &["Sure:\n```json\n{\"n\": 12,}\n```\nHope it helps."]);
    for stream in [false, true] {
        let mut question = numbers();
        question["stream"] = stream.into();
        let content = if stream { content_of(&socket.stream_of(&question)) } else { socket.content(question) };
        assert_eq!(content, "{\"n\":12}");
    }
}

#[test]
fn a_refusal_is_no_structured_output() {
    let socket = Socket::new(1);
    answers(&socket, &["<refusal_MARK>I cannot count that.</refusal_MARK>"]);
    let message = &choice(&socket, numbers())["message"];
    assert_eq!((&message["refusal"], &message["content"]), (&json!("I cannot count that."), &Value::Null));
}

fn content_of(stream: &str) -> String {
    let chunks = stream.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    chunks.filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned())).collect()
}

#[test]
fn text_ends_at_its_limit_and_before_a_stop_sequence() {
    let long = || script::opened().into_iter().chain((0..50).map(|_| script::text("word "))).chain([Frame::Hang]);
    for (fields, content, reason) in [
        (json!({ "max_tokens": 5 }), "word word word word ", "length"),
        (json!({ "max_completion_tokens": 2, "max_tokens": 9 }), "word wor", "length"),
        (json!({ "stop": ["d word w"] }), "wor", "stop"),
        (json!({ "stop": "rd", "max_tokens": 9 }), "wo", "stop"),
    ] {
        let socket = Socket::new(1);
        socket.serve(move |_| long().collect());
        let choice = choice(&socket, with(fields.clone()));
        let found = (choice["message"]["content"].as_str(), choice["finish_reason"].as_str());
        assert_eq!(found, (Some(content), Some(reason)), "{fields}");
        assert_eq!(socket.host.sockets.open.get(), 0, "Grok's turn ends with it");
    }
}

#[test]
fn reasoning_stands_where_the_request_wants_it() {
    let socket = Socket::new(1);
    socket.serve(|_| script::turn([script::thought("hm"), script::text("yes")]));
    for (fields, content, reasoning) in [
        (json!({}), "<think>\nhm\n</think>\nyes", None),
        (json!({ "reasoning_format": "parsed" }), "yes", Some("hm")),
        (json!({ "reasoning_format": "hidden" }), "yes", None),
        (json!({ "reasoning_effort": "none" }), "yes", None),
        (json!({ "tools": [{ "type": "function", "name": "f" }] }), "yes", Some("hm")),
    ] {
        let message = &choice(&socket, with(fields.clone()))["message"];
        let found = (message["content"].as_str(), message["reasoning_content"].as_str());
        assert_eq!(found, (Some(content), reasoning), "{fields}");
    }
    socket.setting("reasoning_format", "\"parsed\"");
    assert_eq!(choice(&socket, with(json!({})))["message"]["reasoning_content"], "hm");
}

#[test]
fn blanks_keep_a_long_collected_answer_alive() {
    let wait = |seconds| Frame::Wait(Duration::from_secs(seconds));
    let slow = move || script::turn([script::text("Hello"), wait(100), script::text(" world")]);
    let socket = Socket::new(1);
    socket.serve(move |_| slow());
    let (_, body) = socket.collected(&question(false));
    let body = String::from_utf8(body.expect("it ends well").to_vec()).expect("UTF-8");
    let blanks = body.len() - body.trim_start().len();
    assert_eq!(blanks, 3, "after 55, 70 and 85 s: {body}");
    let answer: Value = serde_json::from_str(&body).expect("blanks before JSON mean nothing");
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello world");
    assert_eq!(socket.log()[0], (200, String::new(), 1));
    // With tools and in JSON, a failure after a while must still have a status of its own.
    let socket = Socket::new(1);
    socket.serve(move |_| script::opened().into_iter().chain([script::text("Hello"), Frame::Hang]).collect());
    for question in [weather("auto"), numbers()] {
        assert_eq!(socket.refusal(&question).0, 504);
    }
}
