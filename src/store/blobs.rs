//! Parts of cached files in the key-value store. Each part is 1 MiB, because the store reads and writes whole values
//! and one must fit into memory.

use crate::{
    host::{Host, KvError},
    limits::KV_PART_BYTES,
};

/// Bytes of each part but the last.
pub const PART: usize = KV_PART_BYTES;

/// A cached copy: the id of its file, and the number of the copy, which is never reused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobId {
    pub media_id: String,
    pub copy: i64,
}

impl BlobId {
    fn key(&self, part: u64) -> String {
        format!("{}/{}/{part}", self.media_id, self.copy)
    }
}

/// Returns the number of parts of a file of `size` bytes.
pub fn parts(size: u64) -> u64 {
    size.div_ceil(PART as u64)
}

/// Returns a part; `None` if the store does not have it. A new part may take a minute to become visible everywhere.
pub async fn get(host: &dyn Host, blob: &BlobId, part: u64) -> Result<Option<Vec<u8>>, KvError> {
    host.kv_get(&blob.key(part)).await
}

/// Writes a part.
pub async fn set(host: &dyn Host, blob: &BlobId, part: u64, bytes: Vec<u8>) -> Result<(), KvError> {
    host.kv_set(&blob.key(part), bytes).await
}

/// Deletes a part, whether or not it exists.
pub async fn delete(host: &dyn Host, blob: &BlobId, part: u64) -> Result<(), KvError> {
    host.kv_delete(&blob.key(part)).await
}
