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

/// Returns the token of `Authorization: Bearer TOKEN`, `None` if it is missing, empty, or one of several. The scheme may have any
/// case (RFC 9110 §11.1). Workers join several headers of a name.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let value = value.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_that_of_the_only_header() {
        let token = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers).map(str::to_owned)
        };
        for (values, expected) in [
            (&["Bearer a"][..], Some("a")),
            (&["bearer  a "], Some("a")),
            (&["Bearer "], None),
            (&["Basic a"], None),
            (&["Bearer a", "Bearer a"], None),
            (&[], None),
        ] {
            assert_eq!(token(values).as_deref(), expected, "{values:?}");
        }
    }
}
