//! Refuses arrows between the files of `src` that lead upward (see [`rooms`]) or in a circle.
//!
//! An arrow is an import or a path to another file's item. A file may use the `mod.rs` of its own folder, and of the
//! folders around it, in both directions: such a file is the folder's tour and holds its shared types.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
};

use anyhow::Result;

use super::{Fault, modules::Tree, rooms, rust_sources};

/// The gateway's root.
const ENTRY: &str = "src/lib.rs";

/// Returns a fault for each upward arrow between rooms, for each room without a row, and for each circle of files.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    Ok(faults(&Tree::parse(&rust_sources(root, ENTRY)?, ENTRY)?))
}

/// The arrows by the files at their ends; of several the first in the file.
type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, (usize, String)>>;

fn faults(tree: &Tree) -> Vec<Fault> {
    let mut arrows = Arrows::new();
    for reference in tree.references() {
        if !tree.is_around(reference.to, reference.from) {
            let file = |module: usize| tree.modules[module].file.as_str();
            let arrow = (reference.line, reference.path);
            let place = arrows.entry(file(reference.from)).or_default().entry(file(reference.to));
            place.and_modify(|first| *first = first.clone().min(arrow.clone())).or_insert(arrow);
        }
    }
    let mut faults = upward(&arrows);
    faults.extend(circles(&arrows));
    faults.sort();
    faults
}

fn upward(arrows: &Arrows) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut unknown = BTreeSet::new();
    for (from, targets) in arrows {
        for (to, (line, path)) in targets.iter().filter(|(to, _)| !is_entry(from) && !is_entry(to)) {
            let message = match rooms::may_use(from, to) {
                Ok(true) => continue,
                Ok(false) => {
                    let (from, to) = (rooms::name(from), rooms::name(to));
                    format!("`{from}` may not use `{to}` ({path}): move the item down, or pass it in")
                }
                Err(room) if unknown.insert(room.clone()) => {
                    format!("the room `{room}` has no row in xtask/src/checks/rooms.rs: add one, or move its files")
                }
                Err(_) => continue,
            };
            faults.push(Fault { file: (*from).to_owned(), line: *line, message });
        }
    }
    faults
}

/// The crate's root uses every room.
fn is_entry(file: &str) -> bool {
    file == ENTRY
}

/// Returns one fault for each group of files that all reach each other, with a shortest circle through it.
fn circles(arrows: &Arrows) -> Vec<Fault> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|from| (*from, reachable(arrows, from))).collect();
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (from, ends) in &reached {
        if !ends.contains(from) || seen.contains(from) {
            continue;
        }
        let group: Vec<&str> =
            ends.iter().copied().filter(|end| reached.get(end).is_some_and(|back| back.contains(from))).collect();
        seen.extend(group.iter().copied());
        let circle = group.iter().filter_map(|file| circle(arrows, file)).min_by_key(Vec::len).unwrap_or_default();
        faults.push(circle_fault(arrows, &circle, group.len()));
    }
    faults
}

fn circle_fault(arrows: &Arrows, circle: &[&str], group: usize) -> Fault {
    let steps: Vec<_> = circle.windows(2).map(|pair| (pair[0], pair[1], &arrows[pair[0]][pair[1]])).collect();
    let shown = steps.iter().map(|(from, _, (line, path))| format!("{from}:{line} uses {path}"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = if group > steps.len() { format!(" ({group} files use each other in circles)") } else { String::new() };
    let message = format!("circle of files{more}: {shown}; move what both need into a file below them");
    Fault { file: steps[0].0.to_owned(), line: steps[0].2.0, message }
}

fn targets<'a>(arrows: &'a Arrows, from: &str) -> impl Iterator<Item = &'a str> {
    arrows.get(from).into_iter().flat_map(|targets| targets.keys().copied())
}

