//! Finds the tools that the commands need; if one is missing, the error says how to install it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::process;

/// The oldest Node.js in `engines` of package.json.
const NODE: (u32, u32) = (20, 3);
/// The first Spin that runs WASI 0.3 components.
const SPIN: (u32, u32) = (4, 1);

/// Checks Node.js and installs the packages of package-lock.json if they are missing or older than it.
pub fn node_packages(root: &Path) -> Result<()> {
    let Some(node) = output("node", &["--version"]) else {
        bail!("node is not on PATH: install Node.js 20.3 or newer from https://nodejs.org, then run this again");
    };
    if version(&node).is_none_or(|found| found < NODE) {
        bail!("Node.js {} is too old: install 20.3 or newer from https://nodejs.org, then run this again", node.trim());
    }
    if packages_are_current(root) {
        return Ok(());
    }
    output("npm", &["--version"]).context(
        "npm is not on PATH: install it (it comes with Node.js from https://nodejs.org), then run this again",
    )?;
    println!("installing the npm packages");
    process::run(Command::new("npm").args(["ci", "--no-fund", "--no-audit", "--loglevel=error"]).current_dir(root))
        .context("cannot install the npm packages: check the network and the free disk space")
}

/// Returns whether the packages are installed. npm writes the hidden lockfile last, so an interrupted installation has none.
fn packages_are_current(root: &Path) -> bool {
    let modified = |file: &str| root.join(file).metadata().and_then(|file| file.modified());
    match (modified("node_modules/.package-lock.json"), modified("package-lock.json")) {
        (Ok(installed), Ok(wanted)) => installed >= wanted,
        _ => false,
    }
}

/// Checks Python and the modules for virtual environments, which Debian packages separately.
pub fn python() -> Result<()> {
    let command = "import ensurepip, venv; print('fine')";
    match output("python3", &["-c", command]).as_deref().map(str::trim) {
        Some("fine") => Ok(()),
        _ => bail!("python3 with venv is missing: install the packages python3 and python3-venv, then run this again"),
    }
}

/// The Spin on PATH, with the version text that it prints.
pub struct Spin {
    /// Whether it is new enough for this component.
    pub usable: bool,
    pub text: String,
}

/// Returns the Spin on PATH, `None` if it is not installed.
pub fn spin() -> Option<Spin> {
    let text = output("spin", &["--version"])?;
    Some(Spin { usable: version(&text).is_some_and(|found| found >= SPIN), text: text.trim().to_owned() })
}

/// Returns what a tool prints, `None` if it is not installed.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the first `major.minor` in a tool's version text.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut words = text.split(|c: char| c.is_whitespace() || c == 'v');
    let mut parts = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("spin 4.1.0-pre0 (94a8fc8a 2026-08-21)"), Some((4, 1)));
        assert_eq!(version("spin 10.0.1"), Some((10, 0)));
        assert_eq!(version("bash: no such thing"), None);
    }

    #[test]
    fn package_json_asks_for_the_same_node() {
        let package = std::fs::read_to_string(crate::root().join("package.json")).unwrap();
        assert!(package.contains(&format!("\"node\": \">={}.{}.0\"", NODE.0, NODE.1)), "{package}");
    }
}
