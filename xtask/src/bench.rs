//! `cargo xtask bench`: builds the component and measures what a request costs on the hosts of this machine.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use crate::{args::Words, build, process, tools};

pub const USAGE: &str = "\
Usage: cargo xtask bench [options]

  --quick            one short round
  --host H           measure only workerd or spin
  --at N,N           how many requests are sent at once; default 1
  --only S,S         measure only these scenarios: health, models, one, collected, burst, slow
  --rounds N         how often every variant takes its turn; default 5
  --spin-flags \"…\"   start Spin with these flags about its instances
  --check            compare workerd's figures with docs/performance.md: fail if a request asks more or less of the host,
                     and warn of higher ratios

Linux only: CPU time and memory are those of /proc. docs/performance.md explains the figures.";

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
    if measures_spin(arguments) && tools::spin().is_some_and(|spin| spin.usable) {
        build::floor(root)?;
    }
    process::run(Command::new("node").arg("tests/bench/run.mjs").args(arguments).current_dir(root))
}

fn measures_spin(arguments: &[String]) -> bool {
    arguments.iter().filter_map(|argument| argument.strip_prefix("--host=")).all(|host| host == "spin")
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
    fn spin_is_measured_unless_another_host_is_named() {
        for (words, measures) in
            [(&[][..], true), (&["--host", "spin"], true), (&["--quick", "--host", "workerd"], false)]
        {
            assert_eq!(measures_spin(&parsed(words).unwrap().unwrap()), measures, "{words:?}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = parsed(&["--fast"]).unwrap_err().to_string();
        assert!(error.starts_with("unknown option `--fast` of `bench`"), "{error}");
        assert!(parsed(&["--at"]).is_err());
    }
}
