//! `cargo xtask build`: the component, checked against its world, and the Worker's bundle.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::bundle;
use crate::component::Component;
use crate::console;
use crate::paths;
use crate::process;
use crate::tools;
use crate::world;

pub const TARGET: &str = "wasm32-wasip2";

/// Builds the gateway and the bundle as it is deployed: optimised, and held to its budget.
pub fn build(root: &Path) -> Result<()> {
    let component = assemble(root)?;
    tools::node_packages(root)?;
    bundle::optimise(root)?;
    bundle::print_size("component with the console", &component)?;
    Ok(())
}

/// Builds the gateway and everything a Worker needs of it. What a platform takes is no matter to a host of one's own.
/// Gives the component's bytes.
pub fn assemble(root: &Path) -> Result<Vec<u8>> {
    finish(root, compile(root, &mut cargo("grok2api"))?)
}

/// Like [`build`], but with nothing of this machine in it; gives the component.
pub fn reproducible(root: &Path) -> Result<Vec<u8>> {
    let mut cargo = cargo("grok2api");
    paths::hide(&mut cargo, root)?;
    let component = finish(root, compile(root, &mut cargo)?)?;
    tools::node_packages(root)?;
    bundle::optimise(root)?;
    Ok(component)
}

fn finish(root: &Path, Built { bytes, messages }: Built) -> Result<Vec<u8>> {
    let mut component = Component::decode(&bytes)?;
    let declared = root.join("wit/world.wit");
    let declared = fs::read_to_string(&declared).with_context(|| format!("cannot read {}", declared.display()))?;
    world::check(&component, &declared)?;
    console::blank(&mut component.core, &console::archive(&messages)?)?;
    bundle::write(root, "grok2api", "signatures.mjs", &component)?;
    Ok(bytes)
}

/// Builds the component that the shim's own tests run.
pub fn probe(root: &Path) -> Result<()> {
    let component = Component::decode(&compile(root, &mut cargo("probe"))?.bytes)?;
    bundle::write(root, "probe", "probe.signatures.mjs", &component)
}

struct Built {
    /// The component.
    bytes: Vec<u8>,
    /// What cargo said, one JSON object a line.
    messages: Vec<u8>,
}

/// Builds one package of the workspace.
fn cargo(package: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--target", TARGET, "--release", "--package", package]);
    cargo
}

/// Compiles to a component and reads it.
fn compile(root: &Path, cargo: &mut Command) -> Result<Built> {
    add_target(root)?;
    // Only cargo knows where it builds to: it is asked instead of guessed at.
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let output = run(cargo.current_dir(root))?;
    if !output.status.success() {
        bail!("cargo could not build the component for {TARGET}");
    }
    let file = artifact(&output.stdout).context("cargo built no component")?;
    let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Built { bytes, messages: output.stdout })
}

/// The `.wasm` file that cargo's messages name last.
fn artifact(messages: &[u8]) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n').rev();
    messages.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok()).find_map(|message| {
        let files = message.get("filenames")?.as_array()?;
        files.iter().filter_map(|file| file.as_str()).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
    })
}

fn add_target(root: &Path) -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(root);
    let folder = String::from_utf8_lossy(&run(&mut rustc)?.stdout).trim().to_owned();
    if !folder.is_empty() && Path::new(&folder).is_dir() {
        return Ok(());
    }
    println!("adding the Rust target {TARGET}");
    let mut rustup = Command::new("rustup");
    let added = run(rustup.args(["target", "add", TARGET]).current_dir(root))?;
    if !added.status.success() {
        bail!("rustup could not add the target {TARGET}");
    }
    Ok(())
}

/// Runs a tool to its end; a tool that is not there is one sentence, not an OS error.
fn run(command: &mut Command) -> Result<std::process::Output> {
    let tool = command.get_program().to_string_lossy().into_owned();
    process::output(command).map_err(|error| match error.downcast_ref::<std::io::Error>() {
        Some(cause) if cause.kind() == ErrorKind::NotFound => {
            anyhow::anyhow!("{tool} is not on PATH: install Rust from https://rustup.rs, then run this again")
        }
        _ => error.context(format!("cannot run {tool}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_wasm_file_is_the_component() {
        let messages = b"{\"filenames\":[\"/t/a.rlib\"]}\nnot json\n{\"filenames\":[\"/t/x.d\",\"/t/x.wasm\"]}\n{\"success\":true}\n";
        assert_eq!(artifact(messages), Some(PathBuf::from("/t/x.wasm")));
        assert_eq!(artifact(b""), None);
    }

    #[test]
    fn a_missing_tool_is_one_sentence() {
        let error = run(&mut Command::new("no-such-tool-anywhere")).unwrap_err().to_string();
        assert!(error.starts_with("no-such-tool-anywhere is not on PATH"), "{error}");
    }
}
