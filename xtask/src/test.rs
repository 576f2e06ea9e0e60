//! `cargo xtask test`: runs every check and test, the fastest to find mistakes first. CI adds the slow ones with `--all`.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{args::Words, build, bundle, checks, deploy::wrangler, process, process::Gathered, tools, vendor};

pub const USAGE: &str = "\
Usage: cargo xtask test [options]

  --pictures  also take a screenshot of every state of the console, in both languages, both appearances and two
              widths, in target/console-screenshots
  --all       run everything: also the screenshots, all five files of HTTP tests on wrangler's
              bundle, long repetitions, and clients with heavy packages (tests/clients)
  --lane L    run only some steps: sources, native, component or http";

/// The optional parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub pictures: bool,
    /// What takes long: more tests on the bundle, more repetitions, and heavy clients.
    pub long: bool,
    /// The only lane to run.
    pub lane: Option<&'static str>,
}

/// Parses the options of `test`; returns `None` for `--help`.
pub fn parse(arguments: &[String]) -> Result<Option<Options>> {
    let mut options = Options::default();
    let mut words = Words::new(arguments);
    while let Some(name) = words.next() {
        match name {
            "--pictures" if words.is_bare() => options.pictures = true,
            "--all" if words.is_bare() => (options.pictures, options.long) = (true, true),
            "--lane" => options.lane = Some(lane_named(&words.value("a lane")?)?),
            "--help" | "-h" => return Ok(None),
            _ => bail!("unknown option `{}` of `test`\n\n{USAGE}", words.word),
        }
    }
    Ok(Some(options))
}

fn lane_named(name: &str) -> Result<&'static str> {
    let names = LANES.map(|(name, _)| name);
    let lane = names.into_iter().find(|lane| *lane == name);
    lane.with_context(|| format!("unknown lane `{name}`, expected one of {}", names.join(", ")))
}

