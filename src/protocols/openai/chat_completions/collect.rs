//! Collects an answer: the same text as a stream's, in one object.

use super::{
    render::Renderer,
    wire::{AssistantMessage, Choice, Completion, FinishReason, Head, Usage},
};
use crate::{
    inference::{
        conversation::Step,
        run::{Failure, StartedAnswer},
        usage::Tally,
    },
    providers::ProviderError,
};

/// The text of a collected answer.
#[derive(Debug, Default)]
pub struct Collected {
    pub content: String,
}

impl Collected {
    /// Returns the estimated number of the text's tokens.
    pub fn completion_tokens(&self) -> u64 {
        Tally::of(&self.content).tokens()
    }

    /// Returns the completion as JSON.
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

/// Reads the answer to its end and returns its text. Fails with the provider's error, or if the answer's files cannot
/// be stored. Another account may be tried then, because the client has received nothing.
pub async fn collect(mut answer: StartedAnswer, mut renderer: Renderer) -> Result<Collected, Failure> {
    let mut collected = Collected::default();
    let mut step = Step::More;
    loop {
        let StartedAnswer { events, files, .. } = &mut answer;
        renderer.write_all(events, files, &mut collected.content).await.map_err(Failure::Unstored)?;
        if let Step::End(_) = step {
            if renderer.is_empty() {
                return Err(ProviderError::Empty.into());
            }
            renderer.finish(&mut collected.content);
            return Ok(collected);
        }
        step = answer.conversation.advance(&mut answer.events, None).await?;
    }
}
