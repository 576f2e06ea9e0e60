//! A collected answer: the same text as a stream's, in one object.

use super::wire::{AssistantMessage, Choice, Completion, FinishReason, Head, Usage};
use crate::inference::usage::Tally;

/// Gathers an answer's text.
#[derive(Debug, Default)]
pub struct Collected {
    pub content: String,
}

impl Collected {
    /// Estimated tokens of what was gathered.
    pub fn completion_tokens(&self) -> u64 {
        Tally::of(&self.content).tokens()
    }

    /// The answer's JSON.
    pub fn finish(&self, head: &Head, reason: FinishReason, prompt_tokens: u64) -> Vec<u8> {
        let message = AssistantMessage { role: "assistant", content: &self.content, refusal: () };
        let completion = Completion {
            id: &head.id,
            object: "chat.completion",
            created: head.created,
            model: &head.model,
            choices: [Choice { index: 0, message, logprobs: (), finish_reason: reason }],
            usage: Usage::new(prompt_tokens, self.completion_tokens()),
        };
        serde_json::to_vec(&completion).expect("plain data always has a JSON form")
    }
}
