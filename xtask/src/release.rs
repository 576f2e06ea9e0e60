//! `cargo xtask release`: writes the files of a release to `target/release-files`, and its notes beside that folder.
//!
//! The build is reproducible: the same commit and Rust version produce the same bytes.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::build;

mod archive;
mod manifests;
mod sbom;
mod version;
mod worker;

const COMPONENT: &str = "grok2api.wasm";
const SUMS: &str = "SHA256SUMS";

/// Builds the files of a release; with a tag, fails unless every file that names a version names the tag's.
pub fn release(root: &Path, tag: Option<&str>) -> Result<()> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"));
    let notes = match tag {
        Some(tag) => version::notes(tag, &read("Cargo.toml")?, &read("spin.toml")?, &read("CHANGELOG.md")?)?,
        None => String::new(),
    };
    let component = build::reproducible(root)?;
    forbid_folders(root, COMPONENT, &component)?;

    let files = root.join("target/release-files");
    let _ = fs::remove_dir_all(&files);
    fs::create_dir_all(&files)?;
    let save =
        |name: &str, bytes: &[u8]| fs::write(files.join(name), bytes).with_context(|| format!("cannot write {name}"));
    save(COMPONENT, &component)?;
    save("spin.toml", manifests::spin(&read("spin.toml")?, COMPONENT)?.as_bytes())?;
    save("grok2api-worker.tar.gz", &worker::archive(root)?)?;
    save("grok2api.cdx.json", sbom::write(root)?.as_bytes())?;
    save(SUMS, sums(&files)?.as_bytes())?;
    fs::write(root.join("target/release-notes.md"), notes)?;
    print!("{}", fs::read_to_string(files.join(SUMS))?);
    Ok(())
}

/// Fails if a file names a folder of this machine, because another machine would then build different bytes.
fn forbid_folders(root: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let home = std::env::var("HOME").unwrap_or_default();
    for folder in [root.to_string_lossy().as_ref(), &format!("{home}/.")] {
        if memchr::memmem::find(bytes, folder.as_bytes()).is_some() {
            bail!("{name} names `{folder}`, a folder of this machine: build it with the path remapped");
        }
    }
    Ok(())
}

/// Returns the checksums in the format of `sha256sum`.
fn sums(folder: &Path) -> Result<String> {
    let entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut lines = Vec::new();
    for entry in entries {
        let digest = Sha256::digest(fs::read(entry.path())?);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push((entry.file_name(), hex));
    }
    lines.sort();
    Ok(lines.iter().map(|(name, hex)| format!("{hex}  {}\n", name.display())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_this_machine_is_found() {
        let root = Path::new("/home/me/grok2api");
        assert!(forbid_folders(root, COMPONENT, b"\0/cargo/url-2/src/lib.rs\0").is_ok());
        assert!(forbid_folders(root, COMPONENT, b"\0/home/me/grok2api/src/lib.rs\0").is_err());
    }

    #[test]
    fn sums_are_in_the_order_of_names() {
        let folder = std::env::temp_dir().join(format!("grok2api-sums-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("b"), "").unwrap();
        fs::write(folder.join("a"), "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n";
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n";
        assert_eq!(sums(&folder).unwrap(), format!("{abc}{empty}"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
