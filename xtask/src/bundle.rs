//! What the Worker is made of, written to `cloudflare/dist`, and the budgets it must keep.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

use crate::component::Component;
use crate::signatures;

/// Bytes, raw and gzipped. Every request instantiates the component afresh,
/// and the free plan takes scripts of at most 3 MB gzipped.
const COMPONENT_BUDGET: (usize, usize) = (1_500_000, 500_000);

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

/// Prints the component's size and fails above its budget. The shim's is
/// measured by its tests, as wrangler would upload it.
pub fn check_size(component: &[u8]) -> Result<()> {
    let (raw, zipped) = (component.len(), gzipped(component)?);
    println!("component {raw} bytes, {zipped} gzipped");
    if raw > COMPONENT_BUDGET.0 || zipped > COMPONENT_BUDGET.1 {
        bail!("the component is larger than {COMPONENT_BUDGET:?} bytes (raw, gzipped)");
    }
    Ok(())
}

fn gzipped(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
