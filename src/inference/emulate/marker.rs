//! The tags that only this request's answer can contain.

use super::super::prompt::{OutputFormat, Part, Prompt, ToolInput};

/// Letters and digits that models copy without mistakes.
const LETTERS: &[u8; 24] = b"bcdfghjkmnpqrstvwxz45679";
const LENGTH: usize = 5;
/// The longest beginning of a tag that is held until it is certain what it is.
pub const MAX_NAME: usize = 48;

/// The random part of this request's tags.
#[derive(Debug, Clone)]
pub struct Marker(String);

/// A tag of this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    Call,
    Result,
    Refusal,
}

/// What begins at a `<`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Ordinary text.
    Nothing,
    /// Too short to decide.
    Unfinished,
    /// The beginning of a tag up to its name, of this length.
    Open(Tag, usize),
    /// A closing tag up to its name, of this length.
    Close(Tag, usize),
}

impl Marker {
    /// Returns a marker that does not occur in the prompt.
    pub fn new(random: [u8; 16], prompt: &Prompt) -> Marker {
        let mut state = u128::from_le_bytes(random);
        loop {
            let mut text = String::new();
            for _ in 0..LENGTH {
                text.push(char::from(LETTERS[(state % 24) as usize]));
                state /= 24;
            }
            let marker = Marker(text);
            if !marker.occurs_in(prompt) {
                return marker;
            }
            state = (state ^ u128::from_le_bytes(random).rotate_left(17))
                .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645);
            state = state.wrapping_add(0x5851_f42d_4c95_7f2d);
        }
    }

    fn occurs_in(&self, prompt: &Prompt) -> bool {
        let finder = memchr::memmem::Finder::new(self.0.as_bytes());
        let has = |text: &str| finder.find(text.as_bytes()).is_some();
        let in_parts = prompt.messages.iter().flat_map(|message| &message.parts).any(|part| match part {
            Part::Text(text) => has(text),
            Part::ToolCall(call) => has(&call.input) || has(&call.name),
            Part::ToolResult(result) => has(&result.output) || has(&result.name),
            Part::Picture(_) | Part::Reasoning(_) => false,
        });
        let in_tools = prompt.tools.iter().any(|tool| {
            has(&tool.name)
                || has(&tool.description)
                || matches!(&tool.input, ToolInput::Text { grammar: Some(grammar) } if has(grammar))
        });
        in_parts || in_tools || matches!(&prompt.format, OutputFormat::JsonSchema { name, .. } if has(name))
    }

    /// Returns a tag's name, such as `tool_call_k7f3x`.
    pub fn name(&self, tag: Tag) -> String {
        let kind = match tag {
            Tag::Call => "tool_call",
            Tag::Result => "tool_result",
            Tag::Refusal => "refusal",
        };
        format!("{kind}_{}", self.0)
    }

    /// Returns what begins at the `<` or `[` that `text` starts with. Case, and what joins the words, do not count.
    pub fn find(&self, text: &str) -> Found {
        let mut name = String::new();
        let mut is_closing = false;
        for (at, c) in text.char_indices().skip(1) {
            match c {
                '/' if name.is_empty() && !is_closing => is_closing = true,
                '_' | '-' | ' ' | ':' if !name.is_empty() => {}
                c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
                _ => return Found::Nothing,
            }
            match self.tag(&name) {
                None => return Found::Nothing,
                Some(Some(tag)) if is_closing => return Found::Close(tag, at + 1),
                Some(Some(tag)) => return Found::Open(tag, at + 1),
                Some(None) if at > MAX_NAME => return Found::Nothing,
                Some(None) => {}
            }
        }
        Found::Unfinished
    }

    /// Returns where the first opening tag of this request stands in a text.
    pub fn first_in(&self, text: &str) -> Option<usize> {
        let mark = memchr::memmem::find(text.as_bytes(), self.0.as_bytes())?;
        let places = text[..mark].char_indices().filter(|(_, c)| matches!(c, '<' | '['));
        places.map(|(at, _)| at).find(|at| matches!(self.find(&text[*at..]), Found::Open(..)))
    }

    /// Returns the tag of this name, or `None` inside if it only begins like one.
    fn tag(&self, name: &str) -> Option<Option<Tag>> {
        const KINDS: [(&str, Tag); 6] = [
            ("toolcalls", Tag::Call),
            ("toolcall", Tag::Call),
            ("functioncall", Tag::Call),
            ("call", Tag::Call),
            ("toolresult", Tag::Result),
            ("refusal", Tag::Refusal),
        ];
        let mut begins = false;
        for (kind, tag) in KINDS {
            match name.strip_prefix(kind) {
                Some(mark) if mark == self.0 => return Some(Some(tag)),
                Some(mark) => begins |= self.0.starts_with(mark),
                None => begins |= kind.starts_with(name),
            }
        }
        begins.then_some(None)
    }
}
