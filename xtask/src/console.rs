//! Removes the console from the Worker's module: Workers serve its files as static assets.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Returns the archive that the gateway's build script packed; cargo's messages name its folder.
pub fn archive(messages: &[u8]) -> Result<Vec<u8>> {
    let messages = messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let scripts = messages.filter(|message| message["reason"] == "build-script-executed");
    let file = scripts
        .filter_map(|message| Some(Path::new(message["out_dir"].as_str()?).join("console.archive")))
        .find(|file| file.is_file())
        .context("the gateway's build script packed no console")?;
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Overwrites the archive with zeros, which Binaryen's `--memory-packing` then drops. The gateway treats such an archive
/// as absent.
pub fn blank(module: &mut [u8], archive: &[u8]) -> Result<()> {
    let first = find(module, archive).context("the console's archive is not in the component's module")?;
    if find(&module[first + 1..], archive).is_some() {
        bail!("the console's archive is in the component's module twice");
    }
    module[first..first + archive.len()].fill(0);
    Ok(())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len().max(1)).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_blanked_where_it_is() {
        let mut module = *b"aaconsolebb";
        blank(&mut module, b"console").unwrap();
        assert_eq!(&module, b"aa\0\0\0\0\0\0\0bb");
    }

    #[test]
    fn an_archive_that_is_not_there_or_there_twice_is_an_error() {
        assert!(blank(&mut b"aaconsOlebb".to_vec(), b"console").unwrap_err().to_string().contains("not in"));
        assert!(blank(&mut b"consoleconsole".to_vec(), b"console").unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_build_without_the_script_is_an_error() {
        assert!(archive(b"{\"reason\":\"build-script-executed\",\"out_dir\":\"/nowhere\"}\n").is_err());
        assert!(archive(b"").is_err());
    }
}
