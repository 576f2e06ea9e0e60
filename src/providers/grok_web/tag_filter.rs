//! Removes the elements that the operator filters, such as `<grok:render …>…</grok:render>`, from text that comes in
//! pieces.
//!
//! The result depends on the text alone, never on where it was cut:
//! * An element is its opening tag, its content and its closing tag. Self-closing tags and nesting are understood,
//!   and names ignore case. It is removed as a whole, and nothing beside it.
//! * Text is held back only while its end could begin such a tag, or while an element is open.
//! * If an element is still open at the end, or holds more than [`MAX_HELD`] bytes, only its tag is removed and its
//!   text is kept. A model that merely mentions a tag loses the tag, not the rest of its answer.
//! * A closing tag without its opening tag is removed.
//! * A tag must end within [`MAX_TAG`] bytes and before the next `<` outside quotes; otherwise it is text. If the
//!   text ends inside a tag, the unfinished tag is removed if its name is complete, and kept if not.

use memchr::{memchr, memchr3};

/// The most bytes of text in an element.
pub const MAX_HELD: usize = 64 << 10;
/// The longest tag in bytes.
pub const MAX_TAG: usize = 4 << 10;

/// The filter of one text.
#[derive(Debug, Clone, Default)]
pub struct TagFilter {
    /// Names in lower case.
    names: Vec<String>,
    /// Text from a `<` that may begin a tag to the end of what has come.
    pending: String,
    /// The content of the open elements, without complete elements inside them.
    held: String,
    /// Open elements, outermost first: the name, and the offset in `held` where it begins.
    open: Vec<(usize, usize)>,
    /// How many elements of `open` have each name.
    counts: Vec<usize>,
}

/// The meaning of a `<`.
enum Markup {
    /// A filtered tag of this many bytes.
    Tag { length: usize, name: usize, form: Form },
    /// Not a tag: the text up to here is ordinary.
    Text(usize),
    /// Too short to decide.
    Unfinished,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Opening,
    Closing,
    SelfClosing,
}

impl TagFilter {
    /// Returns a filter for the setting `list`: names separated by commas.
    pub fn new(list: &str) -> Self {
        let trim = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '/');
        let names = list.split(',').map(|name| name.trim_matches(trim).to_ascii_lowercase());
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        TagFilter { counts: vec![0; names.len()], names, ..Self::default() }
    }

    /// Returns whether an element is open, so that what comes next may be removed.
    pub fn is_inside(&self) -> bool {
        !self.open.is_empty()
    }

    /// Adds a piece and appends the text that is certain to stay to `out`.
    pub fn push(&mut self, text: &str, out: &mut String) {
        if self.pending.is_empty() {
            self.run(text, out);
        } else {
            let mut all = std::mem::take(&mut self.pending);
            all.push_str(text);
            self.run(&all, out);
        }
    }

    /// Ends the text and appends what was held back to `out`, unless it is an element. The filter can be used again.
    pub fn finish(&mut self, out: &mut String) {
        let pending = std::mem::take(&mut self.pending);
        if self.tag_name(&pending).is_none() {
            self.keep(&pending, out);
        }
        out.push_str(&std::mem::take(&mut self.held));
        self.open.clear();
        self.counts.fill(0);
    }

    fn run(&mut self, mut text: &str, out: &mut String) {
        if self.names.is_empty() {
            return out.push_str(text);
        }
        while let Some(at) = memchr(b'<', text.as_bytes()) {
            self.keep(&text[..at], out);
            text = &text[at..];
            let length = match self.markup(text) {
                Markup::Tag { length, name, form } => {
                    self.tag(name, form);
                    length
                }
                Markup::Text(length) => {
                    self.keep(&text[..length], out);
                    length
                }
                Markup::Unfinished => {
                    self.pending.push_str(text);
                    return;
                }
            };
            text = &text[length..];
        }
        self.keep(text, out);
    }

    /// Writes ordinary text to `out` or into the open element. Elements that now hold too much are given up.
    fn keep(&mut self, text: &str, out: &mut String) {
        if self.open.is_empty() {
            return out.push_str(text);
        }
        self.held.push_str(text);
        let too_long = self.open.iter().take_while(|(_, start)| self.held.len() - start > MAX_HELD).count();
        if too_long == 0 {
            return;
        }
        for (name, _) in self.open.drain(..too_long) {
            self.counts[name] -= 1;
        }
        let freed = self.open.first().map_or(self.held.len(), |(_, start)| *start);
        out.extend(self.held.drain(..freed));
        for (_, start) in &mut self.open {
            *start -= freed;
        }
    }

    fn tag(&mut self, name: usize, form: Form) {
        match form {
            Form::SelfClosing => {}
            Form::Opening => {
                self.open.push((name, self.held.len()));
                self.counts[name] += 1;
            }
            Form::Closing => {
                // An element that was opened inside and never closed ends with the element around it.
                while self.counts[name] > 0
                    && let Some((popped, start)) = self.open.pop()
                {
                    self.counts[popped] -= 1;
                    if popped == name {
                        self.held.truncate(start);
                        break;
                    }
                }
            }
        }
    }

    /// Returns the name after `<` or `</` and where it ends, if its end is certain.
    fn tag_name(&self, text: &str) -> Option<(usize, usize)> {
        let start = if text.starts_with("</") { 2 } else { 1 };
        let rest = text.as_bytes().get(start..)?;
        self.names.iter().enumerate().find_map(|(index, name)| {
            let found = rest.get(..name.len())?.eq_ignore_ascii_case(name.as_bytes());
            let ends = matches!(rest.get(name.len())?, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n');
            (found && ends).then_some((index, start + name.len()))
        })
    }

    /// Returns whether text that starts with `<` could become a filtered tag.
    fn may_become_tag(&self, text: &str) -> bool {
        let rest = text.strip_prefix("</").unwrap_or(&text[1..]).as_bytes();
        self.names.iter().any(|name| {
            let name = name.as_bytes();
            rest.len() <= name.len() && rest.eq_ignore_ascii_case(&name[..rest.len()])
        })
    }

    fn markup(&self, text: &str) -> Markup {
        let Some((name, mut at)) = self.tag_name(text) else {
            let unfinished = self.may_become_tag(text);
            return if unfinished { Markup::Unfinished } else { Markup::Text(1) };
        };
        // A name may be as long as a tag.
        let bytes = &text.as_bytes()[..text.len().min(MAX_TAG.max(at + 1))];
        let closing = bytes[1] == b'/';
        while let Some(next) = end_or_quote(&bytes[at..]) {
            at += next;
            match bytes[at] {
                b'>' => {
                    let form = match (closing, bytes[at - 1]) {
                        (true, _) => Form::Closing,
                        (false, b'/') => Form::SelfClosing,
                        _ => Form::Opening,
                    };
                    return Markup::Tag { length: at + 1, name, form };
                }
                b'<' => return Markup::Text(at),
                quote => match memchr(quote, &bytes[at + 1..]) {
                    Some(length) => at += length + 2,
                    None => break,
                },
            }
        }
        if text.len() < MAX_TAG { Markup::Unfinished } else { Markup::Text(floor_char_boundary(text, MAX_TAG)) }
    }
}

/// Returns the next `<` or `>`, or a quote that begins an attribute's value.
fn end_or_quote(bytes: &[u8]) -> Option<usize> {
    let plain = memchr3(b'<', b'>', b'"', bytes);
    let upto = &bytes[..plain.unwrap_or(bytes.len())];
    // An apostrophe is a quote only right after `=`.
    let single = memchr::memmem::find(upto, b"='").map(|at| at + 1);
    single.or(plain)
}

fn floor_char_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
