//! The fields of an answer's message.

use crate::inference::{event::ToolCallStart, usage::Tally};

/// Where an answer is written: the fields of one message.
pub trait Message {
    /// Returns the text, to append to. What is there already may have been sent.
    fn content(&mut self) -> &mut String;
    /// Returns the number of characters of the whole text.
    fn content_length(&self) -> u64;
    /// Returns the reasoning, to append to.
    fn reasoning(&mut self) -> &mut String;
    /// Ends the reasoning so far, of which this is the provider's encrypted form. Protocols without a place for it drop
    /// it.
    fn reasoning_sealed(&mut self, _sealed: &str) {}
    fn refusal(&mut self, text: &str);
    fn tool_call_start(&mut self, start: &ToolCallStart);
    /// Appends to the input of the last call.
    fn tool_call_input(&mut self, input: &str);
    /// Ends the last call.
    fn tool_call_end(&mut self) {}
}

/// The message of a collected answer.
#[derive(Debug, Default)]
pub struct Collected {
    pub content: String,
    pub reasoning: String,
    /// The encrypted forms of the reasoning, each with the length of the reasoning up to its end.
    pub sealed: Vec<(usize, String)>,
    pub refusal: String,
    pub calls: Vec<(ToolCallStart, String)>,
}

impl Message for Collected {
    fn content(&mut self) -> &mut String {
        &mut self.content
    }

    fn content_length(&self) -> u64 {
        Tally::of(&self.content).characters()
    }

    fn reasoning(&mut self) -> &mut String {
        &mut self.reasoning
    }

    fn reasoning_sealed(&mut self, sealed: &str) {
        self.sealed.push((self.reasoning.len(), sealed.to_owned()));
    }

    fn refusal(&mut self, text: &str) {
        self.refusal.push_str(text);
    }

    fn tool_call_start(&mut self, start: &ToolCallStart) {
        self.calls.push((start.clone(), String::new()));
    }

    fn tool_call_input(&mut self, input: &str) {
        if let Some((_, so_far)) = self.calls.last_mut() {
            so_far.push_str(input);
        }
    }
}

impl Collected {
    /// Returns the reasoning in its parts, each with its encrypted form if it has one.
    pub fn reasoning_parts(&self) -> Vec<(&str, Option<&str>)> {
        let mut from = 0;
        let mut parts: Vec<_> = self
            .sealed
            .iter()
            .map(|(end, sealed)| (&self.reasoning[std::mem::replace(&mut from, *end)..*end], Some(sealed.as_str())))
            .collect();
        if from < self.reasoning.len() {
            parts.push((&self.reasoning[from..], None));
        }
        parts
    }

    /// Returns the estimated number of the message's tokens.
    pub fn completion_tokens(&self) -> u64 {
        let mut tally = Tally::of(&self.content);
        for text in [&self.reasoning, &self.refusal].into_iter().chain(self.calls.iter().map(|(_, input)| input)) {
            tally.add(text);
        }
        tally.tokens()
    }
}
