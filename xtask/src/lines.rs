//! No source file of 400 lines or more: one that grows there holds two ideas.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

const LIMIT: usize = 400;
const KINDS: [&str; 5] = ["rs", "mjs", "js", "css", "html"];
/// What others wrote, or a tool did.
const SKIPPED: [&str; 4] = ["target", "node_modules", "dist", "vendor"];

pub fn check(root: &Path) -> Result<()> {
    let mut long = Vec::new();
    for path in files(root, &KINDS)? {
        let lines = fs::read_to_string(&path)?.lines().count();
        if lines >= LIMIT {
            long.push(format!("{} has {lines} lines", path.strip_prefix(root)?.display()));
        }
    }
    if !long.is_empty() {
        bail!("{}; {LIMIT} is too long, split by idea", long.join(", "));
    }
    Ok(())
}

/// Every file below `folder` whose name ends in one of these, in order; hidden and foreign folders left out.
pub fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            found.extend(files(&path, extensions)?);
        } else if path.extension().is_some_and(|kind| extensions.iter().any(|wanted| kind == *wanted)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
