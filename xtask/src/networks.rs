//! Lists the networks that a component on Spin must not reach.
//!
//! Clients may name pictures by URL, and a name can resolve to a private address; only the host can block that. Spin's
//! keyword `private` blocks all private ranges and allows no exceptions. For an upstream with a private address, this
//! module lists the same ranges without that address.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};

/// The ranges that Spin considers private (IANA's special-purpose registries), each an address and a prefix length.
const PRIVATE_V4: [([u8; 4], u32); 13] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([240, 0, 0, 0], 4),
];
const PRIVATE_V6: [&str; 7] = ["::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32"];

/// Returns the port of an upstream, with the scheme's own when the URL names none. Fails when it is not an http URL.
pub fn port(url: &str) -> Result<u16> {
    let (scheme, host) = scheme_and_host(url)?;
    let named = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    match (named, scheme) {
        (Some(port), _) => port.parse().with_context(|| format!("`{url}` has no valid port")),
        (None, "https") => Ok(443),
        (None, "http") => Ok(80),
        (None, _) => bail!("`{url}` is not an http or https URL"),
    }
}

fn scheme_and_host(url: &str) -> Result<(&str, &str)> {
    let (scheme, rest) = url.split_once("://").with_context(|| format!("`{url}` is not a URL"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Ok((scheme, authority.rsplit_once('@').map_or(authority, |(_, host)| host)))
}

/// Returns the private addresses in a comma-separated list of URLs. Fails for a URL that Spin cannot reach.
pub fn private_addresses(urls: &str) -> Result<Vec<Ipv4Addr>> {
    let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
    urls.filter_map(|url| private_address(url).transpose()).collect()
}

fn private_address(url: &str) -> Result<Option<Ipv4Addr>> {
    let (_, host) = scheme_and_host(url)?;
    if host.starts_with('[') {
        bail!("Spin cannot reach the upstream `{url}`: give an IPv4 address or a name");
    }
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if host.eq_ignore_ascii_case("localhost") {
        return Ok(Some(Ipv4Addr::LOCALHOST));
    }
    let address: Option<Ipv4Addr> = host.parse().ok();
    Ok(address.filter(|address| PRIVATE_V4.iter().any(|(network, prefix)| contains(*network, *prefix, *address))))
}

/// Returns a Spin runtime configuration that blocks every private network except these addresses.
pub fn runtime_config(allowed: &[Ipv4Addr]) -> String {
    let blocked: Vec<String> = match allowed {
        [] => vec!["private".to_owned()],
        _ => {
            let v4 = PRIVATE_V4.iter().flat_map(|(network, prefix)| without((*network).into(), *prefix, allowed));
            v4.chain(PRIVATE_V6.map(str::to_owned)).collect()
        }
    };
    format!("[outbound_networking]\nblock_networks = {blocked:?}\n")
}

fn contains(network: [u8; 4], prefix: u32, address: Ipv4Addr) -> bool {
    let mask = u32::MAX << (32 - prefix);
    u32::from(Ipv4Addr::from(network)) & mask == u32::from(address) & mask
}

/// Splits the network in halves until no part contains an allowed address; returns the parts.
fn without(network: Ipv4Addr, prefix: u32, allowed: &[Ipv4Addr]) -> Vec<String> {
    if !allowed.iter().any(|address| contains(network.octets(), prefix, *address)) {
        return vec![format!("{network}/{prefix}")];
    }
    if prefix == 32 {
        return Vec::new();
    }
    let upper = Ipv4Addr::from(u32::from(network) | 1 << (31 - prefix));
    [network, upper].into_iter().flat_map(|half| without(half, prefix + 1, allowed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_upstream_needs_no_exception() {
        assert_eq!(private_address("https://grok.com").unwrap(), None);
        assert_eq!(private_address("https://8.8.8.8:8443/x").unwrap(), None);
        assert_eq!(runtime_config(&[]), "[outbound_networking]\nblock_networks = [\"private\"]\n");
    }

    #[test]
    fn private_upstreams_are_recognised() {
        assert_eq!(private_address("http://localhost:80/").unwrap(), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(private_address("http://a@127.0.0.1:80?x").unwrap(), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(private_address("http://172.31.0.9").unwrap(), Some(Ipv4Addr::new(172, 31, 0, 9)));
        assert!(private_address("http://[::1]:80").is_err());
        assert!(private_address("grok.com").is_err());
    }

    #[test]
    fn each_address_of_a_list_counts() {
        let urls = "https://dns.example/dns-query, http://127.0.0.1:53/,http://10.0.0.53/dns-query,";
        assert_eq!(private_addresses(urls).unwrap(), [Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 0, 0, 53)]);
        assert!(private_addresses("https://dns.example, http://[::1]/").is_err());
        assert_eq!(private_addresses("").unwrap(), [Ipv4Addr::LOCALHOST; 0]);
    }

    #[test]
    fn the_port_is_the_one_named_or_that_of_the_scheme() {
        for (url, expected) in [
            ("https://grok.com", 443),
            ("http://grok.com/a:1", 80),
            ("http://127.0.0.1:41234", 41234),
            ("https://a:b@h:8443/?c:9", 8443),
            ("https://[::1]", 443),
        ] {
            assert_eq!(port(url).unwrap(), expected, "{url}");
        }
        for url in ["grok.com", "https://h:x", "ftp://h", "https://h:70000"] {
            assert!(port(url).is_err(), "{url}");
        }
    }

    #[test]
    fn only_the_upstream_itself_is_let_through() {
        let config = runtime_config(&[Ipv4Addr::LOCALHOST]);
        let blocked = |address: Ipv4Addr| {
            let mut ranges = config.split('"').filter_map(|text| text.split_once('/'));
            ranges.any(|(network, prefix)| {
                let network: Result<Ipv4Addr, _> = network.parse();
                network.is_ok_and(|network| contains(network.octets(), prefix.parse().unwrap(), address))
            })
        };
        assert!(!blocked(Ipv4Addr::LOCALHOST) && !blocked(Ipv4Addr::new(1, 1, 1, 1)));
        for octets in [[127, 0, 0, 0], [127, 0, 0, 2], [127, 255, 255, 255], [10, 1, 2, 3], [192, 168, 0, 1]] {
            assert!(blocked(octets.into()), "{octets:?}");
        }
    }
}
