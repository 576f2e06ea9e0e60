//! Who is asking: the caller of `/v1` with a key, the operator of `/api` with a session.

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use crate::{
    app::hex,
    error::{Error, Kind, Result},
};

/// A key that came with a request, not yet compared with anything. Only the store can turn it into an
/// [`ApiCaller`], in the statement that opens the request.
#[derive(Debug, Clone)]
pub struct PresentedKey {
    /// SHA-256 of the key in hexadecimal, which is what the table holds.
    pub hash: String,
}

impl PresentedKey {
    /// From `Authorization: Bearer …`, the only place where a key is looked for.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self> {
        let key = bearer(headers).ok_or_else(|| {
            Error::new(Kind::MissingKey, "No API key: send the header `Authorization: Bearer YOUR_API_KEY`")
        })?;
        Ok(PresentedKey { hash: sha256_hex(key) })
    }
}

/// The owner of a valid, active key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCaller {
    /// 0 for the setting `api_key`.
    pub key_id: i64,
    pub key_name: String,
}

/// What follows `Bearer `, its scheme in any case.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}
