//! Checks before anything is built or started: the port, the data folder, the databases in it.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::Read,
    net::{SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use anyhow::{Context, Result, bail};

/// Large enough to notice a full disk.
const PROBE_BYTES: usize = 1 << 16;
const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Fails with one sentence if the port is in use.
pub fn port(port: u16) -> Result<()> {
    TcpListener::bind(("127.0.0.1", port)).map(drop).with_context(|| {
        format!("port {port} cannot be used: stop the program that listens there, or choose another with --port")
    })
}

/// Fails with one sentence if no program can listen on the address.
pub fn address(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).map(drop).with_context(|| {
        format!("cannot listen on {address}: name an address of this machine and a free port with --listen")
    })
}

/// Creates the folder for its owner only; fails if it is not writable or a database in it is not SQLite.
pub fn folder(data: &Path) -> Result<()> {
    let probe = data.join(".probe");
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
    let written = made.and_then(|()| fs::write(&probe, [0; PROBE_BYTES]));
    let removed = if probe.exists() { fs::remove_file(&probe) } else { Ok(()) };
    written.and(removed).with_context(|| {
        let folder = data.display();
        format!("{folder} takes no data: free some space, correct its permissions, or choose another with --data")
    })?;
    databases(data)
}

/// Locks a host's folder until the returned file is dropped. Fails with one sentence if another `up` holds the lock.
pub fn sole_user(folder: &Path) -> Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let lock = File::create(folder.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("another `cargo xtask up` uses {}: stop it, or choose another folder with --data", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the data folder cannot be locked"),
    }
}

/// Checks the header of each database, which would otherwise fail the first request.
fn databases(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            databases(&path)?;
        } else if path.extension().is_some_and(|kind| kind == "db" || kind == "sqlite") {
            let file = path.display();
            let mut header = Vec::new();
            let opened = fs::File::open(&path);
            opened
                .and_then(|open| open.take(SQLITE_HEADER.len() as u64).read_to_end(&mut header))
                .with_context(|| format!("cannot read {file}: correct its permissions"))?;
            if !header.is_empty() && header != SQLITE_HEADER {
                bail!("{file} is not a database: restore it from a backup, or move it away to start empty");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("grok2api-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("deeper")).unwrap();
        folder
    }

    #[test]
    fn one_up_at_a_time_uses_a_folder() {
        let folder = scratch("lock").join("workerd");
        let first = sole_user(&folder).unwrap();
        assert!(sole_user(&folder).is_err_and(|error| error.to_string().contains("--data")));
        drop(first);
        assert!(sole_user(&folder).is_ok());
        fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_broken_database_is_named_and_left_alone() {
        let data = scratch("broken");
        let file = data.join("deeper/a.sqlite");
        for (content, fine) in [(&b""[..], true), (b"SQLite format 3\0...", true), (b"\0\0\0\0", false)] {
            fs::write(&file, content).unwrap();
            let checked = folder(&data);
            assert_eq!(checked.is_ok(), fine, "{checked:?}");
            assert_eq!(fs::read(&file).unwrap(), content);
        }
        assert!(folder(&data).unwrap_err().to_string().contains("a.sqlite is not a database"));
        fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_one_sentence() {
        let data = scratch("file");
        fs::write(data.join("plain"), "").unwrap();
        let error = folder(&data.join("plain/below")).unwrap_err().to_string();
        assert!(error.contains("takes no data: free some space"), "{error}");
        fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn a_taken_port_is_one_sentence() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = port(taken.local_addr().unwrap().port()).unwrap_err().to_string();
        assert!(error.contains("choose another with --port"), "{error}");
    }
}
