//! Finds the client's IP address. Forwarding headers count only if a trusted proxy sent them.

use std::net::IpAddr;

use http::HeaderMap;

use crate::{
    app::App,
    error::Result,
    variables::{
        self,
        table::{ANY_PROXY, NO_PROXY, TRUSTED_PROXY, ip_address},
    },
};

/// The header with the client's socket address. Spin sets it; `cloudflare/` copies `cf-connecting-ip` into it.
const CLIENT_ADDRESS: &str = "spin-client-addr";
const UNKNOWN: &str = "unknown";

/// The proxies whose `x-forwarded-*` headers count: the variable `trusted_proxy`.
pub(super) enum Proxies {
    None,
    /// Every peer is a proxy: for hosts that only a proxy can reach.
    Any,
    These(Vec<IpAddr>),
}

impl Proxies {
    /// Returns the proxies that the variable names. Fails with 500 if one of them is not an address.
    pub(super) async fn of(app: &App) -> Result<Self> {
        Ok(match variables::checked(&*app.host, &TRUSTED_PROXY).await?.as_str() {
            set if NO_PROXY.contains(&set) => Proxies::None,
            set if ANY_PROXY.contains(&set) => Proxies::Any,
            list => Proxies::These(list.split(',').filter_map(ip_address).collect()),
        })
    }

    pub(super) fn include(&self, address: Option<IpAddr>) -> bool {
        match self {
            Proxies::None => false,
            Proxies::Any => true,
            Proxies::These(list) => address.is_some_and(|address| list.contains(&address)),
        }
    }
}

/// Returns the client's IP address, or `unknown`. Fails with 500 if the variable `trusted_proxy` is wrong.
pub async fn client_address(app: &App, headers: &HeaderMap) -> Result<String> {
    let proxies = Proxies::of(app).await?;
    let socket = socket_address(headers);
    let forwarded = proxies.include(socket).then(|| forwarded_for(headers, &proxies)).flatten();
    Ok(forwarded.or(socket).map_or_else(|| UNKNOWN.to_owned(), |address| address.to_string()))
}

/// Returns the part of an address that one party holds: all of IPv4, the first 64 bits of IPv6.
pub fn party(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

/// Returns the part of an address that one customer of a network holds: all of IPv4, the first 48 bits of IPv6 (RFC
/// 6177). A single attacker has thousands of [parties](party) in it.
pub fn site(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
        _ => address.to_owned(),
    }
}

/// Returns the address of the connection. Spin adds its header after the client's, which may have the same name, so the
/// last one counts.
pub(super) fn socket_address(headers: &HeaderMap) -> Option<IpAddr> {
    ip_address(headers.get_all(CLIENT_ADDRESS).iter().next_back()?.to_str().ok()?)
}

/// Returns the last address that is not a proxy's. The client may have written those before it.
fn forwarded_for(headers: &HeaderMap, proxies: &Proxies) -> Option<IpAddr> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for value in headers.get_all("x-forwarded-for") {
        addresses.extend(value.to_str().unwrap_or_default().split(',').filter_map(ip_address));
    }
    let is_proxy = |address: &IpAddr| matches!(proxies, Proxies::These(list) if list.contains(address));
    addresses.into_iter().rev().find(|address| !is_proxy(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::native::NativeHost;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_client_cannot_choose_its_own_address() {
        let host = NativeHost::new();
        let (app, mut sent) = (host.app(), headers(&[(CLIENT_ADDRESS, "203.0.113.9:1")]));
        sent.append(CLIENT_ADDRESS, "192.0.2.1:5000".parse().unwrap());
        assert_eq!(host.run(async move { client_address(&app, &sent).await.unwrap() }), "192.0.2.1");
    }

    #[test]
    fn forwarded_addresses_count_from_trusted_proxies_only() {
        let host = NativeHost::new();
        for (socket, forwarded, trusted, expected) in [
            ("192.0.2.1:5000", "203.0.113.9", "", "192.0.2.1"),
            ("[2001:db8::1]:5000", "", "", "2001:db8::1"),
            ("192.0.2.1", "", "", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:5000", "", "", "192.0.2.1"),
            ("nonsense", "203.0.113.9", "", "unknown"),
            ("192.0.2.1:5000", "203.0.113.9", "192.0.2.1", "203.0.113.9"),
            ("192.0.2.1:5000", "203.0.113.9", "192.0.2.2", "192.0.2.1"),
            ("192.0.2.1:5000", "203.0.113.9", "*", "203.0.113.9"),
            // The client wrote the addresses in front.
            ("192.0.2.1:5000", "10.0.0.1, 203.0.113.9", "192.0.2.1", "203.0.113.9"),
            ("192.0.2.1:5000", "203.0.113.9, 192.0.2.7", "192.0.2.1, 192.0.2.7", "203.0.113.9"),
            ("192.0.2.1:5000", "[2001:db8::9]:443", "*", "2001:db8::9"),
            ("192.0.2.1:5000", "unknown", "*", "192.0.2.1"),
        ] {
            host.set_variable("trusted_proxy", trusted);
            let (app, sent) = (host.app(), headers(&[(CLIENT_ADDRESS, socket), ("x-forwarded-for", forwarded)]));
            let address = host.run(async move { client_address(&app, &sent).await.unwrap() });
            assert_eq!(address, expected, "{socket} {forwarded} {trusted}");
        }
    }

    #[test]
    fn a_party_is_an_address_or_a_network_of_ipv6() {
        assert_eq!(party("192.0.2.1"), "192.0.2.1");
        assert_eq!(party("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(party(UNKNOWN), "unknown");
        assert_eq!((site("2001:db8:1:2:3:4:5:6"), site("192.0.2.1")), ("2001:db8:1::/48".into(), "192.0.2.1".into()));
    }
}
