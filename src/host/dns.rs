//! Name look-ups by DNS over HTTPS (RFC 8484), for hosts that look no names up for a WebSocket: Spin.
//!
//! ```ignore
//! let found = dns::resolve(host, "grok.com", Duration::from_secs(12)).await?;
//! host.connect(Handshake { addresses: found.addresses, .. }).await
//! ```
//!
//! The resolvers' own names are looked up by the host, which does that for HTTP.

use std::{fmt, net::IpAddr, pin::pin, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use futures::{
    StreamExt,
    future::{Either, select},
};
use http::{Request, StatusCode, header};

use super::{
    Host,
    timeout::{Deadline, timeout},
};
use crate::variables::{self, table::DNS_OVER_HTTPS_URL};

mod message;
use message::{Answer, Kind};

/// The longest that one resolver may take, in both of its answers.
const LIMIT: Duration = Duration::from_secs(4);
/// How much longer the addresses of version 6 are awaited once those of version 4 are known. RFC 8305 §3 has 50 ms, for
/// browsers; what comes in here is stored.
const RESOLUTION_DELAY: Duration = Duration::from_millis(500);
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

/// Looks up the addresses of a host name within `limit`, at the resolvers of the variable `dns_over_https_url`, in turn.
/// Each gets its share of the time. The first that answers for IPv4 decides; when none does, IPv6 addresses are enough.
/// Fails when no resolver knows any address.
pub async fn resolve(host: &dyn Host, name: &str, limit: Duration) -> Result<Resolved, LookUpError> {
    let list = variables::text(host, &DNS_OVER_HTTPS_URL).await;
    let resolvers: Vec<&str> = list.split(',').map(str::trim).filter(|resolver| !resolver.is_empty()).collect();
    let end = Deadline::after(host, limit);
    let (mut said, mut only_v6) = (Vec::new(), None);
    for (at, resolver) in resolvers.iter().enumerate() {
        let share = end.share(host, resolvers.len() - at).min(LIMIT);
        let (v4, v6) = ask(host, resolver, name, share).await;
        let failed = v4.as_ref().err().cloned();
        let why = match (gather(v4, v6), failed) {
            (Ok(resolved), None) => return Ok(resolved),
            (Ok(resolved), Some(why)) => {
                only_v6.get_or_insert(resolved);
                why
            }
            (Err(why), _) => why,
        };
        said.push(((*resolver).to_owned(), why));
    }
    only_v6.ok_or_else(|| LookUpError { name: name.to_owned(), resolvers: said })
}

type Answered = Result<Answer, String>;

/// Asks one resolver for the addresses of version 4 and of version 6, at once, each within `limit`.
async fn ask(host: &dyn Host, resolver: &str, name: &str, limit: Duration) -> (Answered, Answered) {
    let v4 = pin!(limited(host, limit, query(host, resolver, name, Kind::A)));
    let v6 = pin!(limited(host, limit, query(host, resolver, name, Kind::Aaaa)));
    match select(v4, v6).await {
        Either::Left((v4, v6)) if has_addresses(&v4) => (v4, limited(host, RESOLUTION_DELAY.min(limit), v6).await),
        Either::Left((v4, v6)) => (v4, v6.await),
        Either::Right((v6, v4)) => (v4.await, v6),
    }
}

fn has_addresses(answer: &Answered) -> bool {
    answer.as_ref().is_ok_and(|answer| !answer.addresses.is_empty())
}

async fn limited(host: &dyn Host, limit: Duration, answer: impl Future<Output = Answered>) -> Answered {
    let late = || Err(format!("no answer within {} ms", limit.as_millis()));
    timeout(host, Some(limit), answer).await.unwrap_or_else(late)
}

/// Joins the addresses of both families. A family that fails does not spoil the other; without any address it is an
/// error.
fn gather(v4: Answered, v6: Answered) -> Result<Resolved, String> {
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

async fn query(host: &dyn Host, resolver: &str, name: &str, kind: Kind) -> Answered {
    let query = message::query(name, kind).ok_or("it is not a host name")?;
    let separator = if resolver.contains('?') { '&' } else { '?' };
    let request = Request::get(format!("{resolver}{separator}dns={}", URL_SAFE_NO_PAD.encode(query)))
        .header(header::ACCEPT, "application/dns-message")
        .body(Bytes::new());
    let response = host.send(request.map_err(|e| e.to_string())?).await.map_err(|e| e.to_string())?;
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
