//! Who is asking: the client of `/v1` with an API key, the operator of `/api` with a session.
//!
//! A guard is a value that only its room can make: [`session::AdminSession`] exists only for an operator who is signed
//! in, so a handler that takes one cannot run without. A handler of `/v1` takes an [`api_key::PresentedKey`], whose
//! validity the first statement of the request decides.

use http::{HeaderMap, header};

pub mod api_key;
pub mod password;
pub mod sender;
pub mod session;
pub mod throttle;

/// Returns what follows `Bearer ` in `Authorization`. The scheme may have any case (RFC 9110 §11.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
