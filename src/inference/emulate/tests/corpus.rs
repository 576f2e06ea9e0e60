//! Answers as models really give them: shapes from public reports, in other words. Measures how many are read.
//!
//! The number after a project is that of the public issue or change that reports the shape, or the mistake in it.
//! Without one, the shape is that of a model's template. `MARK` stands for the mark of the request.

use super::*;

pub mod marked;
mod structured;
pub mod unmarked;

/// An answer, and the calls that its model meant.
pub struct Answer {
    pub source: &'static str,
    pub text: &'static str,
    pub calls: &'static [&'static str],
}

const fn answer(source: &'static str, text: &'static str, calls: &'static [&'static str]) -> Answer {
    Answer { source, text, calls }
}

const PARIS: &str = r#"get_weather({"city":"Paris"})"#;
const ROME: &str = r#"get_weather({"city":"Rome"})"#;
const LS: &str = r#"run_command({"command":"ls -la"})"#;
const LIST: &str = "list_files({})";

/// Returns a prompt with the tools that the answers call.
pub fn prompt() -> Prompt {
    let text = || json!({"type": "string"});
    let tool = |name, properties: Value, required: Value| {
        tool(name, json!({"type": "object", "properties": properties, "required": required}), false)
    };
    let edits = json!({"type": "array", "items": {"type": "object", "properties": {"old": text(), "new": text()}}});
    let tools = vec![
        tool("get_weather", json!({"city": text(), "days": {"type": "integer"}}), json!(["city"])),
        tool("run_command", json!({"command": text(), "timeout": {"type": "integer"}}), json!(["command"])),
        tool("write_file", json!({"path": text(), "content": text()}), json!(["path", "content"])),
        tool("edit_file", json!({"path": text(), "edits": edits}), json!(["path", "edits"])),
        tool("list_files", json!({}), json!([])),
        tool("web_search", json!({"query": text()}), json!(["query"])),
    ];
    Prompt { tools, ..super::prompt() }
}

/// Returns how many of the answers are read, and prints the others.
fn read_of(emulation: &Emulation, answers: &[Answer], of: impl Fn(&Read) -> Vec<String>) -> usize {
    let is_read = |answer: &&Answer| {
        let text = super::marked(emulation, answer.text);
        let read = read(emulation, [text.as_str()], false);
        let is_right = of(&read) == answer.calls;
        if !is_right {
            println!("not read: {}: {read:?}", answer.source);
        }
        is_right
    };
    answers.iter().filter(is_read).count()
}

#[test]
fn real_calls_are_read_at_the_measured_rate() {
    let emulation = emulation(&prompt());
    let calls = |read: &Read| {
        if read.end == Some(Ok(Finish::ToolCalls)) { read.calls.clone() } else { Vec::new() }
    };
    let rates = [marked::ANSWERS, unmarked::ANSWERS].map(|all| (read_of(&emulation, all, calls), all.len()));
    println!("with the mark {} of {}, without it {} of {}", rates[0].0, rates[0].1, rates[1].0, rates[1].1);
    assert_eq!(rates, [(40, 41), (40, 46)]);
}

#[test]
fn real_json_is_read_at_the_measured_rate() {
    let schema = json!({
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "count": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "kind": {"enum": ["small", "large"]},
        },
        "required": ["title", "count"],
        "additionalProperties": false,
    });
    let emulation = emulation(&formatted(schema, true));
    let json = |read: &Read| {
        if read.end == Some(Ok(Finish::Stop)) { vec![read.text.clone()] } else { Vec::new() }
    };
    let rate = (read_of(&emulation, structured::ANSWERS, json), structured::ANSWERS.len());
    println!("JSON {} of {}", rate.0, rate.1);
    assert_eq!(rate, (31, 34));
}
