//! Sends a file to the client and stores it, part by part, in the cache.
//!
//! Order of writes: the row that claims the copy, the parts, the row's mark that the copy is whole. If one fails, the
//! client still gets the file, and the row says which parts to delete.

use std::{rc::Rc, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc};
use http::{HeaderValue, StatusCode};

use crate::{
    host::{Body, ByteStream, Response, SendError, timeout::timeout},
    media::{
        origin::Found,
        range::{Range, Span},
        request::FileRequest,
        response::Head,
    },
    store::{
        blobs::{self, BlobId, PART},
        media_copies::{self, Claim},
    },
    time::MINUTE,
    variables::timezone_offset_minutes,
};

use super::evict;

/// Bytes that are read at a time: few calls of the host, and still little memory.
const PIECE: usize = 64 * 1024;
/// Milliseconds after which a copy that is still being written counts as abandoned.
const LEASE: i64 = 15 * MINUTE;
/// The longest pause between two pieces of the source.
const IDLE: Duration = Duration::from_secs(60);
/// The longest wait for the store; the client waits as long.
const STORE_LIMIT: Duration = Duration::from_secs(15);
/// Most parts that are deleted after a file was stored. With its own calls that stays below the 50 of a Worker.
const CLEAN: usize = 10;

/// Claims the copy of a file and returns where to store it. Returns `None` if another request has claimed it or the
/// database cannot be written; the file is then served without being stored.
pub async fn claim(visit: &FileRequest, found: &Found, etag: &str) -> Option<BlobId> {
    let now = visit.app.now_ms();
    let content_type = found.content_type?;
    let claim = Claim {
        media_id: &visit.file.id,
        kind: visit.file.kind,
        content_type,
        etag,
        parts: blobs::parts(found.length.unwrap_or(visit.storage_limit())),
        now,
        until: now + LEASE,
    };
    media_copies::claim(&visit.app.db, &claim).await.ok().flatten()
}

/// A file that is sent and stored at the same time.
pub struct Download {
    visit: Rc<FileRequest>,
    body: ByteStream,
    /// The announced length, in bytes.
    length: Option<u64>,
    /// The bytes that the client gets; `end` is `u64::MAX` for all.
    span: Span,
    /// `None` after the client has its part.
    sender: Option<mpsc::Sender<Result<Bytes, SendError>>>,
    /// The file's last byte, sent after the file is stored: a client that has all bytes then finds them in the cache.
    held: Bytes,
    received: u64,
    keeping: Keeping,
}

enum End {
    Whole,
    Broken(SendError),
    ClientLeft,
}

impl Download {
    /// Returns the response with the requested part. A task of its own sends and stores the bytes.
    pub fn begin(visit: Rc<FileRequest>, found: Found, etag: &str, part: Range, blob: BlobId) -> Response {
        let (sender, receiver) = mpsc::channel(1);
        let span = if let Range::Partial(span) = part { Some(span) } else { None };
        let size = found.length.unwrap_or_default();
        let head = Head {
            status: if span.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK },
            content_type: found.content_type,
            etag,
            length: span.map(Span::len).or(found.length),
            content_range: span.and_then(|span| HeaderValue::from_str(&span.content_range(size)).ok()),
            max_age: visit.max_age(),
        };
        let reply = head.with(Body::Fallible(receiver));
        let download = Download {
            keeping: Keeping::new(visit.clone(), blob, found.length),
            visit: visit.clone(),
            body: found.body.read(PIECE),
            length: found.length,
            span: span.unwrap_or(Span { start: 0, end: u64::MAX }),
            sender: Some(sender),
            held: Bytes::new(),
            received: 0,
        };
        visit.app.host.spawn(download.run().boxed_local());
        reply
    }

    async fn run(mut self) {
        let end = self.copy().await;
        let Download { visit, body, mut sender, held, received, mut keeping, .. } = self;
        drop(body);
        let is_kept = matches!(end, End::Whole) && keeping.finish(received).await;
        match end {
            End::Whole if !held.is_empty() => send(&mut sender, Ok(held)).await,
            End::Broken(error) => send(&mut sender, Err(error)).await,
            _ => true,
        };
        drop(sender);
        let app = &visit.app;
        let outcome = if is_kept {
            media_copies::evict(&app.db, visit.file.kind, visit.cache_limit()).await
        } else {
            media_copies::abandon(&app.db, &keeping.blob, visit.file.kind, keeping.written).await
        };
        // If this fails, the row's lease ends and eviction finds its parts.
        if outcome.is_ok() {
            evict::run_batch(app, CLEAN).await;
        }
    }

    /// Reads the body to its end, sending and storing it.
    async fn copy(&mut self) -> End {
        let host = self.visit.app.host.clone();
        loop {
            let chunk = match timeout(&*host, Some(IDLE), self.body.next()).await {
                Some(Some(Ok(chunk))) => chunk,
                Some(Some(Err(error))) => return End::Broken(error),
                Some(None) if self.length.is_none_or(|length| length == self.received) => return End::Whole,
                Some(None) => return End::Broken(SendError::Connection("the file ended early".to_owned())),
                None => return End::Broken(SendError::Timeout("the file stopped arriving".to_owned())),
            };
            self.keeping.push(&chunk);
            if !self.pass_on(chunk).await {
                return End::ClientLeft;
            }
            self.keeping.flush().await;
            if self.sender.is_none() && self.keeping.is_broken {
                return End::Whole;
            }
        }
    }

    /// Sends the client's part of a chunk. Returns false if the client has disconnected.
    async fn pass_on(&mut self, mut chunk: Bytes) -> bool {
        let start = self.received;
        self.received += chunk.len() as u64;
        let within_chunk = |at: u64| at.clamp(start, start + chunk.len() as u64) - start;
        let (from, to) = (within_chunk(self.span.start), within_chunk(self.span.end));
        chunk = chunk.slice(from as usize..to as usize);
        if self.length == Some(self.received) && !chunk.is_empty() && !self.keeping.is_broken {
            self.held = chunk.split_off(chunk.len() - 1);
        }
        if !chunk.is_empty() && !send(&mut self.sender, Ok(chunk)).await {
            return false;
        }
        if self.received >= self.span.end && self.held.is_empty() {
            self.sender = None;
        }
        true
    }
}

