//! Detects whether the console's own page or a foreign one sent a request.

use http::HeaderMap;

use crate::{
    error::{Error, ErrorKind},
    http::origin,
    settings::Settings,
};

/// The page that sent a request, according to the browser's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    OwnPage,
    ForeignPage,
    /// The client is not a browser, or sent neither header.
    Unknown,
}

/// Returns the sender according to `Origin` and `Sec-Fetch-Site`; a page's script cannot set either. `own` is the
/// origin that the request was sent to. The origin of the setting `base_url` counts as own, too.
pub fn sent_from(headers: &HeaderMap, own: Option<&str>, settings: &Settings) -> Sender {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let set = origin::origin(&settings.global.base_url);
    match (text("origin"), text("sec-fetch-site")) {
        (_, Some("cross-site")) => Sender::ForeignPage,
        (Some(sent), _) if [own, set.as_deref()].contains(&Some(sent)) => Sender::OwnPage,
        (Some(_), Some("same-origin")) => Sender::OwnPage,
        (Some(_), _) => Sender::ForeignPage,
        (None, _) => Sender::Unknown,
    }
}

/// Returns the error with status 403 for a request that a foreign page may have sent.
pub fn foreign_origin() -> Error {
    let message = "This request does not come from the console's own page. Behind a proxy, set base_url to the address \
                   in the browser, or the variable trusted_proxy";
    Error::new(ErrorKind::ForeignOrigin, message)
}
