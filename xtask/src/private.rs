//! Files that only the current user may read, and random secrets.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use anyhow::{Context, Result};
use nix::sys::stat::{Mode, umask};

/// Subfolders of a data folder with databases.
const HOSTS: [&str; 2] = ["spin", "workerd"];
/// Everything else that `up` and `deploy` write there.
const BESIDE: [&str; 4] = ["cloudflare", "demo", "credentials.json", ".probe"];
const OTHERS: u32 = 0o077;

/// Makes files that this process and its children create accessible to their owner only.
pub fn mask() {
    umask(Mode::from_bits_truncate(OTHERS as _));
}

/// Removes the access of other users, which earlier releases allowed, from the hosts' folders, and from the data folder
/// if it contains nothing else. Prints files that cannot be changed, without failing.
pub fn tighten(data: &Path) -> Result<()> {
    let mut is_ours = true;
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        let name = entry.file_name();
        let is = |list: &[&str]| list.iter().any(|ours| name == **ours);
        if is(&HOSTS) {
            close_all(&entry.path())?;
        }
        is_ours &= is(&HOSTS) || is(&BESIDE);
    }
    if is_ours {
        close(data)?;
    }
    Ok(())
}

fn close_all(path: &Path) -> Result<()> {
    // A link may lead to files that are not ours.
    if fs::symlink_metadata(path)?.is_symlink() {
        return Ok(());
    }
    close(path)?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            close_all(&entry?.path())?;
        }
    }
    Ok(())
}

fn close(path: &Path) -> Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & OTHERS != 0
        && let Err(error) = fs::set_permissions(path, PermissionsExt::from_mode(mode & !OTHERS))
    {
        println!("other users of this machine can read {} ({error})", path.display());
    }
    Ok(())
}

/// Writes a file that only its owner can read, atomically.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("new");
    let _ = fs::remove_file(&draft);
    let written = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

/// Returns `BYTES` random bytes of the system's generator in hexadecimal digits.
pub fn random<const BYTES: usize>() -> Result<String> {
    let mut bytes = [0; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_folders_of_earlier_releases_are_closed() {
        let data = std::env::temp_dir().join(format!("grok2api-tighten-{}", std::process::id()));
        let deep = data.join("workerd/d1");
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir(data.join("cloudflare")).unwrap();
        let file = deep.join("a.sqlite");
        fs::write(&file, "").unwrap();
        for path in [&data, &deep, &file] {
            fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink("/", deep.join("link")).unwrap();
        fs::write(data.join("notes.txt"), "").unwrap();
        tighten(&data).unwrap();
        assert_eq!((mode(&data), mode(&deep), mode(&file)), (0o755, 0o700, 0o700), "it holds a file that is not ours");
        fs::remove_file(data.join("notes.txt")).unwrap();
        tighten(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn a_file_is_its_owners_alone_and_replaced_whole() {
        let path = std::env::temp_dir().join(format!("grok2api-private-{}", std::process::id()));
        for text in ["first and longer", "second"] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(mode(&path), 0o600);
        }
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn random_digits_differ() {
        let (first, second) = (random::<12>().unwrap(), random::<12>().unwrap());
        assert_eq!(first.len(), 24);
        assert_ne!(first, second);
    }
}
