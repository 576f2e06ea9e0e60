//! Decides which addresses a picture may be fetched from: public names on port 443, nothing else.
//!
//! Only the address is checked here: IP addresses in any notation and local names are refused. A component cannot
//! resolve names, so the host must block a public name that points inside its network.

use url::{Host, Url};

/// Last labels of names that are not public: reserved ones
/// (<https://www.iana.org/assignments/special-use-domain-names>) and those that networks use inside and that no
/// registry delegates, such as `svc` of Kubernetes and `lan` of routers. `arpa` covers `home.arpa` and the reverse
/// zones.
const LOCAL: [&str; 23] = [
    "alt",
    "arpa",
    "cluster",
    "consul",
    "corp",
    "dhcp",
    "docker",
    "domain",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "nomad",
    "onion",
    "private",
    "svc",
    "test",
    "workgroup",
];
/// Most bytes of a name and of its labels (RFC 1035 §2.3.4). Resolvers treat longer ones differently.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Unreadable,
    NotHttps,
    UserInfo,
    Port,
    IpAddress,
    LocalName,
}

impl Refusal {
    /// Returns the message for the client: what is wrong, and what to do.
    pub fn advice(self) -> &'static str {
        match self {
            Refusal::Unreadable => {
                "This is not a picture's address: send its https address, or the picture itself as data:image/png;base64,…"
            }
            Refusal::NotHttps => "Pictures are fetched over https only: send an https address or a data: URL",
            Refusal::UserInfo => "Picture addresses with a user name are refused: send one that needs no sign-in",
            Refusal::Port => "Pictures are fetched from the standard port 443 only: leave the port out",
            Refusal::IpAddress => {
                "IP addresses are refused: send an address with a public host name, or the picture itself as a data: URL"
            }
            Refusal::LocalName => {
                "Names of a local network and names that cannot be public are refused: send an address with a public \
                 host name, or the picture itself as a data: URL"
            }
        }
    }
}

/// Returns the address, normalised. Fails with the reason if a picture must not be fetched from it.
pub fn check(address: &str) -> Result<Url, Refusal> {
    let mut url = Url::parse(address).map_err(|_| Refusal::Unreadable)?;
    match url.scheme() {
        "https" => {}
        "http" => return Err(Refusal::NotHttps),
        _ => return Err(Refusal::Unreadable),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::UserInfo);
    }
    // The parser has refused names beyond ASCII, because it is built without the tables to translate them. It has
    // turned `0x7f000001`, `2130706433`, `0177.0.0.1` and the like into IP addresses.
    match url.host() {
        Some(Host::Domain(name)) if is_public(name) => {}
        Some(Host::Domain(_)) => return Err(Refusal::LocalName),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(Refusal::IpAddress),
        None => return Err(Refusal::Unreadable),
    }
    // The default port reads as none. Another port would let clients reach any service of a public name.
    if url.port().is_some() {
        return Err(Refusal::Port);
    }
    url.set_fragment(None);
    Ok(url)
}

