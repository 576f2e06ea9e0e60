//! Writes the Worker's files to `cloudflare/dist` and checks their size budgets.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

use crate::checks;
use crate::component::Component;
use crate::process;
use crate::signatures;

/// In bytes, raw and gzipped. An isolate compiles the component before its first request, so its size costs time then.
const COMPONENT_BUDGET: (usize, usize) = (3_400_000, 1_140_000);
/// The limit of a script on the free plan, in gzipped bytes.
/// Source: https://developers.cloudflare.com/workers/platform/limits/#worker-size
const UPLOAD_BUDGET: usize = 3_000_000;

/// Writes `<name>.wasm` and its signatures.
pub fn write(root: &Path, name: &str, signatures: &str, component: &Component) -> Result<()> {
    let dist = root.join("cloudflare/dist");
    fs::create_dir_all(&dist).with_context(|| format!("cannot create {}", dist.display()))?;
    let save = |file: PathBuf, bytes: &[u8]| {
        fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))
    };
    save(dist.join(format!("{name}.wasm")), &component.core)?;
    save(dist.join(signatures), signatures::generate(component)?.as_bytes())
}

/// The WebAssembly features that rustc's `wasm32-wasip2` emits and all hosts support; the optimiser must not add others.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Chosen for the gzipped size: the whole of `-Oz` shrinks the module further, but its gzipped form grows by 7 %.
const WASM_PASSES: [&str; 14] = [
    // Drops the zeros that replaced the console.
    "--memory-packing",
    "--remove-unused-module-elements",
    "--duplicate-function-elimination",
    "--simplify-locals-nostructure",
    "--vacuum",
    "--precompute",
    "--merge-similar-functions",
    "--duplicate-function-elimination",
    "--rse",
    "--remove-unused-brs",
    "--remove-unused-names",
    "--coalesce-locals",
    "--reorder-locals",
    "--vacuum",
];

/// Shrinks the Worker's module with Binaryen, prints its size, and fails above its budget. The shim's tests measure the
/// shim, as wrangler would upload it.
pub fn optimise(root: &Path) -> Result<()> {
    let module = root.join("cloudflare/dist/grok2api.wasm");
    let optimised = module.with_extension("optimised.wasm");
    let mut wasm_opt = Command::new("node");
    wasm_opt.arg("node_modules/binaryen/bin/wasm-opt").args(WASM_PASSES);
    wasm_opt
        .args(["--strip-debug", "--strip-producers"])
        .args(WASM_FEATURES)
        .arg(&module)
        .arg("--output")
        .arg(&optimised)
        .current_dir(root);
    process::run(&mut wasm_opt).context("Binaryen could not optimise the component's module")?;
    fs::rename(&optimised, &module).with_context(|| format!("cannot replace {}", module.display()))?;
    check_size(&fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?)
}

fn check_size(module: &[u8]) -> Result<()> {
    let (raw, zipped) = print_size("Worker's module, optimised", module)?;
    if raw > COMPONENT_BUDGET.0 || zipped > COMPONENT_BUDGET.1 {
        bail!("the Worker's module exceeds {COMPONENT_BUDGET:?} bytes (raw, gzipped): shrink it, or raise the budget");
    }
    Ok(())
}

/// Prints and returns the size in bytes, raw and gzipped.
pub fn print_size(what: &str, bytes: &[u8]) -> Result<(usize, usize)> {
    let (raw, zipped) = (bytes.len(), gzipped(bytes)?);
    println!("{what}: {raw} bytes, {zipped} gzipped");
    Ok((raw, zipped))
}

/// Fails if the files that wrangler would upload, in `folder`, exceed the free plan's limit.
pub fn check_upload(folder: &Path) -> Result<()> {
    let mut zipped = 0;
    for file in checks::files(folder, &["js", "wasm"])? {
        zipped += gzipped(&fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?)?;
    }
    println!("the upload: {zipped} bytes gzipped");
    if zipped == 0 || zipped > UPLOAD_BUDGET {
        bail!("{} has {zipped} bytes gzipped, the free plan accepts 1 to {UPLOAD_BUDGET}", folder.display());
    }
    Ok(())
}

/// Returns the gzipped size in bytes.
pub fn gzipped(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
