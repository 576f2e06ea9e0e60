//! What an answer consists of, in the order in which it comes.
//!
//! Providers append to [`Events`]; protocols read them as [`Event`]s and decide how each is written. A provider writes
//! no markup: `<think>`, links and pictures in Markdown are a protocol's matter.

use crate::media::kind::MediaKind;

/// One part of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'e> {
    /// The next piece of the answer's text; never empty.
    Text(&'e str),
    /// The next piece of the reasoning; never empty. None follows the first text.
    Reasoning(&'e str),
    /// What one search found; never empty. Before the first text it belongs to the reasoning.
    Sources(&'e [Source]),
    /// A source that the text cites at this place.
    Citation(&'e Citation),
    /// A finished picture or video.
    File(&'e FileRef),
    /// How much of a video is made, in percent.
    Progress(u8),
    /// A picture or video that the provider made and withheld for its content, while others of the answer came.
    Withheld(MediaKind),
}

/// A page or post that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub title: String,
    pub url: String,
    /// The beginning of its text; may be empty.
    pub preview: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Counts the answer's different addresses from 1.
    pub number: usize,
    pub url: String,
}

/// A finished picture or video, as its provider names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    pub kind: MediaKind,
    /// A path on the provider's file host without leading slash, or a whole address.
    pub url: String,
    /// A video's still picture, named likewise.
    pub thumbnail: Option<String>,
}

/// What a whole answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finish {
    pub pictures: u32,
    pub videos: u32,
}

/// The events of one stretch of an answer. Text of the same kind that comes in a row is one event.
#[derive(Debug, Default)]
pub struct Events {
    text: String,
    items: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    /// Text up to this offset.
    Text(usize),
    Reasoning(usize),
    Sources(Vec<Source>),
    Citation(Citation),
    File(FileRef),
    Progress(u8),
    Withheld(MediaKind),
}

impl Events {
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.items.clear();
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

    /// Appends what a search found; an empty list is no event.
    pub fn sources(&mut self, sources: Vec<Source>) {
        if !sources.is_empty() {
            self.items.push(Item::Sources(sources));
        }
    }

    pub fn citation(&mut self, citation: Citation) {
        self.items.push(Item::Citation(citation));
    }

    pub fn file(&mut self, file: FileRef) {
        self.items.push(Item::File(file));
    }

    pub fn progress(&mut self, percent: u8) {
        self.items.push(Item::Progress(percent));
    }

    pub fn withheld(&mut self, kind: MediaKind) {
        self.items.push(Item::Withheld(kind));
    }

    /// The events in order.
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        let mut from = 0;
        self.items.iter().map(move |item| {
            let mut up_to = |end: usize| &self.text[std::mem::replace(&mut from, end)..end];
            match item {
                Item::Text(end) => Event::Text(up_to(*end)),
                Item::Reasoning(end) => Event::Reasoning(up_to(*end)),
                Item::Sources(sources) => Event::Sources(sources),
                Item::Citation(citation) => Event::Citation(citation),
                Item::File(file) => Event::File(file),
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
    fn text_of_one_kind_in_a_row_is_one_event() {
        let mut events = Events::default();
        events.reasoning(|out| out.push_str("hm"));
        events.reasoning(|out| out.push('!'));
        events.text(|_| {});
        assert_eq!(events.text(|out| out.push('a')), "a");
        events.text(|out| out.push('b'));
        events.progress(5);
        events.text(|out| out.push('c'));
        let expected = [Event::Reasoning("hm!"), Event::Text("ab"), Event::Progress(5), Event::Text("c")];
        assert_eq!(events.iter().collect::<Vec<_>>(), expected);
        events.clear();
        assert!(events.is_empty());
        assert_eq!(events.iter().count(), 0);
    }
}