/// Sends an item, if the client still needs any. Returns false if the client has disconnected.
async fn send(sender: &mut Option<mpsc::Sender<Result<Bytes, SendError>>>, item: Result<Bytes, SendError>) -> bool {
    match sender {
        Some(sender) => sender.send(item).await.is_ok(),
        None => true,
    }
}

/// A copy that is being written. Holds one part in memory.
struct Keeping {
    visit: Rc<FileRequest>,
    blob: BlobId,
    /// The announced length, in bytes.
    length: Option<u64>,
    /// Bytes that are not in the store yet.
    part: Vec<u8>,
    /// Parts that may be in the store.
    written: u64,
    size: u64,
    is_broken: bool,
}

impl Keeping {
    fn new(visit: Rc<FileRequest>, blob: BlobId, length: Option<u64>) -> Self {
        Keeping { visit, blob, length, part: Vec::new(), written: 0, size: 0, is_broken: false }
    }

    fn push(&mut self, chunk: &[u8]) {
        if self.is_broken {
            return;
        }
        self.size += chunk.len() as u64;
        if self.size > self.visit.storage_limit() {
            self.give_up();
            return;
        }
        if self.part.capacity() < self.part.len() + chunk.len() {
            let expected = self.length.unwrap_or(u64::MAX).saturating_sub(self.written * PART as u64);
            let room = expected.min((PART + PIECE) as u64) as usize;
            self.part.reserve_exact(room.saturating_sub(self.part.len()).max(chunk.len()));
        }
        self.part.extend_from_slice(chunk);
    }

    /// Stores the parts that are full.
    async fn flush(&mut self) {
        while !self.is_broken && self.part.len() >= PART {
            let rest = self.part.split_off(PART);
            let full = std::mem::replace(&mut self.part, rest);
            self.store(full).await;
        }
    }

    async fn store(&mut self, part: Vec<u8>) {
        let number = self.written;
        // Counted before the attempt, because a call that fails may have stored the part.
        self.written += 1;
        let host = &*self.visit.app.host;
        match timeout(host, Some(STORE_LIMIT), blobs::set(host, &self.blob, number, part)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                eprintln!("{}: a file is not stored: {error}", self.visit.app.request_id);
                self.give_up();
            }
            None => self.give_up(),
        }
    }

    fn give_up(&mut self) {
        self.is_broken = true;
        self.part = Vec::new();
    }

    /// Stores the last part and marks the copy as whole. Returns false if the file is not stored.
    async fn finish(&mut self, received: u64) -> bool {
        if !self.part.is_empty() {
            let last = std::mem::take(&mut self.part);
            self.store(last).await;
        }
        if self.is_broken || self.size != received {
            return false;
        }
        let app = &self.visit.app;
        let now = app.now_ms();
        // A wrong variable fails the next request of the file.
        let Ok(minutes) = timezone_offset_minutes(&*app.host).await else { return false };
        let expires_at = crate::time::next_midnight(now, minutes);
        let marked = media_copies::finish(&app.db, &self.blob, self.size, self.written, now, expires_at);
        timeout(&*app.host, Some(STORE_LIMIT), marked).await.is_some_and(|marked| marked.unwrap_or(false))
    }
}
