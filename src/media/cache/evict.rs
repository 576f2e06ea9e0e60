//! Deletes the parts of expired and cleared copies, in slices: on Workers each deletion is one of a request's 50 calls.

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

/// Most parts that a request deletes if it does nothing else.
pub const SLICE: usize = SUBREQUESTS - 10;
/// Deletions at a time.
const AT_ONCE: usize = CONNECTIONS;

/// What a slice has done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evicted {
    /// Whether to continue: parts may be left, and nothing failed.
    pub is_left: bool,
    /// The most calls of the key-value store that the slice made.
    pub calls: usize,
}

/// Deletes at most `budget` parts. A later slice, such as the one after the next stored file, retries what failed.
pub async fn run_batch(app: &App, budget: usize) -> Evicted {
    delete(app, budget).await.unwrap_or_else(|error| {
        eprintln!("{}: cleaning the cache: {error}", app.request_id);
        Evicted { is_left: false, calls: budget }
    })
}

/// Deletes parts of any copies, or of those of one kind, without changing their rows: a full disk accepts no
/// statement that writes, and the key-value store may be what fills it. Returns how many parts were deleted, at most
/// [`SLICE`]. Readers that miss them read from the source. Fails if the database cannot be read.
pub async fn make_room(app: &App, kind: Option<MediaKind>) -> Result<usize> {
    let copies = media_copies::any(&app.db, kind, SLICE).await?;
    let parts = copies.iter().flat_map(|Due { blob, parts }| (0..*parts).map(move |part| (blob, part)));
    let calls = parts.take(SLICE).map(|(blob, part)| async move {
        let outcome = blobs::delete(&*app.host, blob, part).await;
        outcome.inspect_err(|error| eprintln!("{}: a part is not deleted: {error}", app.request_id)).is_ok()
    });
    // Collected first, because the stream cannot borrow what it iterates over.
    let calls: Vec<_> = calls.collect();
    Ok(stream::iter(calls).buffer_unordered(AT_ONCE).filter(|is_deleted| std::future::ready(*is_deleted)).count().await)
}

async fn delete(app: &App, budget: usize) -> Result<Evicted> {
    let due = media_copies::take_due(&app.db, app.now_ms(), budget).await?;
    let mut left = Vec::with_capacity(due.len());
    let mut room = budget as u64;
    let mut calls = Vec::new();
    for Due { blob, parts } in &due {
        // From the last part down, so that the first ones are left.
        let rest = parts - (*parts).min(room);
        room -= parts - rest;
        left.push((blob.copy, rest));
        for part in rest..*parts {
            calls.push(async move { (blob.copy, part, blobs::delete(&*app.host, blob, part).await) });
        }
    }
    let mut is_left = room == 0 || due.len() == budget;
    let count = calls.len();
    let mut calls = stream::iter(calls).buffer_unordered(AT_ONCE);
    while let Some((copy, part, outcome)) = calls.next().await {
        if let Err(error) = outcome
            && let Some((_, left)) = left.iter_mut().find(|(due, _)| *due == copy)
        {
            eprintln!("{}: a part is not deleted: {error}", app.request_id);
            *left = (*left).max(part + 1);
            is_left = false;
        }
    }
    media_copies::note_deleted(&app.db, &left).await?;
    Ok(Evicted { is_left, calls: count })
}
