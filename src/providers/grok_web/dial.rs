//! Opens the WebSocket of an account: its user id, the addresses of Grok's name, the upgrade.

use std::{rc::Rc, time::Duration};

use http::HeaderMap;
use url::Url;

use super::{
    classify::{self, clip},
    client::Client,
    identity,
};
use crate::{
    app::App,
    host::{
        dns,
        timeout::Deadline,
        websocket::{Handshake, Refusal, WebSocket, WebSocketError},
    },
    providers::{
        Account, ProviderError,
        learned::{Learned, ResolvedName},
    },
};

/// The time limit of stored addresses, look-up and connection together. It is below the 30 seconds after which a chat
/// times out by default.
const LIMIT: Duration = Duration::from_secs(20);

/// The largest message in bytes. Previews of pictures are inline, and the server repeats the prompt.
pub const MAX_MESSAGE: u32 = 16 << 20;

/// The longest cooldown that Grok may impose on an account here, in seconds.
const LONGEST_WAIT: u64 = 3600;

/// The WebSockets of Grok.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Chat,
    Imagine,
}

impl Door {
    fn path(self, user_id: &str) -> String {
        match self {
            Door::Chat => format!("/ws/mgw/?uid={user_id}"),
            Door::Imagine => "/ws/imagine/listen".to_owned(),
        }
    }
}

/// Connects. Facts found out on the way go to `learned`, even if connecting fails.
pub async fn connect(
    client: &Client<'_>,
    account: &Account,
    learned: &mut Learned,
    door: Door,
) -> Result<Rc<dyn WebSocket>, ProviderError> {
    let known: Vec<_> = learned.names.iter().rev().chain(&account.names).cloned().collect();
    let (user_id, is_stored) = user_id(client, account, learned).await.map_err(at_the_door)?;
    let end = Deadline::after(&*client.app.host, LIMIT);
    let error = match open(client, door, &user_id, &known, learned, end, &|_| ()).await {
        Ok(socket) => return Ok(socket),
        Err(error) => error,
    };
    // A stored id may be wrong: it may have been pasted beside another account's token.
    let may_be_the_id =
        is_stored && matches!(ProviderError::from(&error), ProviderError::DeadAccount(_) | ProviderError::Policy(_));
    let error = failed(client, &error);
    if !may_be_the_id {
        return Err(error);
    }
    match identity::by_session(client).await {
        Ok(id) if id != user_id => {
            learned.set_owner(account.id, id.clone());
            open(client, door, &id, &known, learned, end, &|_| ()).await.map_err(|error| failed(client, &error))
        }
        Err(dead @ ProviderError::DeadAccount(_)) => Err(dead),
        _ => Err(error),
    }
}

fn failed(client: &Client<'_>, error: &DialError) -> ProviderError {
    eprintln!("{}: the WebSocket to Grok: {error}", client.app.request_id);
    at_the_door(ProviderError::from(error))
}

/// Converts an error before the chat. Nothing of the client's is involved, and rate limits are not those of a mode: a
/// wait that Grok names counts.
pub(super) fn at_the_door(error: ProviderError) -> ProviderError {
    match error {
        ProviderError::RateLimited { quota_spent: false, retry_after: Some(seconds) } => {
            ProviderError::Throttled { retry_after: seconds.min(LONGEST_WAIT) }
        }
        ProviderError::CallerError(_) => ProviderError::Server(400),
        // Grok refused this account's connection; the next account may be allowed.
        ProviderError::Policy(_) => ProviderError::Server(403),
        error => error,
    }
}

/// Returns the user id of the account, and whether it comes from the database. Grok is asked for it once.
async fn user_id(
    client: &Client<'_>,
    account: &Account,
    learned: &mut Learned,
) -> Result<(String, bool), ProviderError> {
    if let Some(id) = learned.owner(account.id) {
        return Ok((id.to_owned(), false));
    }
    if !account.user_id.is_empty() {
        return Ok((account.user_id.clone(), true));
    }
    let id = identity::find(client).await?;
    learned.set_owner(account.id, id.clone());
    Ok((id, false))
}

/// The stages of [`open`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looks up Grok's name, for a host that does not resolve it.
    LookUp,
    /// Waits for the host, whose single call covers TCP, TLS and upgrade.
    Connect,
}

