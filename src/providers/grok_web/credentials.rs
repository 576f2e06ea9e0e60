//! The decrypted credentials that Grok sees: an account's cookies and the operator's own values.

use http::{HeaderMap, HeaderValue};

use super::headers::{self, Operator};
use crate::{crypto::vault::Vault, settings::Grok};

/// Sent if the setting `user_agent` is empty. The gateway does not pretend to be a browser.
const USER_AGENT: &str = concat!("Mozilla/5.0 (compatible; grok2api/", env!("CARGO_PKG_VERSION"), ")");

/// Returns the `user-agent` that is sent, and its origin: `setting` or `gateway`.
pub fn user_agent(settings: &Grok) -> (&str, &'static str) {
    match settings.user_agent.as_str() {
        "" => (USER_AGENT, "gateway"),
        set => (set, "setting"),
    }
}

pub struct Credentials {
    pub token: String,
    user_agent: String,
    x_statsig_id: String,
    cf_clearance: String,
}

impl Credentials {
    /// Returns the credentials of an account, with the operator's values decrypted.
    pub fn new(vault: &Vault, settings: &Grok, token: String) -> Self {
        Credentials {
            token,
            user_agent: user_agent(settings).0.to_owned(),
            x_statsig_id: settings.x_statsig_id.open(vault).unwrap_or_default(),
            cf_clearance: settings.cf_clearance.open(vault).unwrap_or_default(),
        }
    }

    /// Returns whether the operator has supplied a signature, which picture editing and video need.
    pub fn has_signature(&self) -> bool {
        !self.x_statsig_id.is_empty()
    }

    /// Returns the headers of a JSON request that seems to come from `page` of the service at `base_url`.
    pub fn json_headers(&self, base_url: &str, page: &str, random: [u8; 16]) -> HeaderMap {
        let referer = format!("{base_url}/{page}");
        header_map(headers::json_request(&self.operator(), base_url, &self.token, &referer, random))
    }

    /// Returns the headers of a JSON request from the front page without the operator's signature.
    pub fn unsigned_json_headers(&self, base_url: &str, random: [u8; 16]) -> HeaderMap {
        let operator = Operator { x_statsig_id: "", ..self.operator() };
        header_map(headers::json_request(&operator, base_url, &self.token, &format!("{base_url}/"), random))
    }

    /// Returns the headers of a GET for one of the account's files, or of an upload.
    pub fn plain_headers(&self, base_url: &str) -> HeaderMap {
        header_map(headers::plain_request(&self.operator(), base_url, &self.token))
    }

    /// Returns the headers of the WebSocket's upgrade.
    pub fn upgrade_headers(&self, base_url: &str, user_id: &str) -> HeaderMap {
        header_map(headers::upgrade(&self.operator(), base_url, &self.token, user_id))
    }

    fn operator(&self) -> Operator<'_> {
        Operator { user_agent: &self.user_agent, x_statsig_id: &self.x_statsig_id, cf_clearance: &self.cf_clearance }
    }
}

fn header_map(headers: Vec<(&'static str, String)>) -> HeaderMap {
    let value = |text: String| HeaderValue::try_from(text).ok();
    headers.into_iter().filter_map(|(name, text)| Some((name.parse().ok()?, value(text)?))).collect()
}
