//! Explains Cloudflare's errors, each in one sentence that says what to do.

use std::fmt;

use serde_json::Value;

use super::login::Login;

/// An error response of the API.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    /// Codes and texts of the API.
    pub errors: Vec<(i64, String)>,
    /// The explanation.
    said: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// Explains the error response `body` to the call `what`.
    pub fn new(status: u16, body: &Value, what: &str) -> Self {
        let errors: Vec<_> = body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| {
                (error["code"].as_i64().unwrap_or_default(), error["message"].as_str().unwrap_or_default().to_owned())
            })
            .collect();
        let reasons: Vec<_> = errors.iter().map(|(code, text)| format!("{text}, code {code}")).collect();
        let reasons = if reasons.is_empty() { "no reason given".to_owned() } else { reasons.join("; ") };
        let said = match status {
            429 => format!(
                "Cloudflare limits the rate of requests at {what}: wait some minutes, then run this again; it continues from here"
            ),
            500.. => format!(
                "Cloudflare failed at {what} ({status}, {reasons}): see https://www.cloudflarestatus.com and run this again later; it continues from here"
            ),
            _ => format!("Cloudflare refused {what} ({status}, {reasons})"),
        };
        Refusal { status, errors, said }
    }

    /// Returns whether an error has this code.
    pub fn has(&self, code: i64) -> bool {
        self.errors.iter().any(|error| error.0 == code)
    }

    /// Returns whether the text of an error contains `text`.
    pub fn says(&self, text: &str) -> bool {
        self.errors.iter().any(|error| error.1.contains(text))
    }

    /// Returns whether the login was refused rather than the request. Code 7003 is a path with an unknown account.
    pub fn is_about_the_caller(&self) -> bool {
        matches!(self.status, 401 | 403) || [6003, 6111, 7003, 9109, 10000].iter().any(|code| self.has(*code))
    }

    /// Returns the refusal with an explanation that depends on whether the token is valid.
    pub fn explained(self, login: &Login, account: &str, path: &str, token_is_good: bool) -> Self {
        let product = product(path);
        let said = if login.personal {
            format!(
                "wrangler's login lacks access to {product} in the account {account}: run `npx wrangler login` again, or set CLOUDFLARE_ACCOUNT_ID to one of your accounts"
            )
        } else if !token_is_good {
            "the token in CLOUDFLARE_API_TOKEN is unknown to Cloudflare or has expired: create a new one at https://dash.cloudflare.com/profile/api-tokens".to_owned()
        } else if self.has(7003) {
            format!("Cloudflare does not know the account {account}: correct CLOUDFLARE_ACCOUNT_ID")
        } else {
            format!(
                "the token is valid, but must not edit {product} in the account {account}: give it the permission Account, {product}, Edit for this account at https://dash.cloudflare.com/profile/api-tokens, or correct CLOUDFLARE_ACCOUNT_ID"
            )
        };
        Refusal { said, ..self }
    }
}

/// Returns the name, in a token's permissions, of the part of the API that a path belongs to.
fn product(path: &str) -> &'static str {
    match path.trim_start_matches('/').split('/').next() {
        Some("d1") => "D1",
        Some("storage") => "Workers KV Storage",
        Some("workers") => "Workers Scripts",
        _ => "Account Settings",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, code: i64, text: &str) -> Refusal {
        Refusal::new(status, &json!({ "errors": [{ "code": code, "message": text }] }), "POST /d1/database")
    }

    #[test]
    fn each_class_has_its_sentence() {
        assert!(
            refusal(400, 7400, "bad name").to_string().contains("refused POST /d1/database (400, bad name, code 7400)")
        );
        assert!(refusal(429, 971, "").to_string().contains("limits the rate of requests"));
        assert!(refusal(502, 0, "").to_string().contains("failed at POST /d1/database (502"));
        assert!(Refusal::new(404, &Value::Null, "GET /x").to_string().contains("no reason given"));
    }

    #[test]
    fn a_refused_login_is_distinguished_from_a_refused_request() {
        assert!(refusal(403, 10000, "").is_about_the_caller() && refusal(400, 6003, "").is_about_the_caller());
        assert!(!refusal(404, 10007, "").is_about_the_caller() && !refusal(429, 971, "").is_about_the_caller());
    }

    #[test]
    fn each_refusal_of_a_login_says_what_to_do() {
        let mut login = Login { token: String::new(), personal: false, account: None };
        let said =
            |login: &Login, code, good| refusal(403, code, "").explained(login, "acc", "/storage/kv", good).to_string();
        assert!(said(&login, 10000, false).contains("is unknown to Cloudflare or has expired"));
        assert!(said(&login, 10000, true).contains("Account, Workers KV Storage, Edit"));
        assert!(said(&login, 7003, true).contains("does not know the account acc"));
        login.personal = true;
        assert!(said(&login, 10000, true).contains("`npx wrangler login` again"));
    }
}
