//! Finds the origin that a request was sent to, which browsers write into `Origin` (RFC 6454).

use http::{HeaderMap, Uri, header};

use super::client_ip::{Proxies, socket_address};
use crate::{app::App, error::Result};

/// Returns the scheme, host and port that the client connected to, as a browser writes them into `Origin`; `None` if
/// the request does not name a host. Fails with 500 if the variable `trusted_proxy` is wrong.
pub async fn own_origin(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<Option<String>> {
    let trusted = Proxies::of(app).await?.include(socket_address(headers));
    let forwarded = |name| first_of_list(headers, name).filter(|_| trusted);
    let scheme = forwarded("x-forwarded-proto").or(uri.scheme_str()).unwrap_or("http");
    let host = forwarded("x-forwarded-host")
        .or(uri.authority().map(|authority| authority.as_str()))
        .or_else(|| headers.get(header::HOST)?.to_str().ok());
    Ok(host.and_then(|host| origin(&format!("{scheme}://{host}"))))
}

/// Returns the origin of an http(s) address in lower case, without a default port; `None` for any other address.
pub fn origin(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

fn first_of_list<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::native::NativeHost;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_own_origin_is_written_as_browsers_write_it() {
        let host = NativeHost::new();
        for (uri, list, trusted, expected) in [
            ("http://Gateway.Test:80/x", &[][..], "", "http://gateway.test"),
            ("https://gateway.test:8443/x", &[], "", "https://gateway.test:8443"),
            ("/x", &[("host", "127.0.0.1:3000")], "", "http://127.0.0.1:3000"),
            ("http://inner/x", &[("x-forwarded-host", "public.example")], "", "http://inner"),
            ("http://inner/x", &[("x-forwarded-host", "public.example")], "*", "http://public.example"),
            ("http://public/x", &[("x-forwarded-proto", "https, http")], "*", "https://public"),
        ] {
            host.set_variable("trusted_proxy", trusted);
            let (app, sent, uri) = (host.app(), headers(list), uri.parse::<Uri>().unwrap());
            let origin = host.run(async move { own_origin(&app, &uri, &sent).await.unwrap() });
            assert_eq!(origin.as_deref(), Some(expected));
        }
    }
}
