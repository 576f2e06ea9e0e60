//! The options of `cargo xtask deploy cloudflare`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::placement::{LOCATIONS, Placement};
use crate::args::Words;

pub const USAGE: &str = "\
Usage: cargo xtask deploy cloudflare [options]

  --dry-run         print what exists and what would be created, without changes; without a login, print what
                    this checkout decides
  --name NAME       use another name for the Worker, its database and its namespace
  --placement REGION
                    run the Worker near a cloud region, such as aws:us-west-2, instead of near its clients; a new
                    database is created in the location nearest to it
  --location HINT   location of a new database: wnam, enam, weur, eeur, apac or oc (default: nearest to the
                    placement, else to this machine)
  --data DIR        folder for a generated encryption key and the created ids (default .data)
  --url URL         address to check at the end, if it is neither on workers.dev nor a custom domain
  --no-build        deploy the last output of `cargo xtask build --worker`

Set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or run `npx wrangler login` first.
Optional: ADMIN_PASSWORD, the console's password, and ENCRYPTION_KEY, 16 characters or more.
See docs/cloudflare.md for the rest.";

#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub dry_run: bool,
    pub build: bool,
    pub name: Option<String>,
    pub placement: Option<Placement>,
    pub location: Option<String>,
    pub url: Option<String>,
    pub data: PathBuf,
}

/// Parses the options of `deploy`; returns `None` for `--help`.
pub fn parse(arguments: &[String], root: &Path) -> Result<Option<Options>> {
    let mut options = Options {
        dry_run: false,
        build: true,
        name: None,
        placement: None,
        location: None,
        url: None,
        data: root.join(".data"),
    };
    let mut words = Words::new(arguments);
    match words.next() {
        Some("cloudflare") => {}
        Some("--help" | "-h") => return Ok(None),
        Some(other) => bail!("unknown target `{other}`, expected `cloudflare`\n\n{USAGE}"),
        None => bail!("no target given, expected `cloudflare`\n\n{USAGE}"),
    }
    while let Some(name) = words.next() {
        match name {
            "--dry-run" if words.is_bare() => options.dry_run = true,
            "--no-build" if words.is_bare() => options.build = false,
            "--name" => options.name = Some(words.value("a name")?),
            "--placement" => options.placement = Some(placement(&words.value("a cloud region")?)?),
            "--location" => options.location = Some(location(words.value("a place")?)?),
            "--data" => {
                options.data = std::path::absolute(words.value("a folder")?).context("--data needs a folder")?
            }
            "--url" => options.url = Some(address(&words.value("an address")?)?),
            "--help" | "-h" => return Ok(None),
            _ => bail!("unknown option `{}` of `deploy cloudflare`\n\n{USAGE}", words.word),
        }
    }
    Ok(Some(options))
}

fn placement(text: &str) -> Result<Placement> {
    Placement::parse(text).with_context(|| {
        format!(
            "unknown region `{text}` for --placement, expected one of aws, gcp or azure, such as aws:us-west-2, \
            gcp:us-west1 or azure:westus2. If the region is new, write it into wrangler.toml: [placement] region = \"{text}\""
        )
    })
}

fn location(text: String) -> Result<String> {
    if !LOCATIONS.contains(&text.as_str()) {
        bail!("unknown location `{text}`, expected one of {}", LOCATIONS.join(", "));
    }
    Ok(text)
}

fn address(text: &str) -> Result<String> {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        bail!("invalid URL `{text}` for --url, expected one that begins with https://");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Options>> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), Path::new("/r"))
    }

    #[test]
    fn options_are_read() {
        let options = parsed(
            "cloudflare --dry-run --name=mine --placement aws:us-west-2 --location apac --url https://g.example/ --no-build",
        );
        let options = options.unwrap().unwrap();
        assert!(options.dry_run && !options.build);
        assert_eq!(options.name.as_deref(), Some("mine"));
        assert_eq!(options.data, Path::new("/r/.data"));
        assert_eq!(options.placement.unwrap().to_string(), "aws:us-west-2");
        assert_eq!(options.location.as_deref(), Some("apac"));
        assert_eq!(options.url.as_deref(), Some("https://g.example"));
        assert_eq!(parsed("cloudflare --help").unwrap(), None);
    }

    #[test]
    fn mistakes_are_named() {
        for (line, said) in [
            ("", "no target given"),
            ("heroku", "unknown target `heroku`, expected `cloudflare`"),
            ("cloudflare --dry-run=yes", "unknown option `--dry-run=yes`"),
            ("cloudflare --name", "--name needs a name"),
            ("cloudflare --location mars", "unknown location `mars`, expected one of wnam, enam, weur, eeur, apac, oc"),
            ("cloudflare --placement", "--placement needs a cloud region"),
            ("cloudflare --placement smart", "unknown region `smart` for --placement"),
            ("cloudflare --placement aws:us-wast-2", "unknown region `aws:us-wast-2`"),
            ("cloudflare --url g.example", "expected one that begins with https://"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
