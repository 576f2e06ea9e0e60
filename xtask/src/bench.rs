//! `cargo xtask bench`: builds the component and measures what a request costs on the hosts of this machine.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{args::Words, build, process, tools};

pub const USAGE: &str = "\
Usage: cargo xtask bench [options]

  --quick            one short round
  --host H           measure only workerd or spin, and not the codec
  --at N,N           how many requests are sent at once; default 1
  --only S,S         measure only these scenarios: health, models, one, collected, burst, slow
  --rounds N         how often every variant takes its turn; default 5
  --spin-flags \"…\"   start Spin with these flags about its instances
  --check            compare workerd's figures with docs/performance.md: fail if a request asks more or less of the host,
                     and warn of higher ratios

Linux only: CPU time and memory are those of /proc. docs/performance.md explains the figures.";

/// The benchmark of the translation, native.
const CODEC: [&str; 7] = ["bench", "--quiet", "--locked", "--package", "grok2api", "--bench", "codec"];

/// Returns the arguments for the script that measures, or `None` for `--help`. The script checks their values.
pub fn parse(arguments: &[String]) -> Result<Option<Vec<String>>> {
    let mut passed = Vec::new();
    let mut words = Words::new(arguments);
    while let Some(name) = words.next() {
        match name {
            "--quick" | "--check" if words.is_bare() => passed.push(name.to_owned()),
            "--host" | "--at" | "--only" | "--rounds" | "--spin-flags" => {
                let name = name.to_owned();
                let value = words.value("a value")?;
                passed.push(format!("{name}={value}"));
            }
            "--help" | "-h" => return Ok(None),
            _ => bail!("unknown option `{}` of `bench`\n\n{USAGE}", words.word),
        }
    }
    Ok(Some(passed))
}

/// Builds what is measured and runs the measurement. Fails if an answer is not whole.
pub fn bench(root: &Path, arguments: &[String]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("`bench` reads /proc: run it on Linux");
    }
    tools::node_packages(root)?;
    build::build(root)?;
    if named_host(arguments).is_none_or(|host| host == "spin") && tools::spin().is_some_and(|spin| spin.usable) {
        build::floor(root)?;
    }
    process::run(Command::new("node").arg("tests/bench/run.mjs").args(arguments).current_dir(root))?;
    match named_host(arguments) {
        Some(_) => Ok(()),
        None => process::run(Command::new("cargo").args(CODEC).current_dir(root)),
    }
}

/// Returns the only host to measure, `None` if all are.
fn named_host(arguments: &[String]) -> Option<&str> {
    arguments.iter().rev().find_map(|argument| argument.strip_prefix("--host="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Option<Vec<String>>> {
        parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_passed_on() {
        let passed = parsed(&["--quick", "--check", "--at", "1,8", "--host=spin"]).unwrap().unwrap();
        assert_eq!(passed, ["--quick", "--check", "--at=1,8", "--host=spin"]);
        assert_eq!(parsed(&["--help"]).unwrap(), None);
    }

    #[test]
    fn all_hosts_are_measured_unless_one_is_named() {
        for (words, host) in [(&["--quick"][..], None), (&["--host", "spin", "--quick"], Some("spin"))] {
            assert_eq!(named_host(&parsed(words).unwrap().unwrap()), host, "{words:?}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = parsed(&["--fast"]).unwrap_err().to_string();
        assert!(error.starts_with("unknown option `--fast` of `bench`"), "{error}");
        assert!(parsed(&["--at"]).is_err());
    }
}
