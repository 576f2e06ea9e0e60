//! The hosts that files are fetched from, and those that get the owner's cookies.

use url::Url;

/// Public hosts that Grok names in answers. They must never get cookies, which go only to the asset host and to hosts
/// of grok.com.
const PUBLIC_HOSTS: [&str; 2] = ["imagine-public.x.ai", "imgen.x.ai"];

/// An address that may be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub url: String,
    /// Whether to send the owner's cookies.
    pub as_owner: bool,
}

/// Returns the address behind Grok's name for a file, which is a path on the asset host or a whole address. Returns
/// `None` if files must not be fetched from its host.
pub fn resolve(name: &str, assets_url: &str) -> Option<Source> {
    let assets = Url::parse(assets_url).ok()?;
    let url = match Url::parse(name) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let path = name.trim_start_matches('/');
            Url::parse(&format!("{}/{path}", assets_url.trim_end_matches('/'))).ok()?
        }
        Err(_) => return None,
    };
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let is_plain_https = url.scheme() == "https" && url.port().is_none();
    let host = url.host_str()?;
    let as_owner =
        url.origin() == assets.origin() || is_plain_https && (host == "grok.com" || host.ends_with(".grok.com"));
    let is_public = is_plain_https && PUBLIC_HOSTS.contains(&host);
    let url = String::from(url.as_str().split('#').next()?);
    (as_owner || is_public).then_some(Source { url, as_owner })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSETS: &str = "https://assets.grok.com";

    #[test]
    fn cookies_go_to_groks_own_hosts_only() {
        for (name, expected) in [
            ("users/u/generated/g/image.jpg", Some(("https://assets.grok.com/users/u/generated/g/image.jpg", true))),
            ("/users/u/x y.jpg?a=b#c", Some(("https://assets.grok.com/users/u/x%20y.jpg?a=b", true))),
            ("//evil.test/x", Some(("https://assets.grok.com/evil.test/x", true))),
            ("\\\\evil.test/x", Some(("https://assets.grok.com///evil.test/x", true))),
            ("@evil.test/x", Some(("https://assets.grok.com/@evil.test/x", true))),
            ("../../x", Some(("https://assets.grok.com/x", true))),
            ("https://assets.grok.com/x", Some(("https://assets.grok.com/x", true))),
            ("https://ASSETS.grok.com:443/x", Some(("https://assets.grok.com/x", true))),
            ("https://grok.com/x", Some(("https://grok.com/x", true))),
            ("https://imagine-public.x.ai/x.png", Some(("https://imagine-public.x.ai/x.png", false))),
            ("https://imgen.x.ai/x.png", Some(("https://imgen.x.ai/x.png", false))),
            ("https://sub.imgen.x.ai/x.png", None),
            ("http://imgen.x.ai/x.png", None),
            ("http://assets.grok.com/x", None),
            ("https://assets.grok.com:8443/x", None),
            ("https://me:secret@assets.grok.com/x", None),
            ("https://assets.grok.com@evil.test/x", None),
            ("https://evilgrok.com/x", None),
            ("https://grok.com.evil.test/x", None),
            ("https://127.0.0.1/x", None),
            ("ftp://assets.grok.com/x", None),
            ("data:image/png;base64,AAAA", None),
            ("file:///etc/passwd", None),
            ("https://", None),
        ] {
            let found = resolve(name, ASSETS);
            let found = found.as_ref().map(|source| (source.url.as_str(), source.as_owner));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn the_asset_host_is_a_variable() {
        let found = resolve("http://127.0.0.1:9000/users/x", "http://127.0.0.1:9000/");
        assert_eq!(found, Some(Source { url: "http://127.0.0.1:9000/users/x".to_owned(), as_owner: true }));
        assert_eq!(
            resolve("users/x", "http://127.0.0.1:9000/").map(|s| s.url).as_deref(),
            Some("http://127.0.0.1:9000/users/x")
        );
        assert_eq!(resolve("http://127.0.0.1:9001/users/x", "http://127.0.0.1:9000"), None);
        assert_eq!(resolve("users/x", "no address"), None);
    }
}
