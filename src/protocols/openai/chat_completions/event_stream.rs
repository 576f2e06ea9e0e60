//! A streamed answer: text in, server-sent events out.

use serde::Serialize;

use super::wire::{Chunk, ChunkChoice, Delta, FinishReason, Head, Usage};
use crate::{error::Error, inference::usage::Tally, protocols::openai::error::ErrorBody};

/// Writes one stream's events. Everything that is ready goes into one buffer, and so out in one write.
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
        // The content is the last string that is empty, and only the client's model name stands before it.
        let middle = br#""delta":{"content":"#;
        let at = memchr::memmem::rfind(&sample, middle).expect("the chunk has this content") + middle.len();
        stream.after = sample.split_off(at + 2);
        sample.truncate(at);
        stream.before = sample;
        stream
    }

    /// Text of the answer.
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

    /// The end of a whole answer: finish reason, usage when asked for, and the last event.
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

    /// Writes the end of an answer that failed on the way: the body that clients know from failed requests. No `[DONE]`
    /// follows, so that no client takes the answer for whole.
    pub fn error(&mut self, error: &Error, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(b"data: ");
        json(&ErrorBody::from(error), buffer);
        buffer.extend_from_slice(b"\n\n");
    }

    /// Estimated tokens of what was sent.
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
