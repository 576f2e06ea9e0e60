//! Who is asking: the caller of `/v1` with a key, the operator of `/api` with a session.

use http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::{Host, Url};

use crate::{
    app::{App, hex},
    error::{Error, Kind, Result},
    host::Request,
    http::origin,
    password::Password,
    settings::Settings,
    store::admin_sessions,
};

pub use crate::http::client_ip::client_address;

/// Returns the name of the cookie that holds the session token, for the origin that the browser shows. Cookies do not
/// know ports (RFC 6265 §8.5), so on a loopback host the name carries it: gateways on one machine would otherwise sign
/// each other's operators out.
pub fn session_cookie(origin: Option<&str>) -> String {
    const NAME: &str = "grok2api_session";
    match origin.and_then(loopback_port) {
        Some(port) => format!("{NAME}_{port}"),
        None => NAME.to_owned(),
    }
}

/// The port of an origin on this machine.
fn loopback_port(origin: &str) -> Option<u16> {
    let url = Url::parse(origin).ok()?;
    let is_loopback = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
    };
    url.port_or_known_default().filter(|_| is_loopback)
}

/// A key that came with a request, not yet compared with anything. Only the store can turn it into an
/// [`ApiCaller`], in the statement that opens the request.
#[derive(Debug, Clone)]
pub struct PresentedKey {
    /// SHA-256 of the key in hexadecimal, which is what the table holds.
    pub hash: String,
}

impl PresentedKey {
    /// Reads the key from `Authorization: Bearer …`, else from `x-api-key`; without either it is a 401.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self> {
        let plain = || headers.get("x-api-key")?.to_str().ok().map(str::trim).filter(|key| !key.is_empty());
        let key = bearer(headers).or_else(plain).ok_or_else(|| {
            Error::new(Kind::MissingKey, "No API key: send the header `Authorization: Bearer YOUR_API_KEY`")
        })?;
        Ok(PresentedKey { hash: sha256_hex(key) })
    }
}

/// The owner of a valid, active key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiCaller {
    /// 0 for the setting `api_key`.
    pub key_id: i64,
    pub key_name: String,
}

/// An operator who is signed in. Only [`AdminSession::open`] makes one.
pub struct AdminSession {
    hash: String,
    /// Unix milliseconds.
    expires_at: i64,
    by_cookie: bool,
    settings: Settings,
    password: Password,
}

impl AdminSession {
    /// From the bearer token or, failing that, the cookie: in one statement, which brings the settings too.
    pub async fn open(app: &App, request: &Request) -> Result<Self> {
        let bearer = bearer(request.headers());
        let origin = origin::own_origin(app, request.uri(), request.headers()).await;
        let token = bearer
            .or_else(|| cookie(request.headers(), &session_cookie(origin.as_deref())))
            .ok_or_else(|| Error::new(Kind::MissingSession, "Sign in first"))?;
        let hash = sha256_hex(token);
        let found = admin_sessions::find(&app.db, &hash).await?;
        let password = Password::in_force(app, found.password_hash.as_deref()).await?;
        let is_open = |session: &admin_sessions::Session| {
            session.expires_at > app.now()
                && bool::from(session.proof.as_bytes().ct_eq(password.proof(token).as_bytes()))
        };
        let Some(open) = found.session.filter(is_open) else {
            return Err(Error::new(Kind::SessionExpired, "The session has ended: sign in again"));
        };
        let (by_cookie, expires_at) = (bearer.is_none(), open.expires_at);
        let session = AdminSession { hash, expires_at, by_cookie, settings: found.settings, password };
        if by_cookie && ![Method::GET, Method::HEAD].contains(request.method()) {
            session.check_origin(origin.as_deref(), request)?;
        }
        Ok(session)
    }

    /// Only for those who have replaced the first-run password.
    pub fn with_own_password(self) -> Result<Self> {
        if self.password.is_default() {
            let message = "The first-run password is still in force: choose your own with POST /api/password";
            return Err(Error::new(Kind::PasswordChangeRequired, message));
        }
        Ok(self)
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the token came as a cookie, as the console sends it, and not as a bearer token.
    pub fn is_by_cookie(&self) -> bool {
        self.by_cookie
    }

    /// The password this session was opened with.
    pub fn password(&self) -> &Password {
        &self.password
    }

    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// Ends all sessions but this one; tells how many had time left.
    pub async fn end_others(&self, app: &App) -> Result<u64> {
        admin_sessions::delete_others(&app.db, &self.hash, app.now()).await
    }

    /// Ends this session.
    pub async fn end(self, app: &App) -> Result<()> {
        admin_sessions::delete(&app.db, &self.hash).await
    }

    /// A browser sends the cookie along with forms of foreign pages too; their `Origin` tells them apart.
    fn check_origin(&self, own: Option<&str>, request: &Request) -> Result<()> {
        match sent_from(request.headers(), own, &self.settings) {
            Sender::OwnPage => Ok(()),
            Sender::Unknown | Sender::ForeignPage => Err(foreign_origin()),
        }
    }
}

/// Where a request was sent from, as its browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    OwnPage,
    ForeignPage,
    /// No browser, or one that does not say.
    Unknown,
}

/// Reads `Origin`, and `Sec-Fetch-Site`, which no page can set. `own` is the origin that the request was sent to.
pub fn sent_from(headers: &HeaderMap, own: Option<&str>, settings: &Settings) -> Sender {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let set = origin::origin(&settings.global.base_url);
    match (text("origin"), text("sec-fetch-site")) {
        (_, Some("cross-site")) => Sender::ForeignPage,
        (Some(sent), _) if [own, set.as_deref()].contains(&Some(sent)) => Sender::OwnPage,
        (Some(_), Some("same-origin")) => Sender::OwnPage,
        (Some(_), _) => Sender::ForeignPage,
        (None, _) => Sender::Unknown,
    }
}

pub fn foreign_origin() -> Error {
    let message = "This request does not come from the console's own page. Behind a proxy, set base_url to the address \
                   in the browser, or the variable trusted_proxy";
    Error::new(Kind::ForeignOrigin, message)
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
        .filter(|value| !value.is_empty())
}

/// What follows `Bearer `, its scheme in any case.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_of_a_loopback_address_carries_its_port() {
        for (origin, name) in [
            ("http://127.0.0.1:8787", "grok2api_session_8787"),
            ("http://127.0.0.1", "grok2api_session_80"),
            ("https://localhost:3000", "grok2api_session_3000"),
            ("http://one.localhost:3001", "grok2api_session_3001"),
            ("http://[::1]:8787", "grok2api_session_8787"),
            ("http://[::ffff:127.0.0.1]:8787", "grok2api_session_8787"),
            ("https://gateway.example:8443", "grok2api_session"),
            ("http://192.168.1.2:8787", "grok2api_session"),
            ("http://localhost.example:8787", "grok2api_session"),
            ("null", "grok2api_session"),
        ] {
            assert_eq!(session_cookie(Some(origin)), name, "{origin}");
        }
        assert_eq!(session_cookie(None), "grok2api_session");
    }
}
