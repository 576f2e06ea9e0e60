//! Where an answer's text ends early: at a number of language tokens, or before a stop sequence.
//!
//! Pure. Both take text as it comes; where it was cut makes no difference.

use super::event::{Event, Events};

/// Counts text up to a limit of estimated language tokens.
#[derive(Debug)]
pub struct Length {
    /// Quarters of a token that are left: an ASCII character takes one, another character four.
    left: u64,
}

impl Length {
    /// Returns the limit of a text that may have `max_tokens`.
    pub fn new(max_tokens: u64) -> Self {
        Length { left: max_tokens.saturating_mul(4) }
    }

    /// Returns the part of the next piece that is within the limit.
    pub fn cut<'t>(&mut self, text: &'t str) -> &'t str {
        // Most pieces are far from the limit.
        if text.len() as u64 * 4 <= self.left && text.is_ascii() {
            self.left -= text.len() as u64;
            return text;
        }
        for (at, character) in text.char_indices() {
            let quarters = if character.is_ascii() { 1 } else { 4 };
            if quarters > self.left {
                self.left = 0;
                return &text[..at];
            }
            self.left -= quarters;
        }
        text
    }
}

/// Looks for stop sequences in an answer's text.
#[derive(Debug)]
pub struct Stop {
    sequences: Vec<String>,
    /// The end of the text so far, if a stop sequence may begin with it.
    held: String,
}

impl Stop {
    /// Returns a search for these sequences, of which none is empty.
    pub fn new(sequences: &[String]) -> Self {
        Stop { sequences: sequences.to_vec(), held: String::new() }
    }

    /// Appends events to `out`, with text up to the first stop sequence, and returns the sequence's index. Text that
    /// may be the beginning of one is held back, unless nothing follows (`is_last`).
    pub fn pass(&mut self, events: &Events, is_last: bool, out: &mut Events) -> Option<usize> {
        if self.sequences.is_empty() {
            events.iter().for_each(|event| out.push(event));
            return None;
        }
        for event in events.iter() {
            match event {
                Event::Text(text) => {
                    if let Some(found) = self.text(text, out) {
                        return Some(found);
                    }
                }
                Event::Reasoning(_) | Event::Sources(_) => out.push(event),
                event => {
                    self.release(out);
                    out.push(event);
                }
            }
        }
        if is_last {
            self.release(out);
        }
        None
    }

    fn text(&mut self, text: &str, out: &mut Events) -> Option<usize> {
        self.held.push_str(text);
        let found = self.sequences.iter().enumerate().filter_map(|(index, sequence)| {
            let at = memchr::memmem::find(self.held.as_bytes(), sequence.as_bytes())?;
            Some((at, index))
        });
        if let Some((at, index)) = found.min() {
            out.text(|out| out.push_str(&self.held[..at]));
            self.held.clear();
            return Some(index);
        }
        let keep = self.sequences.iter().map(|sequence| overlap(&self.held, sequence)).max().unwrap_or_default();
        let rest = self.held.split_off(self.held.len() - keep);
        let ready = std::mem::replace(&mut self.held, rest);
        out.text(|out| out.push_str(&ready));
        None
    }

    fn release(&mut self, out: &mut Events) {
        let held = std::mem::take(&mut self.held);
        out.text(|out| out.push_str(&held));
    }
}

/// Returns the length of the longest end of `text` with which `sequence` begins.
fn overlap(text: &str, sequence: &str) -> usize {
    let longest = text.len().min(sequence.len() - 1);
    let is_beginning = |length: &usize| sequence.as_bytes().starts_with(&text.as_bytes()[text.len() - length..]);
    (1..=longest).rev().find(is_beginning).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_four_ascii_characters_or_one_other() {
        for (max, text, kept) in
            [(1, "abcde", "abcd"), (2, "树木林", "树木"), (2, "ab树cde", "ab树cd"), (3, "abc", "abc"), (0, "a", "")]
        {
            assert_eq!(Length::new(max).cut(text), kept, "{text}");
        }
    }

    /// Returns the text of an answer that comes in pieces, and the index of the sequence that ended it.
    fn passed(sequences: &[&str], pieces: &[&str]) -> (String, Option<usize>) {
        let sequences: Vec<_> = sequences.iter().map(|sequence| (*sequence).to_owned()).collect();
        let (mut stop, mut out, mut found) = (Stop::new(&sequences), Events::default(), None);
        for piece in pieces {
            let mut events = Events::default();
            events.text(|out| out.push_str(piece));
            found = stop.pass(&events, false, &mut out);
            if found.is_some() {
                break;
            }
        }
        if found.is_none() {
            stop.pass(&Events::default(), true, &mut out);
        }
        let text = out.iter().map(|event| if let Event::Text(text) = event { text } else { "" }).collect();
        (text, found)
    }

    #[test]
    fn the_text_ends_before_the_first_stop_sequence() {
        for (sequences, pieces, text, found) in [
            (&["END"][..], &["one END two"][..], "one ", Some(0)),
            (&["END"], &["one E", "N", "D two"], "one ", Some(0)),
            (&["END"], &["one EN", "E"], "one ENE", None),
            (&["x", "\n\n"], &["a\n", "\nx"], "a", Some(1)),
            (&["aab"], &["aa", "ab"], "a", Some(0)),
            (&["。完"], &["好。", "完了"], "好", Some(0)),
        ] {
            assert_eq!(passed(sequences, pieces), (text.to_owned(), found), "{pieces:?}");
        }
    }

    #[test]
    fn only_what_may_begin_a_sequence_is_held() {
        let (mut stop, mut out, mut events) = (Stop::new(&["END".to_owned()]), Events::default(), Events::default());
        events.text(|out| out.push_str("one E"));
        stop.pass(&events, false, &mut out);
        assert_eq!(out.iter().collect::<Vec<_>>(), [Event::Text("one ")]);
    }

    proptest! {
        #[test]
        fn cuts_make_no_difference(text in "[ab树]{0,20}", at in 0usize..20) {
            let at = text.floor_char_boundary(at.min(text.len()));
            let sequences = ["ab树", "bb"];
            prop_assert_eq!(passed(&sequences, &[&text]), passed(&sequences, &[&text[..at], &text[at..]]));
        }
    }
}
