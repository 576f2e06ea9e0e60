//! Fetches a file from its source: with the owner's cookies, from hosts on the allowlist, without following redirects.
//!
//! Nothing here changes an account's state, so that requests for old addresses cannot use up the pool.

mod allowlist;

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};

use crate::{
    app::App,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    host::{IncomingBody, timeout::timeout},
    providers::{
        ProviderError,
        grok_web::{client, credentials::Credentials, token::is_token},
    },
    store::media::File,
    time::MINUTE,
};

use super::media_type::MediaType;

/// The longest wait for the head of a response.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// A file younger than this many milliseconds may not be readable yet: retry after these pauses.
const FRESH: i64 = MINUTE;
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(750)];

/// A file at its source, ready to be fetched.
pub struct Upstream {
    app: Rc<App>,
    url: String,
    headers: HeaderMap,
    is_fresh: bool,
}

/// The source's response with a file or a part of it, whose body is still to be read.
pub struct Found {
    /// 200, 206, or 416 without a useful body.
    pub status: StatusCode,
    /// `None` only with 416.
    pub content_type: Option<MediaType>,
    /// The length of this body, in bytes.
    pub length: Option<u64>,
    pub content_range: Option<HeaderValue>,
    /// Only a strong tag, which names exactly these bytes.
    pub etag: Option<String>,
    pub body: IncomingBody,
}

impl Upstream {
    /// Prepares the request for a file. Fails with 502 if files must not be fetched from its host, with 410 if its
    /// account or its only copy was deleted, with 409 or 5xx if the account's token cannot be decrypted.
    pub async fn of(app: &Rc<App>, file: &File) -> Result<Self> {
        if file.is_kept {
            let message = "This file was stored here only, and its copy was deleted: make it again";
            return Err(Error::new(ErrorKind::Gone, message));
        }
        let assets = client::assets_url(app).await.map_err(|error| Error::from(&error))?;
        let source = allowlist::resolve(&file.url, &assets).ok_or_else(|| {
            eprintln!("{}: a file at {} is not fetched: its host is not on the allowlist", app.request_id, file.url);
            Error::new(ErrorKind::Upstream, "This file is on a host that the gateway does not fetch from")
        })?;
        let headers = if source.as_owner {
            let credentials = owner(app, file).await?;
            credentials.plain_headers(&client::grok_url(app).await.map_err(|error| Error::from(&error))?)
        } else {
            HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("*/*"))])
        };
        let is_fresh = app.now_ms() - file.created_at < FRESH;
        Ok(Upstream { app: app.clone(), url: source.url, headers, is_fresh })
    }

    /// Fetches the file, or one range of it. Fails with 404, 429, 502 or 504 if the source does not deliver it.
    pub async fn get(&self, method: Method, range: Option<&str>) -> Result<Found> {
        let mut pauses = PAUSES.iter().filter(|_| self.is_fresh);
        loop {
            let response = self.send(method.clone(), range).await?;
            let status = response.status().as_u16();
            if let (403 | 408 | 425 | 429 | 500.., Some(pause)) = (status, pauses.next()) {
                drop(response);
                self.app.host.sleep(*pause).await;
                continue;
            }
            return Found::check(response, range.is_some());
        }
    }

    async fn send(&self, method: Method, range: Option<&str>) -> Result<Response<IncomingBody>> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() =
            self.url.parse().map_err(|_| Error::new(ErrorKind::Upstream, "This file has no valid address"))?;
        *request.headers_mut() = self.headers.clone();
        if let Some(range) = range.and_then(|range| HeaderValue::from_str(range).ok()) {
            request.headers_mut().insert(header::RANGE, range);
        }
        let host = &*self.app.host;
        match timeout(host, Some(HEAD_LIMIT), host.send_unread(request)).await {
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) => {
                eprintln!("{}: a file could not be fetched: {error}", self.app.request_id);
                Err(Error::from(&ProviderError::from(&error)))
            }
            None => Err(Error::from(&ProviderError::Timeout)),
        }
    }
}

async fn owner(app: &App, file: &File) -> Result<Credentials> {
    let owner = file.owner.as_ref().ok_or_else(|| {
        Error::new(ErrorKind::Gone, "The account that made this file was deleted, and only that account could read it")
    })?;
    let vault = Vault::open(&*app.host).await?;
    let token = vault
        .unseal(&owner.sealed, &owner.hash)
        .filter(|token| is_token(token))
        .ok_or_else(|| Error::from(&ProviderError::Unreadable))?;
    Ok(Credentials::new(&vault, &file.settings.grok, token))
}

impl Found {
    /// Checks the response. Only pictures and videos pass: an HTML page would run on this gateway's origin.
    fn check(response: Response<IncomingBody>, is_range: bool) -> Result<Self> {
        let (head, body) = response.into_parts();
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let is_answer = match head.status {
            StatusCode::OK => true,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => is_range,
            _ => false,
        };
        if !is_answer {
            return Err(refusal(head.status));
        }
        // Two header lines do not name one type, as a list in one line does not.
        let is_one = head.headers.get_all(header::CONTENT_TYPE).iter().count() == 1;
        let content_type = text(header::CONTENT_TYPE).filter(|_| is_one).and_then(MediaType::parse);
        let is_encoded = text(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
        if head.status.is_success() && (content_type.is_none() || is_encoded) {
            return Err(Error::new(ErrorKind::Upstream, "Grok's answer is not a picture or a video"));
        }
        let is_strong = |tag: &&str| tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"');
        Ok(Found {
            status: head.status,
            content_type,
            length: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            content_range: head.headers.get(header::CONTENT_RANGE).cloned(),
            etag: text(header::ETAG).filter(is_strong).map(str::to_owned),
            body,
        })
    }
}

fn refusal(status: StatusCode) -> Error {
    match status.as_u16() {
        404 | 410 => Error::new(ErrorKind::NotFound, "Grok no longer has this file"),
        401 | 403 => Error::new(
            ErrorKind::Upstream,
            "Grok does not let this file's account read it: the account's session may have ended",
        ),
        429 => Error::new(ErrorKind::UpstreamOverloaded, "Grok is rate-limiting file downloads: try again later"),
        status => Error::new(ErrorKind::Upstream, format!("Grok answered {status} instead of the file")),
    }
}
