//! Opens the socket of an account: its owner's id, the addresses of the service's name, the upgrade.

use std::{rc::Rc, time::Duration};

use http::HeaderMap;
use url::Url;

use super::{classify, client::Client, identity, mgw};
use crate::{
    dns,
    host::websocket::{Handshake, Refusal, WebSocket, WebSocketError},
    providers::{Account, Learned, ProviderError, ResolvedName},
};

/// How long look-up, TCP, TLS and upgrade may take together.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// Connects. What had to be found out for it goes to `learned`, also when connecting fails.
pub async fn connect(
    client: &Client<'_>,
    account: &Account,
    learned: &mut Learned,
) -> Result<Rc<dyn WebSocket>, ProviderError> {
    let user_id = user_id(client, account, learned).await?;
    upgrade(client, &user_id, &account.names, learned).await.map_err(|error| {
        eprintln!("{}: the WebSocket to Grok: {error}", client.app.request_id);
        match error {
            DialError::Name(text) => ProviderError::NoAddress(text),
            DialError::Socket(error) => refused(&error),
        }
    })
}

/// The id of the account's owner: stored, or asked for once.
pub async fn user_id(client: &Client<'_>, account: &Account, learned: &mut Learned) -> Result<String, ProviderError> {
    if !account.user_id.is_empty() {
        return Ok(account.user_id.clone());
    }
    let id = identity::find(client).await?;
    learned.user_ids.push((account.id, id.clone()));
    Ok(id)
}

/// Why there is no connection.
#[derive(Debug)]
pub enum DialError {
    /// The service's name has no address, or none could be looked up.
    Name(String),
    Socket(WebSocketError),
}

impl std::fmt::Display for DialError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DialError::Name(text) => f.write_str(text),
            DialError::Socket(error) => error.fmt(f),
        }
    }
}

/// Opens the connection. Hosts that look names up themselves never see the addresses; for the others they are known, or
/// looked up, once more when none of the known ones answers.
pub async fn upgrade(
    client: &Client<'_>,
    user_id: &str,
    known: &[ResolvedName],
    learned: &mut Learned,
) -> Result<Rc<dyn WebSocket>, DialError> {
    let (url, name) = address(&client.base, user_id).ok_or_else(|| {
        DialError::Socket(WebSocketError::Unreachable("the variable grok_base_url gives no address".to_owned()))
    })?;
    let headers = client.credentials.upgrade_headers(&client.base, user_id);
    let known = known.iter().find(|known| known.name == name).map(|known| known.addresses.clone()).unwrap_or_default();
    let is_known = !known.is_empty();
    let host = &client.app.host;
    match host.connect(handshake(&url, headers.clone(), known)).await {
        Ok(socket) => Ok(socket),
        Err(WebSocketError::Unresolved(_)) => look_up_and_connect(client, &url, name, headers, learned).await,
        Err(WebSocketError::Unreachable(_)) if is_known => {
            look_up_and_connect(client, &url, name, headers, learned).await
        }
        Err(error) => Err(DialError::Socket(error)),
    }
}

async fn look_up_and_connect(
    client: &Client<'_>,
    url: &str,
    name: String,
    headers: HeaderMap,
    learned: &mut Learned,
) -> Result<Rc<dyn WebSocket>, DialError> {
    let found = dns::resolve(client.app, &name).await.map_err(|error| DialError::Name(error.to_string()))?;
    let until = client.app.now() + i64::try_from(found.ttl.as_millis()).unwrap_or(i64::MAX / 2);
    learned.names.push(ResolvedName { name, addresses: found.addresses.clone(), until });
    client.app.host.connect(handshake(url, headers, found.addresses)).await.map_err(DialError::Socket)
}

fn handshake(url: &str, headers: HeaderMap, addresses: Vec<String>) -> Handshake {
    Handshake {
        url: url.to_owned(),
        headers,
        addresses,
        connect_timeout: CONNECT_LIMIT,
        max_message_bytes: mgw::MAX_MESSAGE,
    }
}

/// The socket's URL and the name of its host. The scheme of the service's address decides between `wss` and `ws`.
fn address(base: &str, user_id: &str) -> Option<(String, String)> {
    let name = Url::parse(base).ok()?.host_str()?.to_owned();
    let rest = base.strip_prefix("http")?;
    Some((format!("ws{rest}/ws/mgw/?uid={user_id}"), name))
}

/// The class of a failed connection.
pub fn refused(error: &WebSocketError) -> ProviderError {
    match error {
        WebSocketError::Refused(Refusal { status, headers, body }) => {
            let header = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
            match status {
                300..=399 => classify::from_redirect(header("location")),
                _ => classify::from_answer(*status, header("retry-after"), body.as_bytes()),
            }
        }
        _ => ProviderError::Connect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_follows_the_services_address() {
        let (url, name) = address("https://grok.com", "u").expect("it is an address");
        assert_eq!((url.as_str(), name.as_str()), ("wss://grok.com/ws/mgw/?uid=u", "grok.com"));
        let (url, name) = address("http://127.0.0.1:9", "u").expect("it is an address");
        assert_eq!((url.as_str(), name.as_str()), ("ws://127.0.0.1:9/ws/mgw/?uid=u", "127.0.0.1"));
        assert!(address("grok.com", "u").is_none());
    }

    #[test]
    fn refused_upgrades_have_their_class() {
        let of = |status, header: Option<(&str, &str)>, body: &str| {
            let headers = header.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            refused(&WebSocketError::Refused(Refusal { status, headers, body: body.to_owned() }))
        };
        assert!(matches!(of(401, None, "{}"), ProviderError::DeadAccount(_)));
        assert_eq!(of(403, None, "<html>Just a moment...</html>"), ProviderError::AntiBot);
        assert_eq!(of(403, None, ""), ProviderError::AntiBot);
        let policy = r#"{"error":{"code":7,"message":"This request is not allowed.","details":[]}}"#;
        assert_eq!(of(403, None, policy), ProviderError::Policy("This request is not allowed.".to_owned()));
        let limited = ProviderError::RateLimited { quota_spent: false, retry_after: Some(7) };
        assert_eq!(of(429, Some(("retry-after", "7")), ""), limited);
        assert_eq!(of(502, None, ""), ProviderError::Server(502));
        let moved = Some(("location", "https://accounts.x.ai/sign-in"));
        assert!(matches!(of(302, moved, ""), ProviderError::DeadAccount(_)));
    }
}
