//! Writes a streamed answer's text as server-sent events.

use serde::Serialize;

use super::wire::{Chunk, ChunkChoice, Delta, FinishReason, Head, Usage};
use crate::{error::Error, inference::usage::Tally, protocols::openai::error::ErrorBody};

/// The events of one stream. All that are ready go into one buffer, which is sent in one write.
#[derive(Debug)]
pub struct EventStream {
    head: Head,
    include_usage: bool,
    role_sent: bool,
    sent: Tally,
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
            sent: Tally::default(),
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut sample = Vec::new();
        stream.chunk(Delta { role: None, content: Some("") }, None, &mut sample);
        // The last match is the delta's: only the client's model name, which stands before it, could contain the same
        // text.
        let middle = br#""delta":{"content":"#;
        let at = memchr::memmem::rfind(&sample, middle).expect("the chunk has this content") + middle.len();
        stream.after = sample.split_off(at + 2);
        sample.truncate(at);
        stream.before = sample;
        stream
    }

    /// Appends a chunk with text of the answer to `buffer`; nothing if the text is empty.
    pub fn text(&mut self, text: &str, buffer: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        self.sent.add(text);
        if !self.role_sent {
            self.role_sent = true;
            return self.chunk(Delta { role: Some("assistant"), content: Some(text) }, None, buffer);
        }
        buffer.reserve(self.before.len() + text.len() + self.after.len() + 16);
        buffer.extend_from_slice(&self.before);
        json(&text, buffer);
        buffer.extend_from_slice(&self.after);
    }

    /// Appends the end of a complete answer: the finish reason, the usage if requested, and `[DONE]`.
    pub fn finish(&mut self, reason: FinishReason, prompt_tokens: u64, buffer: &mut Vec<u8>) {
        let delta =
            if self.role_sent { Delta::default() } else { Delta { role: Some("assistant"), content: Some("") } };
        self.role_sent = true;
        self.chunk(delta, Some(reason), buffer);
        if self.include_usage {
            self.event(&[], Some(Some(Usage::new(prompt_tokens, self.sent.tokens()))), buffer);
        }
        buffer.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// Appends the end of an answer that failed: the same body as a failed request's. No `[DONE]` follows, so that
    /// clients do not take the answer for complete.
    pub fn error(&mut self, error: &Error, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(b"data: ");
        json(&ErrorBody::from(error), buffer);
        buffer.extend_from_slice(b"\n\n");
    }

    /// Returns the estimated number of tokens in the text so far.
    pub fn completion_tokens(&self) -> u64 {
        self.sent.tokens()
    }

    fn chunk(&self, delta: Delta, finish_reason: Option<FinishReason>, buffer: &mut Vec<u8>) {
        let choice = ChunkChoice { index: 0, delta, logprobs: (), finish_reason };
        self.event(&[choice], self.include_usage.then_some(None), buffer);
    }

    fn event(&self, choices: &[ChunkChoice], usage: Option<Option<Usage>>, buffer: &mut Vec<u8>) {
        let Head { id, created, model } = &self.head;
        let chunk = Chunk { id, object: "chat.completion.chunk", created: *created, model, choices, usage };
        buffer.extend_from_slice(b"data: ");
        json(&chunk, buffer);
        buffer.extend_from_slice(b"\n\n");
    }
}

fn json(value: &impl Serialize, buffer: &mut Vec<u8>) {
    serde_json::to_writer(buffer, value).expect("plain data always has a JSON form, and a vector takes all");
}