type Step = (&'static str, fn(&Path, &Options) -> Result<()>);

/// The steps. Those of a lane follow one another: each needs what the one before it built, or the same folder of Cargo's.
const LANES: [(&str, &[Step]); 4] = [
    (
        "sources",
        &[
            ("tools and packages", tools_and_packages),
            ("lengths, links, words, docs, arrows, variables, statics", |root, _| checks::run(root, &[])),
            ("the console's libraries", |root, _| vendor::check(root)),
            ("workflows", workflows),
            ("formatting", formatting),
        ],
    ),
    ("native", &[("clippy, native", clippy_native), ("native tests", native_tests)]),
    (
        "component",
        &[
            ("component, world, bundle", |root, _| build::build(root)),
            ("clippy, component", clippy_component),
            ("tests of the shim and of Spin's WebSockets", shim_tests),
            // Before the HTTP suite, whose test of `up` leaves a module that is not optimised.
            ("HTTP tests of wrangler's bundle", bundle_suite),
        ],
    ),
    ("http", &[("HTTP suite", http_suite)]),
];

/// Lanes that run at once. The native lane and the component's use different folders of Cargo's, and much of what they
/// compile takes one core. The HTTP suite uses both cores by itself.
const STAGES: &[&[&str]] = &[&["sources"], &["native", "component"], &["http"]];

const SUMMARY: &str = "\n=== summary\n";

/// Runs every step, or those of the lane in `options`; stops at the first failure and returns its error.
pub fn test(root: &Path, options: &Options) -> Result<()> {
    let start = Instant::now();
    let mut times = Vec::new();
    let result = match options.lane {
        Some(lane) => run_lane(root, options, lane, &mut times),
        None => STAGES.iter().try_for_each(|lanes| run_stage(root, options, lanes, &mut times)),
    };
    print!("{SUMMARY}{}", times.concat());
    print!("{}", row(start.elapsed(), IN_ALL));
    result?;
    println!("all {} steps passed", times.len());
    Ok(())
}

const IN_ALL: &str = "in all";

fn row(time: Duration, name: &str) -> String {
    format!("{:>7.1} s  {name}\n", time.as_secs_f64())
}

/// Runs the first lane here and the others as processes of their own, whose output is printed when they have ended; a
/// failure of the first ends them. Adds a line for each step to `times`.
fn run_stage(root: &Path, options: &Options, lanes: &[&'static str], times: &mut Vec<String>) -> Result<()> {
    let (first, others) = lanes.split_first().expect("a stage has a lane");
    let others: Vec<_> = others.iter().map(|lane| start_lane(options, lane)).collect::<Result<_>>()?;
    run_lane(root, options, first, times)?;
    let mut result = Ok(());
    for other in others {
        let (output, ended) = other.wait()?;
        print!("{output}");
        let (_, summary) = output.split_once(SUMMARY).unwrap_or_default();
        let rows = summary.split_inclusive('\n').take_while(|line| !line.trim_end().ends_with(IN_ALL));
        times.extend(rows.map(str::to_owned));
        result = result.and(ended);
    }
    result
}

fn start_lane(options: &Options, lane: &'static str) -> Result<Gathered> {
    println!("\n=== meanwhile: {lane}, whose output follows");
    let mut command = Command::new(env::current_exe()?);
    command.args(["test", "--lane", lane]).args(options.long.then_some("--all"));
    Gathered::start(lane, &mut command)
}

fn run_lane(root: &Path, options: &Options, lane: &str, times: &mut Vec<String>) -> Result<()> {
    let (_, steps) = LANES.iter().find(|(name, _)| *name == lane).expect("a lane of the list");
    for (at, (name, step)) in steps.iter().enumerate() {
        println!("\n=== {name}");
        let start = Instant::now();
        let result = step(root, options);
        times.push(row(start.elapsed(), name));
        result.with_context(|| format!("`{name}` failed, {} later steps of `{lane}` not run", steps.len() - at - 1))?;
    }
    Ok(())
}

fn tools_and_packages(root: &Path, _: &Options) -> Result<()> {
    for (tool, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
        if !found {
            println!("adding the Rust component {component}");
            process::run(Command::new("rustup").args(["component", "add", component]).current_dir(root))
                .with_context(|| format!("{tool} is missing: install Rust from https://rustup.rs"))?;
        }
    }
    tools::python()?;
    tools::node_packages(root)
}

fn workflows(root: &Path, _: &Options) -> Result<()> {
    process::run(Command::new("node").arg(".ci/workflows.mjs").current_dir(root))
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    process::run(Command::new("cargo").args(arguments).current_dir(root))
}

fn formatting(root: &Path, _: &Options) -> Result<()> {
    cargo(root, &["fmt", "--all", "--check"])
}

fn clippy_native(root: &Path, _: &Options) -> Result<()> {
    cargo(root, &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
}

fn native_tests(root: &Path, _: &Options) -> Result<()> {
    cargo(root, &["test", "--workspace", "--locked", "--quiet"])
}

/// Runs clippy after the build, which adds the target if it is missing and compiles the procedural macros.
fn clippy_component(root: &Path, _: &Options) -> Result<()> {
    let packages = ["--workspace", "--exclude", "xtask"];
    let build = ["--target", "wasm32-wasip2", "--release", "--locked"];
    cargo(root, &[&["clippy"], &packages[..], &build, &["--", "-D", "warnings"]].concat())
}

fn shim_tests(root: &Path, _: &Options) -> Result<()> {
    build::probe(root)?;
    // Listed one by one, because Node 20 does not support patterns.
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with(".test.mjs");
    let mut files = Vec::new();
    for folder in ["cloudflare", "spin"] {
        let tests = checks::files(&root.join(folder), &["mjs"])?.into_iter().filter(is_test);
        let before = files.len();
        files.extend(tests);
        if files.len() == before {
            bail!("{folder}/ has no test files");
        }
    }
    process::run(Command::new("node").args(["--test", "--test-reporter=spec"]).args(files).current_dir(root))
}

fn bundle_suite(root: &Path, options: &Options) -> Result<()> {
    let folder = wrangler::bundle(root)?;
    bundle::check_upload(&folder)?;
    let names = if options.long { [BUNDLE_TESTS, MORE_BUNDLE_TESTS].concat() } else { BUNDLE_TESTS.to_vec() };
    let mut node = Command::new("node");
    process::run(node.arg("tests/run.mjs").arg("--bundle").arg(folder).args(names).current_dir(root))
}

/// The bundle contains the component's module unchanged, and the shim minified. Only the shim can behave differently from
/// its sources: statements and all kinds of responses (`http`), requests to Grok and its streams (`chat`), the key-value
/// store, large bodies, broken connections and clients that disconnect (`media`).
const BUNDLE_TESTS: &[&str] = &["chat", "http", "media"];
/// With these, the tests cover most of the component. All tests pass with `node tests/run.mjs --bundle DIR`.
const MORE_BUNDLE_TESTS: &[&str] = &["admin-session", "streams"];

fn http_suite(root: &Path, options: &Options) -> Result<()> {
    let mut node = Command::new("node");
    node.arg("tests/run.mjs").args(options.pictures.then_some("--pictures"));
    node.args(options.long.then_some("--long"));
    // Prints which hosts it used, how many tests were skipped without a host, and the slowest tests.
    process::run(node.current_dir(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Option<Options>> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parsed("").unwrap(), Some(Options::default()));
        assert_eq!(parsed("--pictures").unwrap(), Some(Options { pictures: true, ..Options::default() }));
        assert_eq!(parsed("--all").unwrap(), Some(Options { pictures: true, long: true, lane: None }));
        assert_eq!(parsed("--lane native").unwrap(), Some(Options { lane: Some("native"), ..Options::default() }));
        assert_eq!(parsed("--all --help").unwrap(), None);
    }

    #[test]
    fn mistakes_are_named() {
        for line in ["--al", "--all=yes", "chat"] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.starts_with(&format!("unknown option `{line}` of `test`")), "{error}");
        }
        let error = parsed("--lane natif").unwrap_err().to_string();
        assert_eq!(error, "unknown lane `natif`, expected one of sources, native, component, http");
    }

    #[test]
    fn every_lane_is_in_one_stage() {
        assert_eq!(STAGES.concat(), LANES.map(|(name, _)| name));
    }
}
