//! Separates an answer's text from the calls in it.
//!
//! Text goes out in the push in which it came, but for an end that could begin a call. The result depends on the text
//! alone, never on where it was cut. The work is linear in the length of the text.

use std::rc::Rc;

use memchr::{memchr2, memchr3};

use super::calls::ReadyCall;
use super::forms::{self, Opening};
use super::marker::{Found, Tag};
use super::unmarked::{Tail, Verdict};
use super::{MAX_HELD, Request};

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
    /// Calls without the mark, of which it is certain that they are calls.
    Calls {
        raw: &'t str,
        calls: Vec<ReadyCall>,
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
    /// Whether JSON without a mark may be a call.
    takes_json: bool,
    /// What has come and not gone out.
    held: String,
    state: State,
    /// The last character that went out.
    last: Option<char>,
    /// Whether only blanks have come in this line.
    is_fresh: bool,
    /// Whether the text is inside a code fence.
    in_fence: bool,
    /// Whether the end of a fence around calls is still to come: it goes where its beginning went.
    drops_fence: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Text,
    /// `held` begins with an opening tag, whose name has this length. No end was found before `searched`.
    Inside {
        tag: Tag,
        name: usize,
        searched: usize,
    },
    /// `held` begins with what may be a call without mark.
    Unmarked(Tail),
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

/// What stands at the place where text ends.
enum Stop {
    /// Nothing yet: more must come.
    Hold,
    Tag(Found),
    Form(forms::Shape),
    /// The beginning of a fence around a call.
    Fence(usize),
}

type Give<'g> = &'g mut dyn FnMut(Piece<'_>);

impl Sieve {
    /// Returns a sieve for the calls of a request. Without `takes_json`, JSON that has no mark is never a call.
    pub fn new(request: Rc<Request>, takes_json: bool) -> Self {
        Sieve {
            request,
            takes_json,
            held: String::new(),
            state: State::Text,
            last: None,
            is_fresh: true,
            in_fence: false,
            drops_fence: false,
        }
    }

    /// Returns the number of bytes that are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes the next piece of text, and gives what is certain.
    pub fn push(&mut self, text: &str, give: Give) {
        let mut held = std::mem::take(&mut self.held);
        held.push_str(text);
        let used = self.run(&held, None, give);
        held.drain(..used);
        self.held = held;
    }

    /// Ends the text and gives what was held. `cut`: the text should have gone on.
    pub fn finish(&mut self, cut: bool, give: Give) {
        let held = std::mem::take(&mut self.held);
        self.run(&held, Some(cut), give);
    }

    /// Gives what is certain of `held`, and returns how much of it is used. `end`: nothing follows; inside is whether
    /// the text was cut.
    fn run(&mut self, held: &str, end: Option<bool>, give: Give) -> usize {
        let mut from = 0;
        while from < held.len() {
            let rest = &held[from..];
            let at_end = end.is_some();
            let step = match self.state.clone() {
                State::Text => self.text(rest, at_end, give),
                State::Inside { tag, name, searched } => self.inside(rest, (tag, name, searched), at_end, give),
                State::Unmarked(tail) => self.unmarked(rest, tail, end, give),
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

    /// Gives the text before the next call, or enters that call.
    fn text(&mut self, rest: &str, at_end: bool, give: Give) -> Step {
        let (at, stop) = self.next_stop(rest, at_end);
        if at > 0 {
            self.last = rest[..at].chars().next_back();
            give(Piece::Text(&rest[..at]));
            return Step::Used(at);
        }
        match stop {
            Some(Stop::Tag(Found::Open(Tag::Result, _))) => self.state = State::Dropping,
            Some(Stop::Tag(Found::Open(tag, name))) => self.state = State::Inside { tag, name, searched: name },
            // A closing tag alone has no meaning.
            Some(Stop::Tag(Found::Close(_, name))) => {
                return closing(rest, name, at_end).map_or(Step::Wait, |end| dropped(rest, end, give));
            }
            Some(Stop::Form(shape)) => self.state = State::Unmarked(Tail::new(shape, rest)),
            Some(Stop::Fence(length)) => {
                self.drops_fence = true;
                return dropped(rest, length, give);
            }
            Some(Stop::Hold | Stop::Tag(_)) | None => return Step::Wait,
        }
        Step::Used(0)
    }

    /// Returns where the text ends, and why. Keeps count of lines and fences up to there.
    fn next_stop(&mut self, rest: &str, at_end: bool) -> (usize, Option<Stop>) {
        let bytes = rest.as_bytes();
        let mut at = 0;
        while at < rest.len() {
            match bytes[at] {
                b'\n' => {
                    self.is_fresh = true;
                    at += 1;
                    continue;
                }
                b' ' | b'\t' | b'\r' if self.is_fresh => {
                    at += 1;
                    continue;
                }
                b'<' | b'[' => match self.request.marker.find(&rest[at..]) {
                    Found::Unfinished if !at_end => return (at, Some(Stop::Hold)),
                    Found::Nothing | Found::Unfinished => {}
                    found => return (at, Some(Stop::Tag(found))),
                },
                _ => {}
            }
            if self.is_fresh {
                let passed = match self.line(&rest[at..]) {
                    Ok(length) => length,
                    Err(Stop::Hold) if at_end => 0,
                    Err(stop) => return (at, Some(stop)),
                };
                self.is_fresh = false;
                if passed > 0 {
                    at += passed;
                    continue;
                }
            } else if let Some(stop) = self.within_line(rest, at, at_end) {
                return (at, Some(stop));
            }
            // What stands here is text.
            let next = at + 1;
            at = memchr3(b'<', b'[', b'\n', &bytes[next..]).map_or(rest.len(), |found| next + found);
        }
        (at, None)
    }

    /// Returns what begins with the first word of a line, or how much of the line is certain to be text.
    fn line(&mut self, text: &str) -> Result<usize, Stop> {
        if self.request.tools.is_empty() {
            return Ok(0);
        }
        if self.in_fence {
            return match fence(text) {
                Some(true) => {
                    self.in_fence = false;
                    Ok(3)
                }
                Some(false) => Ok(0),
                None => Err(Stop::Hold),
            };
        }
        match forms::opens(text, &self.request.tools, self.takes_json) {
            Opening::Form(shape) => Err(Stop::Form(shape)),
            Opening::Unfinished => Err(Stop::Hold),
            Opening::Nothing if fence(text) == Some(true) => match self.around_call(text) {
                Some(stop) => Err(stop),
                None => {
                    self.in_fence = true;
                    Ok(3)
                }
            },
            Opening::Nothing => Ok(0),
        }
    }

    /// Returns the form that begins within a line: a tag that nothing but a call has.
    fn within_line(&self, rest: &str, at: usize, at_end: bool) -> Option<Stop> {
        let before = rest[..at].chars().next_back().or(self.last);
        if self.in_fence || self.request.tools.is_empty() || before == Some('`') {
            return None;
        }
        match forms::opens_anywhere(&rest[at..], &self.request.tools) {
            Opening::Form(shape) => Some(Stop::Form(shape)),
            Opening::Unfinished if !at_end => Some(Stop::Hold),
            _ => None,
        }
    }

    /// Returns the length of a fence's beginning if a marked call follows.
    fn around_call(&self, text: &str) -> Option<Stop> {
        let body = text[3..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '-').trim_start();
        let length = text.len() - body.len();
        if !body.starts_with(['<', '[']) {
            return None;
        }
        match self.request.marker.find(body) {
            Found::Open(Tag::Call, _) => Some(Stop::Fence(length)),
            Found::Unfinished => Some(Stop::Hold),
            _ => None,
        }
    }

    /// Waits for the end of a tag's content: its closing tag, another tag, or the end of the answer.
    fn inside(&mut self, rest: &str, inside: (Tag, usize, usize), at_end: bool, give: Give) -> Step {
        let (tag, name, mut searched) = inside;
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

    /// Waits until it is certain whether a form is a call.
    fn unmarked(&mut self, rest: &str, mut tail: Tail, end: Option<bool>, give: Give) -> Step {
        match tail.verdict(rest, &self.request, self.takes_json, end.is_some()) {
            Verdict::Wait => {
                self.state = State::Unmarked(tail);
                Step::Wait
            }
            Verdict::Text(length) => {
                self.state = State::Text;
                self.last = rest[..length].chars().next_back();
                self.is_fresh = self.last == Some('\n');
                give(Piece::Text(&rest[..length]));
                Step::Used(length)
            }
            Verdict::Over { length, has_results } => {
                let raw = &rest[..length];
                match forms::read(raw, &self.request.tools, end != Some(true)) {
                    Some(calls) => {
                        give(Piece::Calls { raw, calls });
                        self.state = if has_results { State::Dropping } else { State::After };
                    }
                    None => {
                        give(Piece::Text(raw));
                        self.state = State::Text;
                        self.is_fresh = false;
                    }
                }
                Step::Used(length)
            }
        }
    }

    /// Skips blanks between calls, and at the end.
    fn after(&mut self, rest: &str, at_end: bool, give: Give) -> Step {
        let next = rest.trim_start();
        let blanks = rest.len() - next.len();
        if next.is_empty() {
            return if at_end { dropped(rest, blanks, give) } else { Step::Wait };
        }
        if self.drops_fence && next.starts_with('`') {
            match fence(next) {
                Some(true) => {
                    self.drops_fence = false;
                    return dropped(rest, blanks + 3, give);
                }
                None if !at_end => return Step::Wait,
                _ => {}
            }
        }
        let begins_tag = match next.starts_with(['<', '[']).then(|| self.request.marker.find(next)) {
            Some(Found::Unfinished) if !at_end => return Step::Wait,
            Some(Found::Open(..) | Found::Close(..)) => true,
            _ => false,
        };
        self.state = State::Text;
        self.is_fresh = true;
        if begins_tag { dropped(rest, blanks, give) } else { Step::Used(0) }
    }
}

/// Returns whether a text begins with a code fence, or `None` if more must come first.
fn fence(text: &str) -> Option<bool> {
    match text.starts_with("```") {
        true => Some(true),
        false if "```".starts_with(text) => None,
        false => Some(false),
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

fn dropped(rest: &str, length: usize, give: Give) -> Step {
    give(Piece::Dropped(&rest[..length]));
    Step::Used(length)
}
