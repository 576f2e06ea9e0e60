//! Prepares `up --demo`: a scripted Grok, accounts for it, a password, an API key, and a command to paste.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{http::Client, private, process::Running};

/// Cookies shaped like those of grok.com, with names that the scripted Grok understands: two Basic accounts, one Super.
const BASIC: [&str; 2] = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uX2lkIjoiZGVtby0xIn0.ZGVtb25zdHJhdGlvbiBhY2NvdW50IDE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uX2lkIjoiZGVtby0yIn0.ZGVtb25zdHJhdGlvbiBhY2NvdW50IDI",
];
const SUPER: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uX2lkIjoic3VwZXItZGVtbyJ9.ZGVtb25zdHJhdGlvbiBhY2NvdW50IDM";
const FIRST_RUN_PASSWORD: &str = "admin";

/// Starts the scripted Grok on a free port and returns it with its URL.
pub fn scripted_grok(root: &Path) -> Result<(Running, String)> {
    let mut node = Command::new("node");
    node.arg(root.join("tests/fake-grok.mjs")).current_dir(root).stdout(Stdio::piped());
    let mut running = Running::start("the scripted Grok", &mut node)?;
    let mut output = BufReader::new(running.child.stdout.take().context("its output is a pipe")?);
    let mut line = String::new();
    output.read_line(&mut line)?;
    let url = line.trim().strip_prefix("ready ").context("the scripted Grok did not start")?.to_owned();
    // Drain the pipe, so that the process never blocks on writing.
    thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok((running, url))
}

/// Creates the missing password, accounts and key, then prints how to use them. Prints a password only when it is new.
pub fn introduce(client: &Client, url: &str, data: &Path) -> Result<()> {
    let file = CredentialsFile(data.join("credentials.json"));
    let (mut credentials, first) = match file.read()? {
        Some(credentials) => (credentials, false),
        None => (Credentials { password: private::random::<12>()?, key: None }, true),
    };
    if !works(client, credentials.key.as_deref())? {
        // Written before the password is set, so that an interrupted start can be repeated.
        file.write(&credentials)?;
        let key = prepare(client, &credentials.password).with_context(|| {
            let folder = data.display();
            format!(
                "the demonstration's password was changed: remove {folder} to start again, or use the folder without --demo"
            )
        })?;
        credentials.key = Some(key);
        file.write(&credentials)?;
    }
    print(url, &credentials, first, &file.0);
    Ok(())
}

struct Credentials {
    password: String,
    key: Option<String>,
}

/// A file that only its owner can read.
struct CredentialsFile(PathBuf);

impl CredentialsFile {
    fn read(&self) -> Result<Option<Credentials>> {
        let file = self.0.display();
        if !self.0.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&self.0).with_context(|| format!("cannot read {file}"))?;
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let password =
            value["password"].as_str().with_context(|| format!("{file} has no password: remove the file"))?;
        Ok(Some(Credentials { password: password.to_owned(), key: value["key"].as_str().map(str::to_owned) }))
    }

    fn write(&self, credentials: &Credentials) -> Result<()> {
        let value = json!({ "username": "admin", "password": credentials.password, "key": credentials.key });
        private::write(&self.0, format!("{value:#}\n").as_bytes())
    }
}

fn works(client: &Client, key: Option<&str>) -> Result<bool> {
    key.map_or(Ok(false), |key| Ok(client.get("/v1/models", key)?.status == 200))
}

/// Signs in, changes the first-run password if it is still valid, adds the accounts and returns a new API key.
fn prepare(client: &Client, password: &str) -> Result<String> {
    if let Ok(session) = sign_in(client, FIRST_RUN_PASSWORD) {
        call(client, "/api/password", &session, json!({ "current": FIRST_RUN_PASSWORD, "new": password }))?;
    }
    let session = sign_in(client, password)?;
    call(client, "/api/tokens/add", &session, json!({ "tokens": BASIC, "token_type": "sso" }))?;
    call(client, "/api/tokens/add", &session, json!({ "tokens": [SUPER], "token_type": "ssoSuper" }))?;
    let made = call(client, "/api/keys/add", &session, json!({ "name": "demo" }))?;
    Ok(made["data"]["key"].as_str().context("the response has no key")?.to_owned())
}

fn sign_in(client: &Client, password: &str) -> Result<String> {
    let answer = call(client, "/api/login", "", json!({ "username": "admin", "password": password }))?;
    Ok(answer["token"].as_str().context("the response has no session")?.to_owned())
}

fn call(client: &Client, path: &str, session: &str, body: Value) -> Result<Value> {
    let reply = client.post(path, session, &body)?;
    if reply.status != 200 {
        bail!("{path} answered {}: {}", reply.status, reply.message());
    }
    Ok(reply.body)
}

fn print(url: &str, credentials: &Credentials, first: bool, file: &Path) {
    let key = credentials.key.as_deref().unwrap_or_default();
    let file = file.display();
    let password = match first {
        true => format!("{} (shown only once; stored in {file})", credentials.password),
        false => format!("as in {file}"),
    };
    let body = r#"{"model":"grok-4-fast","stream":true,"messages":[{"role":"user","content":"Why is the sky blue?"}]}"#;
    println!(
        "
A scripted Grok answers here; no request leaves this machine.

  address   {url}/v1
  API key   {key}
  sign-in   user admin, password {password}

Paste this to see an answer stream:

curl -N {url}/v1/chat/completions -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{body}'
"
    );
}
