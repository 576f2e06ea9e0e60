//! The API key of a request.

use http::HeaderMap;

use super::bearer;
use crate::{
    crypto::digest::sha256_hex,
    error::{Error, ErrorKind, Result},
};

/// A key that came with a request, not yet compared with anything. Only the store can turn it into an
/// [`ApiCaller`], in the statement that opens the request.
#[derive(Debug, Clone)]
pub struct PresentedKey {
    /// SHA-256 of the key in hexadecimal, which is what the table holds.
    pub hash: String,
}

impl PresentedKey {
    /// Reads the key from `Authorization: Bearer …`, else from `x-api-key`; without either it is a 401.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self> {
        let plain = || headers.get("x-api-key")?.to_str().ok().map(str::trim).filter(|key| !key.is_empty());
        let key = bearer(headers).or_else(plain).ok_or_else(|| {
            Error::new(ErrorKind::MissingKey, "No API key: send the header `Authorization: Bearer YOUR_API_KEY`")
        })?;
        Ok(PresentedKey { hash: sha256_hex(key) })
    }
}
