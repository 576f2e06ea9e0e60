//! Finds the login. wrangler provides the token, so that an API token in the environment and `wrangler login` work alike,
//! and both this command and wrangler use the same one.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::wrangler;
use crate::process;

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
    let output =
        process::output(wrangler::command(root).args(["auth", "token", "--json"]).stderr(std::process::Stdio::null()))
            .context("cannot run wrangler to read the login")?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let Some(token) = answer["token"].as_str().map(str::trim).filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    if token.chars().any(|c| !c.is_ascii_graphic()) {
        bail!("CLOUDFLARE_API_TOKEN has an invalid character: copy only the token, without quotes or spaces");
    }
    Ok(Some(Login { token: token.to_owned(), personal: answer["type"] == "oauth", account }))
}

/// Returns the account in the environment; fails if it is not an account's id.
pub fn account() -> Result<Option<String>> {
    let Some(id) = std::env::var(ACCOUNT).ok().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()) else {
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
