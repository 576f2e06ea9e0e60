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
    /// Returns the estimated number of the message's tokens.
    pub fn completion_tokens(&self) -> u64 {
        let mut tally = Tally::of(&self.content);
        for text in [&self.reasoning, &self.refusal].into_iter().chain(self.calls.iter().map(|(_, input)| input)) {
            tally.add(text);
        }
        tally.tokens()
    }
}
