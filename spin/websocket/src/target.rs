//! Parses WebSocket URLs.

use http::Uri;

use crate::error::Error;

/// The target of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub tls: bool,
    /// A name or an IP address, without brackets.
    pub host: String,
    pub port: u16,
    /// The `Host` header.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

impl Target {
    /// Parses `wss://host[:port]/path?query` or `ws://…`. Fails with `Unreachable` for any other URL.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let invalid = |why: &str| Error::Unreachable(format!("not a WebSocket URL: {why}"));
        let uri: Uri = url.parse().map_err(|_| invalid("it cannot be parsed"))?;
        let tls = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") => false,
            _ => return Err(invalid("the scheme is neither wss nor ws")),
        };
        let authority = uri.authority().ok_or_else(|| invalid("it has no host"))?;
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(invalid("the host is missing, or has a user name"));
        }
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        let port = match (authority.as_str().trim_start_matches(authority.host()).strip_prefix(':'), tls) {
            (Some(port), _) => port.parse().map_err(|_| invalid("the port is not a number up to 65535"))?,
            (None, true) => 443,
            (None, false) => 80,
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Target { tls, host, port, authority: authority.as_str().to_owned(), path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (bool, String, u16, String, String) {
        let Target { tls, host, port, authority, path } = Target::parse(url).unwrap();
        (tls, host, port, authority, path)
    }

    #[test]
    fn urls_have_their_parts() {
        let text = |text: &str| text.to_owned();
        assert_eq!(
            parsed("wss://grok.com/ws/mgw/?a=b%20c"),
            (true, text("grok.com"), 443, text("grok.com"), text("/ws/mgw/?a=b%20c"))
        );
        assert_eq!(parsed("ws://h:8080"), (false, text("h"), 8080, text("h:8080"), text("/")));
        assert_eq!(parsed("ws://[::1]:1/x"), (false, text("::1"), 1, text("[::1]:1"), text("/x")));
    }

    #[test]
    fn other_urls_are_unreachable() {
        for url in
            ["", "grok.com", "https://grok.com/", "wss://", "wss:///x", "wss://u@h/", "wss://h:70000/", "wss://a b/"]
        {
            assert!(matches!(Target::parse(url), Err(Error::Unreachable(_))), "{url}");
        }
    }
}
