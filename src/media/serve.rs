//! Answers `/images/{id}` and `/videos/{id}`: from the cache, or from the source while it is stored.

use std::rc::Rc;

use http::{Method, StatusCode};

use crate::{
    app::App,
    error::{Error, ErrorKind, Result},
    host::{Body, Request, Response},
    media::kind::MediaKind,
    store::{
        media::{self, Facts, File},
        media_copies,
    },
    time,
    variables::timezone_offset_minutes,
};

use super::{
    cache::{
        read,
        write::{self, Download},
    },
    id,
    origin::{Found, Upstream},
    range::{self, Range},
    request::FileRequest,
    response::{self, Head},
};

/// Answers `GET` and `HEAD` of `/images/{id}` with the picture. Fails with 404 if the id is unknown, 410 if its
/// account was deleted, 502 or 504 if the source does not deliver.
pub async fn image(app: Rc<App>, request: Request) -> Result<Response> {
    serve(app, request, MediaKind::Image).await
}

/// Answers `GET` and `HEAD` of `/videos/{id}` with the video. Fails as [`image`].
pub async fn video(app: Rc<App>, request: Request) -> Result<Response> {
    serve(app, request, MediaKind::Video).await
}

async fn serve(app: Rc<App>, request: Request, kind: MediaKind) -> Result<Response> {
    let unknown = || Error::new(ErrorKind::NotFound, "This address has no file");
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    if !id::is_possible(name) {
        return Err(unknown());
    }
    let now = app.now_ms();
    let file = media::find(&app.db, name, kind, now).await?.ok_or_else(unknown)?;
    let file = without_unserved_copy(&app, file).await;
    let midnight = time::next_midnight(now, timezone_offset_minutes(&*app.host).await?);
    let is_head = request.method() == Method::HEAD;
    let visit = Rc::new(FileRequest { app, file, headers: request.headers().clone(), midnight });
    // A file without a copy here and without a host is gone, whatever is known of it.
    if let Some(facts) = visit.file.facts.as_ref().filter(|_| !visit.file.is_kept || visit.file.copy.is_some()) {
        if range::is_known(&visit.headers, &facts.etag) {
            return Ok(response::not_modified(&facts.etag, visit.max_age()));
        }
        if is_head {
            let head = Head {
                status: StatusCode::OK,
                content_type: Some(facts.content_type),
                etag: &facts.etag,
                length: Some(facts.size),
                content_range: None,
                max_age: visit.max_age(),
            };
            return Ok(head.with(Body::Full(Default::default())));
        }
    }
    if is_head {
        return describe(&visit).await;
    }
    match read::serve(&visit).await {
        read::Outcome::Response(reply) => Ok(reply),
        read::Outcome::Missing => fetch(visit).await,
        read::Outcome::Unavailable => unstored(&visit, &Upstream::of(&visit.app, &visit.file).await?).await,
    }
}

/// Returns the file without a whole copy whose type is not served, and has that copy deleted. Earlier releases stored
/// such copies.
async fn without_unserved_copy(app: &App, mut file: File) -> File {
    if file.facts.is_none()
        && let Some(copy) = file.copy.take_if(|copy| copy.is_whole)
        && let Err(error) = media_copies::reject(&app.db, copy.seq).await
    {
        eprintln!("{}: a copy of a type that is not served stays in the cache: {error}", app.request_id);
    }
    file
}

/// Answers `HEAD` of a file that was never fetched, by asking the source.
async fn describe(visit: &FileRequest) -> Result<Response> {
    let found = Upstream::of(&visit.app, &visit.file).await?.get(Method::HEAD, None).await?;
    let etag = visit.etag(&found);
    Ok(head_of(visit, &found, &etag).with(Body::Full(Default::default())))
}

/// Answers from the source. Caches the file on the way, if it may be cached and no other request is storing it.
async fn fetch(visit: Rc<FileRequest>) -> Result<Response> {
    let upstream = Upstream::of(&visit.app, &visit.file).await?;
    let limit = visit.storage_limit();
    if limit == 0 || visit.file.facts.as_ref().is_some_and(|facts| facts.size > limit) {
        return unstored(&visit, &upstream).await;
    }
    let found = upstream.get(Method::GET, None).await?;
    let etag = visit.etag(&found);
    if range::is_known(&visit.headers, &etag) {
        return Ok(response::not_modified(&etag, visit.max_age()));
    }
    let part = found.length.map_or(Range::Whole, |size| range::wanted(&visit.headers, size, Some(&etag)));
    if part == Range::NotSatisfiable {
        return Ok(response::no_such_range(found.length));
    }
    let claimed = match (found.length, found.content_type) {
        (Some(size), Some(content_type)) if size > limit => {
            // With these facts, the next request for a part does not ask for the whole file first.
            let facts = Facts { content_type, etag: etag.clone(), size };
            if let Err(error) = media::note(&visit.app.db, &visit.file.id, &facts).await {
                eprintln!("{}: the facts of a file are not stored: {error}", visit.app.request_id);
            }
            None
        }
        _ => write::claim(&visit, &found, &etag).await,
    };
    match (claimed, part) {
        (Some(blob), part) => Ok(Download::begin(visit, found, &etag, part, blob)),
        (None, Range::Whole) => Ok(hand_on(&visit, found)),
        (None, _) => {
            drop(found);
            unstored(&visit, &upstream).await
        }
    }
}

/// Answers from the source, without the bytes passing the component's memory.
async fn unstored(visit: &FileRequest, upstream: &Upstream) -> Result<Response> {
    let etag = visit.file.facts.as_ref().map(|facts| facts.etag.as_str());
    // The answer to several ranges has a type that is not served.
    let range = range::requested(&visit.headers, etag).filter(|range| !range.contains(','));
    let found = upstream.get(Method::GET, range).await?;
    if found.status == StatusCode::RANGE_NOT_SATISFIABLE {
        let size =
            found.content_range.as_ref().and_then(|value| value.to_str().ok()?.strip_prefix("bytes */")?.parse().ok());
        return Ok(response::no_such_range(size));
    }
    Ok(hand_on(visit, found))
}

fn hand_on(visit: &FileRequest, found: Found) -> Response {
    let etag = visit.etag(&found);
    let mut reply = head_of(visit, &found, &etag).with(Body::Full(Default::default()));
    *reply.body_mut() = Body::Passthrough(found.body);
    reply
}

fn head_of<'a>(visit: &FileRequest, found: &'a Found, etag: &'a str) -> Head<'a> {
    Head {
        status: found.status,
        content_type: found.content_type,
        etag,
        length: found.length,
        content_range: found.content_range.clone().filter(|_| found.status == StatusCode::PARTIAL_CONTENT),
        max_age: visit.max_age(),
    }
}
