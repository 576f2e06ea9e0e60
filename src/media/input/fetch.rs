//! Fetches remote pictures: without cookies, with limits on time, size and redirects.

use std::{cell::Cell, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderValue, Request, Response, header};
use url::Url;

use super::{Picture, Source, TOO_LARGE, url_policy};
use crate::{
    error::{Error, Result},
    host::{ByteStream, Host, timeout::timeout},
    limits::UPSTREAM_CONNECTIONS,
    media::media_type::{SNIFFED, sniffed},
};

/// The time limit for all pictures of a request together.
const LIMIT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 3;
/// Fetches at a time.
const AT_ONCE: usize = UPSTREAM_CONNECTIONS;

/// Returns the pictures of all sources in order. Fails with 400 on a picture that cannot be fetched, if the remote ones
/// have more than `room` bytes together, or after 10 seconds.
pub async fn all(host: &dyn Host, sources: Vec<Source>, room: usize) -> Result<Vec<Picture>> {
    let room = Cell::new(room);
    let slow = sources.iter().find_map(|source| match source {
        Source::Remote { param, .. } => Some(param.clone()),
        Source::Inline(_) | Source::Own { .. } => None,
    });
    let picture = |source| async {
        match source {
            Source::Inline(picture) => Ok(picture),
            Source::Own { param, .. } => {
                Err(Error::invalid(param, "The picture was not found: send it as a data: URL"))
            }
            Source::Remote { url, param } => {
                one(host, url, &room).await.map_err(|message| Error::invalid(param, message))
            }
        }
    };
    let fetched = stream::iter(sources).map(picture).buffered(AT_ONCE).try_collect();
    timeout(host, Some(LIMIT), fetched).await.unwrap_or_else(|| {
        let message = "The pictures did not arrive within 10 s: send them as data: URLs, or from a faster server";
        Err(Error::invalid(slow.unwrap_or_default(), message))
    })
}

/// Returns one picture. Fails with the message for the client.
async fn one(host: &dyn Host, mut url: Url, room: &Cell<usize>) -> Result<Picture, String> {
    for _ in 0..=MAX_REDIRECTS {
        let response = get(host, &url).await?;
        if !response.status().is_redirection() {
            return picture(response, room).await;
        }
        let target = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let target = target
            .and_then(|target| url.join(target).ok())
            .ok_or("The picture's server redirects without an address: send the final address")?;
        url = url_policy::check(target.as_str())
            .map_err(|refusal| format!("The picture's server redirects elsewhere. {}", refusal.advice()))?;
    }
    Err(format!("The picture's server redirects more than {MAX_REDIRECTS} times: send its final address"))
}

async fn get(host: &dyn Host, url: &Url) -> Result<Response<ByteStream>, String> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = url.as_str().parse().map_err(|_| url_policy::Refusal::Unreadable.advice())?;
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static("image/*"));
    // Some servers refuse requests without a `User-Agent`.
    let agent = concat!("grok2api/", env!("CARGO_PKG_VERSION"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    host.send(request).await.map_err(|error| {
        eprintln!("a picture of {}: {error}", url.host_str().unwrap_or_default());
        "The picture's server could not be reached: check the address, or send the picture as a data: URL".to_owned()
    })
}

async fn picture(response: Response<ByteStream>, room: &Cell<usize>) -> Result<Picture, String> {
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        return Err(format!("The picture's server answered {}: check the address", head.status.as_u16()));
    }
    let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let declared = text(header::CONTENT_TYPE).unwrap_or_default();
    if !declared.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("image/")) {
        return Err(
            "The address does not serve a picture, but another type: send the address of the picture itself".to_owned()
        );
    }
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    let bytes = read(body, length.unwrap_or_default(), room).await?;
    let mime_type = sniffed(&bytes[..bytes.len().min(SNIFFED)])
        .ok_or("The address does not serve a picture: PNG, JPEG, GIF, WebP, BMP, AVIF and HEIC are supported")?;
    Ok(Picture { mime_type: mime_type.as_str(), bytes: bytes.freeze() })
}

/// Returns the whole body. Fails if it and those read beside it exceed the room.
async fn read(mut body: ByteStream, announced: usize, room: &Cell<usize>) -> Result<BytesMut, String> {
    let take = |count| room.get().checked_sub(count).map(|left| room.set(left)).ok_or(TOO_LARGE);
    // Reserved before the memory is allocated: several bodies that announce much must share the room.
    take(announced)?;
    let mut bytes = BytesMut::with_capacity(announced);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| "The picture ended early: try again")?;
        take((bytes.len() + chunk.len()).saturating_sub(announced.max(bytes.len())))?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
