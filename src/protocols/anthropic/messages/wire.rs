//! The JSON of answers, in the form of Anthropic's API reference.

use serde::Serialize;
use serde_json::Value;

use crate::inference::{event::Finish, usage::Usage as AnswerUsage};

/// What an answer says of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Of the message.
    pub id: String,
    /// The client's name of the model.
    pub model: String,
    pub request_id: String,
    /// Estimated language tokens of the prompt.
    pub input_tokens: u64,
    /// In the order of the prompt's list.
    pub stop_sequences: Vec<String>,
}

/// How a message's id begins.
pub const MESSAGE_ID: &str = "msg_";

/// Returns a message's id, made of `random`.
pub fn message_id(random: [u8; 16]) -> String {
    format!("{MESSAGE_ID}{:032x}", u128::from_be_bytes(random))
}

/// A message: the whole answer, or the beginning of a stream, which has neither content nor a reason to stop.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    pub id: &'a str,
    pub r#type: &'static str,
    pub role: &'static str,
    pub model: &'a str,
    pub content: Vec<ContentBlock<'a>>,
    pub stop_reason: Option<StopReason>,
    pub stop_sequence: Option<&'a str>,
    pub stop_details: Option<RefusalDetails<'a>>,
    pub usage: Usage,
}

/// A block of the content, whole in a message, without its text or input at the beginning of a stream's block.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContentBlock<'a> {
    /// The signature is the provider's encrypted form of the reasoning, which clients send back with the block. Without one
    /// it is the message's id, and the gateway drops both.
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    Text {
        text: &'a str,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: Value,
    },
}

/// An event of a stream. Each has its name twice: in its `event:` line and as `type` of its data.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event<'a> {
    MessageStart { message: Message<'a> },
    ContentBlockStart { index: usize, content_block: ContentBlock<'a> },
    ContentBlockDelta { index: usize, delta: Delta<'a> },
    ContentBlockStop { index: usize },
    Ping,
    MessageDelta { delta: Stop<'a>, usage: Usage },
    MessageStop,
}

impl Event<'_> {
    /// Returns the event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Event::MessageStart { .. } => "message_start",
            Event::ContentBlockStart { .. } => "content_block_start",
            Event::ContentBlockDelta { .. } => "content_block_delta",
            Event::ContentBlockStop { .. } => "content_block_stop",
            Event::Ping => "ping",
            Event::MessageDelta { .. } => "message_delta",
            Event::MessageStop => "message_stop",
        }
    }
}

/// The next piece of a block.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Delta<'a> {
    TextDelta { text: &'a str },
    InputJsonDelta { partial_json: &'a str },
    ThinkingDelta { thinking: &'a str },
    SignatureDelta { signature: &'a str },
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Stop<'a> {
    pub stop_reason: StopReason,
    pub stop_sequence: Option<&'a str>,
    pub stop_details: Option<RefusalDetails<'a>>,
}

impl<'a> Stop<'a> {
    /// Returns why an answer ended. `refusal` is what the model refused, or empty.
    pub fn new(finish: Finish, stop_sequences: &'a [String], refusal: &'a str) -> Self {
        let (stop_reason, stop_sequence) = match finish {
            Finish::Stop if !refusal.is_empty() => (StopReason::Refusal, None),
            Finish::Stop => (StopReason::EndTurn, None),
            Finish::Length => (StopReason::MaxTokens, None),
            Finish::ToolCalls => (StopReason::ToolUse, None),
            Finish::StopSequence(at) => (StopReason::StopSequence, stop_sequences.get(at).map(String::as_str)),
        };
        let is_refusal = stop_reason == StopReason::Refusal;
        let stop_details =
            is_refusal.then_some(RefusalDetails { r#type: "refusal", category: (), explanation: refusal });
        Stop { stop_reason, stop_sequence, stop_details }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    EndTurn,
    MaxTokens,
    StopSequence,
    ToolUse,
    Refusal,
}

/// What the model said when it refused.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RefusalDetails<'a> {
    pub r#type: &'static str,
    pub category: (),
    pub explanation: &'a str,
}

/// What an answer used, in language tokens. Those of the prompt that came from the cache are not among `input_tokens`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Usage {
    pub input_tokens: u64,
    pub cache_creation_input_tokens: u64,
    pub cache_read_input_tokens: u64,
    pub output_tokens: u64,
}

impl Usage {
    /// Returns the usage of an answer for which nothing was cached.
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Usage { input_tokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens }
    }
}

impl From<AnswerUsage> for Usage {
    fn from(usage: AnswerUsage) -> Self {
        let cached = usage.cached_tokens.unwrap_or_default().min(usage.prompt_tokens);
        let uncached = Usage::new(usage.prompt_tokens - cached, usage.completion_tokens);
        Usage { cache_read_input_tokens: cached, ..uncached }
    }
}
