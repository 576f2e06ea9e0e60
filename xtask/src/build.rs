//! `cargo xtask build`: the gateway, checked against its world, the Worker's bundle, and the file that Spin runs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::bundle;
use crate::component::{Component, decode_world};
use crate::compose;
use crate::console;
use crate::paths;
use crate::process;
use crate::tools;
use crate::world;

pub const TARGET: &str = "wasm32-wasip2";

/// The file that Spin runs; spin.toml names it.
const SPIN_FILE: &str = "target/spin/grok2api.wasm";

/// Builds the Worker's bundle and the file for Spin.
pub fn build(root: &Path) -> Result<()> {
    let gateway = upload(root)?;
    let provider = compile(root, &mut cargo("spin-websocket"))?.bytes;
    bundle::print_size("Spin's WebSockets", &provider)?;
    bundle::print_size("component for Spin, with the console", &compose(root, &gateway, &provider)?)?;
    Ok(())
}

/// Builds the Worker's bundle as it is deployed and checks its budget. Returns the gateway as a component.
pub fn upload(root: &Path) -> Result<Vec<u8>> {
    let gateway = worker(root)?;
    tools::node_packages(root)?;
    bundle::optimise(root)?;
    Ok(gateway)
}

/// Builds the gateway and the files that a Worker needs, without checking budgets: they are limits of Cloudflare, not of
/// a self-hosted workerd. Returns the gateway as a component.
pub fn worker(root: &Path) -> Result<Vec<u8>> {
    finish(root, compile(root, &mut cargo("grok2api"))?)
}

/// Builds only the file that Spin runs.
pub fn spin(root: &Path) -> Result<()> {
    let gateway = compile(root, &mut cargo("grok2api"))?.bytes;
    check(root, "wit/world.wit", &gateway)?;
    compose(root, &gateway, &compile(root, &mut cargo("spin-websocket"))?.bytes)?;
    Ok(())
}

/// Builds like [`build`], but without names of this machine's folders in the output. Returns the file for Spin.
pub fn reproducible(root: &Path) -> Result<Vec<u8>> {
    let build = |package| {
        let mut cargo = cargo(package);
        paths::hide(&mut cargo, root)?;
        compile(root, &mut cargo)
    };
    let gateway = finish(root, build("grok2api")?)?;
    let component = compose(root, &gateway, &build("spin-websocket")?.bytes)?;
    tools::node_packages(root)?;
    bundle::optimise(root)?;
    Ok(component)
}

fn finish(root: &Path, Built { bytes, messages }: Built) -> Result<Vec<u8>> {
    check(root, "wit/world.wit", &bytes)?;
    let mut component = Component::decode(&bytes)?;
    console::blank(&mut component.core, &console::archive(&messages)?)?;
    bundle::write(root, "grok2api", "signatures.mjs", &component)?;
    Ok(bytes)
}

fn check(root: &Path, file: &str, component: &[u8]) -> Result<()> {
    let (resolve, world) = decode_world(component)?;
    world::check(root, file, &resolve, world)
}

/// Composes the gateway with the WebSocket provider and writes the file that spin.toml names.
fn compose(root: &Path, gateway: &[u8], provider: &[u8]) -> Result<Vec<u8>> {
    let composed = compose::compose(gateway, provider)?;
    check(root, "wit/spin.wit", &composed)?;
    save(&root.join(SPIN_FILE), &composed)?;
    Ok(composed)
}

fn save(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().context("the file is in a folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, bytes))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Builds the component that the tests of the shim and of Spin's WebSockets run.
pub fn probe(root: &Path) -> Result<()> {
    let probe = compile(root, &mut cargo("probe"))?.bytes;
    bundle::write(root, "probe", "probe.signatures.mjs", &Component::decode(&probe)?)?;
    let provider = compile(root, &mut cargo("spin-websocket"))?.bytes;
    save(&root.join("target/spin/probe.wasm"), &compose::compose(&probe, &provider)?)
}

/// Builds the component that `cargo xtask bench` measures beside the gateway on Spin.
pub fn floor(root: &Path) -> Result<()> {
    save(&root.join("target/spin/bench-floor.wasm"), &compile(root, &mut cargo("bench-floor"))?.bytes)
}

struct Built {
    /// The component's bytes.
    bytes: Vec<u8>,
    /// Cargo's messages, one JSON object per line.
    messages: Vec<u8>,
}

/// Returns the command that builds one package of the workspace.
fn cargo(package: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--target", TARGET, "--release", "--package", package]);
    cargo
}

/// Compiles to a component and returns it; the error names the target.
fn compile(root: &Path, cargo: &mut Command) -> Result<Built> {
    add_target(root)?;
    // Cargo reports the path of its output; it depends on configuration.
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let output = run(cargo.current_dir(root))?;
    if !output.status.success() {
        bail!("cargo could not build the component for {TARGET}");
    }
    let file = artifact(&output.stdout).context("cargo built no component")?;
    let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Built { bytes, messages: output.stdout })
}

/// Returns the last `.wasm` file in cargo's messages.
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

/// Runs a tool to its end; if it is not installed, the error says how to install it.
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
