//! Stores pictures that no host serves later. Their copies are the only ones: midnight spares them, until links expire or
//! the cache is full of newer ones.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};

use crate::{
    app::App,
    error::Result,
    host::timeout::timeout,
    limits::CONNECTIONS,
    media::{kind::MediaKind, media_type::MediaType},
    settings::Settings,
    store::{
        blobs::{self, BlobId, PART},
        media_copies::{self, Kept},
    },
    time::{self, MINUTE},
};

/// The longest wait for the store, for each part.
const STORE_LIMIT: Duration = Duration::from_secs(15);
/// Milliseconds after which copies that are still being written count as abandoned.
const LEASE: i64 = 5 * MINUTE;

/// A picture to be stored, whose row is written.
pub struct Picture {
    pub media_id: String,
    pub media_type: MediaType,
    pub bytes: Bytes,
}

/// Stores pictures: three statements, and a write for each part of 1 MiB. Returns for each whether it is stored. A store
/// that is full or out of writes is not an error here; the reason is in the host's log.
pub async fn keep(app: &App, settings: &Settings, pictures: &[Picture]) -> Vec<bool> {
    try_keep(app, settings, pictures).await.unwrap_or_else(|error| {
        eprintln!("{}: pictures that no host serves are not stored: {error}", app.request_id);
        vec![false; pictures.len()]
    })
}

async fn try_keep(app: &App, settings: &Settings, pictures: &[Picture]) -> Result<Vec<bool>> {
    let limit = settings.global.image_cache_max_size_mb.bytes();
    let kept: Vec<_> = pictures
        .iter()
        .filter(|picture| picture.bytes.len() as i64 <= limit)
        .map(|Picture { media_id, media_type, bytes }| {
            let size = bytes.len() as u64;
            Kept { media_id, content_type: *media_type, size, parts: blobs::parts(size) }
        })
        .collect();
    if kept.is_empty() {
        return Ok(vec![false; pictures.len()]);
    }
    let now = app.now_ms();
    let blobs = media_copies::claim_kept(&app.db, &kept, now, now + LEASE).await?;
    let bytes_of = |blob: &BlobId| pictures.iter().find(|picture| picture.media_id == blob.media_id);
    let parts = blobs.iter().filter_map(|blob| Some((blob, &bytes_of(blob)?.bytes)));
    let writes = parts.flat_map(|(blob, bytes)| {
        bytes.chunks(PART).enumerate().map(move |(number, part)| async move {
            let stored =
                timeout(&*app.host, Some(STORE_LIMIT), blobs::set(&*app.host, blob, number as u64, part.to_vec()));
            match stored.await {
                Some(Ok(())) => None,
                Some(Err(error)) => {
                    eprintln!("{}: a picture is not stored: {error}", app.request_id);
                    Some(blob.copy)
                }
                None => Some(blob.copy),
            }
        })
    });
    // Collected first, because the stream cannot borrow what it iterates over.
    let writes: Vec<_> = writes.collect();
    let failed: Vec<i64> =
        stream::iter(writes).buffer_unordered(CONNECTIONS).filter_map(std::future::ready).collect().await;
    let size = |blob: &BlobId| {
        bytes_of(blob).filter(|_| !failed.contains(&blob.copy)).map(|picture| picture.bytes.len() as u64)
    };
    let written: Vec<_> = blobs.iter().map(|blob| (blob.copy, size(blob))).collect();
    let now = app.now_ms();
    let expires_at = now + settings.global.media_retention_days * time::DAY;
    media_copies::finish_kept(&app.db, &written, now, expires_at).await?;
    if written.iter().any(|(_, size)| size.is_some()) {
        media_copies::evict(&app.db, MediaKind::Image, limit).await?;
    }
    let is_stored =
        |picture: &Picture| blobs.iter().any(|blob| blob.media_id == picture.media_id && size(blob).is_some());
    Ok(pictures.iter().map(is_stored).collect())
}
