//! Writes an answer as a response object, or as a stream of events.

use std::rc::Rc;

use futures::future::LocalBoxFuture;

use super::{
    event_stream::ResponseStream,
    keeper::Keeper,
    wire::{Content, Head, State, UsageObject, annotations},
};
use crate::{
    inference::{event::Finish, record::RequestRecord, usage::Tally},
    protocols::answer::{
        message::Collected,
        wire::{Ending, StreamWriter, Wire},
    },
    settings::Settings,
};

/// The form of one request's answer.
pub struct ResponsesAnswer {
    pub head: Rc<Head>,
    pub keeper: Rc<Keeper>,
}

impl Wire for ResponsesAnswer {
    fn allows_raw_reasoning(&self) -> bool {
        false
    }

    fn stream(&self) -> Box<dyn StreamWriter> {
        Box::new(ResponseStream::new(self.head.clone(), self.keeper.clone()))
    }

    fn json(&self, message: &Collected, ending: &Ending<'_>) -> Vec<u8> {
        let is_cut = ending.finish == Finish::Length;
        let usage = UsageObject::new(ending.usage, Tally::of(&message.reasoning));
        let state = if is_cut { State::Incomplete(usage) } else { State::Completed(usage) };
        self.keeper.complete(&self.head, &state, &self.items(message, ending, is_cut)).into_bytes()
    }

    fn begin(&self, settings: &Settings, record: &RequestRecord) {
        self.keeper.begin(&self.head, settings, record);
    }

    fn keep(&self) -> Option<LocalBoxFuture<'static, ()>> {
        self.keeper.keep()
    }
}

impl ResponsesAnswer {
    fn items(&self, message: &Collected, ending: &Ending<'_>, is_cut: bool) -> Vec<String> {
        let (head, mut items) = (&self.head, Vec::new());
        if head.includes_encrypted {
            for (text, encrypted) in message.reasoning_parts() {
                items.push(head.reasoning(items.len(), text, encrypted));
            }
        } else if !message.reasoning.is_empty() {
            items.push(head.reasoning(0, &message.reasoning, None));
        }
        let annotations = annotations(ending.citations);
        let mut content = Vec::new();
        if !message.content.is_empty() {
            content.push(Content::text(&message.content, &annotations));
        }
        if !message.refusal.is_empty() {
            content.push(Content::Refusal { refusal: &message.refusal });
        }
        if !content.is_empty() {
            let is_last = message.calls.is_empty();
            let status = if is_cut && is_last { "incomplete" } else { "completed" };
            items.push(head.message(items.len(), &content, status));
        }
        for (start, input) in &message.calls {
            items.push(head.call(items.len(), start, input, "completed"));
        }
        items
    }
}
