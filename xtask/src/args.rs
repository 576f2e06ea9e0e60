//! The options of `cargo xtask up`.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{host::Kind, variables};

pub const USAGE: &str = "\
Usage: cargo xtask up [options]

  --host spin|workerd   Spin 4.1 or newer when it is on PATH, else workerd
  --port N              port on 127.0.0.1 (default 8787)
  --listen ADDRESS[:N]  also listen on this address, for Docker or other machines: 0.0.0.0 is all of this
                        machine's; on workerd, and with a password of your own
  --data DIR            where everything is kept (default .data, with --demo .data/demo)
  --var NAME=VALUE      set one of the application's variables; may be repeated. Secrets are taken from the
                        environment only: SPIN_VARIABLE_ADMIN_PASSWORD, SPIN_VARIABLE_ENCRYPTION_KEY
  --demo                a scripted Grok instead of the real one, with accounts and a key to try it";

/// What `up` was asked to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Up {
    pub host: Option<Kind>,
    pub port: u16,
    /// For others than this machine.
    pub listen: Option<SocketAddr>,
    pub data: PathBuf,
    pub vars: Vec<(String, String)>,
    pub demo: bool,
}

/// The words of a command line: options as `--name value` or `--name=value`.
pub struct Words<'a> {
    rest: std::slice::Iter<'a, String>,
    /// The one last taken, as it was given.
    pub word: &'a str,
    attached: Option<&'a str>,
}

impl<'a> Words<'a> {
    pub fn new(arguments: &'a [String]) -> Self {
        Words { rest: arguments.iter(), word: "", attached: None }
    }

    /// The next option's name.
    pub fn next(&mut self) -> Option<&'a str> {
        self.word = self.rest.next()?;
        match self.word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                self.attached = Some(value);
                Some(name)
            }
            _ => {
                self.attached = None;
                Some(self.word)
            }
        }
    }

    /// What belongs to the option last taken.
    pub fn value(&mut self, what: &str) -> Result<String> {
        let word = self.attached.or_else(|| self.rest.next().map(String::as_str));
        word.map(str::to_owned).with_context(|| format!("{} needs {what}", self.word))
    }

    /// Whether no value hangs on it.
    pub fn is_bare(&self) -> bool {
        self.attached.is_none()
    }
}

/// `None` when help was asked for.
pub fn parse(arguments: &[String], root: &Path) -> Result<Option<Up>> {
    let mut options = Up { host: None, port: 8787, listen: None, data: PathBuf::new(), vars: Vec::new(), demo: false };
    let (mut data, mut listen) = (None, None);
    let mut words = Words::new(arguments);
    while let Some(name) = words.next() {
        match name {
            "--host" => options.host = Some(kind(&words.value("`spin` or `workerd`")?)?),
            "--port" => options.port = port(&words.value("a port number")?)?,
            "--listen" => listen = Some(words.value("an address of this machine")?),
            "--data" => data = Some(std::path::absolute(words.value("a folder")?).context("--data needs a folder")?),
            "--var" => options.vars.push(variable(&words.value("NAME=VALUE")?)?),
            "--demo" if words.is_bare() => options.demo = true,
            "--help" | "-h" => return Ok(None),
            _ => bail!("`up` knows no option `{}`\n\n{USAGE}", words.word),
        }
    }
    options.data = data.unwrap_or_else(|| root.join(if options.demo { ".data/demo" } else { ".data" }));
    options.listen = listen.map(|text| address(&text, options.port)).transpose()?;
    if options.demo && options.listen.is_some() {
        bail!("--demo is for this machine alone: leave out --listen, or --demo");
    }
    let manifest = std::fs::read_to_string(root.join("spin.toml")).context("spin.toml cannot be read")?;
    // A name or a value that is not UTF-8 is not one of ours.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    options.vars = variables::collect(options.vars, environment, &manifest, options.demo)?;
    Ok(Some(options))
}

fn kind(text: &str) -> Result<Kind> {
    match text {
        "spin" => Ok(Kind::Spin),
        "workerd" => Ok(Kind::Workerd),
        other => bail!("--host is `spin` or `workerd`, not `{other}`"),
    }
}

fn port(text: &str) -> Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => bail!("--port is a number from 1 to 65535, not `{text}`"),
    }
}

/// An address of this machine with or without a port; IPv6 in brackets where a port follows.
fn address(text: &str, port: u16) -> Result<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = text.parse().ok().or_else(|| Some(SocketAddr::new(bare.parse::<IpAddr>().ok()?, port)));
    match parsed {
        Some(address) if address.port() > 0 => Ok(address),
        _ => {
            bail!("--listen is an IP address of this machine, or 0.0.0.0 for all, with or without a port, not `{text}`")
        }
    }
}

fn variable(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => bail!("--var is NAME=VALUE, not `{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Up>> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&arguments, &crate::root())
    }

    #[test]
    fn options_in_both_spellings() {
        let up = parsed("--host=workerd --port 9000 --data=/d --var grok_base_url=http://h/?a=b").unwrap().unwrap();
        assert_eq!((up.host, up.port, up.data.as_path()), (Some(Kind::Workerd), 9000, Path::new("/d")));
        assert_eq!(up.vars, [("grok_base_url".to_owned(), "http://h/?a=b".to_owned())]);
        assert!(!up.demo);
    }

    #[test]
    fn an_address_takes_the_port_unless_it_has_one() {
        for (line, expected) in [
            ("--listen 0.0.0.0", "0.0.0.0:8787"),
            ("--listen 192.168.1.2 --port 9000", "192.168.1.2:9000"),
            ("--listen 192.168.1.2:80 --port 9000", "192.168.1.2:80"),
            ("--listen ::", "[::]:8787"),
            ("--listen [::1]", "[::1]:8787"),
            ("--listen=[::1]:90", "[::1]:90"),
        ] {
            let listen = parsed(line).unwrap().unwrap().listen.unwrap();
            assert_eq!(listen.to_string(), expected, "{line}");
        }
        assert_eq!(parsed("").unwrap().unwrap().listen, None);
    }

    #[test]
    fn a_demonstration_keeps_its_own_folder() {
        assert!(parsed("--demo").unwrap().unwrap().data.ends_with(".data/demo"));
        assert!(parsed("").unwrap().unwrap().data.ends_with(".data"));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, said) in [
            ("--port 0", "from 1 to 65535"),
            ("--port", "needs a port number"),
            ("--host deno", "`spin` or `workerd`"),
            ("--var grok_base_url", "NAME=VALUE"),
            ("--var grok_bas_url=x", "there are grok_base_url, grok_assets_url,"),
            ("--demo --var grok_base_url=x", "--demo sets"),
            ("--var admin_password=x", "set SPIN_VARIABLE_ADMIN_PASSWORD in the environment"),
            ("--listen all", "--listen is an IP address"),
            ("--listen 0.0.0.0:0", "--listen is an IP address"),
            ("--demo --listen 0.0.0.0", "leave out --listen"),
            ("--demo=yes", "knows no option"),
            ("now", "knows no option"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
        assert_eq!(parsed("--help").unwrap(), None);
    }
}
