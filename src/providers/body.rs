//! The bodies of small responses.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use crate::host::ByteStream;

/// Returns the body up to a limit. If the body breaks off, returns what was read before.
pub async fn read_up_to(mut body: ByteStream, limit: usize) -> Bytes {
    let mut whole = BytesMut::new();
    while let Some(Ok(chunk)) = body.next().await {
        let room = limit - whole.len();
        whole.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if whole.len() == limit {
            break;
        }
    }
    whole.freeze()
}
