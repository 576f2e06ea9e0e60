//! Finds the citations in a text: the API writes `[[1]](https://example.org)` where the text cites a source.
//!
//! Protocols write links and annotations themselves, so that a citation becomes an event, wherever the text is cut.

use crate::inference::event::{Citation, Events};

/// The longest address in bytes. What is longer is text.
const LONGEST: usize = 2_048;

/// Finds citations. It keeps the beginning of what may become one.
#[derive(Debug, Default)]
pub struct Citations {
    held: String,
}

/// What a text that begins with `[` may be.
#[derive(Debug, PartialEq, Eq)]
enum Found<'t> {
    /// A citation, with its length in bytes.
    Citation {
        length: usize,
        number: usize,
        url: &'t str,
    },
    /// The beginning of one.
    Beginning,
    Text,
}

impl Citations {
    /// Appends a piece of text to `events`, with its citations as events. Returns whether there were some.
    pub fn push(&mut self, text: &str, events: &mut Events) -> bool {
        if self.held.is_empty() && !text.contains('[') {
            events.text(|out| out.push_str(text));
            return false;
        }
        self.held.push_str(text);
        self.pass(false, events)
    }

    /// Appends what is held to `events`, because the text is over. Returns whether that is a citation.
    pub fn finish(&mut self, events: &mut Events) -> bool {
        self.pass(true, events)
    }

    fn pass(&mut self, is_over: bool, events: &mut Events) -> bool {
        let held = std::mem::take(&mut self.held);
        let mut rest = &*held;
        let mut any = false;
        while let Some(at) = rest.find('[') {
            let (before, from) = rest.split_at(at);
            events.text(|out| out.push_str(before));
            rest = from;
            match found(rest, is_over) {
                Found::Citation { length, number, url } => {
                    events.citation(Citation { number, url: url.to_owned() });
                    any = true;
                    rest = &rest[length..];
                }
                Found::Beginning => {
                    self.held = rest.to_owned();
                    return any;
                }
                Found::Text => {
                    events.text(|out| out.push('['));
                    rest = &rest[1..];
                }
            }
        }
        events.text(|out| out.push_str(rest));
        any
    }
}

/// Returns what the text, which begins with `[`, is. `is_over`: nothing follows it.
fn found(text: &str, is_over: bool) -> Found<'_> {
    let open = if is_over { Found::Text } else { Found::Beginning };
    let Some(rest) = text.strip_prefix("[[") else { return if text.len() < 2 { open } else { Found::Text } };
    let digits = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(digits);
    if digits > 4 {
        return Found::Text;
    }
    if rest.is_empty() {
        return open;
    }
    let Some(number) = number.parse().ok().filter(|number| *number > 0) else { return Found::Text };
    const BEFORE: &str = "]](";
    let Some(rest) = rest.strip_prefix(BEFORE) else {
        return if BEFORE.starts_with(rest) { open } else { Found::Text };
    };
    let is_address = |start: &str| rest.starts_with(start) || start.starts_with(rest);
    if !is_address("https://") && !is_address("http://") {
        return Found::Text;
    }
    match end_of_address(rest, is_over) {
        Some(Some(end)) => Found::Citation { length: text.len() - rest.len() + end + 1, number, url: &rest[..end] },
        Some(None) => Found::Text,
        None => Found::Beginning,
    }
}

/// Returns where an address ends, in front of its `)`; `Some(None)` if it is none, `None` if the end has not come. An
/// address may have pairs of brackets, but without its partner a `(` is a part of it, too.
fn end_of_address(text: &str, is_over: bool) -> Option<Option<usize>> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(Some(at)),
            b')' => depth -= 1,
            _ if byte <= b' ' || matches!(byte, b'[' | b']' | b'<' | b'>' | b'"') || at > LONGEST => {
                return Some(text[..at].rfind(')'));
            }
            _ => {}
        }
    }
    is_over.then(|| text.rfind(')'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::event::Event;

    /// Returns a text that comes in these pieces, with `<n url>` for citations.
    fn read<'t>(pieces: impl IntoIterator<Item = &'t str>) -> String {
        let (mut citations, mut events) = (Citations::default(), Events::default());
        for piece in pieces {
            citations.push(piece, &mut events);
        }
        citations.finish(&mut events);
        let written = events.iter().map(|event| match event {
            Event::Text(text) => text.to_owned(),
            Event::Citation(Citation { number, url }) => format!("<{number} {url}>"),
            other => panic!("{other:?}"),
        });
        written.collect()
    }

    const CASES: [(&str, &str); 14] = [
        ("A[[1]](https://e.org/a?b=c#d)[[22]](http://e.org/é) b", "A<1 https://e.org/a?b=c#d><22 http://e.org/é> b"),
        ("[[1]](https://e.org/X_(y)).", "<1 https://e.org/X_(y)>."),
        ("[[1]](https://e.org/X_(y) is", "<1 https://e.org/X_(y> is"),
        ("[[1]](https://e.org/X_(y)", "<1 https://e.org/X_(y>"),
        ("[[1]](https://e.org/X_(y)[[2]](https://e.org)", "<1 https://e.org/X_(y><2 https://e.org>"),
        ("[[1]](https://e.org/a b)", "[[1]](https://e.org/a b)"),
        ("[[1]](javascript:x) [[1]](/a)", "[[1]](javascript:x) [[1]](/a)"),
        ("[[0]](https://e.org) [[12345]](https://e.org)", "[[0]](https://e.org) [[12345]](https://e.org)"),
        ("[[[1]](https://e.org)]", "[<1 https://e.org>]"),
        ("[1](https://e.org) [[1], [2]] [[a]](https://e.org)", "[1](https://e.org) [[1], [2]] [[a]](https://e.org)"),
        ("[[1]](https://e.org", "[[1]](https://e.org"),
        ("[[1]](htt", "[[1]](htt"),
        ("[[", "[["),
        ("x[", "x["),
    ];

    #[test]
    fn citations_are_found_wherever_the_text_is_cut() {
        for (text, expected) in CASES {
            assert_eq!(read([text]), expected);
            let cuts = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
            for at in cuts {
                assert_eq!(read([&text[..at], &text[at..]]), expected, "{at}");
            }
            let mut buffers = [[0; 4]; 80];
            let characters = text.chars().zip(&mut buffers).map(|(c, buffer)| &*c.encode_utf8(buffer));
            assert_eq!(read(characters), expected);
        }
    }

    #[test]
    fn text_is_not_held_for_long() {
        let (mut citations, mut events) = (Citations::default(), Events::default());
        let long = format!("[[1]](https://e.org/{}", "a".repeat(LONGEST));
        citations.push(&long, &mut events);
        assert_eq!(events.iter().collect::<Vec<_>>(), [Event::Text(&long)]);
    }
}
