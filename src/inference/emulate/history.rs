//! The dialogue as text: earlier calls in the form in which calls are asked for, results as quotes.

use super::super::prompt::{Message, Part, Role, ToolCall, ToolResult};
use super::marker::{Marker, Tag};

/// What each line of a result begins with, so that none can pass for an instruction, a role or a call.
pub const QUOTE: &str = "| ";

/// Returns the messages without calls and results: both are text in the same places.
pub fn write(messages: &[Message], marker: &Marker) -> Vec<Message> {
    let mut writer = Writer { marker, turn: Vec::new() };
    messages.iter().map(|message| writer.message(message)).collect()
}

/// Appends a call as the model writes it.
pub fn write_call(name: &str, input: &str, marker: &Marker, out: &mut String) {
    let tag = marker.name(Tag::Call);
    out.push_str(&format!("<{tag} name=\"{}\">\n{input}\n</{tag}>", attribute(name)));
}

struct Writer<'m> {
    marker: &'m Marker,
    /// The calls of the last message that has any.
    turn: Vec<&'m ToolCall>,
}

impl<'m> Writer<'m> {
    fn message(&mut self, message: &'m Message) -> Message {
        let is_result = matches!(message.role, Role::Tool | Role::Function);
        if message.parts.iter().any(|part| matches!(part, Part::ToolCall(_))) {
            self.turn.clear();
        }
        let mut parts = Vec::new();
        let mut last_is_block = false;
        for part in &message.parts {
            let mut text = String::new();
            match part {
                Part::Picture(at) => {
                    parts.push(Part::Picture(*at));
                    continue;
                }
                // Another provider's, which no other can read.
                Part::Reasoning(_) => continue,
                Part::Text(said) if is_result => self.quote(said, "", &mut text),
                Part::Text(said) => text.push_str(said),
                Part::ToolCall(call) => {
                    self.turn.push(call);
                    write_call(&call.name, input(call), self.marker, &mut text);
                }
                Part::ToolResult(result) => self.quote(&result.output, &self.attributes(result), &mut text),
            }
            let is_block = is_result || !matches!(part, Part::Text(_));
            if (is_block || last_is_block) && !parts.is_empty() {
                text.insert(0, '\n');
            }
            last_is_block = is_block;
            parts.push(Part::Text(text));
        }
        Message { role: message.role, parts }
    }

    /// Returns which call of the last turn a result answers, as attributes of its tag.
    fn attributes(&self, result: &ToolResult) -> String {
        let by_id = |call: &ToolCall| !result.call_id.is_empty() && call.id == result.call_id;
        let by_name = |call: &ToolCall| result.call_id.is_empty() && call.name == result.name;
        let at =
            self.turn.iter().position(|call| by_id(call)).or_else(|| self.turn.iter().rposition(|call| by_name(call)));
        let name = at.map_or(result.name.as_str(), |at| &self.turn[at].name);
        let mut attributes = String::new();
        if !name.is_empty() {
            attributes.push_str(&format!(" name=\"{}\"", attribute(name)));
        }
        if let Some(at) = at.filter(|_| self.turn.len() > 1) {
            attributes.push_str(&format!(" call=\"{}\"", at + 1));
        }
        attributes
    }

    /// Appends a result: each of its lines begins with [`QUOTE`].
    fn quote(&self, output: &str, attributes: &str, out: &mut String) {
        let tag = self.marker.name(Tag::Result);
        out.push_str(&format!("<{tag}{attributes}>\n{QUOTE}"));
        let mut rest = output.trim_end_matches(['\n', '\r']).chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\r' if rest.peek() == Some(&'\n') => {}
                // A line begins after each of these, for one reader or another.
                '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                    out.push('\n');
                    out.push_str(QUOTE);
                }
                c => out.push(c),
            }
        }
        out.push_str(&format!("\n</{tag}>"));
    }
}

/// Returns the input of an earlier call as it is written in a call.
fn input(call: &ToolCall) -> &str {
    if call.input.trim().is_empty() { "{}" } else { &call.input }
}

/// Returns a name that cannot end its attribute.
fn attribute(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>')).collect()
}
