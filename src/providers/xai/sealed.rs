//! Encrypted reasoning as clients get it: `xai1.<account id>.<encrypted content>`.
//!
//! The API decrypts only what it has given to the same team, and refuses a request with other reasoning. The form says whose
//! it is, so that other reasoning is left out.

/// Returns the reasoning of an account as clients get it.
pub fn seal(account_id: i64, encrypted: &str) -> String {
    format!("xai1.{account_id}.{encrypted}")
}

/// Returns what the API gave to this account; `None` if it is another's, or of another service.
pub fn open(account_id: i64, sealed: &str) -> Option<&str> {
    let (owner, encrypted) = sealed.strip_prefix("xai1.")?.split_once('.')?;
    (owner == account_id.to_string() && !encrypted.is_empty()).then_some(encrypted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_accounts_own_reasoning_is_opened() {
        assert_eq!(open(7, &seal(7, "a.b+/=")), Some("a.b+/="));
        for other in ["xai1.8.x", "xai1.07.x", "xai1.7.", "xai1.7", "xai2.7.x", "gAAAA", ""] {
            assert_eq!(open(7, other), None, "{other}");
        }
    }
}
