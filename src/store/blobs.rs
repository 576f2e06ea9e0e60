//! The bytes of a copy in the key-value store, in parts of 1 MiB: a store of this kind takes and gives whole values,
//! and memory holds one.

use crate::{
    host::{Host, KvError},
    limits::KV_PART_BYTES,
};

pub const PART: usize = KV_PART_BYTES;

/// A copy by its file's id and its own number, which no other copy ever has.
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

/// How many parts so many bytes have.
pub fn parts(size: u64) -> u64 {
    size.div_ceil(PART as u64)
}

/// `None` when the store does not have it, or not yet: what was written may take a minute to be seen everywhere.
pub async fn get(host: &dyn Host, blob: &BlobId, part: u64) -> Result<Option<Vec<u8>>, KvError> {
    host.kv_get(&blob.key(part)).await
}

pub async fn set(host: &dyn Host, blob: &BlobId, part: u64, bytes: Vec<u8>) -> Result<(), KvError> {
    host.kv_set(&blob.key(part), bytes).await
}

pub async fn delete(host: &dyn Host, blob: &BlobId, part: u64) -> Result<(), KvError> {
    host.kv_delete(&blob.key(part)).await
}
