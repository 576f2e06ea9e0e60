//! Collects an answer: the same message as a stream's, in one object.

use super::{
    render::{Message, Renderer},
    wire::{Annotation, AssistantMessage, CallPart, Choice, Completion, FinishReason, Head, Usage},
};
use crate::{
    inference::{
        conversation::Step,
        event::{Finish, ToolCallStart},
        run::{Failure, StartedAnswer},
        usage::{Repairs, Tally},
    },
    providers::ProviderError,
};

/// The message of a collected answer.
#[derive(Debug, Default)]
pub struct Collected {
    pub content: String,
    pub reasoning: String,
    refusal: String,
    calls: Vec<(ToolCallStart, String)>,
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

    /// Returns the completion as JSON.
    pub fn json(&self, head: &Head, finish: Finish, annotations: &[Annotation], usage: Usage) -> Vec<u8> {
        let has_other = !self.calls.is_empty() || !self.refusal.is_empty();
        let message = AssistantMessage {
            role: "assistant",
            content: (!self.content.is_empty() || !has_other).then_some(&self.content),
            refusal: filled(&self.refusal),
            reasoning_content: filled(&self.reasoning),
            tool_calls: self.calls.iter().map(|(start, input)| CallPart::start(start, input)).collect(),
            annotations,
        };
        let completion = Completion {
            id: &head.id,
            object: "chat.completion",
            created: head.created,
            model: &head.model,
            choices: [Choice { index: 0, message, logprobs: (), finish_reason: FinishReason::from(finish) }],
            usage,
        };
        serde_json::to_vec(&completion).expect("plain data always has a JSON form")
    }
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// A complete answer.
pub struct Finished {
    pub json: Vec<u8>,
    pub completion_tokens: u64,
    pub repairs: Repairs,
}

/// An answer that failed.
pub struct Unfinished {
    pub failure: Failure,
    pub repairs: Repairs,
}

/// Reads the answer to its end. Fails with the provider's error, or if the answer's files cannot be stored. Another
/// account may be tried then, unless something has been sent to the client.
pub async fn collect(
    mut answer: StartedAnswer,
    mut renderer: Renderer,
    head: Head,
    prompt_tokens: u64,
) -> Result<Finished, Unfinished> {
    let collected = message(&mut answer, &mut renderer).await;
    let repairs = answer.conversation.repairs();
    let (message, finish) = collected.map_err(|failure| Unfinished { failure, repairs })?;
    let completion_tokens = message.completion_tokens();
    let usage = Usage::new(prompt_tokens, completion_tokens).with(repairs);
    Ok(Finished { json: message.json(&head, finish, renderer.annotations(), usage), completion_tokens, repairs })
}

async fn message(answer: &mut StartedAnswer, renderer: &mut Renderer) -> Result<(Collected, Finish), Failure> {
    let mut collected = Collected::default();
    let mut step = Step::More;
    loop {
        let StartedAnswer { events, files, .. } = &mut *answer;
        renderer.write_all(events, files, &mut collected).await.map_err(Failure::Unstored)?;
        if let Step::End(finish) = step {
            if renderer.is_empty() {
                return Err(ProviderError::Empty.into());
            }
            renderer.finish(finish, &mut collected);
            return Ok((collected, finish));
        }
        step = answer.conversation.advance(&mut answer.events, None).await?;
    }
}
