//! Pictures that lie elsewhere, fetched without cookies and with limits on everything.

use std::{cell::Cell, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderValue, Request, Response, header};
use url::Url;

use super::{Picture, Source, TOO_LARGE, sniff, url_policy};
use crate::{
    error::{Error, Result},
    host::{ByteStream, Host, timeout::timeout},
    limits::UPSTREAM_CONNECTIONS,
};

/// For all pictures of a request together.
const LIMIT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 3;
const AT_ONCE: usize = UPSTREAM_CONNECTIONS;

/// The pictures of all sources in order; those to be fetched may have `room` bytes together.
pub async fn all(host: &dyn Host, sources: Vec<Source>, room: usize) -> Result<Vec<Picture>> {
    let room = Cell::new(room);
    let slow = sources.iter().find_map(|source| match source {
        Source::Remote { param, .. } => Some(param.clone()),
        Source::Inline(_) => None,
    });
    let picture = |source| async {
        match source {
            Source::Inline(picture) => Ok(picture),
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

/// One picture, or why there is none.
async fn one(host: &dyn Host, mut url: Url, room: &Cell<usize>) -> Result<Picture, String> {
    for _ in 0..=MAX_REDIRECTS {
        let response = get(host, &url).await?;
        if !response.status().is_redirection() {
            return picture(response, room).await;
        }
        let target = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let target = target.and_then(|target| url.join(target).ok()).ok_or("The picture's server redirects nowhere")?;
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
    // Some servers refuse callers that do not say who they are.
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
        return Err("There is no picture at this address: its server says it is of another type".to_owned());
    }
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    let bytes = read(body, length.unwrap_or_default(), room).await?;
    let mime_type = sniff::of(&bytes[..bytes.len().min(sniff::HEAD)])
        .ok_or("There is no picture at this address: PNG, JPEG, GIF, WebP, BMP, AVIF and HEIC are taken")?;
    Ok(Picture { mime_type, bytes: bytes.freeze() })
}

/// The whole body, as long as it and those read beside it fit into the room.
async fn read(mut body: ByteStream, announced: usize, room: &Cell<usize>) -> Result<BytesMut, String> {
    let take = |count| room.get().checked_sub(count).map(|left| room.set(left)).ok_or(TOO_LARGE);
    // Taken before the memory is: several that announce much at once must not have the room of one each.
    take(announced)?;
    let mut bytes = BytesMut::with_capacity(announced);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| "The picture broke off on its way: try again")?;
        take((bytes.len() + chunk.len()).saturating_sub(announced.max(bytes.len())))?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
