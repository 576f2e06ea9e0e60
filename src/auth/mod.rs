//! Authentication: clients of `/v1` send an API key, operators of `/api` a session.
//!
//! Only [`session::AdminSession::open`] makes an `AdminSession`, so a handler that takes one runs only for a signed-in
//! operator. A handler of `/v1` takes an [`api_key::PresentedKey`], which the first statement of the request validates.
//!
//! ```ignore
//! let session = AdminSession::open(&app, &request).await?.with_own_password()?;
//! ```
//!
//! [`password`] compares the operator's password and [`throttle`] limits the attempts at it. [`sender`] detects
//! requests of foreign web pages. This room never sends SQL: [`store`](crate::store) does.

use http::{HeaderMap, header};

pub mod api_key;
pub mod password;
pub mod sender;
pub mod session;
pub mod throttle;

/// Returns the token of `Authorization: Bearer TOKEN`, `None` if it is missing or empty. The scheme may have any case
/// (RFC 9110 §11.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
