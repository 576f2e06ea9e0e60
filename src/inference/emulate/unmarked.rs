//! Decides about a form without mark while the answer comes: whether it may still be a call, and where it ends.

use super::forms::{self, Next, Shape};
use super::marker::MAX_NAME;
use super::{MAX_HELD, Request};

/// A form at the end of what has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Tail {
    shape: Shape,
    /// The end of the form was not found before this offset.
    searched: usize,
    /// Brackets that are open there, and whether that is inside a string.
    open: usize,
    in_string: bool,
    /// No tag with the mark begins before this offset.
    unmarked: usize,
    /// Where the form ended, once it has.
    ended: Option<usize>,
}

/// What is known of a form.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    Wait,
    /// This much is text.
    Text(usize),
    /// This much is a call if it can be read as one.
    Over {
        length: usize,
        has_results: bool,
    },
}

impl Tail {
    /// Returns a form at the beginning of `text`.
    pub fn new(shape: Shape, text: &str) -> Self {
        let searched = match shape {
            Shape::Fence => text.len().min(3),
            _ => 0,
        };
        Tail { shape, searched, open: 0, in_string: false, unmarked: 0, ended: None }
    }

    /// Returns what is known of the form that `text` begins with.
    pub fn verdict(&mut self, text: &str, request: &Request, json: bool, at_end: bool) -> Verdict {
        let verdict = self.without_mark(text, request, json, at_end);
        let decided = match verdict {
            Verdict::Wait => text.len(),
            Verdict::Text(length) | Verdict::Over { length, .. } => length,
        };
        // A tag with the mark is the real call.
        let from = text.floor_char_boundary(self.unmarked);
        match request.marker.first_in(&text[from..]).map(|at| from + at) {
            Some(at) if at > 0 && at < decided => return Verdict::Text(at),
            _ => self.unmarked = text.len().saturating_sub(MAX_NAME),
        }
        verdict
    }

    fn without_mark(&mut self, text: &str, request: &Request, json: bool, at_end: bool) -> Verdict {
        loop {
            let Some(end) = self.ended.or_else(|| self.find_end(text)) else {
                return match () {
                    () if at_end => Verdict::Over { length: text.len(), has_results: false },
                    () if text.len() > MAX_HELD => Verdict::Text(text.len()),
                    () => Verdict::Wait,
                };
            };
            self.ended = Some(end);
            let next = text[end..].trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == ';');
            let at = text.len() - next.len();
            if next.is_empty() {
                return if at_end { Verdict::Over { length: text.len(), has_results: false } } else { Verdict::Wait };
            }
            match forms::follows(next, &request.tools, json, at_end) {
                Next::Unfinished if !at_end => return Verdict::Wait,
                Next::Form(shape) => {
                    let searched = at + if shape == Shape::Fence { 3 } else { 0 };
                    *self = Tail { shape, searched, open: 0, in_string: false, unmarked: self.unmarked, ended: None };
                }
                Next::End(length) => self.ended = Some(at + length),
                Next::Result => {
                    return Verdict::Over { length: at, has_results: true };
                }
                Next::Text | Next::Unfinished => return Verdict::Text(end),
            }
        }
    }

    /// Returns the end of the form, as far as its text has come.
    fn find_end(&mut self, text: &str) -> Option<usize> {
        match &self.shape {
            Shape::Open => None,
            Shape::Json => self.closed_brackets(text),
            Shape::Tags(closer) => {
                let found = text[self.searched..].find(closer.as_str()).map(|at| self.searched + at);
                match found {
                    Some(at) => {
                        self.searched = at;
                        text[at..].find(['>', ']']).map(|end| at + end + 1)
                    }
                    None => {
                        let from = text.len().saturating_sub(closer.len());
                        self.searched = text.ceil_char_boundary(from).max(self.searched);
                        None
                    }
                }
            }
            Shape::Fence => match text[self.searched..].find("\n```") {
                Some(at) => Some(self.searched + at + 4),
                None => {
                    self.searched = text.floor_char_boundary(text.len().saturating_sub(3)).max(self.searched);
                    None
                }
            },
        }
    }

    /// Returns where the brackets are closed that the form begins with.
    fn closed_brackets(&mut self, text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        while self.searched < bytes.len() {
            let at = self.searched;
            match bytes[at] {
                // What is escaped may not have come yet.
                b'\\' if self.in_string && at + 1 == bytes.len() => return None,
                b'\\' if self.in_string => self.searched += 1,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.open += 1,
                b'}' | b']' if !self.in_string => {
                    self.open = self.open.saturating_sub(1);
                    if self.open == 0 {
                        self.searched += 1;
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            self.searched += 1;
        }
        None
    }
}
