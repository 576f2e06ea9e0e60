//! Cookies one by one, as listed by cookie files, extensions and developer tools.

use super::{Entry, Reading};
use crate::providers::grok_web::{
    identity::is_user_id,
    token::{PastedAccount, TokenError, check},
};

/// A cookie and its site. A cookie without a value is not listed.
pub(super) struct Cookie<'a> {
    pub domain: &'a str,
    pub name: &'a str,
    pub value: &'a str,
}

/// The cookies of one text. `sso` and `sso-rw` belong to one account, so `sso-rw` only counts without `sso`.
#[derive(Default)]
pub(super) struct Cookies {
    sso: Vec<(usize, String)>,
    sso_rw: Vec<(usize, String)>,
    user_id: String,
    refused: Vec<(usize, TokenError)>,
    others: usize,
    first_other: usize,
}

impl Cookies {
    /// Adds a cookie from this line.
    pub fn add(&mut self, line: usize, cookie: &Cookie) {
        let value = cookie.value.trim().trim_matches('"');
        let name = cookie.name.trim().trim_matches('"').to_ascii_lowercase();
        let tokens = match name.as_str() {
            "sso" if is_grok(cookie.domain) => &mut self.sso,
            "sso-rw" if is_grok(cookie.domain) => &mut self.sso_rw,
            _ => {
                if name == "x-userid" && is_grok(cookie.domain) && is_user_id(value) {
                    self.user_id = value.to_owned();
                }
                self.others += 1;
                self.first_other = if self.others == 1 { line } else { self.first_other };
                return;
            }
        };
        match check(value) {
            Ok(()) => tokens.push((line, value.to_owned())),
            Err(error) => self.refused.push((line, error)),
        }
    }

    /// Adds the accounts in the cookies, and the cookies left out, to the reading.
    pub fn finish(mut self, reading: &mut Reading) {
        let mut tokens = if self.sso.is_empty() { self.sso_rw } else { self.sso };
        let mut seen = std::collections::HashSet::new();
        tokens.retain(|(_, token)| seen.insert(token.clone()));
        if tokens.len() > 1 {
            self.user_id.clear();
        }
        let is_found = !tokens.is_empty();
        for (line, token) in tokens {
            let user_id = self.user_id.clone();
            reading.entries.push((line, Entry::of(PastedAccount { token, user_id })));
        }
        // A broken `sso-rw` beside a valid `sso` is ignored.
        if !is_found {
            reading.refused.extend(self.refused.iter().map(|(line, error)| (*line, error.words())));
        }
        match self.others {
            0 => {}
            others if is_found => reading.left_out = Some((self.first_other, others)),
            _ if self.refused.is_empty() => reading.refused.push((self.first_other, NONE)),
            _ => {}
        }
    }
}

const NONE: &str = "there are cookies, but none of grok.com that is named sso";

/// Returns whether a cookie's domain is that of Grok's page, in forms such as `.grok.com`, `https://.grok.com/`,
/// `grok.com:443`.
pub(super) fn is_grok(domain: &str) -> bool {
    let domain = domain.trim().trim_matches('"').to_ascii_lowercase();
    let host = domain.split_once("://").map_or(domain.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':', '?']).next().unwrap_or_default().trim_matches('.');
    domain.is_empty() || host == "grok.com" || host.ends_with(".grok.com")
}
