//! Checks the links inside the documents: each must lead to a file that exists, and to a heading in it when it names one.

use std::{fs, path::Path};

use anyhow::Result;

use super::{Fault, files, relative};

/// Returns a fault for each link of a Markdown file that leads nowhere. Addresses on the web are not checked.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for path in files(root, &["md"])? {
        let folder = path.parent().expect("a file has a folder");
        for (at, text) in fs::read_to_string(&path)?.lines().enumerate() {
            for target in targets(text).filter(|target| !leads_ok(&path, folder, target)) {
                let message = format!("the link to {target} leads nowhere: name an existing file and heading");
                faults.push(Fault { file: relative(root, &path)?, line: at + 1, message });
            }
        }
    }
    Ok(faults)
}

/// Returns what is in the parentheses of each `[text](target)`, without addresses on the web: tests use no public network.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|target| !target.contains("://"))
}

fn leads_ok(path: &Path, folder: &Path, target: &str) -> bool {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() { path.to_owned() } else { folder.join(file) };
    if heading.is_empty() {
        return file.exists();
    }
    fs::read_to_string(file).is_ok_and(|text| text.lines().filter_map(anchor).any(|anchor| anchor == heading))
}

/// Returns the anchor that GitHub gives a heading: lower case, hyphens for spaces, other punctuation dropped.
fn anchor(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?.trim();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_web_addresses_left_out() {
        let text = "[a](b.md#c) and ![x](y.png), [w](https://example.org/z)\n[d](#e)";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["b.md#c", "y.png", "#e"]);
    }

    #[test]
    fn headings_become_anchors() {
        assert_eq!(anchor("## Use with `curl`, and more").as_deref(), Some("use-with-curl-and-more"));
        assert_eq!(anchor("### 部署 Workers").as_deref(), Some("部署-workers"));
        assert_eq!(anchor("#hash"), None);
    }

    #[test]
    fn a_missing_file_and_a_missing_heading_are_broken() {
        let root = crate::root();
        assert!(leads_ok(&root.join("README.md"), &root, "Cargo.toml"));
        assert!(!leads_ok(&root.join("README.md"), &root, "Cargo.toml.gone"));
        assert!(!leads_ok(&root.join("README.md"), &root, "LICENSE#no-such-heading"));
    }
}
