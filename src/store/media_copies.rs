//! Table `media_copies`: the cached copies in the key-value store: complete, being written, or to be deleted.
//!
//! A row is added before its first part is written, and deleted after its last part. If an instance dies, the row still
//! lists the parts that may exist. When its lease or its day ends, [`take_due`] returns it for deletion.

use crate::{
    error::Result,
    host::Row,
    media::{kind::MediaKind, media_type::MediaType},
    store::sql,
};

use super::{Columns, Db, blobs::BlobId};

/// A copy that can be read or is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedCopy {
    pub seq: i64,
    /// Whether all parts are written. Otherwise another request is writing them.
    pub is_whole: bool,
    /// Unix milliseconds.
    pub stored_at: i64,
}

impl CachedCopy {
    /// Reads the columns `seq, state, stored_at`, which are all NULL without a copy.
    pub(super) fn optional(row: &mut Columns) -> Result<Option<Self>> {
        let (seq, state) = (row.optional_integer()?, row.optional_text()?);
        let stored_at = row.optional_integer()?;
        Ok(match (seq, state, stored_at) {
            (Some(seq), Some(state), Some(stored_at)) => {
                Some(CachedCopy { seq, is_whole: state == "stored", stored_at })
            }
            _ => None,
        })
    }
}

/// A request to store a file.
pub struct Claim<'a> {
    pub media_id: &'a str,
    pub kind: MediaKind,
    pub content_type: MediaType,
    pub etag: &'a str,
    /// Maximum number of parts.
    pub parts: u64,
    /// Unix milliseconds.
    pub now: i64,
    /// When an unfinished copy counts as failed, in Unix milliseconds.
    pub until: i64,
}

/// Claims a file for storing. Returns `None` if it is stored, or if another request is storing it.
pub async fn claim(db: &Db, claim: &Claim<'_>) -> Result<Option<BlobId>> {
    const CLAIM: &str =
        "INSERT INTO media_copies (media_id, kind, state, content_type, etag, size, parts, stored_at, expires_at)
 VALUES (?, ?, 'storing', ?, ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq";
    let values = vec![
        claim.media_id.into(),
        claim.kind.name().into(),
        claim.content_type.as_str().into(),
        claim.etag.into(),
        (claim.parts as i64).into(),
        claim.now.into(),
        claim.until.into(),
    ];
    let Some(row) = db.query_one(CLAIM, values).await? else { return Ok(None) };
    Ok(Some(BlobId { media_id: claim.media_id.to_owned(), copy: Columns::new(row).integer()? }))
}

/// A file whose bytes are to be stored at once, because no host serves it later.
pub struct Kept<'a> {
    pub media_id: &'a str,
    pub content_type: MediaType,
    /// Bytes.
    pub size: u64,
    pub parts: u64,
}

