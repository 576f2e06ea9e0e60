//! Reads every `tests/fixtures/*.ndjson` whole, cut in two at every byte, and byte by byte, and compares with its
//! `.expected` file, in which files have Grok's own names.

use std::fs;
use std::path::Path;

use grok2api::inference::event::Events;
use grok2api::providers::grok_web::rest::reader::Reader;

use crate::expected::{Expected, recordings};
use crate::support::{Options, read};

struct Fixture {
    expected: Expected,
    bytes: Vec<u8>,
}

fn fixtures() -> Vec<Fixture> {
    recordings("", "ndjson").iter().map(|path| fixture(path)).collect()
}

fn fixture(path: &Path) -> Fixture {
    Fixture { expected: Expected::of(path), bytes: fs::read(path).unwrap() }
}

impl Fixture {
    fn options(&self) -> Options<'_> {
        Options { show_thinking: self.expected.is_set("show_thinking"), filtered_tags: &self.expected.filtered_tags }
    }

    fn check<'c>(&self, how: &str, chunks: impl IntoIterator<Item = &'c [u8]>) {
        let (text, end) = read(&self.options(), chunks);
        let (outcome, expected) = (format!("{end:?}"), &self.expected);
        assert_eq!((&*text, &*outcome), (&*expected.text, &*expected.outcome), "{}: {how}", expected.name);
    }
}

#[test]
fn whole() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 40, "the fixtures are gone");
    for fixture in fixtures {
        fixture.check("whole", [&*fixture.bytes]);
    }
}

#[test]
fn cut_at_every_byte() {
    for fixture in fixtures() {
        for at in 0..=fixture.bytes.len() {
            let (one, other) = fixture.bytes.split_at(at);
            fixture.check(&format!("cut at {at}"), [one, other]);
        }
    }
}

#[test]
fn byte_by_byte() {
    for fixture in fixtures() {
        fixture.check("byte by byte", fixture.bytes.chunks(1));
        fixture.check("in threes", fixture.bytes.chunks(3));
    }
}

#[test]
fn nothing_is_awaited_after_the_final_metadata() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/search.ndjson");
    let fixture = fixture(&path);
    let mut reader = Reader::new(&fixture.expected.filtered_tags);
    let lines = fixture.bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    let closing = lines.filter_map(|(index, line)| {
        reader.push(line, &mut Events::default()).unwrap();
        reader.closing().then_some(index + 1)
    });
    assert_eq!(closing.collect::<Vec<_>>(), [11, 12]);
}

/// The frame, counted from 1, after which no other account may be tried.
#[test]
fn the_answer_begins_with_its_first_content() {
    for (name, frame) in [
        ("search", Some(4)),
        ("pictures", Some(3)),
        ("picture_cards", Some(2)),
        ("video", Some(1)),
        ("only_model_response", Some(3)),
        ("error_after_echo", None),
        ("empty", None),
        ("thinking_hidden", Some(2)),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name).with_extension("ndjson");
        let fixture = fixture(&path);
        let mut reader = Reader::new(&fixture.expected.filtered_tags);
        let lines = fixture.bytes.split_inclusive(|byte| *byte == b'\n');
        let began = lines.enumerate().find_map(|(index, line)| {
            let _ = reader.push(line, &mut Events::default());
            reader.started().then_some(index + 1)
        });
        assert_eq!(began, frame, "{name}");
    }
}
