//! Separates an answer's text from the calls in it.
//!
//! Text goes out in the push in which it came, but for an end that could begin a tag of this request. The result
//! depends on the text alone, never on where it was cut. The work is linear in the length of the text.

use std::rc::Rc;

use memchr::memchr2;

use super::Request;
use super::marker::{Found, Tag};

/// The most bytes that are held for one call.
pub const MAX_HELD: usize = 1 << 20;

/// A part of an answer, in order.
#[derive(Debug, PartialEq)]
pub enum Piece<'t> {
    Text(&'t str),
    /// A marked call: all of it, and what stands between the name of its tag and the closing tag.
    Block {
        raw: &'t str,
        content: &'t str,
        is_closed: bool,
        is_quoted: bool,
    },
    Refusal {
        raw: &'t str,
        text: &'t str,
    },
    /// What has no meaning.
    Dropped(&'t str),
}

#[derive(Debug)]
pub struct Sieve {
    request: Rc<Request>,
    /// What has come and not gone out.
    held: String,
    state: State,
    /// The last character that went out.
    last: Option<char>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Text,
    /// `held` begins with an opening tag, whose name has this length. No end was found before `searched`.
    Inside {
        tag: Tag,
        name: usize,
        searched: usize,
    },
    /// After a call. Blanks belong to it if nothing follows but other calls.
    After,
    /// The model writes results of its calls itself.
    Dropping,
}

/// What a step did with the beginning of the text.
enum Step {
    Used(usize),
    /// More must come first.
    Wait,
}

impl Sieve {
    /// Returns a sieve for the tags of a request.
    pub fn new(request: Rc<Request>) -> Self {
        Sieve { request, held: String::new(), state: State::Text, last: None }
    }

    /// Returns the number of bytes that are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes the next piece of text, and gives what is certain.
    pub fn push(&mut self, text: &str, give: &mut dyn FnMut(Piece<'_>)) {
        let mut held = std::mem::take(&mut self.held);
        held.push_str(text);
        let used = self.run(&held, false, give);
        held.drain(..used);
        self.held = held;
    }

    /// Ends the text and gives what was held.
    pub fn finish(&mut self, give: &mut dyn FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.held);
        self.run(&held, true, give);
    }

    /// Gives what is certain of `held`, and returns how much of it is used.
    fn run(&mut self, held: &str, at_end: bool, give: &mut dyn FnMut(Piece<'_>)) -> usize {
        let mut from = 0;
        while from < held.len() {
            let rest = &held[from..];
            let step = match self.state {
                State::Text => self.text(rest, at_end, give),
                State::Inside { tag, name, searched } => self.inside(rest, (tag, name, searched), at_end, give),
                State::After => self.after(rest, at_end, give),
                State::Dropping => dropped(rest, rest.len(), give),
            };
            match step {
                Step::Used(used) => from += used,
                Step::Wait => break,
            }
        }
        from
    }

    /// Gives the text before the next tag, or enters that tag.
    fn text(&mut self, rest: &str, at_end: bool, give: &mut dyn FnMut(Piece<'_>)) -> Step {
        let mut from = 0;
        let at = loop {
            let Some(found) = memchr2(b'<', b'[', &rest.as_bytes()[from..]) else { break rest.len() };
            let at = from + found;
            match self.request.marker.find(&rest[at..]) {
                Found::Nothing => from = at + 1,
                Found::Unfinished if at_end => from = at + 1,
                Found::Unfinished if at == 0 => return Step::Wait,
                Found::Open(Tag::Result, _) if at == 0 => {
                    self.state = State::Dropping;
                    return Step::Used(0);
                }
                Found::Open(tag, name) if at == 0 => {
                    self.state = State::Inside { tag, name, searched: name };
                    return Step::Used(0);
                }
                // A closing tag alone has no meaning.
                Found::Close(_, name) if at == 0 => {
                    let end = closing(rest, name, at_end);
                    return end.map_or(Step::Wait, |end| dropped(rest, end, give));
                }
                _ => break at,
            }
        };
        self.last = rest[..at].chars().next_back();
        give(Piece::Text(&rest[..at]));
        Step::Used(at)
    }

    /// Waits for the end of a tag's content: its closing tag, another tag, or the end of the answer.
    fn inside(
        &mut self,
        rest: &str,
        (tag, name, mut searched): (Tag, usize, usize),
        at_end: bool,
        give: &mut dyn FnMut(Piece<'_>),
    ) -> Step {
        let (content, used, is_closed) = loop {
            let found = memchr2(b'<', b'[', &rest.as_bytes()[searched..]);
            let Some(at) = found.map(|found| searched + found) else {
                if !at_end && rest.len() <= MAX_HELD {
                    self.state = State::Inside { tag, name, searched: rest.len() };
                    return Step::Wait;
                }
                break (&rest[name..], rest.len(), false);
            };
            let end = match self.request.marker.find(&rest[at..]) {
                Found::Unfinished if !at_end => None,
                Found::Close(_, length) => closing(&rest[at..], length, at_end),
                Found::Open(..) => Some(0),
                _ => {
                    searched = at + 1;
                    continue;
                }
            };
            let Some(length) = end else {
                self.state = State::Inside { tag, name, searched: at };
                return Step::Wait;
            };
            break (&rest[name..at], at + length, true);
        };
        give(match tag {
            Tag::Refusal => Piece::Refusal { raw: &rest[..used], text: content.trim_start_matches('>').trim() },
            _ => Piece::Block { raw: &rest[..used], content, is_closed, is_quoted: self.last == Some('`') },
        });
        self.state = State::After;
        Step::Used(used)
    }

    /// Skips blanks between calls, and at the end.
    fn after(&mut self, rest: &str, at_end: bool, give: &mut dyn FnMut(Piece<'_>)) -> Step {
        let next = rest.trim_start();
        let blanks = rest.len() - next.len();
        if next.is_empty() {
            return if at_end { dropped(rest, blanks, give) } else { Step::Wait };
        }
        let begins_tag = match next.starts_with(['<', '[']).then(|| self.request.marker.find(next)) {
            Some(Found::Unfinished) if !at_end => return Step::Wait,
            Some(Found::Open(..) | Found::Close(..)) => true,
            _ => false,
        };
        self.state = State::Text;
        if begins_tag { dropped(rest, blanks, give) } else { Step::Used(0) }
    }
}

/// Returns the length of a closing tag whose name has this length, or `None` if it may go on.
fn closing(rest: &str, name: usize, at_end: bool) -> Option<usize> {
    let after = &rest[name..];
    let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
    match after[blanks..].chars().next() {
        Some('>' | ']') => Some(name + blanks + 1),
        Some(_) => Some(name),
        None => at_end.then_some(rest.len()),
    }
}

fn dropped(rest: &str, length: usize, give: &mut dyn FnMut(Piece<'_>)) -> Step {
    give(Piece::Dropped(&rest[..length]));
    Step::Used(length)
}
