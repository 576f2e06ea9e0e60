//! `cargo xtask deploy cloudflare`: deploys a checkout to a Worker and checks that it answers. It can be repeated.
//!
//! Every step checks what exists before it creates anything. So the next run completes an interrupted one, and a run on
//! a complete deployment creates nothing. Nothing is ever deleted. One upload contains the code and the secrets, so the
//! Worker never answers without its secrets.

mod api;
mod config;
mod found;
mod health;
mod login;
mod migrations;
mod options;
mod placement;
mod plan;
mod refusal;
mod secrets;
pub mod wrangler;

use std::path::Path;

use anyhow::{Result, ensure};

use crate::{build, tools};
use api::Api;
use config::Config;
use found::Found;
use migrations::Migrations;
pub use options::{Options, USAGE, parse};
use placement::Placement;
use secrets::Secrets;

const UNCHANGED: &str = "nothing was changed (--dry-run)";

/// Deploys to Cloudflare Workers, or prints the plan with `--dry-run`.
pub fn cloudflare(root: &Path, options: &Options) -> Result<()> {
    let config = Config::read(root, options.name.as_deref(), options.placement.as_ref())?;
    let placement = config.region.as_deref().and_then(Placement::parse);
    let location = options.location.as_deref().or(placement.as_ref().map(|placement| placement.location));
    let migrations = Migrations::read(&config.migrations)?;
    let account = login::account()?;
    tools::node_packages(root)?;
    let Some(login) = login::login(root, account.clone())? else {
        ensure!(options.dry_run, "no login to Cloudflare: {}", login::HOW);
        let secrets = Secrets::choose(&options.data, account.as_deref(), &config, &[])?;
        plan::print_checkout(root, &config, None, options.build)?;
        plan::print_without_login(account.as_deref(), &config, location, &migrations);
        secrets.print(None);
        println!("{}", plan::UNKNOWN);
        println!("for the whole plan, {}", login::HOW);
        println!("{UNCHANGED}");
        return Ok(());
    };
    let api = Api::connect(login)?;
    let found = Found::look(&api, &config)?;
    if let Some(placement) = &placement {
        placement.check(&api)?;
    }
    migrations.check(&found.applied)?;
    let secrets = Secrets::choose(&options.data, Some(&api.account), &config, &found.secrets)?;
    if secrets.is_new_key() {
        let sealed = found.sealed_tokens(&api)?;
        ensure!(
            sealed == 0,
            "the database has {sealed} account tokens that are encrypted with a key which the Worker does not have: set \
            that key as ENCRYPTION_KEY. If it is lost, set a new one there and enter those tokens again"
        );
    }
    plan::print_checkout(root, &config, found.subdomain.as_deref(), options.build)?;
    plan::row("account", &api.account);
    found.print(&config, location, migrations.missing(&found.applied).len());
    secrets.print(Some(&found.secrets));
    if options.dry_run {
        println!("{UNCHANGED}");
        return Ok(());
    }
    if options.build {
        println!("building the component and the Worker's bundle");
        build::upload(root)?;
    }
    let database = found.database(&api, &config, location)?;
    let namespace = found.namespace(&api, &config)?;
    // Before the first request: on the free plan an invocation may run 50 statements, and the schema needs most of them.
    migrations.apply(&api, &database, &found.applied)?;
    secrets.keep()?;
    let derived = config.derived(&api.account, &database, &namespace);
    let file = options.data.join("cloudflare").join(&api.account).join(format!("{}.json", config.name));
    let targets = wrangler::deploy(root, &file, &derived, &secrets)?;
    let url = health::address(options.url.as_deref(), &targets)?;
    health::check(&url)?;
    secrets.remind();
    println!("deployed {url}");
    Ok(())
}
