//! The options of `cargo xtask up`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::host::Kind;

pub const USAGE: &str = "\
Usage: cargo xtask up [options]

  --host spin|workerd   Spin 4.1 or newer when it is on PATH, else workerd
  --port N              port on 127.0.0.1 (default 8787)
  --data DIR            where everything is kept (default .data, with --demo .data/demo)
  --var NAME=VALUE      set one of the application's variables; may be repeated
  --demo                a scripted Grok instead of the real one, with accounts and a key to try it";

/// What `up` was asked to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Up {
    pub host: Option<Kind>,
    pub port: u16,
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
    let mut options = Up { host: None, port: 8787, data: PathBuf::new(), vars: Vec::new(), demo: false };
    let mut data = None;
    let mut words = Words::new(arguments);
    while let Some(name) = words.next() {
        match name {
            "--host" => options.host = Some(kind(&words.value("`spin` or `workerd`")?)?),
            "--port" => options.port = port(&words.value("a port number")?)?,
            "--data" => data = Some(std::path::absolute(words.value("a folder")?).context("--data needs a folder")?),
            "--var" => options.vars.push(variable(&words.value("NAME=VALUE")?)?),
            "--demo" if words.is_bare() => options.demo = true,
            "--help" | "-h" => return Ok(None),
            _ => bail!("`up` knows no option `{}`\n\n{USAGE}", words.word),
        }
    }
    options.data = data.unwrap_or_else(|| root.join(if options.demo { ".data/demo" } else { ".data" }));
    check_variables(&options, &std::fs::read_to_string(root.join("spin.toml")).context("spin.toml cannot be read")?)?;
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

fn variable(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => bail!("--var is NAME=VALUE, not `{text}`"),
    }
}

/// Both hosts would ignore a misspelt name without a word, so it is compared with the manifest here.
fn check_variables(options: &Up, manifest: &str) -> Result<()> {
    let known: Vec<&str> = manifest
        .lines()
        .skip_while(|line| line.trim() != "[variables]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .collect();
    for (name, _) in &options.vars {
        if !known.contains(&name.as_str()) {
            bail!("there is no variable `{name}`; there are {}", known.join(", "));
        }
        if options.demo && matches!(name.as_str(), "grok_base_url" | "grok_assets_url" | "admin_password") {
            bail!("--demo sets `{name}` itself; leave out --demo to choose it");
        }
    }
    Ok(())
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
            ("--demo=yes", "knows no option"),
            ("now", "knows no option"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
        assert_eq!(parsed("--help").unwrap(), None);
    }
}