fn reachable<'a>(arrows: &'a Arrows, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = targets(arrows, from).collect();
    while let Some(file) = open.pop() {
        if found.insert(file) {
            open.extend(targets(arrows, file));
        }
    }
    found
}

/// Returns a shortest circle through `from`, which is its first and its last file.
fn circle<'a>(arrows: &'a Arrows, from: &'a str) -> Option<Vec<&'a str>> {
    let mut paths = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop_front() {
        for next in targets(arrows, path[path.len() - 1]) {
            let longer = [path.as_slice(), &[next]].concat();
            if next == from {
                return Some(longer);
            }
            if seen.insert(next) {
                paths.push_back(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sources: &[(&str, &str)]) -> Vec<String> {
        let sources = sources.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        faults(&Tree::parse(&sources, ENTRY).unwrap()).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn arrows_downward_pass() {
        let sources = [
            ("src/lib.rs", "mod http; mod store; mod error;"),
            ("src/http/mod.rs", "use crate::{error::E, store::Db};"),
            ("src/store.rs", "use crate::error::E; pub struct Db;"),
            ("src/error.rs", "pub struct E;"),
        ];
        assert_eq!(found(&sources), [""; 0]);
    }

    #[test]
    fn an_arrow_upward_is_named() {
        let sources = [
            ("src/lib.rs", "mod http; mod store;"),
            ("src/http.rs", "pub fn a() {}"),
            ("src/store/mod.rs", "mod row;"),
            ("src/store/row.rs", "\nfn x() { crate::http::a() }"),
        ];
        let expected =
            "src/store/row.rs:2: `store` may not use `http` (crate::http::a): move the item down, or pass it in";
        assert_eq!(found(&sources), [expected]);
    }

    #[test]
    fn a_room_without_a_row_is_named_once() {
        let sources = [
            ("src/lib.rs", "mod attic; mod error;"),
            ("src/attic/mod.rs", "mod box_; use crate::error::E;"),
            ("src/attic/box_.rs", "use crate::error::E;"),
            ("src/error.rs", "pub struct E;"),
        ];
        let faults = found(&sources);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("the room `attic` has no row"), "{faults:?}");
    }

    #[test]
    fn a_circle_of_siblings_is_named() {
        let sources = [
            ("src/lib.rs", "mod media;"),
            ("src/media/mod.rs", "mod keep; mod serve; mod stored;"),
            ("src/media/keep.rs", "use super::serve::Visit;"),
            ("src/media/serve.rs", "\nuse super::stored::Stored; pub struct Visit;"),
            ("src/media/stored.rs", "use super::keep::Keep; pub struct Stored;"),
        ];
        let expected = "src/media/keep.rs:1: circle of files: src/media/keep.rs:1 uses super::serve::Visit, \
                        src/media/serve.rs:2 uses super::stored::Stored, src/media/stored.rs:1 uses super::keep::Keep; \
                        move what both need into a file below them";
        assert_eq!(found(&sources), [expected]);
    }

    #[test]
    fn a_folder_and_its_tour_may_use_each_other() {
        let sources = [
            ("src/lib.rs", "mod media; pub struct App;"),
            ("src/media/mod.rs", "mod keep; pub use keep::Keep; pub struct Shared;"),
            ("src/media/keep.rs", "use super::Shared; use crate::App; pub struct Keep;"),
        ];
        assert_eq!(found(&sources), [""; 0]);
    }

    #[test]
    fn a_circle_through_another_folder_s_tour_is_named() {
        let sources = [
            ("src/lib.rs", "mod media; mod store;"),
            ("src/media/mod.rs", "mod keep; pub use keep::Keep;"),
            ("src/media/keep.rs", "use crate::store::Db; pub struct Keep;"),
            ("src/store.rs", "use crate::media::Keep; pub struct Db;"),
        ];
        let faults = found(&sources);
        assert_eq!(faults.iter().filter(|fault| fault.contains("circle of files")).count(), 1, "{faults:?}");
    }
}
