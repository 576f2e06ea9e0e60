//! Pictures and videos of answers, at addresses of our own.
//!
//! Grok's links answer to the account that made a file and to nobody else. So a file gets an [`id`] and a row when
//! its answer is sent, and an [`address`] that anyone may open who knows it. [`serve`] answers there: from the cache, or
//! from the [`source`] with the [`upstream`]'s own cookies, keeping the bytes on the way ([`keep`]) for later readers
//! ([`stored`]). The cache is emptied at midnight ([`day`]) and by hand; [`clean`] deletes what is then left over.

use http::{HeaderMap, HeaderValue, Uri, header};

use self::kind::MediaKind;
use crate::{app::App, http::origin, settings::Settings};

pub mod clean;
pub mod day;
pub mod id;
mod keep;
pub mod kind;
pub mod media_type;
pub(crate) mod range;
mod reply;
#[cfg(test)]
#[path = "tests/mod.rs"]
mod route_tests;
pub mod serve;
mod source;
mod stored;
mod upstream;

/// Where clients reach this service: the setting `base_url`, else the address of the request. Without trailing slash.
pub async fn base(app: &App, settings: &Settings, uri: &Uri, headers: &HeaderMap) -> String {
    let set = settings.global.base_url.trim().trim_end_matches('/');
    if !set.is_empty() {
        return set.to_owned();
    }
    origin::own_origin(app, uri, headers).await.unwrap_or_default()
}

/// The address of a file under a [`base`].
pub fn address(base: &str, kind: MediaKind, id: &str) -> String {
    format!("{base}/{}/{id}", folder(kind))
}

/// The first segment of its path.
pub fn folder(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "images",
        MediaKind::Video => "videos",
    }
}

/// Whether files are served below this path. What answers there carries [`shield`]'s headers, errors too.
pub fn is_file_path(path: &str) -> bool {
    [MediaKind::Image, MediaKind::Video].into_iter().any(|kind| {
        path.strip_prefix('/')
            .and_then(|path| path.strip_prefix(folder(kind)))
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Takes scripts, forms and the console's origin from whatever a browser makes of the answer. Pages of other origins
/// may embed it, also those that ask for `Cross-Origin-Embedder-Policy: require-corp`.
pub fn shield(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::native::NativeHost;

    #[test]
    fn addresses_start_with_the_setting_or_the_requests_own_origin() {
        let host = NativeHost::new();
        for (set, expected) in [
            ("", "http://gateway.test/images/ID"),
            ("https://public.example/", "https://public.example/images/ID"),
            ("https://public.example/grok//", "https://public.example/grok/images/ID"),
        ] {
            let settings = Settings::from_sections(Some(&format!(r#"{{"base_url":"{set}"}}"#)), None);
            let app = host.app();
            let uri = "http://gateway.test/v1/chat/completions".parse().expect("it is an address");
            let base = host.run(async move { base(&app, &settings, &uri, &HeaderMap::new()).await });
            assert_eq!(address(&base, MediaKind::Image, "ID"), expected);
        }
        assert_eq!(address("http://h", MediaKind::Video, "ID"), "http://h/videos/ID");
    }
}
