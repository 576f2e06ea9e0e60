//! Defines what a session token is, and finds the one in a text that should hold a single account.
//!
//! A token is a JWT (three base64url parts, the first of them a JSON object, RFC 7519). Alone or after `sso=` it may
//! also be a value of at least 20 characters of `[A-Za-z0-9._-]`. Anything else is never stored and never sent.
//! [`pasted`](super::pasted) reads what people paste.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::providers::xai::key;

/// The shortest token in characters. A JWT is longer: its header alone names an algorithm.
const MIN_TOKEN: usize = 20;
/// The longest token in characters: longer than any session token seen, shorter than what breaks a header.
const MAX_TOKEN: usize = 4096;
/// Separates the columns of ledgers: `mail----password----sso`.
pub(super) const RULE: &str = "----";
/// The length of an HMAC-SHA-256 signature in base64url. Such a signature may contain [`RULE`] by chance.
const SIGNATURE: usize = 43;

/// Why a text holds no token. The texts are fixed and never repeat what was pasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    Empty,
    /// A cookie line without a cookie named `sso`.
    NoSso,
    TooShort,
    TooLong,
    /// A character that no session token has.
    BadCharacter,
    /// Several values side by side, none of them a JWT.
    NoToken,
    /// More than one token where one account is expected.
    Several,
    /// Cookies of another site.
    OtherSite,
    /// A key of xAI's API, which is not a session token.
    ApiKey,
    /// A text that begins like such a key.
    BrokenApiKey,
}

impl TokenError {
    /// Returns the error as text for the operator.
    pub fn words(self) -> &'static str {
        match self {
            TokenError::Empty => "the token is empty",
            TokenError::NoSso => "the cookie line has no cookie named sso",
            TokenError::TooShort => "this is not a token: it is shorter than 20 characters",
            TokenError::TooLong => "the token is longer than 4096 characters",
            TokenError::BadCharacter => "the token holds a character that no session token has",
            TokenError::NoToken => "no token in it: neither a JWT nor a value after sso=",
            TokenError::Several => "there is more than one token in it",
            TokenError::OtherSite => "these are cookies of another site than grok.com",
            TokenError::ApiKey => "this is a key of xAI's API, not a session token: paste it alone",
            TokenError::BrokenApiKey => {
                "this begins like a key of xAI's API, which has 20 or more letters, digits, - and _ after xai-"
            }
        }
    }
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.words())
    }
}

/// An account found in a pasted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastedAccount {
    /// The bare session token.
    pub token: String,
    /// The user id from the cookie `x-userid` beside the token; empty if there is none.
    pub user_id: String,
}

/// Returns whether a stored value may be sent to Grok. A key of xAI's API may not.
pub fn is_token(value: &str) -> bool {
    check(value).is_ok()
}

/// Checks a value that stands alone or after `sso=`. Fails with the reason if it is not a token.
pub(super) fn check(value: &str) -> Result<(), TokenError> {
    match value.len() {
        0 => Err(TokenError::Empty),
        _ if !value.bytes().all(is_token_byte) => Err(TokenError::BadCharacter),
        length if length < MIN_TOKEN => Err(TokenError::TooShort),
        length if length > MAX_TOKEN => Err(TokenError::TooLong),
        // A name and a password before or after the token may consist of a token's characters.
        _ if value.contains(RULE) && !is_signed_jwt(value) => Err(TokenError::NoToken),
        _ if key::is_key(value) => Err(TokenError::ApiKey),
        _ if value.starts_with(key::PREFIX) => Err(TokenError::BrokenApiKey),
        _ => Ok(()),
    }
}

/// Returns whether a value among others is a token.
pub(super) fn is_jwt(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let [header, payload, signature] = parts[..] else { return false };
    let is_encoded = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte != b'.' && is_token_byte(byte));
    (MIN_TOKEN..=MAX_TOKEN).contains(&value.len())
        && [header, payload, signature].into_iter().all(is_encoded)
        && is_json_object(header)
        && (!value.contains(RULE) || signature.len() == SIGNATURE)
}

fn is_signed_jwt(value: &str) -> bool {
    is_jwt(value) && value.rsplit('.').next().is_some_and(|signature| signature.len() == SIGNATURE)
}

