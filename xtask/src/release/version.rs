//! Checks that every file names the same version, and reads that version's section of the changelog.

use anyhow::{Context, Result, bail};
use toml_edit::{DocumentMut, Item};

/// Returns the changelog's section of the tag's version; fails unless both manifests have this version.
pub fn notes(tag: &str, cargo: &str, spin: &str, changelog: &str) -> Result<String> {
    let version =
        tag.strip_prefix('v').with_context(|| format!("invalid tag {tag}, expected a version such as v1.2.3"))?;
    for (file, text, table) in
        [("Cargo.toml", cargo, ["workspace", "package"]), ("spin.toml", spin, ["", "application"])]
    {
        let document: DocumentMut = text.parse().with_context(|| format!("{file} is not TOML"))?;
        let table = table.iter().filter(|key| !key.is_empty()).try_fold(document.as_item(), |item, key| item.get(key));
        let named = table.and_then(|table| table.get("version")).and_then(Item::as_str).unwrap_or("none");
        if named != version {
            bail!("the tag is {tag}, but {file} has version {named}: change it, commit, and move the tag there");
        }
    }
    section(changelog, version).with_context(|| {
        format!("CHANGELOG.md has no section `## [{version}]` with text: write it, and move the tag there")
    })
}

fn section(changelog: &str, version: &str) -> Option<String> {
    let heading = format!("## [{version}]");
    let lines = changelog.lines().skip_while(|line| !line.starts_with(&heading)).skip(1);
    let text: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    let text = text.join("\n").trim().to_owned();
    (!text.is_empty()).then(|| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO: &str = "[workspace.package]\nversion = \"1.2.3\"\n[package]\nversion.workspace = true\n";
    const SPIN: &str = "spin_manifest_version = 2\n[application]\nversion = \"1.2.3\"\n";
    const CHANGELOG: &str =
        "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-01\n\n### Added\n\n- It.\n\n## [1.2.2]\n\nOld.\n";

    #[test]
    fn the_notes_are_the_section_of_the_version() {
        assert_eq!(notes("v1.2.3", CARGO, SPIN, CHANGELOG).unwrap(), "### Added\n\n- It.\n");
    }

    #[test]
    fn what_does_not_agree_is_named() {
        let said = |tag: &str, cargo: &str, spin: &str, changelog: &str| {
            notes(tag, cargo, spin, changelog).unwrap_err().to_string()
        };
        assert!(said("1.2.3", CARGO, SPIN, CHANGELOG).contains("invalid tag 1.2.3"));
        assert!(said("v1.2.4", CARGO, SPIN, CHANGELOG).contains("Cargo.toml has version 1.2.3"));
        let spin = SPIN.replace("1.2.3", "1.2.2");
        assert!(said("v1.2.3", CARGO, &spin, CHANGELOG).contains("spin.toml has version 1.2.2"));
        let empty = CHANGELOG.replace("### Added\n\n- It.\n", "");
        assert!(said("v1.2.3", CARGO, SPIN, &empty).contains("no section `## [1.2.3]`"));
    }
}
