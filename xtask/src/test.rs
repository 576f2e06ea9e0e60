//! `cargo xtask test`: everything that CI runs, in the order that finds mistakes soonest.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{build, bundle, deploy::wrangler, docs, lines, process, tools, vendor};

type Step = (&'static str, fn(&Path) -> Result<()>);

const STEPS: &[Step] = &[
    ("tools and packages", tools_and_packages),
    ("file lengths", lines::check),
    ("links in the documents", docs::check),
    ("the console's libraries", vendor::check),
    ("workflows", workflows),
    ("formatting", formatting),
    ("clippy, native", clippy_native),
    ("native tests", native_tests),
    ("component, world, bundle", build::build),
    ("clippy, component", clippy_component),
    ("tests of the shim and of Spin's WebSockets", shim_tests),
    ("HTTP suite", http_suite),
    ("HTTP tests of wrangler's bundle", bundle_suite),
];

/// Runs every step; the first that fails ends it.
pub fn test(root: &Path) -> Result<()> {
    let mut times = Vec::new();
    for (name, step) in STEPS {
        println!("\n=== {name}");
        let start = Instant::now();
        let result = step(root);
        times.push((*name, start.elapsed()));
        if let Err(error) = result {
            summary(&times);
            return Err(error.context(format!("`{name}` failed, {} steps not run", STEPS.len() - times.len())));
        }
    }
    summary(&times);
    println!("all {} steps passed", STEPS.len());
    Ok(())
}

fn summary(times: &[(&str, Duration)]) {
    println!("\n=== summary");
    for (name, time) in times {
        println!("{:>7.1} s  {name}", time.as_secs_f64());
    }
    println!("{:>7.1} s  in all", times.iter().map(|(_, time)| time.as_secs_f64()).sum::<f64>());
}

fn tools_and_packages(root: &Path) -> Result<()> {
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

fn workflows(root: &Path) -> Result<()> {
    process::run(Command::new("node").arg(".ci/workflows.mjs").current_dir(root))
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    process::run(Command::new("cargo").args(arguments).current_dir(root))
}

fn formatting(root: &Path) -> Result<()> {
    cargo(root, &["fmt", "--all", "--check"])
}

fn clippy_native(root: &Path) -> Result<()> {
    cargo(root, &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
}

fn native_tests(root: &Path) -> Result<()> {
    cargo(root, &["test", "--workspace", "--locked", "--quiet"])
}

/// After the build, which adds the target where it is missing and leaves the procedural macros it takes.
fn clippy_component(root: &Path) -> Result<()> {
    cargo(root, &["clippy", "--target", "wasm32-wasip2", "--release", "--locked", "--", "-D", "warnings"])
}

fn shim_tests(root: &Path) -> Result<()> {
    build::probe(root)?;
    // Named one by one, because Node 20 knows no patterns.
    let is_test = |path: &PathBuf| path.to_string_lossy().ends_with(".test.mjs");
    let mut files = Vec::new();
    for folder in ["cloudflare", "spin"] {
        let tests = lines::files(&root.join(folder), &["mjs"])?.into_iter().filter(is_test);
        let before = files.len();
        files.extend(tests);
        if files.len() == before {
            bail!("{folder}/ holds no test");
        }
    }
    process::run(Command::new("node").args(["--test", "--test-reporter=spec"]).args(files).current_dir(root))
}

fn http_suite(root: &Path) -> Result<()> {
    // Tells by itself which hosts it ran on, and how many tests for want of one did not run.
    process::run(Command::new("node").arg("tests/run.mjs").current_dir(root))
}

/// The tests that go through most of the component; all of them pass with `node tests/run.mjs --bundle DIR`.
const BUNDLE_TESTS: [&str; 5] = ["admin-session", "chat", "http", "media", "streams"];

fn bundle_suite(root: &Path) -> Result<()> {
    let folder = wrangler::bundle(root)?;
    bundle::check_upload(&folder)?;
    let mut node = Command::new("node");
    process::run(node.arg("tests/run.mjs").arg("--bundle").arg(folder).args(BUNDLE_TESTS).current_dir(root))
}
