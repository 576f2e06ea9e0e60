//! Checks that the deployed Worker answers and can use its database.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{http::Client, process, up};

/// How long to wait: a new address takes a while to appear everywhere, a new certificate longer.
const WITHIN: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_secs(2);

/// Returns the given address, else one that wrangler reports.
pub fn address(named: Option<&str>, targets: &[String]) -> Result<String> {
    if let Some(url) = named {
        return Ok(url.to_owned());
    }
    let host =
        |target: &'_ String| target.split(' ').next().unwrap_or_default().trim_start_matches("https://").to_owned();
    let custom = targets.iter().find(|target| target.contains("(custom domain"));
    let plain = || targets.iter().find(|target| target.ends_with(".workers.dev"));
    match custom.or_else(plain) {
        Some(target) => Ok(format!("https://{}", host(target))),
        None => bail!("the Worker is deployed, but wrangler reports no address to check: name it with --url"),
    }
}

/// Waits until the Worker at `url` reports this version, then checks its database and runs its maintenance.
pub fn check(url: &str) -> Result<()> {
    println!("waiting for {url}/health");
    let client = Client::elsewhere(url);
    let deadline = Instant::now() + WITHIN;
    let version = env!("CARGO_PKG_VERSION");
    loop {
        let seen = match client.get("/health", "") {
            Ok(reply) if reply.status == 200 && reply.body["version"] == version => {
                up::check_storage(&client)?;
                // With a new key all secrets are encrypted. Cron alone takes long, with 10 ms of CPU per run.
                if let Err(error) = up::maintain_now(&client) {
                    eprintln!("maintenance failed, cron continues it every 15 minutes: {error:#}");
                }
                return Ok(());
            }
            Ok(reply) => format!("last answer: {} {}", reply.status, reply.body),
            Err(error) => format!("{error:#}"),
        };
        process::wait_if_stopping();
        if Instant::now() > deadline {
            bail!(
                "the Worker is deployed, but {url}/health did not report version {version} within {} seconds ({seen}): read \
                its logs with `npx wrangler tail`, or wait and open the address",
                WITHIN.as_secs()
            );
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_among_what_wrangler_reports() {
        let at = |targets: &[&str]| address(None, &targets.iter().map(|target| target.to_string()).collect::<Vec<_>>());
        assert_eq!(at(&["https://g.x.workers.dev", "schedule: * * * * *"]).unwrap(), "https://g.x.workers.dev");
        assert_eq!(at(&["g.x.workers.dev"]).unwrap(), "https://g.x.workers.dev");
        let custom = ["https://g.x.workers.dev", "g.example (custom domain)"];
        assert_eq!(at(&custom).unwrap(), "https://g.example");
        assert!(at(&["g.example/*"]).unwrap_err().to_string().contains("--url"));
        assert_eq!(address(Some("http://h"), &[]).unwrap(), "http://h");
    }
}
