//! Advice for the operator after a failed check of the upstream: codes that the console translates, with English texts.

use http::HeaderMap;
use serde::Serialize;

use crate::providers::{
    ProviderError,
    grok_web::check::{Failure, StepName},
};

/// Where the gateway runs, as far as it changes the advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On Cloudflare's network.
    Cloudflare,
    /// On workerd, on a machine of the operator.
    Workerd,
    Spin,
}

impl Place {
    /// Returns where the gateway runs. Workers keep their data in D1, and Cloudflare adds `cf-ray` to every request
    /// that passes its network.
    ///
    /// Source: <https://developers.cloudflare.com/fundamentals/reference/http-headers/#cf-ray>
    pub fn of(is_d1: bool, headers: &HeaderMap) -> Self {
        match is_d1 {
            false => Place::Spin,
            true if headers.contains_key("cf-ray") => Place::Cloudflare,
            true => Place::Workerd,
        }
    }
}

/// What the advice depends on.
pub struct Situation<'a> {
    pub failure: &'a Failure,
    pub place: Place,
    /// Whether the setting `user_agent` is empty.
    pub own_user_agent: bool,
    /// Whether the variable `grok_base_url` replaces the address of Grok.
    pub base_is_set: bool,
}

/// One piece of advice: the console's code for it, and the English text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Advice {
    pub code: &'static str,
    pub text: &'static str,
}

/// Returns the class of a failure, as the answer's field `error_type` names it.
pub fn error_type(failure: &Failure) -> &'static str {
    match &failure.error {
        // The connection was open, and the service closed it.
        ProviderError::Connect(_) if failure.step == StepName::Session => "upstream",
        ProviderError::NoAddress(_) => "name",
        ProviderError::Connect(_) => "network",
        ProviderError::DeadAccount(_) => "dead_account",
        ProviderError::AntiBot => "blocked",
        ProviderError::RateLimited { .. } | ProviderError::Throttled { .. } => "rate_limited",
        ProviderError::Timeout => "timeout",
        _ => "upstream",
    }
}

/// Returns the advice for a failure, the most likely to help first.
pub fn advice(situation: &Situation) -> Vec<Advice> {
    let Situation { failure: Failure { step, error }, place, .. } = situation;
    let mut advice = match (error_type(situation.failure), place) {
        ("blocked", Place::Cloudflare) if situation.own_user_agent => vec![PLACEMENT, USER_AGENT, OFFICIAL_KEY],
        ("blocked", Place::Cloudflare) => vec![PLACEMENT, OFFICIAL_KEY],
        ("blocked", _) => vec![USER_AGENT_AND_CLEARANCE, OTHER_EGRESS, OFFICIAL_KEY],
        ("dead_account", _) => vec![REPLACE_ACCOUNT],
        ("rate_limited", _) => vec![WAIT],
        ("name", Place::Spin) => vec![CHECK_DNS, DNS_OVER_HTTPS],
        ("name", Place::Workerd) => vec![CHECK_DNS],
        ("network", Place::Spin) => vec![OPEN_PORT, OTHER_EGRESS],
        ("network", Place::Workerd) => vec![OTHER_EGRESS],
        // Grok may stay silent after the upgrade if it does not trust the address.
        ("timeout", Place::Cloudflare) if *step == StepName::Session => vec![WAIT, PLACEMENT],
        ("timeout", Place::Spin) if *step == StepName::Connect => vec![OPEN_PORT, OTHER_EGRESS, WAIT],
        ("timeout", Place::Spin | Place::Workerd) => vec![WAIT, OTHER_EGRESS],
        _ if matches!(error, ProviderError::Policy(_) | ProviderError::NotEntitled(_)) => vec![REPLACE_ACCOUNT],
        _ => vec![WAIT],
    };
    if situation.base_is_set && matches!(error_type(situation.failure), "name" | "network" | "timeout" | "upstream") {
        advice.insert(0, BASE_URL);
    }
    advice
}

const PLACEMENT: Advice = Advice {
    code: "placement",
    text: "Grok refuses requests from some of Cloudflare's locations. Deploy the Worker again near one that it accepts: \
           cargo xtask deploy cloudflare --placement aws:us-west-2. Create the D1 database in the same region, or every \
           request waits for it.",
};
const USER_AGENT: Advice = Advice {
    code: "set_user_agent",
    text: "Enter the User-Agent of your own browser as the setting user_agent. Grok may refuse the name of a program.",
};
const USER_AGENT_AND_CLEARANCE: Advice = Advice {
    code: "set_user_agent_and_clearance",
    text: "Open grok.com in your own browser, on the machine or network that the gateway runs in. Enter this browser's \
           User-Agent as user_agent and the value of its cookie cf_clearance as cf_clearance in the settings. The two \
           belong together and to this network's address.",
};
const OTHER_EGRESS: Advice = Advice {
    code: "other_egress",
    text: "Run the gateway where its requests leave from another address: Grok refuses many addresses of data centres, \
           and some networks do not reach it at all.",
};
const OFFICIAL_KEY: Advice = Advice {
    code: "official_key",
    text: "The official xAI API takes a key and accepts requests from servers: create a key on console.x.ai, and add it as \
           an account.",
};
pub const CHECK_DNS: Advice = Advice {
    code: "check_dns",
    text: "The service's name has no address on this machine. Check that the machine can look up names.",
};
const DNS_OVER_HTTPS: Advice = Advice {
    code: "set_dns_over_https_url",
    text: "On Spin the WebSocket's address is looked up by DNS over HTTPS. Set the variable dns_over_https_url to a \
           resolver that this network reaches.",
};
const OPEN_PORT: Advice = Advice {
    code: "open_port",
    text: "Spin opens only connections that its manifest allows. Check that allowed_outbound_hosts covers the service's \
           address, that the variable for the WebSocket's port is the port in use (443 by default), and that no \
           firewall blocks it.",
};
const REPLACE_ACCOUNT: Advice = Advice {
    code: "replace_account",
    text: "Grok does not accept this account. Sign in to grok.com with it and add its new session token, or add another \
           account.",
};
pub const WAIT: Advice = Advice { code: "wait", text: "Wait a few minutes, then check again." };
const BASE_URL: Advice = Advice {
    code: "check_grok_base_url",
    text: "The variable grok_base_url is set, so requests do not go to https://grok.com. Check its value, or remove it.",
};
/// Advice whatever the steps found: Grok refuses every chat over HTTP without a signature.
pub const SIGNATURE: Advice = Advice {
    code: "set_x_statsig_id",
    text: "Chats go over HTTP, where Grok wants a signature: enter the setting x_statsig_id, or set chat_transport to \
           websocket.",
};
