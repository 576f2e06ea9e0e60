// Without imports: xtask includes this file too, to write `spin.toml` and the READMEs, and to check what `up` is given.

/// A variable of the manifest, or of the Worker.
#[derive(Debug)]
pub struct Variable {
    pub name: &'static str,
    /// What counts while the variable is empty or not set.
    pub default: &'static str,
    pub is_secret: bool,
    pub reader: Reader,
    pub form: Form,
    /// Its meaning, as the README has it.
    pub about: &'static str,
}

/// Who reads a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The component.
    Component,
    /// `spin.toml` itself.
    Manifest,
}

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Anything, or what its reader checks.
    Text,
    /// A whole number from the first to the second.
    Number(i64, i64),
    /// An http or https URL.
    Url,
    /// Comma-separated IP addresses, or a word for all or none.
    Proxies,
}

/// The values of [`Form::Proxies`] for no proxy, and for any.
pub const NO_PROXY: [&str; 3] = ["", "false", "0"];
pub const ANY_PROXY: [&str; 3] = ["*", "true", "1"];

impl Form {
    /// Returns what the value must be, if it is not.
    fn broken_by(self, value: &str) -> Option<String> {
        match self {
            Form::Text => None,
            Form::Number(least, most) => {
                let is_fine = value.parse().is_ok_and(|number| (least..=most).contains(&number));
                (!is_fine).then(|| format!("a whole number from {least} to {most}"))
            }
            Form::Url => {
                let rule = "a URL that starts with http:// or https://, without a user name";
                (!is_url(value)).then(|| rule.to_owned())
            }
            Form::Proxies => {
                let rule = "comma-separated IP addresses, without names and networks, or `*` for any";
                let is_fine = |entry: &str| entry.trim().is_empty() || ip_address(entry).is_some();
                let is_word = NO_PROXY.contains(&value) || ANY_PROXY.contains(&value);
                (!is_word && !value.split(',').all(is_fine)).then(|| rule.to_owned())
            }
        }
    }
}

fn is_url(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://")) else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (is_host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').unwrap_or_default();
            (address.parse::<std::net::Ipv6Addr>().is_ok(), port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (!host.is_empty() && !host.contains(['[', ']']), port)
        }
    };
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"#<>@\\^`{|}".contains(&byte));
    is_host && is_plain && (port.is_empty() || port.strip_prefix(':').is_some_and(is_number))
}

/// Returns an IP address, without its port. IPv4-mapped IPv6 is returned as IPv4.
pub fn ip_address(text: &str) -> Option<std::net::IpAddr> {
    let text = text.trim();
    let address = text.parse::<std::net::SocketAddr>().map(|socket| socket.ip()).or_else(|_| text.parse());
    address.ok().map(|address| address.to_canonical())
}

impl Variable {
    /// Returns the sentence for the operator if the value cannot be used. It does not repeat the value, because clients
    /// see the sentence. An empty value stands for the default.
    pub fn problem(&self, value: &str) -> Option<String> {
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let rule = self.form.broken_by(value)?;
        let example = if self.default.is_empty() { String::new() } else { format!(", such as {}", self.default) };
        Some(format!("The variable {} must be {rule}{example}", self.name))
    }
}

const fn variable(name: &'static str, default: &'static str, about: &'static str) -> Variable {
    Variable { name, default, is_secret: false, reader: Reader::Component, form: Form::Text, about }
}

const fn url(name: &'static str, default: &'static str, about: &'static str) -> Variable {
    Variable { form: Form::Url, ..variable(name, default, about) }
}

const fn secret(name: &'static str, about: &'static str) -> Variable {
    Variable { is_secret: true, ..variable(name, "", about) }
}

pub const GROK_BASE_URL: Variable = url("grok_base_url", "https://grok.com", "the URL of Grok");

pub const GROK_ASSETS_URL: Variable =
    url("grok_assets_url", "https://assets.grok.com", "the URL of Grok's pictures and videos");

pub const XAI_BASE_URL: Variable = url("xai_base_url", "https://api.x.ai/v1", "the URL of xAI's API");

pub const ADMIN_PASSWORD: Variable =
    secret("admin_password", "the console's password; overrides the one in the database");

pub const ENCRYPTION_KEY: Variable =
    secret("encryption_key", "16 characters or more; encrypts account tokens, API keys and `cf_clearance`");

pub const ENCRYPTION_KEY_PREVIOUS: Variable =
    secret("encryption_key_previous", "the previous key, while you change it");

/// 10,000 is what fits into the 10 ms of CPU that a Worker has on the free plan.
pub const PASSWORD_ITERATIONS: Variable = Variable {
    form: Form::Number(1_000, 10_000_000),
    ..variable(
        "password_iterations",
        "10000",
        "PBKDF2 iterations for the password; increase it where CPU time is not limited",
    )
};

pub const TIMEZONE_OFFSET_MINUTES: Variable = Variable {
    form: Form::Number(-840, 840),
    ..variable("timezone_offset_minutes", "480", "the operator's time zone, in minutes east of UTC")
};

/// The first two resolvers answer from China.
pub const DNS_OVER_HTTPS_URL: Variable = variable(
    "dns_over_https_url",
    "https://dns.alidns.com/dns-query,https://doh.pub/dns-query,https://cloudflare-dns.com/dns-query",
    "only Spin: comma-separated resolvers for the WebSocket's host (RFC 8484), tried in turn",
);

pub const GROK_WEBSOCKET_PORT: Variable = Variable {
    reader: Reader::Manifest,
    ..variable(
        "grok_websocket_port",
        "443",
        "only Spin: the port that WebSockets may use, if `grok_base_url` has another one",
    )
};

pub const EXTRA_ROOT_CERTIFICATES: Variable = variable(
    "extra_root_certificates",
    "",
    "only Spin: additional trusted certificates for the WebSocket, in PEM, for networks with their own certificate authority",
);

pub const TRUSTED_PROXY: Variable = Variable {
    form: Form::Proxies,
    ..variable(
        "trusted_proxy",
        "",
        "comma-separated addresses of reverse proxies, or `*`; their `X-Forwarded-*` headers give the client's address",
    )
};

/// All variables, in the README's order.
pub const VARIABLES: [&Variable; 12] = [
    &GROK_BASE_URL,
    &GROK_ASSETS_URL,
    &XAI_BASE_URL,
    &ADMIN_PASSWORD,
    &ENCRYPTION_KEY,
    &ENCRYPTION_KEY_PREVIOUS,
    &PASSWORD_ITERATIONS,
    &TIMEZONE_OFFSET_MINUTES,
    &DNS_OVER_HTTPS_URL,
    &GROK_WEBSOCKET_PORT,
    &EXTRA_ROOT_CERTIFICATES,
    &TRUSTED_PROXY,
];
