//! Replaces the names of this machine's folders that rustc would write into a component.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{build::TARGET, process};

/// Makes cargo build the same bytes on every machine.
pub fn hide(cargo: &mut Command, root: &Path) -> Result<()> {
    let mut flags = vec![renamed(root, "/grok2api")];
    for registry in registries()? {
        flags.push(renamed(&registry, "/cargo"));
    }
    flags.push(standard_library()?);
    // Cargo adds these to the flags of .cargo/config.toml; flags in the environment would replace them.
    let flags = serde_json::to_string(&flags)?;
    cargo.arg("--config").arg(format!("target.{TARGET}.rustflags={flags}"));
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_RUSTFLAGS");
    // Other flags cause a full rebuild; a separate folder keeps the usual build.
    cargo.arg("--target-dir").arg(root.join("target/reproducible"));
    Ok(())
}

fn renamed(folder: &Path, name: &str) -> String {
    format!("--remap-path-prefix={}={name}", folder.display())
}

/// Returns the folders where cargo unpacks packages, one per registry.
fn registries() -> Result<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let folder = home.context("neither CARGO_HOME nor HOME is set")?.join("registry/src");
    let Ok(entries) = folder.read_dir() else { return Ok(Vec::new()) };
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// Returns the flag for the standard library: with the component `rust-src`, rustc writes the folder of its sources.
fn standard_library() -> Result<String> {
    let sysroot = text(Command::new("rustc").args(["--print", "sysroot"]))?;
    let version = text(Command::new("rustc").arg("-vV"))?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "))
        .context("rustc -vV prints no commit-hash")?;
    Ok(renamed(&Path::new(sysroot.trim()).join("lib/rustlib/src/rust"), &format!("/rustc/{commit}")))
}

fn text(command: &mut Command) -> Result<String> {
    let output = process::output(command)?;
    String::from_utf8(output.stdout).context("the output is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_this_machine_gets_another_name() {
        let mut cargo = Command::new("cargo");
        hide(&mut cargo, Path::new("/somewhere/else")).unwrap();
        let flags = cargo.get_args().nth(1).unwrap().to_str().unwrap();
        let start = "target.wasm32-wasip2.rustflags=[\"--remap-path-prefix=/somewhere/else=/grok2api\",";
        assert!(flags.starts_with(start), "{flags}");
        let (last, commit) = flags.trim_end_matches("\"]").rsplit_once("=/rustc/").unwrap();
        assert!(last.ends_with("lib/rustlib/src/rust") && commit.len() == 40, "{flags}");
    }
}
