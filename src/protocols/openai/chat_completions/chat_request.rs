//! A checked chat request. [`parse`](super::parse) makes it, so code that has a [`ChatRequest`] need not check it
//! again.

use std::borrow::Cow;

use crate::{
    inference::prompt::{
        Effort, OutputFormat, OutputLimits, Role, Sampling, SealedReasoning, Searches, Tool, ToolCall, ToolChoice,
        ToolResult,
    },
    media::input::ImageInput,
    settings::ReasoningFormat,
};

/// A checked chat request. Borrows from the body, because an inline picture may be megabytes long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatRequest<'a> {
    /// The client's model name, which may not exist.
    pub model: Cow<'a, str>,
    /// At least one message; at least one has text or a picture.
    pub messages: Vec<Message<'a>>,
    pub stream: bool,
    /// `stream_options.include_usage`.
    pub include_usage: bool,
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    /// `parallel_tool_calls` is false.
    pub single_tool_call: bool,
    pub format: OutputFormat,
    pub limits: OutputLimits,
    /// `None`: as the setting says.
    pub reasoning_format: Option<ReasoningFormat>,
    pub effort: Option<Effort>,
    pub sampling: Sampling,
    pub searches: Searches,
}

/// A message of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    pub role: Role,
    pub parts: Vec<Part<'a>>,
}

impl<'a> Message<'a> {
    /// Returns the result of a call: its text, then its pictures. `call_id` or `name` may be empty.
    pub fn tool_result(call_id: String, name: String, content: Vec<Part<'a>>) -> Self {
        let (mut output, mut images) = (String::new(), Vec::new());
        for part in content {
            match part {
                Part::Text(text) => output.push_str(&text),
                image => images.push(image),
            }
        }
        let result = Part::ToolResult(ToolResult { call_id, name, output });
        Message { role: Role::Tool, parts: std::iter::once(result).chain(images).collect() }
    }
}

/// The roles by their names.
pub const ROLES: [(&str, Role); 6] = [
    ("system", Role::System),
    ("developer", Role::Developer),
    ("user", Role::User),
    ("assistant", Role::Assistant),
    ("tool", Role::Tool),
    ("function", Role::Function),
];

/// A part of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<'a> {
    Text(Cow<'a, str>),
    Image(ImageInput<'a>),
    ToolCall(ToolCall),
    ToolResult(ToolResult),
    Reasoning(SealedReasoning),
}