/// Returns whether a name, in lower case, has several labels and a public last one. Empty and overlong labels are
/// refused, because resolvers treat them differently; so a name must not end in a dot.
fn is_public(name: &str) -> bool {
    let has_valid_labels = name.split('.').all(|label| (1..=MAX_LABEL).contains(&label.len()));
    let last = name.rsplit_once('.').map(|(_, last)| last);
    name.len() <= MAX_NAME && has_valid_labels && last.is_some_and(|last| !LOCAL.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_is_not_a_public_name_is_refused() {
        for (address, refusal) in [
            ("https://127.0.0.1/a.png", Refusal::IpAddress),
            ("https://127.1/a.png", Refusal::IpAddress),
            ("https://[::1]/a.png", Refusal::IpAddress),
            ("https://[::]/a.png", Refusal::IpAddress),
            ("https://[::ffff:127.0.0.1]/a.png", Refusal::IpAddress),
            ("https://[::ffff:7f00:1]/a.png", Refusal::IpAddress),
            ("https://[fd00::1]/a.png", Refusal::IpAddress),
            ("https://[64:ff9b::7f00:1]/a.png", Refusal::IpAddress),
            ("https://0x7f000001/a.png", Refusal::IpAddress),
            ("https://0x7f.0.0.0x1/a.png", Refusal::IpAddress),
            ("https://2130706433/a.png", Refusal::IpAddress),
            ("https://0177.0.0.1/a.png", Refusal::IpAddress),
            ("https://017700000001/a.png", Refusal::IpAddress),
            ("https://0/a.png", Refusal::IpAddress),
            ("https://0.0.0.0/a.png", Refusal::IpAddress),
            ("https://127.0.0.1./a.png", Refusal::IpAddress),
            ("https://%31%32%37.0.0.1/a.png", Refusal::IpAddress),
            ("https://１２７。０。０。１/a.png", Refusal::Unreadable),
            ("https://169.254.169.254/latest/meta-data", Refusal::IpAddress),
            ("https://10.0.0.8/a.png", Refusal::IpAddress),
            ("https://10.1.2.3:8443/a.png", Refusal::IpAddress),
            ("https://172.16.0.1/a.png", Refusal::IpAddress),
            ("https://192.168/a.png", Refusal::IpAddress),
            ("https://192.168.1.1/a.png", Refusal::IpAddress),
            ("https://93.184.215.14/a.png", Refusal::IpAddress),
            ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/a.png", Refusal::IpAddress),
            ("https:127.0.0.1/a.png", Refusal::IpAddress),
            ("https:\\\\127.0.0.1\\a.png", Refusal::IpAddress),
            ("https://localhost/a.png", Refusal::LocalName),
            ("https://LOCALHOST/a.png", Refusal::LocalName),
            ("https://a.localhost/a.png", Refusal::LocalName),
            ("https://localhost./a.png", Refusal::LocalName),
            ("https://ⓛocalhost/a.png", Refusal::Unreadable),
            ("https://printer.local/a.png", Refusal::LocalName),
            ("https://metadata.google.internal/a.png", Refusal::LocalName),
            ("https://router.lan/a.png", Refusal::LocalName),
            ("https://intranet/a.png", Refusal::LocalName),
            ("https://pictures.example./a.png", Refusal::LocalName),
            ("https://pictures..example/a.png", Refusal::LocalName),
            ("https://.pictures.example/a.png", Refusal::LocalName),
            ("https://grafana.monitoring.svc/a.png", Refusal::LocalName),
            ("https://vault.service.consul/a.png", Refusal::LocalName),
            ("https://a.home.arpa/a.png", Refusal::LocalName),
            ("https://a.test/a.png", Refusal::LocalName),
            ("https://a.invalid/a.png", Refusal::LocalName),
            ("https://a.onion/a.png", Refusal::LocalName),
            ("https://A.ONION/a.png", Refusal::LocalName),
            ("https://a.local%64omain/a.png", Refusal::LocalName),
            ("https://nas.home/a.png", Refusal::LocalName),
            ("https://wiki.corp/a.png", Refusal::LocalName),
            ("https://wiki.private/a.png", Refusal::LocalName),
            ("https://wiki.intranet/a.png", Refusal::LocalName),
            ("https://1.0.0.127.in-addr.arpa/a.png", Refusal::LocalName),
            ("https://user@pictures.example/a.png", Refusal::UserInfo),
            ("https://:secret@pictures.example/a.png", Refusal::UserInfo),
            ("https://pictures.example@127.0.0.1/a.png", Refusal::UserInfo),
            ("https://pictures.example:8443/a.png", Refusal::Port),
            ("https://pictures.example:80/a.png", Refusal::Port),
            ("http://pictures.example/a.png", Refusal::NotHttps),
            ("http://127.0.0.1/a.png", Refusal::NotHttps),
            ("ftp://pictures.example/a.png", Refusal::Unreadable),
            ("https://bücher.example/a.png", Refusal::Unreadable),
            ("file:///etc/passwd", Refusal::Unreadable),
            ("blob:https://pictures.example/1", Refusal::Unreadable),
            ("//pictures.example/a.png", Refusal::Unreadable),
            ("pictures.example/a.png", Refusal::Unreadable),
            ("https://", Refusal::Unreadable),
            ("https:///", Refusal::Unreadable),
            ("iVBORw0KGgo=", Refusal::Unreadable),
            ("", Refusal::Unreadable),
        ] {
            assert_eq!(check(address), Err(refusal), "{address}");
        }
    }

    #[test]
    fn names_are_no_longer_than_names_can_be() {
        let label = "a".repeat(MAX_LABEL);
        let longest = format!("{label}.{label}.{label}.{}.example", "b".repeat(MAX_NAME - 3 * 64 - 8));
        assert_eq!(longest.len(), MAX_NAME);
        for (name, is_public) in [
            (format!("{label}.example"), true),
            (format!("{label}a.example"), false),
            (format!("a.{label}a.example"), false),
            (longest.clone(), true),
            (longest.replace('b', "bc"), false),
            (longest.replacen("b.", "bb.", 1), false),
        ] {
            let found = check(&format!("https://{name}/a.png"));
            assert_eq!(found.is_ok(), is_public, "{name}");
        }
    }

    #[test]
    fn public_names_pass_in_the_form_in_which_they_are_sent() {
        for (address, sent) in [
            ("https://pictures.example/a.png?x=1#there", "https://pictures.example/a.png?x=1"),
            ("HTTPS://Pictures.Example:443/a b.png", "https://pictures.example/a%20b.png"),
            ("https://127.0.0.1.pictures.example/", "https://127.0.0.1.pictures.example/"),
            ("https://xn--bcher-kva.example/月.png", "https://xn--bcher-kva.example/%E6%9C%88.png"),
            ("https://local.example/a@b:c", "https://local.example/a@b:c"),
        ] {
            assert_eq!(check(address).map(String::from).as_deref(), Ok(sent));
        }
    }
}
