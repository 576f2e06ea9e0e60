//! The developer commands: `cargo xtask build | up | test`.

mod build;
mod bundle;
mod component;
mod signatures;
mod world;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["build"] => build::build(root),
        ["build", "--probe"] => build::probe(root),
        _ => bail!("usage: cargo xtask build [--probe]"),
    }
}
