//! The HTTP client of `up` and `deploy`.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

pub struct Client {
    agent: ureq::Agent,
    base: String,
}

/// A status and the body as JSON; null if the body is not JSON.
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    /// Returns the message of an error body, of the admin API or of OpenAI's.
    pub fn message(&self) -> &str {
        let text = self.body["message"].as_str().or_else(|| self.body["error"]["message"].as_str());
        text.unwrap_or("no reason given")
    }
}

impl Client {
    /// Returns a client for this machine, without a proxy.
    pub fn new(base: &str) -> Self {
        Self::with(base, None)
    }

    /// Returns a client for an address on the Internet, with the proxy of the environment.
    pub fn elsewhere(base: &str) -> Self {
        Self::with(base, ureq::Proxy::try_from_env())
    }

    fn with(base: &str, proxy: Option<ureq::Proxy>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .proxy(proxy)
            .build();
        Client { agent: config.into(), base: base.to_owned() }
    }

    /// Sends GET and returns the response, of any status; fails if there is none within 30 seconds.
    pub fn get(&self, path: &str, bearer: &str) -> Result<Reply> {
        let request =
            self.agent.get(format!("{}{path}", self.base)).header("authorization", format!("Bearer {bearer}"));
        read(request.call().with_context(|| format!("GET {path}"))?)
    }

    /// Sends POST with a JSON body and returns the response, of any status; fails if there is none within 30 seconds.
    pub fn post(&self, path: &str, bearer: &str, body: &Value) -> Result<Reply> {
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {bearer}"))
            .header("content-type", "application/json");
        read(request.send(body.to_string()).with_context(|| format!("POST {path}"))?)
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Reply> {
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string()?;
    Ok(Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
}
