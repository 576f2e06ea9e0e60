//! The page of cached pictures and videos.

use std::rc::Rc;

use futures::FutureExt;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    admin::query::{self, Paging},
    app::App,
    auth::session::AdminSession,
    error::{Error, Result},
    host::{Request, Response},
    http::{request, response},
    media::{address, cache::evict, id, kind::MediaKind},
    store::{self, media_copies},
};

/// Most ids of one request: their list in a statement stays below 1 MB.
const MAX_BATCH: usize = 10_000;

/// Answers `GET /api/cache/size` with the bytes of the cached pictures and videos, and of those that no host serves.
pub async fn size(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    let usage = media_copies::usage(&app.db, app.now_ms()).await?;
    let total = usage.images + usage.videos;
    response::json(&json!({
        "success": true,
        "data": {
            "image_size": readable(usage.images), "image_size_bytes": usage.images,
            "video_size": readable(usage.videos), "video_size_bytes": usage.videos,
            "total_size": readable(total), "total_size_bytes": total,
            "kept_size": readable(usage.kept), "kept_size_bytes": usage.kept,
        },
    }))
}

/// Answers `GET /api/cache/list?type=&limit=&offset=` with one page of cached files, newest first. Fails with 400 if a
/// parameter is not valid.
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let kind = match query::text(request.uri(), "type").as_deref() {
        None | Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some(_) => return Err(Error::invalid("type", "type must be image or video")),
    };
    let Paging { limit, offset } = Paging::of(request.uri(), 50, 200)?;
    let (total, entries) = media_copies::list(&app.db, kind, app.now_ms(), limit, offset).await?;
    let count = entries.len() as i64;
    let items: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let url = address("", kind, &entry.media_id);
            let thumbnail = (kind == MediaKind::Image).then_some(&url);
            json!({
                "id": entry.media_id, "name": entry.media_id, "url": url, "thumbnail": thumbnail,
                "size": readable(entry.size), "size_bytes": entry.size, "mtime": entry.stored_at,
                "content_type": entry.content_type, "created_at": entry.created_at, "expires_at": entry.expires_at,
                "token_suffix": entry.token_suffix,
            })
        })
        .collect();
    let has_more = offset + count < total;
    let data = json!({ "total": total, "items": items, "offset": offset, "limit": limit, "has_more": has_more });
    response::json(&json!({ "success": true, "data": data }))
}

/// Answers `POST /api/cache/clear` with how many files were taken out of the cache.
pub async fn clear(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    clear_kind(app, None).await
}

/// Answers `POST /api/cache/clear/images` with how many pictures were taken out of the cache.
pub async fn clear_images(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    clear_kind(app, Some(MediaKind::Image)).await
}

/// Answers `POST /api/cache/clear/videos` with how many videos were taken out of the cache.
pub async fn clear_videos(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    clear_kind(app, Some(MediaKind::Video)).await
}

async fn clear_kind(app: Rc<App>, kind: Option<MediaKind>) -> Result<Response> {
    let deleted = match media_copies::clear(&app.db, kind).await {
        Err(error) if store::is_full(&error) => clear_on_full_disk(&app, kind, error).await?,
        outcome => outcome?,
    };
    let mut data = json!({ "deleted_count": deleted });
    if let Some(kind) = kind {
        data["type"] = crate::media::folder(kind).into();
    }
    cleared(app, format!("Cache cleared: {deleted} files"), data).await
}

/// Deletes some bytes first, so that the database has room to mark all files as cleared.
async fn clear_on_full_disk(app: &App, kind: Option<MediaKind>, error: Error) -> Result<u64> {
    let parts = evict::make_room(app, kind).await?;
    if parts == 0 {
        return Err(error);
    }
    media_copies::clear(&app.db, kind).await.map_err(|error| Error {
        message: format!(
            "{parts} stored parts of up to 1 MiB were deleted, and the database still cannot be written because its disk \
             is full: clear the cache again, or free space on the disk"
        ),
        ..error
    })
}

#[derive(Deserialize)]
struct Files {
    ids: Vec<String>,
}

/// Answers `POST /api/cache/delete` with how many of the named files were taken out of the cache; ids without a
/// cached file do not count. Fails with 400 if the request names none, or more than [`MAX_BATCH`].
pub async fn delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let Files { mut ids } = request::read_json(request).await?;
    if !(1..=MAX_BATCH).contains(&ids.len()) {
        return Err(Error::invalid("ids", format!("Name the files by their ids, 1 to {MAX_BATCH} at a time")));
    }
    ids.retain(|id| id::is_possible(id));
    let deleted = media_copies::clear_files(&app.db, &ids).await?;
    cleared(app, format!("Removed from the cache: {deleted} files"), json!({ "deleted": deleted })).await
}

/// Responds after files were cleared; none of them can be read from the cache any more. Their bytes are deleted in
/// slices: the first one after this response, the others by later requests and by maintenance.
pub(super) async fn cleared(app: Rc<App>, mut message: String, mut data: Value) -> Result<Response> {
    let parts = media_copies::parts_due(&app.db, app.now_ms()).await?;
    let left = parts.saturating_sub(evict::SLICE as u64);
    if left > 0 {
        message.push_str(&format!("; {left} stored parts are still being deleted"));
    }
    data["parts_left"] = left.into();
    let work = app.clone();
    app.host.spawn(async move { evict::run_batch(&work, evict::SLICE).map(drop).await }.boxed_local());
    response::json(&json!({ "success": true, "message": message, "data": data }))
}

/// Returns a size as text: KB below 1 MB, with one decimal. Formatting floats would add much code to the module, so
/// this uses integers.
fn readable(bytes: i64) -> String {
    let (unit, name) = if bytes < 1 << 20 { (1 << 10, "KB") } else { (1 << 20, "MB") };
    let tenths = (bytes * 10 + unit / 2) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}
