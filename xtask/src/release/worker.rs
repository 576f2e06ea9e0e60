//! The Worker as wrangler bundles it, with what deploys it without building anything.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{
    archive::{self, Files},
    manifests,
};
use crate::{lines, process};

const ASSETS: &str = "console";
const NAME: &str = "grok2api-worker";

pub fn archive(root: &Path) -> Result<Vec<u8>> {
    let folder = bundle(root)?;
    let manifest = fs::read_to_string(root.join("wrangler.toml")).context("wrangler.toml cannot be read")?;
    let mut files = Files::new();
    // What else wrangler writes there tells when it did.
    for path in lines::files(&folder, &["js", "map", "wasm"])? {
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        files.insert(name, fs::read(&path)?);
    }
    let script = files.keys().find(|name| name.ends_with(".js")).context("wrangler wrote no script")?.clone();
    files.insert("wrangler.toml".to_owned(), manifests::worker(&manifest, &script, ASSETS)?.into_bytes());
    if let Some(assets) = manifests::assets(&manifest)? {
        archive::add(&mut files, &root.join(assets), ASSETS)?;
    }
    archive::add(&mut files, &root.join("migrations"), "migrations")?;
    files.insert("LICENSE".to_owned(), fs::read(root.join("LICENSE"))?);
    archive::pack(NAME, &files)
}

fn bundle(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/worker");
    let _ = fs::remove_dir_all(&folder);
    let mut node = Command::new("node");
    node.arg(root.join("node_modules/wrangler/bin/wrangler.js")).current_dir(root);
    node.env("WRANGLER_SEND_METRICS", "false");
    process::run(node.args(["deploy", "--dry-run", "--outdir"]).arg(&folder))?;
    Ok(folder)
}
