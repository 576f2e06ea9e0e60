//! Runs wrangler, which uploads the code, the console's files, the bindings and the secrets as one version.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context, Result, bail};
use nix::{sys::stat::Mode, unistd::mkfifo};
use serde_json::Value;

use super::secrets::Secrets;
use crate::process;

/// Returns the command for the wrangler that package-lock.json pins, without prompts and metrics.
pub fn command(root: &Path) -> Command {
    let mut node = Command::new("node");
    node.arg(root.join("node_modules/wrangler/bin/wrangler.js")).current_dir(root);
    node.envs([("WRANGLER_SEND_METRICS", "false"), ("WRANGLER_HIDE_BANNER", "true")]);
    node.env_remove("WRANGLER_LOG").env_remove("CLOUDFLARE_ENV");
    node
}

/// Writes the files that would be uploaded to a folder and returns it.
pub fn bundle(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/deploy/bundle");
    let _ = fs::remove_dir_all(&folder);
    process::run(command(root).args(["deploy", "--dry-run", "--outdir"]).arg(&folder))?;
    Ok(folder)
}

/// Deploys and returns the Worker's addresses and schedules as wrangler reports them. Writes the configuration to `file`
/// and what lives as long as this run beside it: deployments of several Workers can run at the same time.
pub fn deploy(root: &Path, file: &Path, config: &Value, secrets: &Secrets) -> Result<Vec<String>> {
    fs::create_dir_all(file.parent().expect("a file has a folder"))
        .and_then(|()| fs::write(file, format!("{config:#}\n")))
        .with_context(|| format!("cannot write {}", file.display()))?;
    let report = file.with_extension("report.ndjson");
    let _ = fs::remove_file(&report);
    let mut wrangler = command(root);
    wrangler.args(["deploy", "--config"]).arg(file).env("WRANGLER_OUTPUT_FILE_PATH", &report);
    let pipe = secrets
        .to_send()
        .map(|secrets| SecretsPipe::open(file.with_extension("secrets.json"), &secrets))
        .transpose()?;
    if let Some(pipe) = &pipe {
        wrangler.arg("--secrets-file").arg(&pipe.0);
    }
    if process::run(&mut wrangler).is_err() {
        bail!("wrangler failed to deploy: see its output above, then run this again; it continues from here");
    }
    let written = fs::read_to_string(&report).context("wrangler wrote no report")?;
    let _ = fs::remove_file(&report);
    targets(&written)
}

/// A named pipe that wrangler reads like a file, so that the secrets are never on a disk.
struct SecretsPipe(PathBuf);

impl SecretsPipe {
    fn open(path: PathBuf, secrets: &Value) -> Result<Self> {
        let _ = fs::remove_file(&path);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).with_context(|| format!("cannot create {}", path.display()))?;
        let (pipe, text) = (path.clone(), secrets.to_string());
        // Blocks until wrangler reads; without a reader it ends with this process.
        thread::spawn(move || fs::write(pipe, text));
        Ok(SecretsPipe(path))
    }
}

impl Drop for SecretsPipe {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn targets(report: &str) -> Result<Vec<String>> {
    let mut entries = report.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let deployed = entries.rfind(|entry| entry["type"] == "deploy").context("wrangler's report has no deployment")?;
    let targets = deployed["targets"].as_array().into_iter().flatten();
    Ok(targets.filter_map(|target| target.as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_are_those_of_the_deployment() {
        let report = "{\"type\":\"wrangler-session\"}\n{\"type\":\"deploy\",\"targets\":[\"https://g.x.workers.dev\",\"schedule: * * * * *\"]}\n";
        assert_eq!(targets(report).unwrap(), ["https://g.x.workers.dev", "schedule: * * * * *"]);
        assert!(targets("").is_err());
    }

    #[test]
    fn secrets_pass_through_a_pipe_that_leaves_nothing() {
        let path = std::env::temp_dir().join(format!("grok2api-pipe-{}", std::process::id()));
        let pipe = SecretsPipe::open(path.clone(), &serde_json::json!({ "a": "b" })).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":\"b\"}");
        drop(pipe);
        assert!(!path.exists());
    }
}
