//! Pictures and videos of answers, at addresses of our own, and the pictures that clients send.
//!
//! Grok serves a file only to the account that made it. So a file gets an [`id`], a row, and an [`address`] that
//! anyone who knows it may open. [`serve`] answers there: from the [`cache`], or from its [`origin`] with the owner's
//! cookies, storing the bytes on the way. The cache is emptied at local midnight and by the operator, but for files that no host
//! serves. [`load`] reads a whole file for the gateway itself. [`input`]
//! checks and fetches the pictures of a request. The room never changes an account's state.
//!
//! ```ignore
//! let base = media::base(&app, &settings, request.uri(), request.headers()).await?;
//! assert_eq!(media::address(&base, MediaKind::Image, "ID"), "https://grok.example.org/images/ID");
//! ```

use http::{HeaderMap, HeaderValue, Uri, header};

use self::kind::MediaKind;
use crate::{app::App, error::Result, http::origin::own_origin, settings::Settings};

pub mod cache;
pub mod id;
pub mod input;
pub mod kind;
pub mod load;
pub mod media_type;
mod origin;
pub(crate) mod range;
mod request;
mod response;
#[cfg(test)]
#[path = "tests/mod.rs"]
mod route_tests;
pub mod serve;

/// Returns the address at which clients reach this service, without a trailing slash: the setting `base_url`, else the
/// origin of the request. Fails like [`own_origin`].
pub async fn base(app: &App, settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Result<String> {
    let set = settings.global.base_url.trim().trim_end_matches('/');
    if !set.is_empty() {
        return Ok(set.to_owned());
    }
    Ok(own_origin(app, uri, headers).await?.unwrap_or_default())
}

/// Returns the addresses at which clients reach this service: the setting `base_url`, and the origin of the request. Fails
/// like [`own_origin`].
pub async fn bases(app: &App, settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Result<Vec<String>> {
    let set = settings.global.base_url.trim().trim_end_matches('/').to_owned();
    let own = own_origin(app, uri, headers).await?;
    Ok([Some(set), own].into_iter().flatten().filter(|base| !base.is_empty()).collect())
}

/// Returns the address of a file under a [`base`].
pub fn address(base: &str, kind: MediaKind, id: &str) -> String {
    format!("{base}/{}/{id}", folder(kind))
}

/// Returns the first segment of the paths of this kind.
pub fn folder(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "images",
        MediaKind::Video => "videos",
    }
}

/// Returns whether files are served below this path. Answers there carry the headers of [`shield`], errors too.
pub fn is_file_path(path: &str) -> bool {
    [MediaKind::Image, MediaKind::Video].into_iter().any(|kind| {
        path.strip_prefix('/')
            .and_then(|path| path.strip_prefix(folder(kind)))
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Forbids scripts, forms and the console's origin to whatever a browser makes of the answer. Pages of other origins
/// may embed it, also those with `Cross-Origin-Embedder-Policy: require-corp`.
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
            let base = host.run(async move { base(&app, &settings, &uri, &HeaderMap::new()).await.unwrap() });
            assert_eq!(address(&base, MediaKind::Image, "ID"), expected);
        }
        assert_eq!(address("http://h", MediaKind::Video, "ID"), "http://h/videos/ID");
    }
}