/// Claims new pictures for storing, in one statement; returns where to store them, in their order. `now` and `until`
/// are as in [`Claim`].
pub async fn claim_kept(db: &Db, kept: &[Kept<'_>], now: i64, until: i64) -> Result<Vec<BlobId>> {
    const CLAIM: &str =
        "INSERT INTO media_copies (media_id, kind, state, content_type, etag, size, parts, stored_at, expires_at)
 SELECT value ->> 0, 'image', 'storing', value ->> 1, '\"' || (value ->> 0) || '\"', 0, value ->> 2, ?2, ?3
   FROM json_each(?1) WHERE true RETURNING seq, media_id";
    let rows: Vec<_> = kept.iter().map(|k| (k.media_id, k.content_type.as_str(), k.parts)).collect();
    let claimed = db.query(CLAIM, vec![sql::json(&rows)?.into(), now.into(), until.into()]).await?;
    let mut blobs = Vec::with_capacity(claimed.len());
    for row in claimed {
        let mut row = Columns::new(row);
        blobs.push(BlobId { copy: row.integer()?, media_id: row.text()? });
    }
    blobs.sort_by_key(|blob| kept.iter().position(|kept| kept.media_id == blob.media_id));
    Ok(blobs)
}

/// Makes copies readable until `expires_at`, and marks those for deletion of which a part is missing, in one statement.
/// `written` has for each copy its size in bytes; `None` for an incomplete one.
pub async fn finish_kept(db: &Db, written: &[(i64, Option<u64>)], now: i64, expires_at: i64) -> Result<()> {
    const FINISH: &str = "UPDATE media_copies SET state = iif(w.size IS NULL, 'cleared', 'stored'),
   size = coalesce(w.size, 0), stored_at = ?2, expires_at = iif(w.size IS NULL, 0, ?3)
  FROM (SELECT value ->> 0 AS seq, value ->> 1 AS size FROM json_each(?1)) AS w
 WHERE media_copies.seq = w.seq AND state = 'storing'";
    db.execute(FINISH, vec![sql::json(&written)?.into(), now.into(), expires_at.into()]).await
}

/// Makes a copy readable after all parts are written. Returns false if it was cleared in the meantime.
pub async fn finish(db: &Db, blob: &BlobId, size: u64, parts: u64, now: i64, expires_at: i64) -> Result<bool> {
    const FINISH: &str =
        "UPDATE media_copies SET state = 'stored', size = ?2, parts = ?3, stored_at = ?4, expires_at = ?5
 WHERE seq = ?1 AND state = 'storing' RETURNING seq";
    let values = vec![blob.copy.into(), (size as i64).into(), (parts as i64).into(), now.into(), expires_at.into()];
    Ok(db.query_one(FINISH, values).await?.is_some())
}

/// Marks an unfinished copy for deletion, with the number of parts that may exist. Its row may have been deleted while
/// it was written.
pub async fn abandon(db: &Db, blob: &BlobId, kind: MediaKind, parts: u64) -> Result<()> {
    const ABANDON: &str =
        "INSERT INTO media_copies (seq, media_id, kind, state, content_type, etag, size, parts, stored_at, expires_at)
 VALUES (?, ?, ?, 'cleared', '', '', 0, ?, 0, 0)
 ON CONFLICT (seq) DO UPDATE SET state = 'cleared', expires_at = 0,
   parts = CASE state WHEN 'storing' THEN excluded.parts ELSE max(parts, excluded.parts) END";
    let values = vec![blob.copy.into(), blob.media_id.as_str().into(), kind.name().into(), (parts as i64).into()];
    db.execute(ABANDON, values).await
}

/// Marks a copy for deletion whose parts the store does not return.
pub async fn reject(db: &Db, copy: i64) -> Result<()> {
    db.execute("UPDATE media_copies SET state = 'cleared', expires_at = 0 WHERE seq = ?", vec![copy.into()]).await
}

/// Marks the oldest copies of a kind for deletion until the rest has at most `max_bytes`. Those that expire last are
/// the last to go: no host serves them.
pub async fn evict(db: &Db, kind: MediaKind, max_bytes: i64) -> Result<()> {
    const EVICT: &str = "UPDATE media_copies SET state = 'cleared', expires_at = 0 WHERE seq IN (
   SELECT seq FROM (SELECT seq, sum(size) OVER (ORDER BY expires_at DESC, seq DESC) AS with_newer
                      FROM media_copies WHERE kind = ?1 AND state = 'stored')
    WHERE with_newer > ?2)";
    db.execute(EVICT, vec![kind.name().into(), max_bytes.into()]).await
}

/// A copy whose parts are to be deleted.
#[derive(Debug, PartialEq, Eq)]
pub struct Due {
    pub blob: BlobId,
    pub parts: u64,
}

/// Returns at most `limit` copies that are due for deletion. They can no longer be read or finished.
pub async fn take_due(db: &Db, now: i64, limit: usize) -> Result<Vec<Due>> {
    const TAKE: &str = "UPDATE media_copies SET state = 'cleared', expires_at = 0
  WHERE seq IN (SELECT seq FROM media_copies WHERE expires_at <= ?1 ORDER BY expires_at, seq LIMIT ?2)
 RETURNING seq, media_id, parts";
    let rows = db.query(TAKE, vec![now.into(), (limit as i64).into()]).await?;
    rows.into_iter().map(due).collect()
}

/// Reads the columns `seq, media_id, parts`.
fn due(row: Row) -> Result<Due> {
    let mut row = Columns::new(row);
    let copy = row.integer()?;
    Ok(Due { blob: BlobId { media_id: row.text()?, copy }, parts: row.integer()?.max(0) as u64 })
}

/// Returns at most `limit` random copies with parts in the store, of one kind if given. It only reads, for a database
/// that cannot be written.
pub async fn any(db: &Db, kind: Option<MediaKind>, limit: usize) -> Result<Vec<Due>> {
    const ANY: &str = "SELECT seq, media_id, parts FROM media_copies
  WHERE state <> 'storing' AND (?1 IS NULL OR kind = ?1)
  ORDER BY EXISTS (SELECT 1 FROM media m WHERE m.id = media_id AND m.is_kept), random() LIMIT ?2";
    let rows = db.query(ANY, vec![kind.map(MediaKind::name).into(), (limit as i64).into()]).await?;
    rows.into_iter().map(due).collect()
}

/// Stores the number of parts that are left of each copy, given by its number. Copies without parts are deleted.
pub async fn note_deleted(db: &Db, left: &[(i64, u64)]) -> Result<()> {
    const NOTE: &str = "UPDATE media_copies
    SET parts = (SELECT j.value ->> 1 FROM json_each(?1) j WHERE j.value ->> 0 = media_copies.seq)
  WHERE seq IN (SELECT value ->> 0 FROM json_each(?1))";
    if left.is_empty() {
        return Ok(());
    }
    db.execute(NOTE, vec![sql::json(&left)?.into()]).await
}

