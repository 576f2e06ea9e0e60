//! Refuses source files of 400 lines or more: one that grows there holds two ideas.

use std::{fs, path::Path};

use anyhow::Result;

use super::{Fault, files, relative};

const LIMIT: usize = 400;
const KINDS: [&str; 5] = ["rs", "mjs", "js", "css", "html"];

/// Returns a fault for each source file of [`LIMIT`] lines or more.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for path in files(root, &KINDS)? {
        faults.extend(fault(relative(root, &path)?, &fs::read_to_string(&path)?));
    }
    Ok(faults)
}

fn fault(file: String, text: &str) -> Option<Fault> {
    let lines = text.lines().count();
    let message = format!("{lines} lines, the limit is {}: split the file by idea", LIMIT - 1);
    (lines >= LIMIT).then_some(Fault { file, line: LIMIT, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_400_lines_is_refused() {
        assert_eq!(fault("src/a.rs".to_owned(), &"\n".repeat(399)), None);
        let long = fault("src/a.rs".to_owned(), &"\n".repeat(400)).unwrap();
        assert_eq!(long.to_string(), "src/a.rs:400: 400 lines, the limit is 399: split the file by idea");
    }
}
