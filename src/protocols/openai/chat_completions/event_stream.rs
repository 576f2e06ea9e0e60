//! Writes a streamed message as server-sent events.

use serde::Serialize;

use super::wire::{CallDelta, CallPart, Chunk, ChunkChoice, Delta, FinishReason, Head, Usage, annotations};
use crate::{
    error::Error,
    inference::{event::ToolCallStart, usage::Tally},
    protocols::{
        answer::{
            message::Message,
            wire::{Ending, StreamWriter},
        },
        openai::error::ErrorBody,
        sse::KeepAlive,
    },
};

/// The events of one stream. All that are ready go into one buffer, which is sent in one write. Consecutive text is one
/// chunk.
#[derive(Debug)]
pub struct EventStream {
    head: Head,
    include_usage: bool,
    role_sent: bool,
    /// Text, or reasoning, that is not in the buffer yet; at most one of them.
    content: String,
    reasoning: String,
    /// All but the text so far, and the text.
    other_sent: Tally,
    content_sent: Tally,
    /// The calls so far, and whether the last of them is a custom tool's.
    calls: usize,
    is_custom: bool,
    buffer: Vec<u8>,
    /// A chunk's bytes before and after its text; only the text differs from chunk to chunk.
    before: Vec<u8>,
    after: Vec<u8>,
}

impl EventStream {
    /// Starts a stream. With `include_usage`, its last chunk has the usage.
    pub fn new(head: Head, include_usage: bool) -> Self {
        let mut stream = EventStream {
            head,
            include_usage,
            role_sent: false,
            content: String::new(),
            reasoning: String::new(),
            other_sent: Tally::default(),
            content_sent: Tally::default(),
            calls: 0,
            is_custom: false,
            buffer: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        };
        stream.chunk(Delta { content: Some(""), ..Delta::default() }, None);
        let mut sample = std::mem::take(&mut stream.buffer);
        // The last match is the delta's: only the client's model name, which stands before it, could contain the same
        // text.
        let middle = br#""delta":{"content":"#;
        let at = memchr::memmem::rfind(&sample, middle).expect("the chunk has this content") + middle.len();
        stream.after = sample.split_off(at + 2);
        sample.truncate(at);
        stream.before = sample;
        stream
    }

    /// Moves pending text into the buffer.
    fn flush(&mut self) {
        if !self.content.is_empty() {
            let text = std::mem::take(&mut self.content);
            self.content_sent.add(&text);
            self.text(&text);
            // Keeps the allocated memory.
            self.content = text;
            self.content.clear();
        }
        if !self.reasoning.is_empty() {
            let text = std::mem::take(&mut self.reasoning);
            self.other_sent.add(&text);
            self.delta(Delta { reasoning_content: Some(&text), ..Delta::default() });
        }
    }

    fn text(&mut self, text: &str) {
        if !self.role_sent {
            return self.delta(Delta { content: Some(text), ..Delta::default() });
        }
        self.buffer.reserve(self.before.len() + text.len() + self.after.len() + 16);
        self.buffer.extend_from_slice(&self.before);
        json(&text, &mut self.buffer);
        self.buffer.extend_from_slice(&self.after);
    }

    /// Returns the role, for the first chunk only.
    fn role(&mut self) -> Option<&'static str> {
        (!std::mem::replace(&mut self.role_sent, true)).then_some("assistant")
    }

    fn delta(&mut self, delta: Delta) {
        let role = self.role();
        self.chunk(Delta { role, ..delta }, None);
    }

    fn call(&mut self, call: CallPart) {
        self.flush();
        self.other_sent.add(call.input);
        let call = CallDelta { index: self.calls.saturating_sub(1), call };
        self.delta(Delta { tool_calls: Some([call]), ..Delta::default() });
    }

    fn chunk(&mut self, delta: Delta, finish_reason: Option<FinishReason>) {
        let choice = ChunkChoice { index: 0, delta, logprobs: (), finish_reason };
        self.event(&[choice], self.include_usage.then_some(None));
    }

    fn event(&mut self, choices: &[ChunkChoice], usage: Option<Option<Usage>>) {
        let Head { id, created, model } = &self.head;
        let chunk = Chunk { id, object: "chat.completion.chunk", created: *created, model, choices, usage };
        self.buffer.extend_from_slice(b"data: ");
        json(&chunk, &mut self.buffer);
        self.buffer.extend_from_slice(b"\n\n");
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

    fn refusal(&mut self, text: &str) {
        self.flush();
        self.other_sent.add(text);
        self.delta(Delta { refusal: Some(text), ..Delta::default() });
    }

    fn tool_call_start(&mut self, start: &ToolCallStart) {
        self.calls += 1;
        self.is_custom = start.is_custom;
        self.call(CallPart::start(start, ""));
    }

    fn tool_call_input(&mut self, input: &str) {
        self.call(CallPart { named: None, is_custom: self.is_custom, input });
    }
}

impl StreamWriter for EventStream {
    fn take(&mut self) -> Vec<u8> {
        self.flush();
        std::mem::take(&mut self.buffer)
    }

    /// Appends the end of a complete answer: sources, finish reason, the usage if requested, and `[DONE]`.
    fn finish(&mut self, ending: &Ending<'_>) {
        self.flush();
        if !ending.citations.is_empty() {
            self.delta(Delta { annotations: &annotations(ending.citations), ..Delta::default() });
        }
        let role = self.role();
        let delta = Delta { role, content: role.map(|_| ""), ..Delta::default() };
        self.chunk(delta, Some(FinishReason::from(ending.finish)));
        if self.include_usage {
            self.event(&[], Some(Some(ending.usage.into())));
        }
        self.buffer.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// Appends the end of an answer that failed: the same body as a failed request's. No `[DONE]` follows, so that
    /// clients do not take the answer for complete.
    fn error(&mut self, error: &Error) {
        self.flush();
        self.buffer.extend_from_slice(b"data: ");
        json(&ErrorBody::from(error), &mut self.buffer);
        self.buffer.extend_from_slice(b"\n\n");
    }

    /// Appends a comment.
    fn keep_alive(&mut self) {
        self.flush();
        self.buffer.extend_from_slice(KeepAlive::COMMENT);
    }

    fn completion_tokens(&self) -> u64 {
        let mut tally = self.content_sent;
        tally.add_tally(self.other_sent);
        tally.add(&self.content);
        tally.add(&self.reasoning);
        tally.tokens()
    }
}

fn json(value: &impl Serialize, buffer: &mut Vec<u8>) {
    serde_json::to_writer(buffer, value).expect("plain data always has a JSON form, and a vector takes all");
}
