//! Who is deploying. wrangler is asked for the token, so that an API token in the environment and the login of a laptop
//! take one way, and everything here and in wrangler happens in the same name.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::wrangler;
use crate::process;

const ACCOUNT: &str = "CLOUDFLARE_ACCOUNT_ID";

pub struct Login {
    pub token: String,
    /// From `wrangler login`; else an API token.
    pub personal: bool,
    /// The account that was named, if one was.
    pub account: Option<String>,
}

/// How to get a login.
pub const HOW: &str = "set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID (docs/cloudflare.md tells which permissions the \
                       token needs), or run `npx wrangler login` first";

/// Returns the token that wrangler would use, `None` when there is no login; an expired login is renewed on the way.
pub fn login(root: &Path, account: Option<String>) -> Result<Option<Login>> {
    let output =
        process::output(wrangler::command(root).args(["auth", "token", "--json"]).stderr(std::process::Stdio::null()))
            .context("wrangler could not be asked for the login")?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let Some(token) = answer["token"].as_str().map(str::trim).filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    if token.chars().any(|c| !c.is_ascii_graphic()) {
        bail!(
            "CLOUDFLARE_API_TOKEN holds a character that no token has: copy the token alone, without quotes or spaces"
        );
    }
    Ok(Some(Login { token: token.to_owned(), personal: answer["type"] == "oauth", account }))
}

/// Returns the account that the environment names; fails when that is no account's id.
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

/// The one account a login reaches, when none was named.
pub fn only(accounts: &[Value]) -> Result<String> {
    let text = |account: &Value, field: &str| account[field].as_str().unwrap_or_default().to_owned();
    match accounts {
        [account] => Ok(text(account, "id")),
        [] => bail!("the login reaches no account, or may not list them: set {ACCOUNT}"),
        many => {
            let list: Vec<_> =
                many.iter().map(|account| format!("{} ({})", text(account, "id"), text(account, "name"))).collect();
            bail!("the login reaches {} accounts: set {ACCOUNT} to one of {}", many.len(), list.join(", "))
        }
    }
}
