//! Refuses a `pub fn` whose doc does not begin with a verb, such as "Returns" or "Reserves".
//!
//! Test modules and methods of trait implementations are not read.

use std::path::Path;

use anyhow::Result;

use super::{Fault, modules::Tree, rust_sources};

/// The crates that are checked, each by its root.
const CRATES: &[&str] = &["src/lib.rs", "spin/websocket/src/lib.rs", "xtask/src/main.rs"];
/// Words in "s" that are not verbs in the third person, or that say too little.
const NOT_VERBS: &str = "\
    Accounts Always Arguments As Bytes Characters Chats Chunks Columns Cookies Counters Days Digits Entries \
    Events Facts Failures Fields Files Has Headers Hours Ids Is Its Items Keys Lines Messages Milliseconds \
    Minutes Names Numbers Parameters Parts Perhaps Pictures Pieces Pointers Rows Seconds Secrets Segments \
    Settings Statements Status Texts This Those Times Tokens Types Units Values Videos Was Whereas Words \
    Workers Yes";

/// Returns a fault for each `pub fn` without such a doc.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut all = Vec::new();
    for entry in CRATES {
        all.extend(faults(&Tree::parse(&rust_sources(root, entry)?, entry)?));
    }
    Ok(all)
}

fn faults(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for module in &tree.modules {
        for function in &module.functions {
            let name = &function.name;
            let message = match &function.doc {
                None => format!("`pub fn {name}` has no doc: say in a verb first what it does, with unit and error"),
                Some(doc) if !begins_with_verb(doc) => {
                    let first = doc.split_whitespace().next().unwrap_or_default();
                    format!("the doc of `pub fn {name}` begins with `{first}`: begin it with a verb, such as Returns")
                }
                Some(_) => continue,
            };
            faults.push(Fault { file: module.file.clone(), line: function.line, message });
        }
    }
    faults.sort();
    faults
}

/// Returns whether the first word is capitalised and ends like a verb in the third person.
fn begins_with_verb(doc: &str) -> bool {
    let word = doc.split_whitespace().next().unwrap_or_default().trim_end_matches([',', ':', '.']);
    let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    let is_lower = |c: char| c.is_ascii_lowercase() || c == '-';
    first.chars().all(|c| c.is_ascii_uppercase())
        && rest.chars().all(is_lower)
        && rest.ends_with('s')
        && !rest.ends_with("ss")
        && !NOT_VERBS.split_whitespace().any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let sources = [("src/lib.rs".to_owned(), text.to_owned())].into();
        faults(&Tree::parse(&sources, "src/lib.rs").unwrap()).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_missing_doc_is_named() {
        let faults = found("/// Returns one.\npub fn a() {}\n\npub async fn b() {}\n");
        assert_eq!(
            faults,
            ["src/lib.rs:4: `pub fn b` has no doc: say in a verb first what it does, with unit and error"]
        );
    }

    #[test]
    fn a_doc_that_begins_with_another_word_is_named() {
        let faults =
            found("struct A;\nimpl A {\n    /// Whether it is.\n    /// Returns.\n    pub const fn a() {}\n}\n");
        assert_eq!(
            faults,
            ["src/lib.rs:5: the doc of `pub fn a` begins with `Whether`: begin it with a verb, such as Returns"]
        );
        for doc in ["Bytes of it", "The answer", "returns", "Less", "Like `a`", "A", "IDs"] {
            assert_eq!(found(&format!("/// {doc}\npub fn a() {{}}")).len(), 1, "{doc}");
        }
    }

    #[test]
    fn verbs_pass() {
        for doc in ["Returns it.", "Re-encrypts rows.", "Deletes, then adds.", "Does so."] {
            assert_eq!(found(&format!("/// {doc}\n#[inline]\npub unsafe fn a() {{}}")), [""; 0], "{doc}");
        }
    }

    #[test]
    fn tests_traits_and_private_functions_are_not_read() {
        let text = "fn a() {}\npub(crate) fn b() {}\n#[cfg(test)]\nmod tests { pub fn c() {} }\n\
                    #[cfg(test)]\npub fn d() {}\nimpl X for Y { fn e() {} }\npub struct F { pub fn_: u8 }";
        assert_eq!(found(text), [""; 0]);
    }
}
