//! Packs the Worker as wrangler bundles it, with the files needed to deploy it without a build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::{
    archive::{self, Files},
    manifests,
};
use crate::{checks, process};

const ASSETS: &str = "console";
/// The folder of the script and its module. It contains nothing else, because wrangler uploads every file beside a
/// script as a module, texts included.
const SCRIPT: &str = "worker";
const NAME: &str = "grok2api-worker";

/// Builds the archive and returns its bytes; fails if a file names a folder of this machine.
pub fn archive(root: &Path) -> Result<Vec<u8>> {
    let folder = bundle(root)?;
    let manifest = fs::read_to_string(root.join("wrangler.toml")).context("cannot read wrangler.toml")?;
    let mut files = Files::new();
    // The other files that wrangler writes there contain the time.
    for path in checks::files(&folder, &["js", "map", "wasm"])? {
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        let bytes = fs::read(&path)?;
        let is_map = path.extension().is_some_and(|kind| kind == "map");
        files.insert(format!("{SCRIPT}/{name}"), if is_map { without_root(&bytes)? } else { bytes });
    }
    let script = files.keys().find(|name| name.ends_with(".js")).context("wrangler wrote no script")?.clone();
    files.insert("wrangler.toml".to_owned(), manifests::worker(&manifest, &script, ASSETS)?.into_bytes());
    if let Some(assets) = manifests::assets(&manifest)? {
        archive::add(&mut files, &root.join(assets), ASSETS)?;
    }
    archive::add(&mut files, &root.join("migrations"), "migrations")?;
    files.insert("LICENSE".to_owned(), fs::read(root.join("LICENSE"))?);
    for (name, bytes) in &files {
        super::forbid_folders(root, name, bytes)?;
    }
    archive::pack(NAME, &files)
}

/// Removes the build folder from a source map. The map contains its sources, so no tool needs the folder.
fn without_root(map: &[u8]) -> Result<Vec<u8>> {
    let mut map: Map<String, Value> = serde_json::from_slice(map).context("wrangler wrote no source map")?;
    map.remove("sourceRoot");
    Ok(serde_json::to_vec(&map)?)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_source_map_loses_its_folder_and_nothing_else() {
        let map =
            br#"{"version":3,"sources":["a.mjs"],"sourcesContent":["x"],"mappings":"AAAA","sourceRoot":"/home/x"}"#;
        let kept: Value = serde_json::from_slice(&without_root(map).unwrap()).unwrap();
        let expected = json!({ "version": 3, "sources": ["a.mjs"], "sourcesContent": ["x"], "mappings": "AAAA" });
        assert_eq!(kept, expected);
    }
}
