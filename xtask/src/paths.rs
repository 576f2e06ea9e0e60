//! The folders of this machine that rustc would write into a component, and what it writes instead.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{build::TARGET, process};

/// Makes cargo build the same bytes, whoever's machine this is.
pub fn hide(cargo: &mut Command, root: &Path) -> Result<()> {
    let mut flags = vec![renamed(root, "/grok2api")];
    for registry in registries()? {
        flags.push(renamed(&registry, "/cargo"));
    }
    flags.push(standard_library()?);
    // Joined to those of .cargo/config.toml, which flags in the environment would replace.
    let flags = serde_json::to_string(&flags)?;
    cargo.arg("--config").arg(format!("target.{TARGET}.rustflags={flags}"));
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_RUSTFLAGS");
    // With other flags everything is built again: in a folder of its own it is kept beside the usual build.
    cargo.arg("--target-dir").arg(root.join("target/reproducible"));
    Ok(())
}

fn renamed(folder: &Path, name: &str) -> String {
    format!("--remap-path-prefix={}={name}", folder.display())
}

/// Where cargo unpacks packages: a folder a registry, named by where that registry is reached.
fn registries() -> Result<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let folder = home.context("neither CARGO_HOME nor HOME is set")?.join("registry/src");
    let Ok(entries) = folder.read_dir() else { return Ok(Vec::new()) };
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// With the component `rust-src` rustc finds the library's sources, and names them by where they are.
fn standard_library() -> Result<String> {
    let sysroot = text(Command::new("rustc").args(["--print", "sysroot"]))?;
    let version = text(Command::new("rustc").arg("-vV"))?;
    let commit =
        version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).context("rustc tells no commit")?;
    Ok(renamed(&Path::new(sysroot.trim()).join("lib/rustlib/src/rust"), &format!("/rustc/{commit}")))
}

fn text(command: &mut Command) -> Result<String> {
    let output = process::output(command)?;
    String::from_utf8(output.stdout).context("it prints text")
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
