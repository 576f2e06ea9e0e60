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
  --listen ADDRESS[:N]  also listen on this address, for Docker or other machines; 0.0.0.0 means all addresses of
                        this machine. Needs workerd and a password of your own
  --data DIR            folder for all data (default .data, with --demo .data/demo)
  --var NAME=VALUE      set one of the application's variables; may be repeated. Set secrets in the
                        environment: SPIN_VARIABLE_ADMIN_PASSWORD, SPIN_VARIABLE_ENCRYPTION_KEY
  --demo                use a scripted Grok instead of the real one, with accounts and a key to try it";

/// The options of `up`, with their defaults filled in.
#[derive(Debug, PartialEq, Eq)]
pub struct Up {
    pub host: Option<Kind>,
    pub port: u16,
    /// The address for other machines.
    pub listen: Option<SocketAddr>,
    pub data: PathBuf,
    pub vars: Vec<(String, String)>,
    pub demo: bool,
}

/// Splits a command line into options: `--name value` or `--name=value`.
pub struct Words<'a> {
    rest: std::slice::Iter<'a, String>,
    /// The word last taken, as given.
    pub word: &'a str,
    attached: Option<&'a str>,
}

impl<'a> Words<'a> {
    /// Starts at the first word.
    pub fn new(arguments: &'a [String]) -> Self {
        Words { rest: arguments.iter(), word: "", attached: None }
    }

    /// Takes the next option and returns its name.
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

    /// Takes the value of the option last taken; the error says that it needs `what`.
    pub fn value(&mut self, what: &str) -> Result<String> {
        let word = self.attached.or_else(|| self.rest.next().map(String::as_str));
        word.map(str::to_owned).with_context(|| format!("{} needs {what}", self.word))
    }

    /// Returns whether the option last taken has no `=value`.
    pub fn is_bare(&self) -> bool {
        self.attached.is_none()
    }
}

/// Parses the options of `up`; returns `None` for `--help`.
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
            _ => bail!("unknown option `{}` of `up`\n\n{USAGE}", words.word),
        }
    }
    options.data = data.unwrap_or_else(|| root.join(if options.demo { ".data/demo" } else { ".data" }));
    options.listen = listen.map(|text| address(&text, options.port)).transpose()?;
    if options.demo && options.listen.is_some() {
        bail!("--demo runs for this machine only: leave out --listen, or --demo");
    }
    let manifest = std::fs::read_to_string(root.join("spin.toml")).context("cannot read spin.toml")?;
    // None of our variables has a name or value that is not UTF-8.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    options.vars = variables::collect(options.vars, environment, &manifest, options.demo)?;
    Ok(Some(options))
}

fn kind(text: &str) -> Result<Kind> {
    match text {
        "spin" => Ok(Kind::Spin),
        "workerd" => Ok(Kind::Workerd),
        other => bail!("unknown host `{other}`, expected `spin` or `workerd`"),
    }
}

fn port(text: &str) -> Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => bail!("invalid port `{text}`, expected a number from 1 to 65535"),
    }
}

/// Parses an IP address, with or without a port; IPv6 needs brackets if a port follows.
fn address(text: &str, port: u16) -> Result<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = text.parse().ok().or_else(|| Some(SocketAddr::new(bare.parse::<IpAddr>().ok()?, port)));
    match parsed {
        Some(address) if address.port() > 0 => Ok(address),
        _ => {
            bail!("invalid address `{text}` for --listen, expected an IP address of this machine, or 0.0.0.0 for all")
        }
    }
}

fn variable(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => bail!("invalid variable `{text}`, expected NAME=VALUE"),
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
            ("--var grok_bas_url=x", "expected one of grok_base_url, grok_assets_url,"),
            ("--demo --var grok_base_url=x", "--demo sets"),
            ("--var admin_password=x", "set SPIN_VARIABLE_ADMIN_PASSWORD in the environment"),
            ("--listen all", "invalid address `all` for --listen"),
            ("--listen 0.0.0.0:0", "invalid address `0.0.0.0:0` for --listen"),
            ("--demo --listen 0.0.0.0", "leave out --listen"),
            ("--demo=yes", "unknown option"),
            ("now", "unknown option"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
        assert_eq!(parsed("--help").unwrap(), None);
    }
}
