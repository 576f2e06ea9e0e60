//! `cargo xtask up`: builds the component and serves it on this machine until it is stopped.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    args::Up,
    build, demo,
    host::{self, Kind},
    http::Client,
    preflight, private,
    process::{self, Running},
    tools,
};

const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// The interval of maintenance, as of the Worker's cron in wrangler.toml.
const MAINTENANCE: Duration = Duration::from_secs(15 * 60);
const MOST_SLICES: usize = 1000;

/// Builds and serves the gateway until it is stopped; fails if a part of it ends before that.
pub fn up(root: &Path, options: &Up) -> Result<()> {
    preflight::port(options.port)?;
    options.listen.map_or(Ok(()), preflight::address)?;
    preflight::folder(&options.data)?;
    let kind = host::choose(options)?;
    if kind == Kind::Workerd || options.demo {
        tools::node_packages(root)?;
    }
    // Miniflare's D1 takes one process; Spin's SQLite takes several.
    let _lock = match kind {
        Kind::Workerd => Some(preflight::sole_user(&options.data.join(kind.name()))?),
        Kind::Spin => None,
    };
    println!("building the component");
    match kind {
        Kind::Spin => build::spin(root)?,
        Kind::Workerd => drop(build::worker(root)?),
    }
    // After the build, whose files other users may read.
    private::mask();
    private::tighten(&options.data)?;
    let mut running = Vec::new();
    let mut vars = options.vars.clone();
    if options.demo {
        let (grok, url) = demo::scripted_grok(root)?;
        running.push(grok);
        vars.extend(["grok_base_url", "grok_assets_url"].map(|name| (name.to_owned(), url.clone())));
    }
    running.push(start(kind, &mut host::command(kind, root, options, &vars)?)?);
    let url = format!("http://127.0.0.1:{}", options.port);
    let client = Client::new(&url);
    wait_until_ready(&client, &mut running)?;
    check_storage(&client)?;
    if options.demo {
        demo::introduce(&client, &url, &options.data)?;
    }
    thread::spawn(move || maintain(&client));
    process::serving();
    println!("ready {url}");
    loop {
        fail_if_ended(&mut running)?;
        thread::sleep(POLL);
    }
}

/// Starts the host and prints its output, except its `ready` line: `up` prints its own after it has checked the storage.
fn start(kind: Kind, command: &mut Command) -> Result<Running> {
    let mut running = Running::start_tied(kind.name(), command)?;
    let output = running.child.stdout.take().context("the host's output is a pipe")?;
    thread::spawn(move || pass_on(output));
    Ok(running)
}

fn pass_on(output: impl Read) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if !line.starts_with("ready ") {
            println!("{line}");
        }
    }
}

fn wait_until_ready(client: &Client, running: &mut [Running]) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    while !client.get("/health", "").is_ok_and(|reply| reply.status == 200) {
        fail_if_ended(running)?;
        if Instant::now() > deadline {
            bail!("no answer within {} seconds: see the output above for the reason", READY_WITHIN.as_secs());
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Sends a request that uses the database, which migrates it before the first client's request. Fails with the reason
/// if the database is unusable.
pub fn check_storage(client: &Client) -> Result<()> {
    let reply = client.get("/v1/models", "no-key-only-a-look-at-the-storage")?;
    let (status, said) = (reply.status, reply.message());
    match status {
        // The gateway looked the key up in the database.
        401 => Ok(()),
        503 => bail!("the database cannot be used ({said}): free some space, or restore it from a backup"),
        _ => bail!("the gateway does not work ({status}: {said}): see the output above for the reason"),
    }
}

/// Runs the maintenance that Cloudflare's cron starts for the Worker. Without it, the first request of a day does it.
fn maintain(client: &Client) {
    loop {
        if let Err(error) = maintain_now(client) {
            eprintln!("maintenance failed, next attempt in 15 minutes: {error:#}");
        }
        thread::sleep(MAINTENANCE);
    }
}

/// Runs all due maintenance in batches. A Worker encrypts 100 secrets in a batch, so 20,000 take 200 requests.
pub fn maintain_now(client: &Client) -> Result<()> {
    for _ in 0..MOST_SLICES {
        let reply = client.post("/internal/maintenance", "", &serde_json::Value::Null)?;
        match reply.status {
            // The next batch may start at once.
            202 => {}
            500 => bail!("{}", reply.message()),
            _ => break,
        }
    }
    Ok(())
}

/// Fails if one process has ended; the others end with this process.
fn fail_if_ended(running: &mut [Running]) -> Result<()> {
    for part in running {
        if let Some(status) = part.ended()? {
            process::wait_if_stopping();
            bail!("{} ended ({status}): see the output above for the reason", part.name);
        }
    }
    Ok(())
}
