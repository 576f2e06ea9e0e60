//! Plays every `tests/fixtures/mgw/*.jsonl`, one server message a line, and compares with its `.expected` file, in
//! which files have Grok's own names. The messages are played whole, joined into one, cut after every message, and
//! with every message cut short at every byte. Settings for single recordings:
//!
//! * `glued: false`: a message holds broken JSON, which would spoil the rest of a joined message.
//! * `prefix: false`: a cut gives text that the whole answer does not have, because a filtered element is open there.
//! * `one_part: false`: the text has several parts, and the server marks each of them as complete.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::expected::{Expected, recordings};
use crate::support::{Played, play};

struct Fixture {
    expected: Expected,
    messages: Vec<String>,
}

fn fixtures() -> Vec<Fixture> {
    recordings("mgw", "jsonl").iter().map(|path| fixture(path)).collect()
}

fn fixture(path: &Path) -> Fixture {
    let messages = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    Fixture { expected: Expected::of(path), messages }
}

impl Fixture {
    fn play(&self, messages: &[impl AsRef<str>]) -> Played {
        play(self.expected.is_set("show_thinking"), &self.expected.filtered_tags, messages)
    }

    fn check(&self, how: &str, messages: &[impl AsRef<str>]) {
        let (played, expected) = (self.play(messages), &self.expected);
        let outcome = format!("{:?}", played.outcome);
        assert_eq!((&*played.text, &*outcome), (&*expected.text, &*expected.outcome), "{}: {how}", expected.name);
    }
}

#[test]
fn whole() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 50, "the fixtures are gone");
    for fixture in fixtures {
        fixture.check("whole", &fixture.messages);
    }
}

#[test]
fn joined_into_one_message() {
    for fixture in fixtures().iter().filter(|fixture| fixture.expected.is_set("glued")) {
        fixture.check("joined", &[fixture.messages.concat()]);
        fixture.check("joined with spaces", &[fixture.messages.join(" \n")]);
        let (one, other) = fixture.messages.split_at(fixture.messages.len() / 2);
        fixture.check("joined in halves", &[one.concat(), other.concat()]);
    }
}

/// An answer that breaks off is an error, unless all of it has arrived. Its text is the beginning of the whole text.
#[test]
fn cut_after_every_message() {
    for fixture in fixtures() {
        for end in 0..fixture.messages.len() {
            let played = fixture.play(&fixture.messages[..end]);
            let place = format!("{} after {end} messages: {played:?}", fixture.expected.name);
            assert_eq!(played.text.matches("<think>").count(), played.text.matches("</think>").count(), "{place}");
            if played.outcome.is_ok() && fixture.expected.is_set("one_part") {
                assert_eq!(played.text, fixture.expected.text, "{place}");
                assert_eq!(format!("{:?}", played.outcome), fixture.expected.outcome, "{place}");
            } else if fixture.expected.is_set("prefix") && !fixture.expected.text.starts_with(&played.text) {
                let open = played.text.strip_suffix("\n</think>\n");
                assert!(open.is_some_and(|open| fixture.expected.text.starts_with(open)), "{place}");
            }
        }
    }
}

/// A message cut short counts up to its last whole object and affects no other message. Each distinct message is
/// tried once.
#[test]
fn every_message_cut_short_at_every_byte() {
    let mut seen = HashSet::new();
    for fixture in fixtures() {
        for (index, message) in fixture.messages.iter().enumerate() {
            if !seen.insert(message.replace(|c: char| c.is_ascii_digit(), "")) {
                continue;
            }
            let ends = ends_of_objects(message);
            let mut messages = fixture.messages.clone();
            let mut counts = (0, None);
            for at in (0..message.len()).filter(|at| message.is_char_boundary(*at)) {
                messages[index] = message[..at].to_owned();
                let short = fixture.play(&messages);
                let Some(ends) = &ends else { continue };
                let whole = ends.iter().copied().filter(|end| *end <= at).max().unwrap_or(0);
                if counts.1.is_none() || counts.0 != whole {
                    messages[index] = message[..whole].to_owned();
                    counts = (whole, Some(fixture.play(&messages)));
                }
                assert_eq!(Some(short), counts.1, "{}: message {index} cut at byte {at}", fixture.expected.name);
            }
        }
    }
}

/// Returns where the objects of a message end, or `None` if it is not JSON.
fn ends_of_objects(message: &str) -> Option<Vec<usize>> {
    let mut objects = serde_json::Deserializer::from_str(message).into_iter::<Value>();
    let mut ends = Vec::new();
    while let Some(object) = objects.next() {
        object.ok()?;
        ends.push(objects.byte_offset());
    }
    Some(ends)
}

/// The message, counted from 1, after which no other account may be tried.
#[test]
fn the_answer_begins_with_its_first_content() {
    for (name, message) in [
        ("plain", Some(5)),
        ("thinking", Some(4)),
        ("usage_limit", None),
        ("pictures", Some(5)),
        ("pictures_failed", None),
        ("error_event", None),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mgw").join(name).with_extension("jsonl");
        let fixture = fixture(&path);
        let mut session = crate::support::session(&fixture.expected.filtered_tags);
        let began = fixture.messages.iter().enumerate().find_map(|(index, message)| {
            let _ = session.receive(message, &mut Default::default());
            session.started().then_some(index + 1)
        });
        assert_eq!(began, message, "{name}");
    }
}
