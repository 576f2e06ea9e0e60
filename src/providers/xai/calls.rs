//! Calls of the client's tools, whose arguments may come in pieces and mixed.
//!
//! A client gets one call after the other, so that what comes while one is open waits.

use serde_json::Value;

use crate::inference::event::{Events, ToolCallStart};

/// The member of the arguments that has the text of a tool that takes free text.
pub const INPUT: &str = "input";

/// Orders calls.
#[derive(Debug, Default)]
pub struct Calls {
    open: Vec<Call>,
    /// What came while a call was open.
    later: Events,
    any: bool,
}

#[derive(Debug)]
struct Call {
    /// The place of its item in the output.
    index: u64,
    start: ToolCallStart,
    arguments: String,
    /// The bytes of the arguments that were passed on.
    passed: usize,
    has_begun: bool,
    is_over: bool,
}

impl Calls {
    /// Returns whether there has been a call.
    pub fn any(&self) -> bool {
        self.any
    }

    /// Returns where other events go: to `events`, or behind the call that is open.
    pub fn place<'e>(&'e mut self, events: &'e mut Events) -> &'e mut Events {
        if self.open.is_empty() { events } else { &mut self.later }
    }

    /// Returns whether the call at this place is open.
    pub fn has(&self, index: u64) -> bool {
        self.open.iter().any(|call| call.index == index)
    }

    /// Begins a call.
    pub fn begin(&mut self, index: u64, start: ToolCallStart, events: &mut Events) {
        self.any = true;
        self.open.push(Call { index, start, arguments: String::new(), passed: 0, has_begun: false, is_over: false });
        self.pass(events);
    }

    /// Adds a piece of arguments.
    pub fn add(&mut self, index: u64, piece: &str, events: &mut Events) {
        if let Some(call) = self.at(index) {
            call.arguments.push_str(piece);
            self.pass(events);
        }
    }

    /// Takes the whole arguments, of which pieces may have come.
    pub fn whole(&mut self, index: u64, arguments: &str, events: &mut Events) {
        if let Some(call) = self.at(index)
            && arguments.as_bytes().starts_with(&call.arguments.as_bytes()[..call.passed])
        {
            call.arguments = arguments.to_owned();
            self.pass(events);
        }
    }

    /// Ends a call.
    pub fn end(&mut self, index: u64, events: &mut Events) {
        if let Some(call) = self.at(index) {
            call.is_over = true;
            self.pass(events);
        }
    }

    /// Ends every call, and passes on what waits.
    pub fn end_all(&mut self, events: &mut Events) {
        self.open.iter_mut().for_each(|call| call.is_over = true);
        self.pass(events);
    }

    fn at(&mut self, index: u64) -> Option<&mut Call> {
        self.open.iter_mut().find(|call| call.index == index)
    }

    /// Passes on what has come of the first open call, and of those behind it once it is over.
    fn pass(&mut self, events: &mut Events) {
        while let Some(call) = self.open.first_mut() {
            if !std::mem::replace(&mut call.has_begun, true) {
                events.tool_call_start(call.start.clone());
            }
            if !call.start.is_custom {
                events.tool_call_input(&call.arguments[call.passed..]);
                call.passed = call.arguments.len();
            }
            if !call.is_over {
                return;
            }
            if call.start.is_custom {
                events.tool_call_input(&free_text(&call.arguments));
            } else if call.arguments.is_empty() {
                events.tool_call_input("{}");
            }
            events.tool_call_end();
            self.open.remove(0);
        }
        self.later.iter().for_each(|event| events.push(event));
        self.later.clear();
    }
}

/// Returns the free text in arguments of the form `{"input":"…"}`, which may be cut; arguments of another form as they
/// are.
fn free_text(arguments: &str) -> String {
    let whole = [arguments.to_owned(), format!("{arguments}\"}}")];
    let values = whole.iter().find_map(|text| serde_json::from_str(text).ok());
    match values {
        Some(Value::String(text)) => text,
        Some(Value::Object(mut members)) => match members.remove(INPUT) {
            Some(Value::String(text)) => text,
            _ => arguments.to_owned(),
        },
        _ => arguments.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_is_read_from_the_arguments() {
        for (arguments, text) in [
            (r#"{"input":"a \"b\"\n"}"#, "a \"b\"\n"),
            (r#"{"input":"cut of"#, "cut of"),
            (r#""bare""#, "bare"),
            (r#"{"other":1}"#, r#"{"other":1}"#),
            (r#"{"input":1}"#, r#"{"input":1}"#),
            ("not JSON", "not JSON"),
            ("", ""),
        ] {
            assert_eq!(free_text(arguments), text);
        }
    }
}
