//! Prints the plan of a deployment, row by row: what the checkout decides, and what only a login can show.

use std::{fs, io, path::Path};

use anyhow::{Context, Result};

use super::{config::Config, migrations::Migrations};
use crate::bundle;

/// What [`print_without_login`] cannot show.
pub const UNKNOWN: &str = "unknown without a login: what the account has already, its name on workers.dev, whether the \
                           token's permissions are enough, and whether Cloudflare offers the region";

/// Prints one row.
pub fn row(label: &str, text: &str) {
    println!("{label:<16}{text}");
}

/// Prints what the checkout decides. `subdomain` is the account's name on workers.dev, if known; `is_built_first` is
/// whether the Worker is built before the upload.
pub fn print_checkout(root: &Path, config: &Config, subdomain: Option<&str>, is_built_first: bool) -> Result<()> {
    row("Worker", &format!("{}{}", config.name, config.placement()));
    row("addresses", &list(&config.addresses(subdomain)));
    row("schedules", &list(&config.schedules()));
    row("bindings", &list(&config.bindings()));
    let kept = if config.keeps_variables() { "; variables of the dashboard stay" } else { "" };
    row("variables", &format!("{}{kept}", list(&config.variables())));
    if let Some(folder) = config.assets() {
        let (files, bytes) = weigh(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        row("console", &format!("{files} files, {bytes} bytes"));
    }
    row("module", &module(root, is_built_first)?);
    Ok(())
}

/// Prints what would be created if the account has nothing yet.
pub fn print_without_login(account: Option<&str>, config: &Config, location: Option<&str>, migrations: &Migrations) {
    let count = migrations.missing(&[]).len();
    row("account", account.unwrap_or("unknown without a login"));
    let found = |id: &Option<String>, place: &str| match id {
        Some(id) => format!("named in wrangler.toml ({id})"),
        None => format!("to be created{place}, unless it exists"),
    };
    let place = location.map_or(String::new(), |place| format!(" in {place}"));
    let database = found(&config.database_id, &place);
    row("database", &format!("{}: {database}; up to {count} migrations to apply", config.database));
    row("namespace", &format!("{}: {}", config.namespace, found(&config.namespace_id, "")));
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Returns the size of the Worker's module from the last build.
fn module(root: &Path, is_built_first: bool) -> Result<String> {
    let file = root.join("cloudflare/dist/grok2api.wasm");
    let bytes = match fs::read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok("not built yet: run `cargo xtask build --worker` to see its size".to_owned());
        }
        read => read.with_context(|| format!("cannot read {}", file.display()))?,
    };
    let built = if is_built_first { "from the last build; will be built again" } else { "from the last build" };
    Ok(format!("{} bytes, {} gzipped, {built}", bytes.len(), bundle::gzipped(&bytes)?))
}

/// Returns how many files of a folder are uploaded, and their bytes. Leaves out the same files as static/.assetsignore.
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
