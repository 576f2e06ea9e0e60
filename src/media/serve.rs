//! `GET` and `HEAD` of `/images/{id}` and `/videos/{id}`: from the cache, or from the source and into the cache.

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

pub async fn image(app: Rc<App>, request: Request) -> Result<Response> {
    serve(app, request, MediaKind::Image).await
}

pub async fn video(app: Rc<App>, request: Request) -> Result<Response> {
    serve(app, request, MediaKind::Video).await
}

async fn serve(app: Rc<App>, request: Request, kind: MediaKind) -> Result<Response> {
    let unknown = || Error::new(ErrorKind::NotFound, "There is no file at this address");
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    if !id::is_possible(name) {
        return Err(unknown());
    }
    let now = app.now_ms();
    let file = media::find(&app.db, name, kind, now).await?.ok_or_else(unknown)?;
    let file = without_unserved_copy(&app, file).await;
    let midnight = time::next_midnight(now, timezone_offset_minutes(&*app.host).await);
    let is_head = request.method() == Method::HEAD;
    let visit = Rc::new(FileRequest { app, file, headers: request.headers().clone(), midnight });
    if let Some(facts) = &visit.file.facts {
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

/// Takes away a whole copy whose type is not served and has it deleted. Earlier releases stored such copies.
async fn without_unserved_copy(app: &App, mut file: File) -> File {
    if file.facts.is_none()
        && let Some(copy) = file.copy.take_if(|copy| copy.is_whole)
        && let Err(error) = media_copies::reject(&app.db, copy.seq).await
    {
        eprintln!("{}: a copy of a type that is not served stays in the cache: {error}", app.request_id);
    }
    file
}

/// `HEAD` of a file that was never fetched: asked of the source.
async fn describe(visit: &FileRequest) -> Result<Response> {
    let found = Upstream::of(&visit.app, &visit.file).await?.get(Method::HEAD, None).await?;
    let etag = visit.etag(&found);
    Ok(head_of(visit, &found, &etag).with(Body::Full(Default::default())))
}

/// From the source, into the cache on the way if the file may be kept and nobody else is at it.
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
            // The next request for a part of it need not ask for the whole first.
            let facts = Facts { content_type, etag: etag.clone(), size };
            if let Err(error) = media::note(&visit.app.db, &visit.file.id, &facts).await {
                eprintln!("{}: what a file is like is not noted: {error}", visit.app.request_id);
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

/// From the source to the client, past the component's memory.
async fn unstored(visit: &FileRequest, upstream: &Upstream) -> Result<Response> {
    let etag = visit.file.facts.as_ref().map(|facts| facts.etag.as_str());
    // An answer to several ranges is of a type that does not pass.
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
