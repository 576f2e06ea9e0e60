//! Writes an answer as a completion, or as a stream of chunks.

use super::{
    event_stream::EventStream,
    wire::{AssistantMessage, CallPart, Choice, Completion, FinishReason, Head, annotations},
};
use crate::protocols::answer::{
    message::Collected,
    wire::{Ending, StreamWriter, Wire},
};

/// The form of one request's answer.
#[derive(Debug)]
pub struct ChatAnswer {
    pub head: Head,
    /// Whether a stream ends with the usage.
    pub include_usage: bool,
}

impl Wire for ChatAnswer {
    fn stream(&self) -> Box<dyn StreamWriter> {
        Box::new(EventStream::new(self.head.clone(), self.include_usage))
    }

    fn json(&self, message: &Collected, ending: &Ending<'_>) -> Vec<u8> {
        let has_other = !message.calls.is_empty() || !message.refusal.is_empty();
        let message = AssistantMessage {
            role: "assistant",
            content: (!message.content.is_empty() || !has_other).then_some(&message.content),
            refusal: filled(&message.refusal),
            reasoning_content: filled(&message.reasoning),
            tool_calls: message.calls.iter().map(|(start, input)| CallPart::start(start, input)).collect(),
            annotations: &annotations(ending.citations),
        };
        let completion = Completion {
            id: &self.head.id,
            object: "chat.completion",
            created: self.head.created,
            model: &self.head.model,
            choices: [Choice { index: 0, message, logprobs: (), finish_reason: FinishReason::from(ending.finish) }],
            usage: ending.usage.into(),
        };
        serde_json::to_vec(&completion).expect("plain data always has a JSON form")
    }
}

fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
