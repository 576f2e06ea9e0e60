//! Reads the API key of a request of `/v1`.

use http::HeaderMap;

use super::bearer;
use crate::{
    crypto::digest::sha256_hex,
    error::{Error, ErrorKind, Result},
};

/// A key that a client sent and that nothing has validated yet. Only the store turns it into an
/// [`ApiCaller`](crate::store::authenticate::ApiCaller), in the first statement of the request.
#[derive(Debug, Clone)]
pub struct PresentedKey {
    /// SHA-256 of the key in hexadecimal, as table `api_keys` stores it.
    pub hash: String,
}

impl PresentedKey {
    /// Returns the key of `Authorization: Bearer …`, else of `x-api-key`. Fails with 401 without either.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self> {
        let plain = || headers.get("x-api-key")?.to_str().ok().map(str::trim).filter(|key| !key.is_empty());
        let key = bearer(headers).or_else(plain).ok_or_else(|| {
            Error::new(ErrorKind::MissingKey, "No API key: send the header `Authorization: Bearer YOUR_API_KEY`")
        })?;
        Ok(PresentedKey { hash: sha256_hex(key) })
    }
}
