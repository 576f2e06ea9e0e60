//! Finds the login that wrangler uses: an API token in the environment, else what `wrangler login` stored.

use std::{env, path::Path};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::wrangler;
use crate::process;

const TOKEN: &str = "CLOUDFLARE_API_TOKEN";
const GLOBAL_KEY: &str = "CLOUDFLARE_API_KEY";
const ACCOUNT: &str = "CLOUDFLARE_ACCOUNT_ID";

pub struct Login {
    pub token: String,
    /// Whether it is from `wrangler login`; else it is an API token.
    pub personal: bool,
    /// The account in the environment.
    pub account: Option<String>,
}

/// How to get a login.
pub const HOW: &str = "set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID (docs/cloudflare.md lists the permissions that \
                       the token needs), or run `npx wrangler login` first";

/// Returns the token that wrangler would use, `None` without a login. wrangler renews an expired login.
pub fn login(root: &Path, account: Option<String>) -> Result<Option<Login>> {
    // wrangler too prefers the environment's token, except to a global key. Starting it to ask takes a second or more.
    let given = env::var(TOKEN).ok().filter(|token| !token.trim().is_empty() && env::var_os(GLOBAL_KEY).is_none());
    match given {
        Some(token) => checked(&token, false, account).map(Some),
        None => stored(root, account),
    }
}

fn stored(root: &Path, account: Option<String>) -> Result<Option<Login>> {
    let output =
        process::output(wrangler::command(root).args(["auth", "token", "--json"]).stderr(std::process::Stdio::null()))
            .context("cannot run wrangler to read the login")?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let Some(token) = answer["token"].as_str().filter(|token| !token.trim().is_empty()) else {
        return Ok(None);
    };
    checked(token, answer["type"] == "oauth", account).map(Some)
}

fn checked(token: &str, personal: bool, account: Option<String>) -> Result<Login> {
    let token = token.trim().to_owned();
    if token.chars().any(|c| !c.is_ascii_graphic()) {
        bail!("{TOKEN} has an invalid character: copy only the token, without quotes or spaces");
    }
    Ok(Login { token, personal, account })
}

/// Returns the account in the environment; fails if it is not an account's id.
pub fn account() -> Result<Option<String>> {
    let Some(id) = env::var(ACCOUNT).ok().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    if id.len() != 32 || !id.chars().all(|c| c.is_ascii_hexdigit()) {
        bail!(
            "{ACCOUNT} is not an account's id: those are 32 hexadecimal digits, found in the address of the dashboard \
             after https://dash.cloudflare.com/"
        );
    }
    Ok(Some(id))
}

/// Returns the only account that a login reaches; fails if there are none or several.
pub fn only(accounts: &[Value]) -> Result<String> {
    let text = |account: &Value, field: &str| account[field].as_str().unwrap_or_default().to_owned();
    match accounts {
        [account] => Ok(text(account, "id")),
        [] => bail!("the login reaches no account, or must not list accounts: set {ACCOUNT}"),
        many => {
            let list: Vec<_> =
                many.iter().map(|account| format!("{} ({})", text(account, "id"), text(account, "name"))).collect();
            bail!("the login reaches {} accounts: set {ACCOUNT} to one of {}", many.len(), list.join(", "))
        }
    }
}
