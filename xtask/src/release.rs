//! `cargo xtask release`: what is attached to a release, in `target/release-files`, and its notes beside them. Built
//! twice from one commit with one Rust, the bytes are the same.

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

/// With a tag, everything that names a version has to name the tag's.
pub fn release(root: &Path, tag: Option<&str>) -> Result<()> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("{file} cannot be read"));
    let notes = match tag {
        Some(tag) => version::notes(tag, &read("Cargo.toml")?, &read("spin.toml")?, &read("CHANGELOG.md")?)?,
        None => String::new(),
    };
    let component = build::reproducible(root)?;
    forbid_folders(root, COMPONENT, &component)?;

    let files = root.join("target/release-files");
    let _ = fs::remove_dir_all(&files);
    fs::create_dir_all(&files)?;
    let save = |name: &str, bytes: &[u8]| {
        fs::write(files.join(name), bytes).with_context(|| format!("{name} cannot be written"))
    };
    save(COMPONENT, &component)?;
    save("spin.toml", manifests::spin(&read("spin.toml")?, COMPONENT)?.as_bytes())?;
    save("grok2api-worker.tar.gz", &worker::archive(root)?)?;
    save("grok2api.cdx.json", sbom::write(root)?.as_bytes())?;
    save(SUMS, sums(&files)?.as_bytes())?;
    fs::write(root.join("target/release-notes.md"), notes)?;
    print!("{}", fs::read_to_string(files.join(SUMS))?);
    Ok(())
}

/// A folder of this machine in a file would make it another one elsewhere.
fn forbid_folders(root: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let home = std::env::var("HOME").unwrap_or_default();
    for folder in [root.to_string_lossy().as_ref(), &format!("{home}/.")] {
        if memchr::memmem::find(bytes, folder.as_bytes()).is_some() {
            bail!("{name} names `{folder}`, a folder of this machine");
        }
    }
    Ok(())
}

/// As `sha256sum` writes and checks them.
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
