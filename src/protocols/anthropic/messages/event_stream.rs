//! Writes a streamed message as server-sent events, in the order of Anthropic's reference: `message_start`; for each
//! block its start, deltas and stop; `message_delta`, `message_stop`. Pings may come between.

use std::rc::Rc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::wire::{ContentBlock, Delta, Event, Head, Message as WireMessage, Stop, Usage};
use crate::{
    error::Error,
    inference::{event::ToolCallStart, usage::Tally},
    protocols::{
        answer::{
            message::Message,
            wire::{Ending, StreamWriter},
        },
        anthropic::error::ErrorBody,
    },
};

/// What kind of block is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Thinking,
    Text,
    ToolUse,
}

/// The events of one stream. All that are ready go into one buffer, which is sent in one write. Consecutive text is one
/// delta.
#[derive(Debug)]
pub struct EventStream {
    head: Rc<Head>,
    is_started: bool,
    open: Option<Block>,
    /// The index of the open block, or of the next one.
    index: usize,
    /// Text, or reasoning, that is not in the buffer yet; at most one of them.
    content: String,
    reasoning: String,
    refused: String,
    /// All but the text so far, and the text.
    other_sent: Tally,
    content_sent: Tally,
    buffer: Vec<u8>,
}

impl EventStream {
    /// Starts a stream, to which nothing has been written.
    pub fn new(head: Rc<Head>) -> Self {
        EventStream {
            head,
            is_started: false,
            open: None,
            index: 0,
            content: String::new(),
            reasoning: String::new(),
            refused: String::new(),
            other_sent: Tally::default(),
            content_sent: Tally::default(),
            buffer: Vec::new(),
        }
    }

    /// Moves pending text into the buffer.
    fn flush(&mut self) {
        if !self.content.is_empty() {
            let text = std::mem::take(&mut self.content);
            self.content_sent.add(&text);
            self.delta(Block::Text, Delta::TextDelta { text: &text });
            // Keeps the allocated memory.
            self.content = text;
            self.content.clear();
        }
        if !self.reasoning.is_empty() {
            let thinking = std::mem::take(&mut self.reasoning);
            self.other_sent.add(&thinking);
            self.delta(Block::Thinking, Delta::ThinkingDelta { thinking: &thinking });
        }
    }

    /// Appends a piece of a block of this kind, which begins if it is not open.
    fn delta(&mut self, block: Block, delta: Delta) {
        if self.open != Some(block) {
            let content_block = match block {
                Block::Thinking => ContentBlock::Thinking { thinking: "", signature: "" },
                _ => ContentBlock::Text { text: "" },
            };
            self.begin(block, content_block);
        }
        write(&mut self.buffer, &Event::ContentBlockDelta { index: self.index, delta });
    }

    fn begin(&mut self, block: Block, content_block: ContentBlock) {
        self.start();
        self.close();
        write(&mut self.buffer, &Event::ContentBlockStart { index: self.index, content_block });
        self.open = Some(block);
    }

    /// Ends the open block, if there is one.
    fn close(&mut self) {
        self.close_signed(None);
    }

    /// Ends the open block. `sealed` signs it if it is reasoning.
    fn close_signed(&mut self, sealed: Option<&str>) {
        let Some(block) = self.open.take() else { return };
        let index = self.index;
        if block == Block::Thinking {
            let delta = Delta::SignatureDelta { signature: sealed.unwrap_or(&self.head.id) };
            write(&mut self.buffer, &Event::ContentBlockDelta { index, delta });
        }
        write(&mut self.buffer, &Event::ContentBlockStop { index });
        self.index += 1;
    }

    /// Appends the beginning of the message, once.
    fn start(&mut self) {
        if std::mem::replace(&mut self.is_started, true) {
            return;
        }
        let message = WireMessage {
            id: &self.head.id,
            r#type: "message",
            role: "assistant",
            model: &self.head.model,
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            stop_details: None,
            usage: Usage::new(self.head.input_tokens, 0),
        };
        write(&mut self.buffer, &Event::MessageStart { message });
    }
}

impl StreamWriter for EventStream {
    fn take(&mut self) -> Vec<u8> {
        self.flush();
        std::mem::take(&mut self.buffer)
    }

    fn keep_alive(&mut self) {
        self.flush();
        self.start();
        write(&mut self.buffer, &Event::Ping);
    }

    fn finish(&mut self, ending: &Ending<'_>) {
        self.flush();
        self.start();
        self.close();
        let delta = Stop::new(ending.finish, &self.head.stop_sequences, &self.refused);
        write(&mut self.buffer, &Event::MessageDelta { delta, usage: ending.usage.into() });
        write(&mut self.buffer, &Event::MessageStop);
    }

    fn error(&mut self, error: &Error) {
        self.flush();
        let body = ErrorBody::new(error, &self.head.request_id);
        write_named(&mut self.buffer, "error", &body);
    }

    fn completion_tokens(&self) -> u64 {
        let mut tally = self.content_sent;
        tally.add_tally(self.other_sent);
        tally.add(&self.content);
        tally.add(&self.reasoning);
        tally.tokens()
    }
}

impl Message for EventStream {
    fn content(&mut self) -> &mut String {
        if !self.reasoning.is_empty() {
            self.flush();
        }
        &mut self.content
    }

    fn content_length(&self) -> u64 {
        self.content_sent.characters() + Tally::of(&self.content).characters()
    }

    fn reasoning(&mut self) -> &mut String {
        if !self.content.is_empty() {
            self.flush();
        }
        &mut self.reasoning
    }

    fn reasoning_sealed(&mut self, sealed: &str) {
        self.flush();
        if self.open == Some(Block::Thinking) {
            self.close_signed(Some(sealed));
        }
    }

    fn refusal(&mut self, text: &str) {
        self.refused.push_str(text);
        self.content().push_str(text);
    }

    fn tool_call_start(&mut self, start: &ToolCallStart) {
        self.flush();
        let input = Value::Object(Map::new());
        self.begin(Block::ToolUse, ContentBlock::ToolUse { id: &start.id, name: &start.name, input });
    }

    fn tool_call_input(&mut self, input: &str) {
        self.other_sent.add(input);
        let delta = Delta::InputJsonDelta { partial_json: input };
        write(&mut self.buffer, &Event::ContentBlockDelta { index: self.index, delta });
    }

    fn tool_call_end(&mut self) {
        self.close();
    }
}

fn write(buffer: &mut Vec<u8>, event: &Event) {
    write_named(buffer, event.name(), event);
}

fn write_named(buffer: &mut Vec<u8>, name: &str, data: &impl Serialize) {
    for text in ["event: ", name, "\ndata: "] {
        buffer.extend_from_slice(text.as_bytes());
    }
    serde_json::to_writer(&mut *buffer, data).expect("plain data always has a JSON form, and a vector takes all");
    buffer.extend_from_slice(b"\n\n");
}
