//! The emulation as its caller uses it.

use serde_json::{Value, json};

use super::super::event::{Event, Events, Finish};
use super::super::prompt::{
    Message, OutputFormat, Part, Picture, Prompt, Role, Tool, ToolCall, ToolChoice, ToolInput, ToolResult,
};
use super::{Emulation, Fault, Reader};

mod answers;
mod cases;
mod corpus;
mod leniency;
mod schemas;
mod splits;
mod words;

/// Returns the emulation of a prompt that needs one.
pub fn emulation(prompt: &Prompt) -> Emulation {
    Emulation::new(prompt, [7; 16]).expect("the prompt has tools or a format")
}

/// Returns a tool with this schema.
pub fn tool(name: &str, schema: Value, strict: bool) -> Tool {
    let Value::Object(schema) = schema else { panic!("a schema is an object") };
    Tool { name: name.to_owned(), description: String::new(), input: ToolInput::Json { schema, strict } }
}

/// Returns a prompt of one question with the tools `get_weather` and `apply_patch`.
pub fn prompt() -> Prompt {
    let weather = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]});
    let patch =
        Tool { name: "apply_patch".to_owned(), description: String::new(), input: ToolInput::Text { grammar: None } };
    Prompt {
        messages: vec![Message { role: Role::User, parts: vec![Part::Text("Hi".to_owned())] }],
        tools: vec![tool("get_weather", weather, true), patch],
        ..Prompt::default()
    }
}

/// Returns a prompt that asks for JSON of this schema, and has no tools.
pub fn formatted(schema: Value, strict: bool) -> Prompt {
    let Value::Object(schema) = schema else { panic!("a schema is an object") };
    let format = OutputFormat::JsonSchema { name: "thing".to_owned(), description: String::new(), schema, strict };
    Prompt { tools: Vec::new(), format, ..prompt() }
}

/// What came out of a reader: calls are `name(input)`.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    pub text: String,
    pub calls: Vec<String>,
    pub refusal: String,
    pub end: Option<Result<Finish, Fault>>,
}

/// Reads an answer whose text comes in these pieces.
pub fn read<'t>(emulation: &Emulation, pieces: impl IntoIterator<Item = &'t str>, cut: bool) -> Read {
    read_with(emulation.reader(), pieces, cut)
}

/// Reads an answer whose text comes in these pieces, with this reader.
pub fn read_with<'t>(mut reader: Reader, pieces: impl IntoIterator<Item = &'t str>, cut: bool) -> Read {
    let mut out = Events::default();
    for piece in pieces {
        reader.push(Event::Text(piece), &mut out);
    }
    let end = reader.finish(cut, &mut out);
    let mut read = Read { end: Some(end), ..Read::default() };
    for event in out.iter() {
        match event {
            Event::Text(text) => read.text.push_str(text),
            Event::ToolCallStart(start) => read.calls.push(format!("{}(", start.name)),
            Event::ToolCallInput(input) => read.calls.last_mut().expect("a call").push_str(input),
            Event::ToolCallEnd => read.calls.last_mut().expect("a call").push(')'),
            Event::Refusal(text) => read.refusal.push_str(text),
            other => panic!("{other:?}"),
        }
    }
    read
}

/// Returns an answer with this request's marks in the place of `MARK`.
pub fn marked(emulation: &Emulation, answer: &str) -> String {
    let name = emulation.0.marker.name(super::marker::Tag::Call);
    answer.replace("MARK", name.strip_prefix("tool_call_").expect("the name of the tag"))
}

/// Returns the end of an answer with this fault.
pub fn fault(code: &'static str, message: &str) -> Option<Result<Finish, Fault>> {
    Some(Err(Fault { code, message: message.to_owned() }))
}
