//! The rooms of `src` and who may use whom, from top to bottom. ARCHITECTURE.md draws the same picture.
//!
//! A room is a folder of `src`, or a file directly in it. A path with a slash is a part of a room that rooms below it
//! may use: shared types without logic. A room may use itself, the rooms and parts that its row names, and the leaves.
//! To allow an arrow, add it to a row here; a unit test refuses one that leads to a row above.

/// Each room or part with what it may use. Rows are ordered: a row names only rows below it.
pub const ROOMS: &[(&str, &[&str])] = &[
    ("http", &["protocols", "admin", "jobs", "media", "auth", "store", "settings", "crypto", "host"]),
    ("protocols", &["inference", "jobs", "media", "providers/catalog", "auth", "store", "settings", "crypto", "host"]),
    ("admin", &["jobs", "media", "providers", "pool", "auth", "store", "settings", "crypto", "host"]),
    ("inference", &["jobs", "media", "providers", "pool", "auth", "store", "settings", "crypto", "host"]),
    ("jobs", &["media", "providers", "auth", "store", "settings", "crypto", "host"]),
    ("media", &["providers", "store", "settings", "crypto", "host"]),
    ("providers", &["settings", "crypto", "host"]),
    ("auth", &["store", "settings", "crypto", "host"]),
    ("app", &["store", "crypto", "host"]),
    ("store", &["pool", "settings", "crypto", "host"]),
    ("pool", &["settings"]),
    // HTTP for the handlers below the router.
    ("http/origin", &["http/client_ip", "host"]),
    ("http/client_ip", &["host"]),
    ("http/request", &["http/content_coding", "host"]),
    ("http/content_coding", &[]),
    ("http/response", &["host"]),
    ("settings", &["crypto", "host"]),
    ("crypto", &["host"]),
    // What several rooms speak of: plain data.
    ("inference/event", &["media/kind"]),
    ("inference/prompt", &[]),
    ("inference/usage", &[]),
    ("providers/grok_web/token", &[]),
    ("providers/xai/key", &[]),
    ("providers/learned", &[]),
    ("providers/catalog", &[]),
    ("providers/error", &[]),
    ("media/kind", &[]),
    ("media/media_type", &[]),
    ("variables", &["host"]),
    ("host", &[]),
    ("spreadsheet", &[]),
    ("money", &[]),
    ("error", &[]),
    ("json", &[]),
    ("time", &[]),
    ("limits", &[]),
];

/// What every room may use.
pub const LEAVES: &[&str] = &[
    "error",
    "json",
    "time",
    "limits",
    "variables",
    "app",
    "spreadsheet",
    "money",
    "inference/event",
    "inference/prompt",
    "inference/usage",
    "providers/learned",
    "providers/catalog",
    "providers/error",
    "providers/grok_web/token",
    "providers/xai/key",
    "media/kind",
    "media/media_type",
];
/// What the rooms with handlers may use of `http`.
const HTTP: &[&str] = &["http/client_ip", "http/origin", "http/request", "http/response"];
const WITH_HANDLERS: &[&str] = &["protocols", "admin", "jobs", "media", "auth"];

/// Returns the room of a file: `src/media/range.rs` and `src/media.rs` are in `media`.
pub fn room(file: &str) -> &str {
    let inside = inside(file);
    inside.split('/').next().unwrap_or(inside)
}

/// Returns the part that a file is in, else its room.
pub fn name(file: &str) -> &str {
    row(file).map_or(room(file), |(name, _)| name)
}

/// Returns whether `from` may use `to`, both files; the error names a room that has no row.
pub fn may_use(from: &str, to: &str) -> Result<bool, String> {
    let (Some((from_name, used)), Some((to_name, _))) = (row(from), row(to)) else {
        return Err(room(if row(from).is_none() { from } else { to }).to_owned());
    };
    let to_room = room(to);
    let is_named = |list: &[&str]| list.contains(to_name) || list.contains(&to_room);
    let is_own_part = *from_name == room(from) && *from_name == to_room;
    let is_http = WITH_HANDLERS.contains(from_name) && is_named(HTTP);
    Ok(from_name == to_name || is_own_part || is_named(LEAVES) || is_named(used) || is_http)
}

/// Returns the row of the part or room that a file is in.
fn row(file: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    let inside = inside(file);
    let is_in = |name: &str| inside.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ROOMS.iter().filter(|(name, _)| is_in(name)).max_by_key(|(name, _)| name.len())
}

fn inside(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    inside.strip_suffix("/mod.rs").or(inside.strip_suffix(".rs")).unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_rows_below_it() {
        for (at, (room, used)) in ROOMS.iter().enumerate() {
            let is_below = |name: &&str| ROOMS[at + 1..].iter().any(|(below, _)| below == name);
            assert!(used.iter().all(is_below), "{room} uses {used:?}");
        }
        assert!(LEAVES.iter().all(|leaf| ROOMS.iter().any(|(name, _)| name == leaf)));
    }

    #[test]
    fn rooms_are_folders_or_files() {
        assert_eq!(room("src/media/input/fetch.rs"), "media");
        assert_eq!(room("src/error.rs"), "error");
    }

    #[test]
    fn arrows_lead_down() {
        let may_use = |from: &str, to: &str| may_use(&format!("src/{from}.rs"), &format!("src/{to}.rs"));
        for (from, to) in [("http/router", "admin/mod"), ("store/mod", "time"), ("store/mod", "store/row")] {
            assert_eq!(may_use(from, to), Ok(true), "{from} {to}");
        }
        for (from, to) in [("store/row", "auth/mod"), ("protocols/mod", "providers/mod")] {
            assert_eq!(may_use(from, to), Ok(false), "{from} {to}");
        }
        assert_eq!(may_use("store/mod", "attic"), Err("attic".to_owned()));
    }

    #[test]
    fn a_part_is_usable_from_below_and_uses_no_more_than_its_row() {
        let may_use = |from: &str, to: &str| may_use(&format!("src/{from}.rs"), &format!("src/{to}.rs"));
        for (from, to) in [
            ("providers/xai/mod", "inference/event"),
            ("inference/run", "inference/event"),
            ("protocols/mod", "inference/event"),
            ("inference/event/parts", "media/kind"),
        ] {
            assert_eq!(may_use(from, to), Ok(true), "{from} {to}");
        }
        for (from, to) in [("providers/xai/mod", "inference/run"), ("inference/event", "inference/run")] {
            assert_eq!(may_use(from, to), Ok(false), "{from} {to}");
        }
    }
}
