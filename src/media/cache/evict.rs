//! Deleting the bytes of copies whose time is over, in slices: on Workers each deletion is one of the 50 calls that a
//! request may make.

use futures::{StreamExt, stream};

use crate::{
    app::App,
    error::Result,
    limits::{CONNECTIONS, SUBREQUESTS},
    media::kind::MediaKind,
    store::{
        blobs,
        media_copies::{self, Due},
    },
};

/// What a request that does nothing else may delete.
pub const SLICE: usize = SUBREQUESTS - 10;
const AT_ONCE: usize = CONNECTIONS;

/// Deletes at most so many parts, and tells whether to go on: something may be left, and nothing failed. What fails is
/// tried again by the next slice, be it after the next storing.
pub async fn run_batch(app: &App, budget: usize) -> bool {
    delete(app, budget).await.unwrap_or_else(|error| {
        eprintln!("{}: cleaning the cache: {error}", app.request_id);
        false
    })
}

/// Deletes parts of copies, or of those of one kind, although no row can say so: a full disk takes no statement that
/// writes, and the store may be what fills it. Returns how many parts went, at most [`SLICE`]. A reader who misses
/// them reads from the source.
pub async fn make_room(app: &App, kind: Option<MediaKind>) -> Result<usize> {
    let copies = media_copies::any(&app.db, kind, SLICE).await?;
    let parts = copies.iter().flat_map(|Due { blob, parts }| (0..*parts).map(move |part| (blob, part)));
    let calls = parts.take(SLICE).map(|(blob, part)| async move {
        let outcome = blobs::delete(&*app.host, blob, part).await;
        outcome.inspect_err(|error| eprintln!("{}: a part is not deleted: {error}", app.request_id)).is_ok()
    });
    // Gathered first: the stream may not borrow what it iterates over.
    let calls: Vec<_> = calls.collect();
    Ok(stream::iter(calls).buffer_unordered(AT_ONCE).filter(|is_deleted| std::future::ready(*is_deleted)).count().await)
}

async fn delete(app: &App, budget: usize) -> Result<bool> {
    let due = media_copies::take_due(&app.db, app.now_ms(), budget).await?;
    let mut left = Vec::with_capacity(due.len());
    let mut room = budget as u64;
    let mut calls = Vec::new();
    for Due { blob, parts } in &due {
        // From the last part down, so that what is left is always the first ones.
        let rest = parts - (*parts).min(room);
        room -= parts - rest;
        left.push((blob.copy, rest));
        for part in rest..*parts {
            calls.push(async move { (blob.copy, part, blobs::delete(&*app.host, blob, part).await) });
        }
    }
    let mut may_go_on = room == 0 || due.len() == budget;
    let mut calls = stream::iter(calls).buffer_unordered(AT_ONCE);
    while let Some((copy, part, outcome)) = calls.next().await {
        if let Err(error) = outcome
            && let Some((_, left)) = left.iter_mut().find(|(due, _)| *due == copy)
        {
            eprintln!("{}: a part is not deleted: {error}", app.request_id);
            *left = (*left).max(part + 1);
            may_go_on = false;
        }
    }
    media_copies::note_deleted(&app.db, &left).await?;
    Ok(may_go_on)
}
