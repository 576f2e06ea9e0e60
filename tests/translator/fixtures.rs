//! Every `tests/fixtures/*.ndjson`, whole, cut in two at every byte, and byte by byte, against its `.expected` file: lines
//! `name: value` (the settings, and the outcome as Rust prints it), a line `---`, and the answer's exact text with files
//! under the upstream's own names.

use std::fs;
use std::path::{Path, PathBuf};

use grok2api::inference::event::Events;
use grok2api::providers::grok_web::rest::reader::Reader;

use crate::support::{FILTERED, Options, read};

struct Fixture {
    name: String,
    bytes: Vec<u8>,
    show_thinking: bool,
    filtered_tags: String,
    outcome: String,
    text: String,
}

fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).collect();
    paths.sort();
    paths.iter().map(|path| fixture(path)).collect()
}

fn fixture(path: &Path) -> Fixture {
    let expected = fs::read_to_string(path.with_extension("expected")).unwrap();
    let (head, text) = expected.split_once("---\n").unwrap();
    let setting = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| *found == name).map(|(_, value)| value.trim().to_owned()).next()
    };
    Fixture {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        bytes: fs::read(path).unwrap(),
        show_thinking: setting("show_thinking").is_none_or(|value| value == "true"),
        filtered_tags: setting("filtered_tags").unwrap_or(FILTERED.to_owned()),
        outcome: setting("outcome").unwrap(),
        text: text.to_owned(),
    }
}

impl Fixture {
    fn options(&self) -> Options<'_> {
        Options { show_thinking: self.show_thinking, filtered_tags: &self.filtered_tags }
    }

    fn check<'c>(&self, how: &str, chunks: impl IntoIterator<Item = &'c [u8]>) {
        let (text, end) = read(&self.options(), chunks);
        assert_eq!((text.as_str(), format!("{end:?}")), (&*self.text, self.outcome.clone()), "{}: {how}", self.name);
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
    let mut reader = Reader::new(&fixture.filtered_tags);
    let lines = fixture.bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    let closing = lines.filter_map(|(index, line)| {
        reader.push(line, &mut Events::default()).unwrap();
        reader.closing().then_some(index + 1)
    });
    assert_eq!(closing.collect::<Vec<_>>(), [11, 12]);
}

/// The frame, counted from 1, after which another account may no longer be asked.
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
        let mut reader = Reader::new(&fixture.filtered_tags);
        let lines = fixture.bytes.split_inclusive(|byte| *byte == b'\n');
        let began = lines.enumerate().find_map(|(index, line)| {
            let _ = reader.push(line, &mut Events::default());
            reader.started().then_some(index + 1)
        });
        assert_eq!(began, frame, "{name}");
    }
}
