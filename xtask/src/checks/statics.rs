//! Keeps the list of what an instance keeps between requests: every `static` of the components but references to constants.
//!
//! Spin and the shim give an instance to one request after another, so a value in a `static` or a `thread_local!` would reach the
//! next one. A new one is written into `statics.txt` with what it holds.

use std::path::Path;

use anyhow::Result;

use super::{Fault, rust_sources};

/// The roots of the crates that requests run in.
const CRATES: [&str; 2] = ["src/lib.rs", "spin/websocket/src/lib.rs"];
const LIST: &str = include_str!("statics.txt");
const FILE: &str = "xtask/src/checks/statics.txt";

/// Returns a fault for each `static` that is not listed, and for each row of the list without one.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut found = Vec::new();
    for entry in CRATES {
        for (file, text) in rust_sources(root, entry)? {
            let statics = statics(&text).into_iter();
            found.extend(statics.map(|(line, name)| (format!("{file} {name}"), file.clone(), line)));
        }
    }
    Ok(compare(&found, LIST))
}

/// Returns the lines and names of the statics.
fn statics(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate().filter_map(|(at, line)| {
        let mut declared = line.trim_start().trim_start_matches("thread_local! { ");
        if let Some(public) = declared.strip_prefix("pub") {
            declared = public.split_once(") ").map_or(public, |(_, rest)| rest).trim_start();
        }
        let (name, kind) = declared.strip_prefix("static ")?.trim_start_matches("mut ").split_once(':')?;
        let is_constant =
            ["&str", "&'static str", "&["].iter().any(|reference| kind.trim_start().starts_with(reference));
        (!is_constant).then_some((at + 1, name))
    });
    lines.collect()
}

fn compare(found: &[(String, String, usize)], list: &str) -> Vec<Fault> {
    let rows = list.lines().enumerate().filter(|(_, row)| !row.starts_with('#'));
    let rows: Vec<_> = rows.map(|(at, row)| (at + 1, row.split_once(':').map_or(row, |(name, _)| name))).collect();
    let unlisted =
        found.iter().filter(|(name, ..)| !rows.iter().any(|(_, row)| row == name)).map(|(_, file, line)| Fault {
            file: file.clone(),
            line: *line,
            message: format!("a static stays for the next request: say what it holds in {FILE}"),
        });
    let unknown = rows.iter().filter(|(_, row)| !found.iter().any(|(name, ..)| name == row)).map(|(line, row)| Fault {
        file: FILE.to_owned(),
        line: *line,
        message: format!("there is not such a static: remove the row `{row}`"),
    });
    unlisted.chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_constants_are_found() {
        let text = "static A: &[u8] = b\"\";\n    static KEPT: RefCell<u8> = x;\npub(super) static S: LazyLock<String> = y;\n\
                    pub static mut N: u8 = 0;\nstatic POOL:\n    Pool = z;\nlet kept: Cell<u8> = w;\n\
                    thread_local! { static T: Cell<u8> = v; }\nstatic R: &AtomicU8 = &u;\nstatic W: &str = \"\";\n";
        assert_eq!(statics(text), [(2, "KEPT"), (3, "S"), (4, "N"), (5, "POOL"), (8, "T"), (9, "R")]);
    }

    #[test]
    fn the_list_and_the_sources_agree() {
        let found = [
            ("src/a.rs NEW".to_owned(), "src/a.rs".to_owned(), 7),
            ("src/a.rs OLD".to_owned(), "src/a.rs".to_owned(), 9),
        ];
        let faults = compare(&found, "# a note\nsrc/a.rs OLD: a seed\nsrc/a.rs GONE: nothing\n");
        let places: Vec<_> = faults.iter().map(|fault| (fault.file.as_str(), fault.line)).collect();
        assert_eq!(places, [("src/a.rs", 7), (FILE, 3)]);
    }
}
