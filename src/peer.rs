//! Where a request comes from and which address it was sent to, as far as it can be believed.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, Uri, header};

use crate::app::App;

/// The socket address of the client. Spin sets it; `cloudflare/` puts `cf-connecting-ip` into it.
const CLIENT_ADDRESS: &str = "spin-client-addr";
const UNKNOWN: &str = "unknown";

/// The proxies whose `x-forwarded-*` headers count: the variable `trusted_proxy`.
enum Proxies {
    None,
    /// Whoever connects is a proxy: for hosts that only a proxy can reach.
    Any,
    These(Vec<IpAddr>),
}

impl Proxies {
    async fn of(app: &App) -> Self {
        match app.host.variable("trusted_proxy").await.as_deref().map(str::trim) {
            None | Some("" | "false" | "0") => Proxies::None,
            Some("*" | "true" | "1") => Proxies::Any,
            Some(list) => Proxies::These(list.split(',').filter_map(|address| address.trim().parse().ok()).collect()),
        }
    }

    fn include(&self, address: Option<IpAddr>) -> bool {
        match self {
            Proxies::None => false,
            Proxies::Any => true,
            Proxies::These(list) => address.is_some_and(|address| list.contains(&address)),
        }
    }
}

/// The client's IP address, or `unknown`.
pub async fn client_address(app: &App, headers: &HeaderMap) -> String {
    let proxies = Proxies::of(app).await;
    let socket = socket_address(headers);
    let forwarded = proxies.include(socket).then(|| forwarded_for(headers, &proxies)).flatten();
    forwarded.or(socket).map_or_else(|| UNKNOWN.to_owned(), |address| address.to_string())
}

/// Scheme, host and port under which the client reached us, as a browser writes them into `Origin`.
pub async fn own_origin(app: &App, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let trusted = Proxies::of(app).await.include(socket_address(headers));
    let forwarded = |name| first_of_list(headers, name).filter(|_| trusted);
    let scheme = forwarded("x-forwarded-proto").or(uri.scheme_str()).unwrap_or("http");
    let host = forwarded("x-forwarded-host")
        .or(uri.authority().map(|authority| authority.as_str()))
        .or_else(|| headers.get(header::HOST)?.to_str().ok())?;
    origin(&format!("{scheme}://{host}"))
}

/// The origin of an http(s) address: lower case, without a default port.
pub fn origin(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

/// The part of an address that one party holds: of IPv6, its network of 64 bits.
pub fn party(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

fn socket_address(headers: &HeaderMap) -> Option<IpAddr> {
    let text = headers.get(CLIENT_ADDRESS)?.to_str().ok()?.trim();
    text.parse::<SocketAddr>().map(|socket| socket.ip()).or_else(|_| text.parse()).ok()
}

/// The last address that is not a proxy's own: what stands before it was written by the client.
fn forwarded_for(headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for value in headers.get_all("x-forwarded-for") {
        let entries = value.to_str().ok()?.split(',').map(str::trim);
        addresses.extend(
            entries.filter_map(|text| text.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))),
        );
    }
    let is_proxy = |address: &IpAddr| matches!(proxies, Proxies::These(list) if list.contains(address));
    addresses.into_iter().rev().find(|address| !is_proxy(address))
}

fn first_of_list<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim).filter(|value| !value.is_empty())
}
