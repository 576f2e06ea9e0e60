//! Writes an answer as a message, or as a stream of events.

use std::rc::Rc;

use serde_json::Value;

use super::{
    event_stream::EventStream,
    wire::{ContentBlock, Head, Message, Stop},
};
use crate::protocols::answer::{
    message::Collected,
    wire::{Ending, StreamWriter, Wire},
};

/// The form of one request's answer.
#[derive(Debug)]
pub struct MessageAnswer {
    pub head: Rc<Head>,
}

impl Wire for MessageAnswer {
    fn stream(&self) -> Box<dyn StreamWriter> {
        Box::new(EventStream::new(self.head.clone()))
    }

    fn json(&self, message: &Collected, ending: &Ending<'_>) -> Vec<u8> {
        let stop = Stop::new(ending.finish, &self.head.stop_sequences, &message.refusal);
        let answer = Message {
            id: &self.head.id,
            r#type: "message",
            role: "assistant",
            model: &self.head.model,
            content: self.content(message),
            stop_reason: Some(stop.stop_reason),
            stop_sequence: stop.stop_sequence,
            stop_details: stop.stop_details,
            usage: ending.usage.into(),
        };
        serde_json::to_vec(&answer).expect("plain data always has a JSON form")
    }
}

impl MessageAnswer {
    fn content<'a>(&'a self, message: &'a Collected) -> Vec<ContentBlock<'a>> {
        let Collected { content, refusal, calls, .. } = message;
        let mut blocks = Vec::new();
        let thoughts = message.reasoning_parts().into_iter().filter(|(thinking, _)| !thinking.is_empty());
        blocks.extend(thoughts.map(|(thinking, sealed)| {
            let signature = sealed.unwrap_or(&self.head.id);
            ContentBlock::Thinking { thinking, signature }
        }));
        blocks.extend(
            [content, refusal].into_iter().filter(|text| !text.is_empty()).map(|text| ContentBlock::Text { text }),
        );
        blocks.extend(calls.iter().map(|(start, input)| {
            // The gateway has read the input before, so that it is JSON.
            let input = serde_json::from_str(input).unwrap_or_else(|_| Value::String(input.clone()));
            ContentBlock::ToolUse { id: &start.id, name: &start.name, input }
        }));
        blocks
    }
}
