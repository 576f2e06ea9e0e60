//! Writes reproducible archives: only names and bytes, no times or owners, files sorted by name.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, Header};

/// The bytes of each file, by its name in the archive.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Returns a `.tar.gz` with all files in one folder.
pub fn pack(folder: &str, files: &Files) -> Result<Vec<u8>> {
    let mut archive = Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for (name, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{folder}/{name}"), bytes.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// Adds every file below `folder`, under `name/`.
pub fn add(files: &mut Files, folder: &Path, name: &str) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path: PathBuf = entry?.path();
        let own = path.file_name().context("an entry has a name")?.to_string_lossy();
        if path.is_dir() {
            add(files, &path, &format!("{name}/{own}"))?;
        } else {
            files.insert(format!("{name}/{own}"), fs::read(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_goes_in_comes_out_and_nothing_tells_when() {
        let files: Files = [("b/c".to_owned(), b"two".to_vec()), ("a".to_owned(), b"one".to_vec())].into();
        let packed = pack("x", &files).unwrap();
        assert_eq!(packed, pack("x", &files).unwrap());
        assert_eq!(&packed[4..8], [0; 4], "the time in gzip's head");
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice()));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            assert_eq!((entry.header().mtime().unwrap(), entry.header().uid().unwrap()), (0, 0));
            found.push((entry.path().unwrap().display().to_string(), text));
        }
        assert_eq!(found, [("x/a".to_owned(), "one".to_owned()), ("x/b/c".to_owned(), "two".to_owned())]);
    }
}
