//! Which page a request was sent from, as its browser says.

use http::HeaderMap;

use crate::{
    error::{Error, ErrorKind},
    http::origin,
    settings::Settings,
};

/// Where a request was sent from, as its browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    OwnPage,
    ForeignPage,
    /// No browser, or one that does not say.
    Unknown,
}

/// Reads `Origin`, and `Sec-Fetch-Site`, which no page can set. `own` is the origin that the request was sent to.
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

pub fn foreign_origin() -> Error {
    let message = "This request does not come from the console's own page. Behind a proxy, set base_url to the address \
                   in the browser, or the variable trusted_proxy";
    Error::new(ErrorKind::ForeignOrigin, message)
}
