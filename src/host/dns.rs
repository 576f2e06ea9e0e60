//! Name look-ups by DNS over HTTPS (RFC 8484), for Spin, which resolves no name for a WebSocket.
//!
//! ```ignore
//! let found = dns::resolve(host, "grok.com", Duration::from_secs(12)).await?;
//! host.connect(Handshake { addresses: found.addresses, .. }).await
//! ```
//!
//! The host resolves the resolvers' own names, because it resolves names for HTTP.

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

/// The time limit of one resolver, for both address families.
const LIMIT: Duration = Duration::from_secs(4);
/// How long the IPv6 addresses are awaited once those of IPv4 are known. RFC 8305 §3 recommends 50 ms for browsers;
/// the result here is stored, so waiting longer pays.
const RESOLUTION_DELAY: Duration = Duration::from_millis(500);
/// The largest answer in bytes, as in RFC 8484 §6.
const LARGEST_ANSWER: usize = 65_535;
/// The bounds of the time for which an answer is used, whatever its records say.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The addresses kept of each family. Later ones would hardly be tried.
const MOST_ADDRESSES: usize = 4;

/// The addresses of a name.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    /// At least one IP address; those of IPv4 come first.
    pub addresses: Vec<String>,
    /// How long the addresses may be used: 60 seconds to one day.
    pub ttl: Duration,
}

/// Why a name has no addresses: the error of each resolver.
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

/// Returns the addresses of a host name within `limit`. Asks the resolvers of the variable `dns_over_https_url` in
/// turn; each gets its share of the time. The first that answers for IPv4 decides; if none does, IPv6 addresses
/// suffice. Fails if no resolver returns an address.
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

/// Asks one resolver for the IPv4 and the IPv6 addresses at once, each within `limit`.
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

/// Joins the addresses of both families. If only one family fails, the other is used. Fails if neither has an address.
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
    let query = message::query(name, kind).ok_or("the name is not a host name")?;
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
