//! The operator's session, which guards the admin API, and its cookie.

use http::{HeaderMap, Method, header};
use subtle::ConstantTimeEq;
use url::{Host, Url};

use super::{
    bearer,
    password::Password,
    sender::{Sender, foreign_origin, sent_from},
};
use crate::{
    app::App,
    crypto::digest::sha256_hex,
    error::{Error, ErrorKind, Result},
    host::Request,
    http::origin,
    settings::Settings,
    store::admin_sessions,
};

/// The session of an operator who is signed in. Only [`AdminSession::open`] makes one.
pub struct AdminSession {
    hash: String,
    /// Unix milliseconds.
    expires_at: i64,
    by_cookie: bool,
    settings: Settings,
    password: Password,
}

impl AdminSession {
    /// Returns the session of the bearer token, else of the cookie, with the settings, in one statement. Fails with 401
    /// if there is none or it has ended, with 403 if a foreign page may have sent the cookie with a change, and with
    /// 500 if the variable `trusted_proxy` is wrong.
    pub async fn open(app: &App, request: &Request) -> Result<Self> {
        let bearer = bearer(request.headers());
        let origin = origin::own_origin(app, request.uri(), request.headers()).await?;
        let token = bearer
            .or_else(|| cookie(request.headers(), &session_cookie(origin.as_deref())))
            .ok_or_else(|| Error::new(ErrorKind::MissingSession, "Sign in first"))?;
        let hash = sha256_hex(token);
        let found = admin_sessions::find(&app.db, &hash).await?;
        let password = Password::current(app, found.password_hash.as_deref()).await?;
        let is_open = |session: &admin_sessions::Session| {
            session.expires_at > app.now_ms()
                && bool::from(session.proof.as_bytes().ct_eq(password.proof(token).as_bytes()))
        };
        let Some(open) = found.session.filter(is_open) else {
            return Err(Error::new(ErrorKind::SessionExpired, "The session has ended: sign in again"));
        };
        let (by_cookie, expires_at) = (bearer.is_none(), open.expires_at);
        let session = AdminSession { hash, expires_at, by_cookie, settings: found.settings, password };
        if by_cookie && ![Method::GET, Method::HEAD].contains(request.method()) {
            session.check_origin(origin.as_deref(), request)?;
        }
        Ok(session)
    }

    /// Returns the session. Fails with 403 while the first-run password is active.
    pub fn with_own_password(self) -> Result<Self> {
        if self.password.is_default() {
            let message = "The first-run password is still set: choose your own with POST /api/password";
            return Err(Error::new(ErrorKind::PasswordChangeRequired, message));
        }
        Ok(self)
    }

    /// Returns the settings, as they were when the session was read.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns whether the session's token came as a cookie, as the console sends it, and not as a bearer token.
    pub fn is_by_cookie(&self) -> bool {
        self.by_cookie
    }

    /// Returns the active password, which is also the one that opened this session.
    pub fn password(&self) -> &Password {
        &self.password
    }

    /// Returns when the session ends, in Unix milliseconds.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// Ends all other sessions. Returns how many of them had not expired.
    pub async fn end_others(&self, app: &App) -> Result<u64> {
        admin_sessions::delete_others(&app.db, &self.hash, app.now_ms()).await
    }

    /// Ends this session: the operator is signed out.
    pub async fn end(self, app: &App) -> Result<()> {
        admin_sessions::delete(&app.db, &self.hash).await
    }

    /// Fails with 403 unless the console's own page sent the request: browsers send the cookie with the forms of
    /// foreign pages, too.
    fn check_origin(&self, own: Option<&str>, request: &Request) -> Result<()> {
        match sent_from(request.headers(), own, &self.settings) {
            Sender::OwnPage => Ok(()),
            Sender::Unknown | Sender::ForeignPage => Err(foreign_origin()),
        }
    }
}

/// Returns the name of the cookie with the session's token, for the origin that the browser shows. On a loopback host
/// the name includes the port. Cookies ignore ports (RFC 6265 §8.5), so gateways on one machine would otherwise
/// overwrite each other's cookies.
pub fn session_cookie(origin: Option<&str>) -> String {
    const NAME: &str = "grok2api_session";
    match origin.and_then(loopback_port) {
        Some(port) => format!("{NAME}_{port}"),
        None => NAME.to_owned(),
    }
}

/// Returns the port of an origin on a loopback host.
fn loopback_port(origin: &str) -> Option<u16> {
    let url = Url::parse(origin).ok()?;
    let is_loopback = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
    };
    url.port_or_known_default().filter(|_| is_loopback)
}

/// Returns the value of a cookie, `None` if it is missing or empty.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_of_a_loopback_address_includes_its_port() {
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
