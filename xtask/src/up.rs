//! `cargo xtask up`: builds the component and serves it on this machine until it is told to stop.

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
/// As often as the Worker's cron in wrangler.toml.
const MAINTENANCE: Duration = Duration::from_secs(15 * 60);
const MOST_SLICES: usize = 1000;

pub fn up(root: &Path, options: &Up) -> Result<()> {
    preflight::port(options.port)?;
    options.listen.map_or(Ok(()), preflight::address)?;
    preflight::folder(&options.data)?;
    let kind = host::choose(options)?;
    if kind == Kind::Workerd || options.demo {
        tools::node_packages(root)?;
    }
    println!("building the component");
    match kind {
        Kind::Spin => build::spin(root)?,
        Kind::Workerd => drop(build::worker(root)?),
    }
    // After the build, whose files are for everybody.
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

/// Starts the host and passes on what it says, but for its own `ready`, which comes before its storage is looked at.
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
            bail!("no answer within {} seconds: what it printed above says why", READY_WITHIN.as_secs());
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// The first statement of any request migrates the database: better here than under somebody's first question.
pub fn check_storage(client: &Client) -> Result<()> {
    let reply = client.get("/v1/models", "no-key-only-a-look-at-the-storage")?;
    let (status, said) = (reply.status, reply.message());
    match status {
        // Which takes a look into the table of keys.
        401 => Ok(()),
        503 => bail!("the database cannot be used ({said}): free some space, or restore it from a backup"),
        _ => bail!("it does not work ({status}: {said}): what it printed above says why"),
    }
}

/// What Cloudflare's cron does for the Worker: without it, the first request of a day would do the work of the day.
fn maintain(client: &Client) {
    loop {
        if let Err(error) = maintain_now(client) {
            eprintln!("maintenance was not done: {error:#}");
        }
        thread::sleep(MAINTENANCE);
    }
}

/// Has all done that is due, slice by slice: 20,000 secrets that were stored in clear are sealed by 100 on a Worker.
pub fn maintain_now(client: &Client) -> Result<()> {
    for _ in 0..MOST_SLICES {
        // 202: something is left that may be done at once.
        if client.post("/internal/maintenance", "", &serde_json::Value::Null)?.status != 202 {
            break;
        }
    }
    Ok(())
}

/// When one part ends by itself the rest is of no use; they end with this process.
fn fail_if_ended(running: &mut [Running]) -> Result<()> {
    for part in running {
        if let Some(status) = part.ended()? {
            process::wait_if_stopping();
            bail!("{} ended ({status}): what it printed above says why", part.name);
        }
    }
    Ok(())
}
