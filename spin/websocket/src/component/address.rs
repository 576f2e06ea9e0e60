//! Finds the addresses of a URL's host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use spin_sdk::wasip3::sockets::{
    ip_name_lookup::resolve_addresses,
    types::{IpAddress, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress},
};

use crate::{error::Error, target::Target};

/// Returns the addresses of a URL's host: the address itself, the given ones, or those that the host resolves. Spin does
/// not resolve names, so a failed look-up is always `Unresolved`.
pub async fn of(target: &Target, given: &[String]) -> Result<Vec<SocketAddr>, Error> {
    let ips = if let Ok(ip) = target.host.parse() {
        vec![ip]
    } else if target.host.eq_ignore_ascii_case("localhost") {
        // Resolvers must not be asked for localhost (RFC 6761 §6.3).
        vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
    } else if given.is_empty() {
        let unresolved = || Error::Unresolved(target.host.clone());
        let found = resolve_addresses(target.host.clone()).await.map_err(|_| unresolved())?;
        if found.is_empty() {
            return Err(unresolved());
        }
        found.into_iter().map(from_wasi).collect()
    } else {
        let invalid = |text: &String| Error::Unreachable(format!("{text:?} is not an IP address"));
        given.iter().map(|text| text.parse().map_err(|_| invalid(text))).collect::<Result<_, _>>()?
    };
    Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, target.port)).collect())
}

fn from_wasi(address: IpAddress) -> IpAddr {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => [a, b, c, d].into(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => [a, b, c, d, e, f, g, h].into(),
    }
}

/// Converts the address to the type of `wasi:sockets`.
pub fn to_wasi(address: SocketAddr) -> IpSocketAddress {
    let port = address.port();
    match address {
        SocketAddr::V4(address) => {
            let [a, b, c, d] = address.ip().octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) })
        }
        SocketAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.ip().segments();
            let (flow_info, scope_id) = (address.flowinfo(), address.scope_id());
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info, address: (a, b, c, d, e, f, g, h), scope_id })
        }
    }
}