fn is_json_object(encoded: &str) -> bool {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    let decoded = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG).decode(encoded);
    let header = decoded.ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    header.is_some_and(|header| header.is_object())
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Returns a token that a test recognises by its end.
#[cfg(test)]
pub fn for_test(name: &str) -> String {
    format!("{FOR_TEST}{name}")
}

#[cfg(test)]
pub const FOR_TEST: &str = "a-token-of-the-tests.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::grok_web::pasted::normalise_token;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uX2lkIjoiYSJ9.c2ln-_";

    #[test]
    fn every_form_gives_the_bare_token() {
        let spellings = [
            JWT.to_owned(),
            format!("  {JWT}\r\n"),
            format!("sso={JWT}"),
            format!("sso={JWT};"),
            format!("SSO={JWT}; sso-rw={JWT}; cf_clearance=x"),
            format!("cf_clearance=x;sso-rw={JWT};sso={JWT}"),
            format!("sso-rw={JWT}"),
            format!("Cookie: a=b; sso={JWT}"),
            format!("\"{JWT}\","),
            format!("\u{feff}sso={JWT}\0"),
            format!("anna@example.com----pass----{JWT}"),
        ];
        for spelling in spellings {
            assert_eq!(normalise_token(&spelling).as_deref(), Ok(JWT), "{spelling:?}");
        }
        assert_eq!(normalise_token("an-opaque.value_of_20").as_deref(), Ok("an-opaque.value_of_20"));
    }

    #[test]
    fn other_values_are_refused() {
        for (pasted, error) in [
            ("", TokenError::Empty),
            (" \r\n", TokenError::Empty),
            ("sso=", TokenError::NoSso),
            ("a=b; c=d", TokenError::NoSso),
            ("TRUE", TokenError::TooShort),
            ("01.02.2026", TokenError::TooShort),
            ("www.grok.com", TokenError::TooShort),
            ("padded-with-more-than-20==", TokenError::BadCharacter),
            ("sso=pass-word-of-twenty#1", TokenError::BadCharacter),
            ("to ken", TokenError::NoToken),
            ("тoken", TokenError::BadCharacter),
            ("anna@example.com----pass.word.x", TokenError::NoToken),
            ("anna----a-password-of-twenty-characters", TokenError::NoToken),
        ] {
            assert_eq!(normalise_token(pasted), Err(error), "{pasted:?}");
        }
        assert_eq!(normalise_token(&"a".repeat(4097)), Err(TokenError::TooLong));
        assert_eq!(normalise_token(&format!("{JWT} {}", JWT.replace("c2ln", "b3Ro"))), Err(TokenError::Several));
    }

    #[test]
    fn a_jwt_has_three_parts_and_a_json_header() {
        assert!(is_jwt(JWT));
        for (header, is_good) in [
            ("eyJhbGciOiJIUzI1NiJ9", true),
            ("eyAiYWxnIjogIm5vbmUiIH0", true),
            ("W10sW10sW10sW10sW10", false),
            ("some-header-of-a-host", false),
        ] {
            assert_eq!(is_jwt(&format!("{header}.payload.signature")), is_good, "{header}");
        }
        for value in
            ["a.b.c", "eyJhbGciOiJIUzI1NiJ9.payload", "eyJhbGciOiJIUzI1NiJ9..sig", "eyJhbGciOiJIUzI1NiJ9.a.b.c"]
        {
            assert!(!is_jwt(value), "{value}");
        }
    }

    #[test]
    fn dashes_in_a_signature_do_not_separate_columns() {
        let signed = format!("eyJhbGciOiJIUzI1NiJ9.e30.{}----{}", "a".repeat(20), "b".repeat(19));
        assert_eq!(normalise_token(&signed).as_deref(), Ok(signed.as_str()));
        assert!(is_token(&signed) && !is_token(&format!("{signed}----password")));
        let whole = format!("eyJhbGciOiJIUzI1NiJ9.e30.{}", "a".repeat(43));
        assert_eq!(normalise_token(&format!("{whole}----password")).as_deref(), Ok(whole.as_str()));
        assert!(!is_token("user----password----eyJhbGciOiJIUzI1NiJ9.e30.c2ln"));
    }
}
