//! Recorded streams and what they must become: beside each one an `.expected` file with lines `name: value` (the
//! settings, and the outcome as Rust prints it), a line `---`, and the answer's exact text.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the files of a folder of `tests/fixtures` with this extension, sorted.
pub fn recordings(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    paths.sort();
    paths
}

/// Elements that are removed where a recording does not name others.
pub const FILTERED: &str = "xaiartifact,xai:tool_usage_card,grok:render";

pub struct Expected {
    /// The name of the recording.
    pub name: String,
    pub filtered_tags: String,
    pub outcome: String,
    pub text: String,
    head: String,
}

impl Expected {
    /// Reads the file beside a recording.
    pub fn of(recording: &Path) -> Self {
        let file = fs::read_to_string(recording.with_extension("expected")).unwrap();
        let (head, text) = file.split_once("---\n").unwrap();
        Expected {
            name: recording.file_stem().unwrap().to_string_lossy().into_owned(),
            filtered_tags: setting(head, "filtered_tags").unwrap_or(FILTERED).to_owned(),
            outcome: setting(head, "outcome").unwrap().to_owned(),
            text: text.to_owned(),
            head: head.to_owned(),
        }
    }

    /// Whether a switch is on, as each one is that has no line.
    pub fn is_set(&self, name: &str) -> bool {
        setting(&self.head, name).is_none_or(|value| value == "true")
    }
}

fn setting<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| *found == name).map(|(_, value)| value.trim())
}
