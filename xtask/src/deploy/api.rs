//! A client of Cloudflare's REST API: response envelopes, paged lists, retries.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Error, Result, bail};
use serde_json::Value;

use super::{
    login::{self, Login},
    refusal::Refusal,
};
use crate::process;

const BASE: &str = "https://api.cloudflare.com/client/v4";
const PAGE: usize = 100;
/// The most pages that are read of a list, more than any account has. Prevents an endless loop.
const PAGES: usize = 1_000;
const ATTEMPTS: u32 = 4;
/// The time for all attempts of one call.
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Api {
    agent: ureq::Agent,
    base: String,
    login: Login,
    pub account: String,
}

struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    body: Value,
}

impl Api {
    /// Connects with the named account, or the only one that the login reaches.
    pub fn connect(login: Login) -> Result<Self> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent("grok2api-deploy")
            .build();
        // wrangler reads the same variable; the tests set it.
        let base = std::env::var("CLOUDFLARE_API_BASE_URL").unwrap_or_else(|_| BASE.to_owned());
        let mut api = Api { agent: config.into(), base, account: String::new(), login };
        api.account = match api.login.account.clone() {
            Some(account) => account,
            None => login::only(&api.list("/accounts", "")?)?,
        };
        Ok(api)
    }

    /// Sends GET to `path` below the account and returns the result.
    pub fn get(&self, path: &str) -> Result<Value> {
        Ok(self.call(&self.below(path), path, None)?["result"].take())
    }

    /// Sends POST to `path` below the account and returns the result. Retries even when the first request may have
    /// arrived, so use it only for idempotent calls.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.call(&self.below(path), path, Some(body))?["result"].take())
    }

    /// Returns the entries of all pages of a list.
    pub fn pages(&self, path: &str) -> Result<Vec<Value>> {
        self.list(&self.below(path), path)
    }

    fn below(&self, path: &str) -> String {
        format!("/accounts/{}{path}", self.account)
    }

    fn list(&self, full: &str, path: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let body = self.call(&format!("{full}?page={page}&per_page={PAGE}"), path, None)?;
            let items = body["result"].as_array().context("Cloudflare's response is not a list")?;
            // The API may return smaller pages than requested.
            let full = body["result_info"]["per_page"].as_u64().map_or(PAGE, |size| size as usize);
            all.extend_from_slice(items);
            if items.is_empty() || items.len() < full {
                return Ok(all);
            }
        }
        bail!("Cloudflare's list at {path} has more than {PAGES} pages")
    }

    /// Retries until the call succeeds, is refused, or [`ATTEMPTS`] or [`PATIENCE`] are used up.
    fn call(&self, full: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let what =
            format!("{} {}", if body.is_some() { "POST" } else { "GET" }, path.split('?').next().unwrap_or(path));
        let start = Instant::now();
        for attempt in 1.. {
            let answer = self.once(full, body);
            process::wait_if_stopping();
            let pause = match &answer {
                Ok(answer) if answer.status == 429 => answer.retry_after.unwrap_or(backoff(attempt)),
                Ok(answer) if answer.status < 500 => return self.judge(answer, path, &what),
                Ok(answer) => answer.retry_after.unwrap_or(backoff(attempt)),
                Err(_) => backoff(attempt),
            };
            if attempt == ATTEMPTS || start.elapsed() + pause > PATIENCE {
                return self.judge(&answer.map_err(|error| self.unreachable(error))?, path, &what);
            }
            if pause > Duration::from_secs(5) {
                println!("waiting {} seconds, as Cloudflare asks", pause.as_secs());
            }
            thread::sleep(pause);
        }
        unreachable!("the last attempt returns")
    }

    fn once(&self, full: &str, body: Option<&Value>) -> Result<Answer, ureq::Error> {
        let url = format!("{}{full}", self.base);
        let bearer = format!("Bearer {}", self.login.token);
        let mut response = match body {
            None => self.agent.get(url).header("authorization", bearer).call(),
            Some(body) => {
                let post = self.agent.post(url).header("authorization", bearer);
                post.header("content-type", "application/json").send(body.to_string())
            }
        }?;
        let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let text = response.body_mut().read_to_string()?;
        Ok(Answer {
            status: response.status().as_u16(),
            retry_after: seconds.map(Duration::from_secs),
            body: serde_json::from_str(&text).unwrap_or_default(),
        })
    }

    fn judge(&self, answer: &Answer, path: &str, what: &str) -> Result<Value> {
        if answer.status < 300 && answer.body["success"] == true {
            return Ok(answer.body.clone());
        }
        let refusal = Refusal::new(answer.status, &answer.body, what);
        if !refusal.is_about_the_caller() {
            return Err(refusal.into());
        }
        let good = self.login.personal || self.token_is_good();
        Err(refusal.explained(&self.login, &self.account, path, good).into())
    }

    /// Returns whether the token is valid. Tokens belong to a user or an account; each kind has its own address.
    fn token_is_good(&self) -> bool {
        let owned = self.below("/tokens/verify");
        ["/user/tokens/verify", &owned]
            .iter()
            .any(|path| self.once(path, None).is_ok_and(|answer| answer.body["result"]["status"] == "active"))
    }

    fn unreachable(&self, error: ureq::Error) -> Error {
        Error::msg(format!(
            "{} cannot be reached ({error}): check the network and, if it needs one, the proxy (HTTPS_PROXY), then run \
            this again",
            self.base
        ))
    }
}

fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1 << (attempt - 1))
}
