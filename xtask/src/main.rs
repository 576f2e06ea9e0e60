//! The developer commands: `cargo xtask build | up | deploy | vendor | release | check | test | bench`.

mod args;
mod bench;
mod build;
mod bundle;
mod checks;
mod component;
mod compose;
mod console;
mod demo;
mod deploy;
mod host;
mod http;
mod networks;
mod paths;
mod preflight;
mod private;
mod process;
mod release;
mod signatures;
mod test;
mod tools;
mod up;
mod variables;
mod vendor;
mod world;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Result, bail};

const USAGE: &str = "\
Usage: cargo xtask <command>

  build    build the gateway, check it against wit/world.wit, write the Worker's bundle and the file for Spin;
           --worker or --spin builds one of the two, --probe the small component that the hosts' tests run
  up       build and run on this machine; `cargo xtask up --help` lists the options
  vendor   copy the console's libraries from their npm packages to static/vendor
  deploy   `cargo xtask deploy cloudflare`: build and deploy to Cloudflare Workers; --help lists the options
  release  build the files of a release reproducibly, in target/release-files;
           with --tag v1.2.3, fail unless every file that names a version names this one
  check    check the sources as text: lengths, links, words, docs, arrows, variables, statics, or only
           those that are named
  variables  write the variables of src/variables/table.rs into spin.toml and the READMEs
  test     run every check and test; `cargo xtask test --help` lists the options, and CI runs it with --all
  bench    measure what a request costs on the hosts of this machine; `cargo xtask bench --help` lists the options";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Ctrl-C also makes the current step fail; that error is not worth printing.
            process::wait_if_stopping();
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let root = root();
    let Some((command, rest)) = arguments.split_first() else {
        bail!("no command given\n\n{USAGE}");
    };
    let none = || match rest.first() {
        Some(extra) => bail!("unexpected argument `{extra}`: `{command}` takes none"),
        None => Ok(()),
    };
    process::end_on_signals()?;
    match command.as_str() {
        "build" if rest == ["--worker"] => build::upload(&root).map(drop),
        "build" if rest == ["--spin"] => build::spin(&root),
        "build" if rest == ["--probe"] => build::probe(&root),
        "build" => none().and_then(|()| build::build(&root)),
        "up" => match args::parse(rest, &root)? {
            Some(options) => up::up(&root, &options),
            None => {
                println!("{}", args::USAGE);
                Ok(())
            }
        },
        "vendor" => none().and_then(|()| vendor::vendor(&root)),
        "deploy" => match deploy::parse(rest, &root)? {
            Some(options) => deploy::cloudflare(&root, &options),
            None => {
                println!("{}", deploy::USAGE);
                Ok(())
            }
        },
        "release" => match rest {
            [] => release::release(&root, None),
            [option, tag] if option == "--tag" => release::release(&root, Some(tag)),
            _ => bail!("unexpected arguments: `release` takes only --tag and the tag\n\n{USAGE}"),
        },
        "check" => {
            let names: Vec<_> = rest.iter().map(String::as_str).collect();
            checks::run(&root, &names)
        }
        "variables" => none().and_then(|()| checks::variables::write(&root)),
        "test" => match test::parse(rest)? {
            Some(options) => test::test(&root, &options),
            None => {
                println!("{}", test::USAGE);
                Ok(())
            }
        },
        "bench" => match bench::parse(rest)? {
            Some(passed) => bench::bench(&root, &passed),
            None => {
                println!("{}", bench::USAGE);
                Ok(())
            }
        },
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("unknown command `{other}`\n\n{USAGE}"),
    }
}

/// Returns the repository's top folder. Cargo names this crate's folder at run time, so a binary built elsewhere works.
fn root() -> PathBuf {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    PathBuf::from(package).parent().expect("the crate is in a folder of the workspace").to_owned()
}
