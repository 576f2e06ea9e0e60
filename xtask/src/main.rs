//! The developer commands: `cargo xtask build | up | deploy | vendor | release | test`.

mod args;
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

  build    the gateway, checked against wit/world.wit, as the Worker's bundle and as the file that Spin runs;
           --worker or --spin builds one of them, --probe the small component that the hosts' tests run
  up       build and run on this machine; `cargo xtask up --help` tells the options
  vendor   copy the console's libraries from their npm packages to static/vendor
  deploy   `cargo xtask deploy cloudflare`: build, and put it on Cloudflare Workers; --help tells the options
  release  the files of a release, the same bytes wherever they are built, in target/release-files;
           with --tag v1.2.3 only when everything that names a version names this one
  check    the checks of the sources as text: lengths, links, words, docs, arrows, or those that are named;
           --all also where the sources are not clean yet
  test     every check; `cargo xtask test --help` tells the options, and CI runs it with --all";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A stop that was asked for makes the step under way fail: that is no news.
            process::wait_if_stopping();
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let root = root();
    let Some((command, rest)) = arguments.split_first() else {
        bail!("which command?\n\n{USAGE}");
    };
    let none = || match rest.first() {
        Some(extra) => bail!("`{command}` takes no argument, but `{extra}` was given"),
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
            _ => bail!("`release` takes nothing, or --tag and the tag\n\n{USAGE}"),
        },
        "check" => {
            let (options, names): (Vec<_>, Vec<_>) = rest.iter().map(String::as_str).partition(|word| *word == "--all");
            let scope = if options.is_empty() { checks::Scope::Clean } else { checks::Scope::All };
            checks::run(&root, if names.is_empty() { &checks::STEPS } else { &names }, scope)
        }
        "test" => match test::parse(rest)? {
            Some(options) => test::test(&root, &options),
            None => {
                println!("{}", test::USAGE);
                Ok(())
            }
        },
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
}

/// The repository's top folder: cargo says at run time where this crate lies, whoever built the binary.
fn root() -> PathBuf {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    PathBuf::from(package).parent().expect("the crate lies in the workspace").to_owned()
}
