//! Name look-ups by DNS over HTTPS (RFC 8484), for hosts that look no names up for a WebSocket: Spin.
//!
//! ```ignore
//! let found = dns::resolve(app, "grok.com").await?;
//! app.host.connect(Handshake { addresses: found.addresses, .. }).await
//! ```
//!
//! The resolvers' own names are looked up by the host, which does that for HTTP.

use std::{fmt, net::IpAddr, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, future::join};
use http::{Request, StatusCode, header};

use crate::{app::App, deadline::within};

mod message;
use message::{Answer, Kind};

/// The first two answer from China.
const RESOLVERS: &str =
    "https://dns.alidns.com/dns-query,https://doh.pub/dns-query,https://cloudflare-dns.com/dns-query";
/// Time for one resolver, both of its answers.
const LIMIT: Duration = Duration::from_secs(4);
/// Bytes of the largest answer: RFC 8484 §6 has none larger.
const LARGEST_ANSWER: usize = 65_535;
/// How long an answer may be used, whatever its records say.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Addresses that are kept of each family: those after it would hardly be tried.
const MOST_ADDRESSES: usize = 4;

/// What a name leads to.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    /// IP addresses, those of version 4 first. At least one.
    pub addresses: Vec<String>,
    /// How long they may be used: 60 seconds to one day.
    pub ttl: Duration,
}

/// Why a name has no addresses: what each resolver said.
#[derive(Debug, PartialEq, Eq)]
pub struct LookUpError {
    name: String,
    resolvers: Vec<(String, String)>,
}

impl fmt::Display for LookUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} could not be looked up", self.name)?;
        for (resolver, why) in &self.resolvers {
            write!(f, "; {resolver}: {why}")?;
        }
        f.write_str(". Set the variable dns_over_https_url to a resolver that can be reached")
    }
}

impl std::error::Error for LookUpError {}

/// Looks up the addresses of a host name at the resolvers of the variable `dns_over_https_url`, in turn, until one
/// knows some. Fails when none does.
pub async fn resolve(app: &App, name: &str) -> Result<Resolved, LookUpError> {
    let set = app.host.variable("dns_over_https_url").await.unwrap_or_default();
    let resolvers = if set.trim().is_empty() { RESOLVERS } else { &set };
    let mut said = Vec::new();
    for resolver in resolvers.split(',').map(str::trim).filter(|resolver| !resolver.is_empty()) {
        match within(&*app.host, Some(LIMIT), ask(app, resolver, name)).await {
            Some(Ok(resolved)) => return Ok(resolved),
            Some(Err(why)) => said.push((resolver.to_owned(), why)),
            None => said.push((resolver.to_owned(), format!("no answer within {} s", LIMIT.as_secs()))),
        }
    }
    Err(LookUpError { name: name.to_owned(), resolvers: said })
}

/// Asks one resolver for both families. One that fails does not spoil the other.
async fn ask(app: &App, resolver: &str, name: &str) -> Result<Resolved, String> {
    let (v4, v6) = join(query(app, resolver, name, Kind::A), query(app, resolver, name, Kind::Aaaa)).await;
    let mut addresses = Vec::new();
    let mut ttl = LONGEST;
    let mut why = "the name has no addresses".to_owned();
    for answer in [v4, v6] {
        match answer {
            Ok(answer) if answer.addresses.is_empty() => {}
            Ok(answer) => {
                addresses.extend(answer.addresses.iter().take(MOST_ADDRESSES).map(IpAddr::to_string));
                ttl = ttl.min(Duration::from_secs(answer.ttl.into()));
            }
            Err(error) => why = error,
        }
    }
    if addresses.is_empty() {
        return Err(why);
    }
    Ok(Resolved { addresses, ttl: ttl.max(SHORTEST) })
}

async fn query(app: &App, resolver: &str, name: &str, kind: Kind) -> Result<Answer, String> {
    let query = message::query(name, kind).ok_or("it is not a host name")?;
    let separator = if resolver.contains('?') { '&' } else { '?' };
    let request = Request::get(format!("{resolver}{separator}dns={}", URL_SAFE_NO_PAD.encode(query)))
        .header(header::ACCEPT, "application/dns-message")
        .body(Bytes::new());
    let response = app.host.send(request.map_err(|e| e.to_string())?).await.map_err(|e| e.to_string())?;
    if response.status() != StatusCode::OK {
        return Err(format!("status {}", response.status().as_u16()));
    }
    let mut body = response.into_body();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk.map_err(|e| e.to_string())?);
        if bytes.len() > LARGEST_ANSWER {
            return Err("the answer is too long".to_owned());
        }
    }
    message::answer(&bytes, name, kind).map_err(|fault| fault.to_string())
}

#[cfg(test)]
pub mod tests;
