//! The plan of a deployment, printed row by row: what the checkout decides, and what only a login can tell.

use std::{fs, io, path::Path};

use anyhow::{Context, Result};

use super::{config::Config, migrations::Migrations};
use crate::bundle;

/// What [`tell_without_login`] leaves open.
pub const UNKNOWN: &str = "not known without a login: what the account holds already, its name on workers.dev, whether the \
                           token's permissions are enough, and whether Cloudflare knows the region";

/// Prints one row.
pub fn row(label: &str, text: &str) {
    println!("{label:<16}{text}");
}

/// Prints what the checkout decides. `subdomain` is the account's name on workers.dev, where it is known;
/// `is_built_first` says whether the Worker is built before the upload.
pub fn tell_checkout(root: &Path, config: &Config, subdomain: Option<&str>, is_built_first: bool) -> Result<()> {
    row("Worker", &format!("{}{}", config.name, config.placement()));
    row("addresses", &list(&config.addresses(subdomain)));
    row("schedules", &list(&config.schedules()));
    row("bindings", &list(&config.bindings()));
    let kept = if config.keeps_variables() { "; those of the dashboard stay" } else { "" };
    row("variables", &format!("{}{kept}", list(&config.variables())));
    if let Some(folder) = config.assets() {
        let (files, bytes) = weigh(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        row("console", &format!("{files} files, {bytes} bytes"));
    }
    row("module", &module(root, is_built_first)?);
    Ok(())
}

/// Prints what would be made if the account holds nothing yet.
pub fn tell_without_login(account: Option<&str>, config: &Config, location: Option<&str>, migrations: &Migrations) {
    let count = migrations.missing(&[]).len();
    row("account", account.unwrap_or("not known: there is no login"));
    let found = |id: &Option<String>, place: &str| match id {
        Some(id) => format!("named in wrangler.toml ({id})"),
        None => format!("to be made{place}, unless it is there"),
    };
    let place = location.map_or(String::new(), |place| format!(" in {place}"));
    let database = found(&config.database_id, &place);
    row("database", &format!("{}: {database}; up to {count} migrations to apply", config.database));
    row("namespace", &format!("{}: {}", config.namespace, found(&config.namespace_id, "")));
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The size of the Worker's module as it was built last.
fn module(root: &Path, is_built_first: bool) -> Result<String> {
    let file = root.join("cloudflare/dist/grok2api.wasm");
    let bytes = match fs::read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok("not built yet: `cargo xtask build --worker` tells its size".to_owned());
        }
        read => read.with_context(|| format!("{} cannot be read", file.display()))?,
    };
    let built = if is_built_first { "as built last; to be built again" } else { "as built last" };
    Ok(format!("{} bytes, {} gzipped, {built}", bytes.len(), bundle::gzipped(&bytes)?))
}

/// How many files a folder holds for visitors, and their bytes; static/.assetsignore leaves out the same.
fn weigh(folder: &Path) -> io::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            let (inner, weight) = weigh(&entry.path())?;
            (files, bytes) = (files + inner, bytes + weight);
        } else if !name.starts_with('.') && name != "_headers" && !name.ends_with(".md") {
            (files, bytes) = (files + 1, bytes + entry.metadata()?.len());
        }
    }
    Ok((files, bytes))
}