/// Marks all copies for deletion, of one kind if given, but for those that are the only ones. A copy that is being
/// written is abandoned by its writer.
/// Returns how many copies were complete.
pub async fn clear(db: &Db, kind: Option<MediaKind>) -> Result<u64> {
    const CLEAR: &str = "UPDATE media_copies SET state = 'cleared', expires_at = 0
  WHERE state <> 'cleared' AND (?1 IS NULL OR kind = ?1)
    AND NOT EXISTS (SELECT 1 FROM media m WHERE m.id = media_id AND m.is_kept) RETURNING size > 0";
    db.count_true(CLEAR, vec![kind.map(MediaKind::name).into()]).await
}

/// Marks the copies of these files for deletion. Returns how many copies were complete.
pub async fn clear_files(db: &Db, media_ids: &[String]) -> Result<u64> {
    const CLEAR: &str = "UPDATE media_copies SET state = 'cleared', expires_at = 0
  WHERE state <> 'cleared' AND media_id IN (SELECT value FROM json_each(?)) RETURNING size > 0";
    db.count_true(CLEAR, vec![sql::json(&media_ids)?.into()]).await
}

/// Returns the number of parts that are due for deletion.
pub async fn parts_due(db: &Db, now: i64) -> Result<u64> {
    const PARTS: &str = "SELECT coalesce(sum(parts), 0) FROM media_copies WHERE expires_at <= ?";
    let row = db.query_one(PARTS, vec![now.into()]).await?;
    Ok(Columns::new(row.unwrap_or_default()).integer()? as u64)
}

/// Bytes of cached pictures and videos.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub images: i64,
    pub videos: i64,
    /// Bytes of `images` and `videos` that no host serves.
    pub kept: i64,
}

/// Returns the bytes of the copies that can be read.
pub async fn usage(db: &Db, now: i64) -> Result<Usage> {
    const USAGE: &str = "SELECT coalesce(sum(CASE kind WHEN 'image' THEN size END), 0),
        coalesce(sum(CASE kind WHEN 'video' THEN size END), 0),
        coalesce(sum(iif(EXISTS (SELECT 1 FROM media m WHERE m.id = media_id AND m.is_kept), size, 0)), 0)
   FROM media_copies WHERE state = 'stored' AND expires_at > ?";
    let mut row = Columns::new(db.query_one(USAGE, vec![now.into()]).await?.unwrap_or_default());
    Ok(Usage { images: row.integer()?, videos: row.integer()?, kept: row.integer()? })
}

/// A cached file, as the console shows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub media_id: String,
    pub size: i64,
    pub stored_at: i64,
    pub expires_at: i64,
    pub content_type: String,
    /// When the answer with this file was made, in Unix milliseconds.
    pub created_at: i64,
    /// The end of the token of the account that made it; empty if that was deleted, or is a key of xAI's API.
    pub token_suffix: String,
}

/// Returns the number of cached files of a kind, and one page of them, newest first.
pub async fn list(db: &Db, kind: MediaKind, now: i64, limit: i64, offset: i64) -> Result<(i64, Vec<Entry>)> {
    const LIST: &str = "WITH live AS (
   SELECT seq, media_id, size, stored_at, expires_at, content_type FROM media_copies
    WHERE kind = ?1 AND state = 'stored' AND expires_at > ?2)
 SELECT l.total, e.media_id, e.size, e.stored_at, e.expires_at, e.content_type,
        coalesce(m.created_at, e.stored_at), coalesce(t.suffix, '')
   FROM (SELECT count(*) AS total FROM live) l
   LEFT JOIN (SELECT * FROM live ORDER BY seq DESC LIMIT ?3 OFFSET ?4) e ON 1
   LEFT JOIN media m ON m.id = e.media_id
   LEFT JOIN tokens t ON t.id = m.token_id
  ORDER BY e.seq DESC";
    let rows = db.query(LIST, vec![kind.name().into(), now.into(), limit.into(), offset.into()]).await?;
    let (mut total, mut entries) = (0, Vec::new());
    for row in rows {
        let mut row = Columns::new(row);
        total = row.integer()?;
        // A page after the last one is a single row with the total only.
        if let Some(media_id) = row.optional_text()? {
            entries.push(Entry {
                media_id,
                size: row.integer()?,
                stored_at: row.integer()?,
                expires_at: row.integer()?,
                content_type: row.text()?,
                created_at: row.integer()?,
                token_suffix: row.text()?,
            });
        }
    }
    Ok((total, entries))
}
