//! The checks of the sources as text: lengths, links, words, docs, arrows, variables, statics.
//!
//! Each check reads files below the repository's root and returns a [`Fault`] for each violation. `cargo xtask test`
//! runs all; `cargo xtask check NAME` runs one alone:
//!
//! ```text
//! $ cargo xtask check lengths
//! error: 1 faults
//! src/media/serve.rs:400: 412 lines, the limit is 399: split the file by idea
//! ```

pub mod arrows;
pub mod docs;
pub mod lengths;
pub mod links;
pub mod modules;
mod rooms;
pub mod statics;
mod tokens;
pub mod variables;
pub mod words;

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// Folders that hold what others or tools wrote.
const SKIPPED: [&str; 4] = ["target", "node_modules", "dist", "vendor"];

/// A violation: where it is, and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Relative to the repository's root.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

type Check = (&'static str, fn(&Path) -> Result<Vec<Fault>>);

const CHECKS: [Check; 7] = [
    ("lengths", lengths::check),
    ("links", links::check),
    ("words", words::check),
    ("docs", docs::check),
    ("arrows", arrows::check),
    ("variables", variables::check),
    ("statics", statics::check),
];

/// Runs the named checks in turn, all of them if none is named. Fails with their faults, one per line.
pub fn run(root: &Path, names: &[&str]) -> Result<()> {
    let all = CHECKS.map(|(name, _)| name);
    let mut faults = Vec::new();
    for name in if names.is_empty() { &all } else { names } {
        let found = CHECKS.iter().find(|(known, _)| known == name);
        let (_, check) =
            found.with_context(|| format!("unknown check `{name}`, expected one of {}", all.join(", ")))?;
        faults.extend(check(root)?);
    }
    if faults.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = faults.iter().map(Fault::to_string).collect();
    bail!("{} faults\n{}", lines.len(), lines.join("\n"))
}

/// Returns every file below `folder` whose extension is listed, sorted; skips hidden and foreign folders.
pub fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let listed = |path: &PathBuf| path.extension().is_some_and(|kind| extensions.iter().any(|wanted| kind == *wanted));
    Ok(all_files(folder)?.into_iter().filter(listed).collect())
}

/// Returns every file below `folder`, sorted; skips hidden files and hidden and foreign folders.
fn all_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            found.extend(all_files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the texts of the Rust files beside and below `entry`, a crate's root, keyed by their path from the root.
fn rust_sources(root: &Path, entry: &str) -> Result<BTreeMap<String, String>> {
    let folder = root.join(entry).parent().context("a file has a folder")?.to_owned();
    let paths = files(&folder, &["rs"])?;
    paths.iter().map(|path| Ok((relative(root, path)?, fs::read_to_string(path)?))).collect()
}

fn relative(root: &Path, path: &Path) -> Result<String> {
    Ok(path.strip_prefix(root)?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_check_is_named() {
        let error = run(&crate::root(), &["arows"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown check `arows`, expected one of lengths, links, words, docs, arrows, variables, statics"
        );
    }
}
