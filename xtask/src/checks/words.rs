//! Refuses the phrases of `words.txt` in comments, documents and texts.
//!
//! Whole lines are read, code included, without regard to case. A phrase is also found across the end of a line:
//! comment marks and indentation count as a space.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{Fault, all_files, relative};

/// The files and folders that are read.
const ROOTS: &[&str] = &[
    ".ci",
    ".github",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "README.zh-CN.md",
    "cloudflare",
    "docs",
    "spin",
    "src",
    "static",
    "tests",
    "wit",
    "xtask",
];
/// The list itself, and recorded data, whose bytes are what a test compares.
const EXEMPT: &[&str] = &["xtask/src/checks/words.txt", "/fixtures/"];
const LIST: &str = include_str!("words.txt");
/// What may stand between the words of a phrase beside white space when a line ends there.
const MARKS: &[char] = &['/', '!', '*', '#', '\\', '>'];

/// Returns a fault for each banned phrase in the text files below [`ROOTS`]. Fails if one of them does not exist.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let phrases = phrases()?;
    let mut faults = Vec::new();
    for path in ROOTS.iter().map(|name| root.join(name)) {
        for path in if path.is_dir() { all_files(&path)? } else { vec![path] } {
            let file = relative(root, &path)?;
            let bytes = fs::read(&path).with_context(|| format!("cannot read {file}: correct the list of roots"))?;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            if !EXEMPT.iter().any(|part| file.contains(part)) {
                faults.extend(find(&file, unreleased(&file, &text), &phrases));
            }
        }
    }
    Ok(faults)
}

struct Phrase {
    words: Vec<&'static str>,
    instead: &'static str,
}

fn phrases() -> Result<Vec<Phrase>> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let (words, instead) = line.split_once(": ").with_context(|| format!("words.txt: no `: ` in `{line}`"))?;
        Ok(Phrase { words: words.split(' ').collect(), instead })
    });
    parsed.collect()
}

/// Returns the part of a changelog before its first released version; any other file whole.
fn unreleased<'a>(file: &str, text: &'a str) -> &'a str {
    let is_changelog = file == "CHANGELOG.md";
    let released =
        text.match_indices("\n## [").map(|(at, _)| at).find(|at| !text[*at..].starts_with("\n## [Unreleased"));
    released.filter(|_| is_changelog).map_or(text, |end| &text[..end])
}

struct Word<'a> {
    text: &'a str,
    line: usize,
    /// Whether only a space, or the end of a line with comment marks, separates it from the word before.
    follows: bool,
}

fn find(file: &str, text: &str, phrases: &[Phrase]) -> Vec<Fault> {
    let words = words(text);
    let mut faults = Vec::new();
    for (at, first) in words.iter().enumerate() {
        for phrase in phrases {
            let found = words.get(at..at + phrase.words.len()).is_some_and(|found| {
                let same = found.iter().zip(&phrase.words).all(|(word, wanted)| word.text.eq_ignore_ascii_case(wanted));
                same && found[1..].iter().all(|word| word.follows)
            });
            if found {
                let message = format!("remove `{}`: write {}", phrase.words.join(" "), phrase.instead);
                faults.push(Fault { file: file.to_owned(), line: first.line, message });
            }
        }
    }
    faults
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut line, mut end) = (1, 0);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(start) = text[end..].find(is_part).map(|at| end + at) {
        let gap = &text[end..start];
        line += gap.matches('\n').count();
        let is_mark = |c: char| gap.contains('\n') && MARKS.contains(&c);
        let follows = gap.chars().all(|c| c.is_whitespace() || is_mark(c));
        end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |length| start + length);
        words.push(Word { text: &text[start..end], line, follows });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        find("a.rs", text, &phrases().unwrap()).iter().map(Fault::to_string).collect()
    }

    /// The list's phrases, so that this file holds none.
    fn phrase(at: usize) -> String {
        phrases().unwrap()[at].words.join(" ")
    }

    #[test]
    fn every_phrase_is_found_and_its_line_named() {
        for at in 0..phrases().unwrap().len() {
            let phrase = phrase(at);
            let faults = found(&format!("fn a() {{}}\n// One {}.\n", phrase.to_uppercase()));
            assert_eq!(faults.len(), 1, "{phrase}: {faults:?}");
            assert!(faults[0].starts_with(&format!("a.rs:2: remove `{phrase}`: write ")), "{faults:?}");
        }
    }

    #[test]
    fn a_phrase_is_found_across_lines() {
        let [first, second] = ["at", "hand"];
        for gap in ["\n", "\n    /// ", "\n//! ", "\n * ", "\n# ", " \\\n     "] {
            assert_eq!(found(&format!("x {first}{gap}{second}")).len(), 1, "{gap:?}");
        }
        for gap in [". ", ".\n/// ", ", ", "/", "_"] {
            assert_eq!(found(&format!("x {first}{gap}{second}")), [""; 0], "{gap:?}");
        }
    }

    #[test]
    fn parts_of_words_are_not_found() {
        let [first, third, twelfth] = [0, 2, 11].map(phrase);
        assert_eq!(found(&format!("s{first} {third}_{twelfth} x{twelfth}")), [""; 0]);
    }

    #[test]
    fn released_sections_of_the_changelog_are_not_read() {
        let text = "# Changelog\n\n## [Unreleased]\n\na\n\n## [0.1.0]\n\nb\n";
        assert_eq!(unreleased("CHANGELOG.md", text), "# Changelog\n\n## [Unreleased]\n\na\n");
        assert_eq!(unreleased("docs/a.md", text), text);
    }
}
