// Plain data without imports: xtask includes this file too, to write `spin.toml` and the READMEs.

/// A variable of the manifest, or of the Worker.
#[derive(Debug)]
pub struct Variable {
    pub name: &'static str,
    /// What counts while the variable is empty or not set.
    pub default: &'static str,
    pub is_secret: bool,
    pub reader: Reader,
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

const fn variable(name: &'static str, default: &'static str, about: &'static str) -> Variable {
    Variable { name, default, is_secret: false, reader: Reader::Component, about }
}

const fn secret(name: &'static str, about: &'static str) -> Variable {
    Variable { is_secret: true, ..variable(name, "", about) }
}

pub const GROK_BASE_URL: Variable = variable("grok_base_url", "https://grok.com", "the URL of Grok");

pub const GROK_ASSETS_URL: Variable =
    variable("grok_assets_url", "https://assets.grok.com", "the URL of Grok's pictures and videos");

pub const XAI_BASE_URL: Variable = variable("xai_base_url", "https://api.x.ai/v1", "the URL of xAI's API");

pub const ADMIN_PASSWORD: Variable =
    secret("admin_password", "the console's password; overrides the one in the database");

pub const ENCRYPTION_KEY: Variable =
    secret("encryption_key", "16 characters or more; encrypts account tokens, API keys and `cf_clearance`");

pub const ENCRYPTION_KEY_PREVIOUS: Variable =
    secret("encryption_key_previous", "the previous key, while you change it");

/// 10,000 is what fits into the 10 ms of CPU that a Worker has on the free plan.
pub const PASSWORD_ITERATIONS: Variable = variable(
    "password_iterations",
    "10000",
    "PBKDF2 iterations for the password; increase it where CPU time is not limited",
);

pub const TIMEZONE_OFFSET_MINUTES: Variable =
    variable("timezone_offset_minutes", "480", "the operator's time zone, in minutes east of UTC");

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

pub const TRUSTED_PROXY: Variable = variable(
    "trusted_proxy",
    "",
    "comma-separated addresses of reverse proxies, or `*`; their `X-Forwarded-*` headers give the client's address",
);

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