/// Why the connection failed.
#[derive(Debug)]
pub enum DialError {
    /// Grok's name has no address, or the look-up failed.
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

impl From<&DialError> for ProviderError {
    fn from(error: &DialError) -> Self {
        match error {
            DialError::Name(text) => ProviderError::NoAddress(clip(text)),
            DialError::Socket(error) => classified(error),
        }
    }
}

/// Opens the connection within 20 seconds, as [`open`] does, for callers without an earlier attempt.
pub async fn open_in_time(
    client: &Client<'_>,
    user_id: &str,
    learned: &mut Learned,
    observe: &dyn Fn(Stage),
) -> Result<Rc<dyn WebSocket>, DialError> {
    open(client, Door::Chat, user_id, &[], learned, Deadline::after(&*client.app.host, LIMIT), observe).await
}

/// Opens the connection until `end` and calls `observe` as each stage begins. Hosts that resolve names ignore the
/// addresses. For the others the addresses are stored or looked up, and looked up again if no stored address answers.
/// Each stage leaves the later ones their share of the time.
async fn open(
    client: &Client<'_>,
    door: Door,
    user_id: &str,
    known: &[ResolvedName],
    learned: &mut Learned,
    end: Deadline,
    observe: &dyn Fn(Stage),
) -> Result<Rc<dyn WebSocket>, DialError> {
    let (url, name) = address(&client.base, &door.path(user_id)).ok_or_else(|| {
        DialError::Socket(WebSocketError::Unreachable("the variable grok_base_url is not an address".to_owned()))
    })?;
    let headers = client.credentials.upgrade_headers(&client.base, user_id);
    let known = known.iter().find(|known| known.name == name).map(|known| known.addresses.clone()).unwrap_or_default();
    let is_known = !known.is_empty();
    let app = client.app;
    let share = |stages| end.share(&*app.host, stages);
    observe(Stage::Connect);
    // Without an address, a host that resolves no names fails at once, and any other host needs no further stage.
    let first = share(if is_known { 3 } else { 1 });
    match app.host.connect(handshake(&url, headers.clone(), known, first)).await {
        Ok(socket) => return Ok(socket),
        Err(WebSocketError::Unresolved(_)) => {}
        Err(WebSocketError::Unreachable(_)) if is_known => {}
        Err(error) => return Err(DialError::Socket(error)),
    }
    observe(Stage::LookUp);
    let addresses = look_up(app, name, share(2), learned).await?;
    observe(Stage::Connect);
    app.host.connect(handshake(&url, headers, addresses, share(1))).await.map_err(DialError::Socket)
}

async fn look_up(app: &App, name: String, limit: Duration, learned: &mut Learned) -> Result<Vec<String>, DialError> {
    let found = dns::resolve(&*app.host, &name, limit).await.map_err(|error| DialError::Name(error.to_string()))?;
    let until = app.now_ms() + i64::try_from(found.ttl.as_millis()).unwrap_or(i64::MAX / 2);
    learned.names.push(ResolvedName { name, addresses: found.addresses.clone(), until });
    Ok(found.addresses)
}

fn handshake(url: &str, headers: HeaderMap, addresses: Vec<String>, connect_timeout: Duration) -> Handshake {
    Handshake { url: url.to_owned(), headers, addresses, connect_timeout, max_message_bytes: MAX_MESSAGE }
}

/// Returns the socket's URL and its host name. The scheme of Grok's address decides between `wss` and `ws`.
fn address(base: &str, path: &str) -> Option<(String, String)> {
    let name = Url::parse(base).ok()?.host_str()?.to_owned();
    let rest = base.strip_prefix("http")?;
    Some((format!("ws{rest}{path}"), name))
}

/// Classifies a failed connection.
fn classified(error: &WebSocketError) -> ProviderError {
    match error {
        WebSocketError::Refused(Refusal { status, headers, body }) => {
            let header = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
            match status {
                300..=399 => classify::from_redirect(header("location")),
                _ => classify::from_answer(*status, header("retry-after"), body.as_bytes()),
            }
        }
        WebSocketError::Unreachable(text) if is_timeout(text) => ProviderError::Timeout,
        WebSocketError::Unresolved(text) => ProviderError::NoAddress(clip(text)),
        _ => ProviderError::Connect(clip(&error.to_string())),
    }
}

/// Returns whether the text reports a timeout. Each host has its own words: those of its limit, or the operating
/// system's.
fn is_timeout(text: &str) -> bool {
    text.contains("no connection within") || text.contains("timed out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_follows_the_services_address() {
        let (url, name) = address("https://grok.com", &Door::Chat.path("u")).expect("it is an address");
        assert_eq!((url.as_str(), name.as_str()), ("wss://grok.com/ws/mgw/?uid=u", "grok.com"));
        let (url, name) = address("http://127.0.0.1:9", &Door::Imagine.path("u")).expect("it is an address");
        assert_eq!((url.as_str(), name.as_str()), ("ws://127.0.0.1:9/ws/imagine/listen", "127.0.0.1"));
        assert!(address("grok.com", "u").is_none());
    }

    #[test]
    fn refused_upgrades_have_their_class() {
        let of = |status, header: Option<(&str, &str)>, body: &str| {
            let headers = header.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            classified(&WebSocketError::Refused(Refusal { status, headers, body: body.to_owned() }))
        };
        assert!(matches!(of(401, None, "{}"), ProviderError::DeadAccount(_)));
        assert_eq!(of(403, None, "<html>Just a moment...</html>"), ProviderError::AntiBot);
        assert_eq!(of(403, None, ""), ProviderError::AntiBot);
        let policy = r#"{"error":{"code":7,"message":"This request is not allowed.","details":[]}}"#;
        assert_eq!(of(403, None, policy), ProviderError::Policy("This request is not allowed.".to_owned()));
        assert_eq!(at_the_door(of(403, None, policy)), ProviderError::Server(403));
        let limited = |retry_after| at_the_door(of(429, retry_after, ""));
        assert_eq!(limited(Some(("retry-after", "7"))), ProviderError::Throttled { retry_after: 7 });
        assert_eq!(limited(Some(("retry-after", "86400"))), ProviderError::Throttled { retry_after: 3600 });
        assert_eq!(limited(None), ProviderError::RateLimited { quota_spent: false, retry_after: None });
        assert_eq!(at_the_door(of(400, None, "<html>400 Bad Request</html>")), ProviderError::Server(400));
        assert_eq!(of(502, None, ""), ProviderError::Server(502));
        let moved = Some(("location", "https://accounts.x.ai/sign-in"));
        assert!(matches!(of(302, moved, ""), ProviderError::DeadAccount(_)));
        let unreachable = |text: &str| classified(&WebSocketError::Unreachable(text.to_owned()));
        assert_eq!(unreachable("no connection within 20000 ms"), ProviderError::Timeout);
        assert_eq!(unreachable("192.0.2.1:443: timed out"), ProviderError::Timeout);
        assert_eq!(unreachable("refused"), ProviderError::Connect("refused".to_owned()));
    }
}
