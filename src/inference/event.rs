//! The parts of an answer, in the order in which they come.
//!
//! Providers append to [`Events`]. Protocols read them as [`Event`]s and decide how to write each of them. A provider
//! writes no markup: `<think>`, links and pictures in Markdown belong to the protocols.

use bytes::Bytes;

use crate::media::{kind::MediaKind, media_type::MediaType};

/// One part of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'e> {
    /// The next piece of the answer's text; never empty.
    Text(&'e str),
    /// The next piece of the reasoning; never empty. None follows the first text.
    Reasoning(&'e str),
    /// The reasoning since the last of these is complete. This is its encrypted form, which clients send back with the
    /// dialogue; never empty. It may come without any reasoning, and after text.
    SealedReasoning(&'e str),
    /// The results of one search; never empty. Before the first text they belong to the reasoning.
    Sources(&'e [Source]),
    /// A source that the text cites at this point.
    Citation(&'e Citation),
    /// A call of a client's tool begins. Its input and its end follow before any other event but reasoning.
    ToolCallStart(&'e ToolCallStart),
    /// The next piece of the call's input: JSON, or the free text of a custom tool; never empty.
    ToolCallInput(&'e str),
    /// The call's input is complete.
    ToolCallEnd,
    /// The next piece of the model's refusal to answer in the requested form; never empty.
    Refusal(&'e str),
    /// A finished picture or video.
    File(&'e FileRef),
    /// A picture before it is finished. Comes only if the prompt asks for previews.
    Preview(&'e Preview),
    /// The progress of a video, in percent.
    Progress(u8),
    /// A picture or video that the provider withheld because of its content, while others of the answer arrived.
    Withheld(MediaKind),
}

/// A page or post that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub title: String,
    pub url: String,
    /// The beginning of the page's text; may be empty.
    pub preview: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The number of this address in the answer, from 1.
    pub number: usize,
    pub url: String,
}

/// A call of a client's tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCallStart {
    /// Unique in the dialogue.
    pub id: String,
    /// One of the names that the client declared.
    pub name: String,
    /// Whether the input is free text instead of JSON.
    pub is_custom: bool,
}

/// A finished picture or video, as its provider names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    pub kind: MediaKind,
    /// A path on the provider's file host without leading slash, or an absolute URL. Empty if no host serves the file:
    /// then `inline` is all there is.
    pub url: String,
    /// The video's still picture, in the same form as `url`.
    pub thumbnail: Option<String>,
    /// The file itself, if the provider sent it.
    pub inline: Option<InlinePicture>,
}

/// The bytes of a picture inside a message of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlinePicture {
    pub media_type: MediaType,
    /// Standard base64 with padding. It is not decoded, because most clients get it as it is.
    pub base64: Bytes,
    /// In pixels; 0 if unknown.
    pub width: u32,
    pub height: u32,
}

/// A picture before it is finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The picture's place among those of the answer, from 0.
    pub place: usize,
    pub picture: InlinePicture,
}

/// Why a complete answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model had said all, or refused.
    Stop,
    /// The text came to the stop sequence with this index in the prompt's list.
    StopSequence(usize),
    /// The answer reached the limit of its length.
    Length,
    /// The model waits for the results of its calls.
    ToolCalls,
}

/// A run of events. Consecutive text of the same kind is one event.
#[derive(Debug, Default)]
pub struct Events {
    text: String,
    items: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    /// Text that ends at this offset.
    Text(usize),
    Reasoning(usize),
    ToolCallStart(ToolCallStart),
    ToolCallInput(usize),
    ToolCallEnd,
    Refusal(usize),
    SealedReasoning(String),
    Sources(Vec<Source>),
    Citation(Citation),
    File(FileRef),
    Preview(Preview),
    Progress(u8),
    Withheld(MediaKind),
}

impl Events {
    /// Returns whether no event has been appended.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Removes every event and keeps the allocated memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.items.clear();
    }

    /// Appends a copy of an event.
    pub fn push(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => {
                self.text(|out| out.push_str(text));
            }
            Event::Reasoning(text) => {
                self.reasoning(|out| out.push_str(text));
            }
            Event::SealedReasoning(sealed) => self.sealed_reasoning(sealed.to_owned()),
            Event::ToolCallStart(start) => self.tool_call_start(start.clone()),
            Event::ToolCallInput(input) => self.tool_call_input(input),
            Event::ToolCallEnd => self.tool_call_end(),
            Event::Refusal(text) => self.refusal(text),
            Event::Sources(sources) => self.sources(sources.to_vec()),
            Event::Citation(citation) => self.citation(citation.clone()),
            Event::File(file) => self.file(file.clone()),
            Event::Preview(preview) => self.preview(preview.clone()),
            Event::Progress(percent) => self.progress(percent),
            Event::Withheld(kind) => self.withheld(kind),
        }
    }

    /// Appends what `write` adds to the answer's text, and returns it.
    pub fn text(&mut self, write: impl FnOnce(&mut String)) -> &str {
        let from = self.text.len();
        write(&mut self.text);
        let end = self.text.len();
        match self.items.last_mut() {
            Some(Item::Text(last)) => *last = end,
            _ if end > from => self.items.push(Item::Text(end)),
            _ => {}
        }
        &self.text[from..]
    }

    /// Appends what `write` adds to the reasoning, and returns it.
    pub fn reasoning(&mut self, write: impl FnOnce(&mut String)) -> &str {
        let from = self.text.len();
        write(&mut self.text);
        let end = self.text.len();
        match self.items.last_mut() {
            Some(Item::Reasoning(last)) => *last = end,
            _ if end > from => self.items.push(Item::Reasoning(end)),
            _ => {}
        }
        &self.text[from..]
    }

    /// Appends the encrypted form of the reasoning that is complete.
    pub fn sealed_reasoning(&mut self, sealed: String) {
        self.items.push(Item::SealedReasoning(sealed));
    }

    /// Appends the beginning of a call.
    pub fn tool_call_start(&mut self, start: ToolCallStart) {
        self.items.push(Item::ToolCallStart(start));
    }

    /// Appends a piece of the input of the call that was started last.
    pub fn tool_call_input(&mut self, input: &str) {
        self.text.push_str(input);
        let end = self.text.len();
        match self.items.last_mut() {
            Some(Item::ToolCallInput(last)) => *last = end,
            _ if !input.is_empty() => self.items.push(Item::ToolCallInput(end)),
            _ => {}
        }
    }

    /// Appends the end of the call that was started last.
    pub fn tool_call_end(&mut self) {
        self.items.push(Item::ToolCallEnd);
    }

    /// Appends a piece of the model's refusal.
    pub fn refusal(&mut self, text: &str) {
        self.text.push_str(text);
        let end = self.text.len();
        match self.items.last_mut() {
            Some(Item::Refusal(last)) => *last = end,
            _ if !text.is_empty() => self.items.push(Item::Refusal(end)),
            _ => {}
        }
    }

    /// Appends the results of a search. An empty list adds no event.
    pub fn sources(&mut self, sources: Vec<Source>) {
        if !sources.is_empty() {
            self.items.push(Item::Sources(sources));
        }
    }

    /// Appends a citation.
    pub fn citation(&mut self, citation: Citation) {
        self.items.push(Item::Citation(citation));
    }

    /// Appends a finished picture or video.
    pub fn file(&mut self, file: FileRef) {
        self.items.push(Item::File(file));
    }

    /// Appends a picture that is not finished.
    pub fn preview(&mut self, preview: Preview) {
        self.items.push(Item::Preview(preview));
    }

    /// Appends the progress of a video, in percent.
    pub fn progress(&mut self, percent: u8) {
        self.items.push(Item::Progress(percent));
    }

    /// Appends that the provider withheld a picture or video.
    pub fn withheld(&mut self, kind: MediaKind) {
        self.items.push(Item::Withheld(kind));
    }

    /// Returns the events in order.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        let mut from = 0;
        self.items.iter().map(move |item| {
            let mut up_to = |end: usize| &self.text[std::mem::replace(&mut from, end)..end];
            match item {
                Item::Text(end) => Event::Text(up_to(*end)),
                Item::Reasoning(end) => Event::Reasoning(up_to(*end)),
                Item::ToolCallStart(start) => Event::ToolCallStart(start),
                Item::ToolCallInput(end) => Event::ToolCallInput(up_to(*end)),
                Item::ToolCallEnd => Event::ToolCallEnd,
                Item::Refusal(end) => Event::Refusal(up_to(*end)),
                Item::SealedReasoning(sealed) => Event::SealedReasoning(sealed),
                Item::Sources(sources) => Event::Sources(sources),
                Item::Citation(citation) => Event::Citation(citation),
                Item::File(file) => Event::File(file),
                Item::Preview(preview) => Event::Preview(preview),
                Item::Progress(percent) => Event::Progress(*percent),
                Item::Withheld(kind) => Event::Withheld(*kind),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_text_of_one_kind_is_one_event() {
        let mut events = Events::default();
        events.reasoning(|out| out.push_str("hm"));
        events.reasoning(|out| out.push('!'));
        events.text(|_| {});
        assert_eq!(events.text(|out| out.push('a')), "a");
        events.text(|out| out.push('b'));
        events.progress(5);
        events.text(|out| out.push('c'));
        events.tool_call_start(ToolCallStart { id: "1".into(), name: "f".into(), is_custom: false });
        events.tool_call_input("{");
        events.tool_call_input("}");
        events.tool_call_end();
        events.refusal("no");
        events.sealed_reasoning("x".to_owned());
        let start = ToolCallStart { id: "1".into(), name: "f".into(), is_custom: false };
        let expected = [
            Event::Reasoning("hm!"),
            Event::Text("ab"),
            Event::Progress(5),
            Event::Text("c"),
            Event::ToolCallStart(&start),
            Event::ToolCallInput("{}"),
            Event::ToolCallEnd,
            Event::Refusal("no"),
            Event::SealedReasoning("x"),
        ];
        assert_eq!(events.iter().collect::<Vec<_>>(), expected);
        let mut copy = Events::default();
        events.iter().for_each(|event| copy.push(event));
        assert_eq!(copy.iter().collect::<Vec<_>>(), expected);
        events.clear();
        assert!(events.is_empty());
        assert_eq!(events.iter().count(), 0);
    }
}
