//! Reads a whole file of ours into memory: from the cache, or from its source with the owner's cookies.

use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::Method;

use super::{kind::MediaKind, media_type::MediaType, origin::Upstream};
use crate::{
    app::App,
    error::{Error, ErrorKind, Result},
    store::{
        blobs::{self, BlobId},
        media::{self, File},
    },
};

/// Bytes that are read from the source at a time.
const PIECE: usize = 64 * 1024;

/// A whole file.
pub struct Loaded {
    pub media_type: MediaType,
    pub bytes: Bytes,
    /// The account that made it.
    pub account_id: i64,
}

/// Returns a file of ours. Fails with 404 if the id is unknown, 413 if the file has more than `limit` bytes, and as its
/// address does if the source does not deliver it.
pub async fn load(app: &Rc<App>, kind: MediaKind, id: &str, limit: usize) -> Result<Loaded> {
    let file = media::find(&app.db, id, kind, app.now_ms()).await?;
    let file = file.ok_or_else(|| Error::new(ErrorKind::NotFound, "This address has no file"))?;
    let account_id = file.account_id;
    if let Some((media_type, bytes)) = cached(app, &file, limit).await? {
        return Ok(Loaded { media_type, bytes, account_id });
    }
    let found = Upstream::of(app, &file).await?.get(Method::GET, None).await?;
    let media_type = found.content_type.expect("a whole file has a type");
    let mut bytes = BytesMut::with_capacity(found.length.unwrap_or_default().min(limit as u64) as usize);
    let mut body = found.body.read(PIECE);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| Error::new(ErrorKind::Upstream, format!("The file broke off: {error}")))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    if found.length.is_some_and(|length| length != bytes.len() as u64) {
        return Err(Error::new(ErrorKind::Upstream, "The file ended early: try again"));
    }
    Ok(Loaded { media_type, bytes: bytes.freeze(), account_id })
}

/// Returns the cached copy; `None` if there is none, or the store does not return all of it.
async fn cached(app: &App, file: &File, limit: usize) -> Result<Option<(MediaType, Bytes)>> {
    let (Some(copy), Some(facts)) = (&file.copy, &file.facts) else { return Ok(None) };
    if !copy.is_whole {
        return Ok(None);
    }
    if facts.size > limit as u64 {
        return Err(too_large());
    }
    let blob = BlobId { media_id: file.id.clone(), copy: copy.seq };
    let mut bytes = BytesMut::with_capacity(facts.size as usize);
    for part in 0..blobs::parts(facts.size) {
        match blobs::get(&*app.host, &blob, part).await {
            Ok(Some(part)) => bytes.extend_from_slice(&part),
            Ok(None) | Err(_) => return Ok(None),
        }
    }
    Ok((bytes.len() as u64 == facts.size).then(|| (facts.content_type, bytes.freeze())))
}

fn too_large() -> Error {
    Error::new(ErrorKind::BodyTooLarge, "The file is too large here: use a smaller one")
}
