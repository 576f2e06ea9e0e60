//! Answers from the cache. A range reads only the parts it touches. A part that the store does not return, or not yet,
//! comes from the source.

use std::rc::Rc;

use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc};
use http::{HeaderValue, Method, StatusCode};

use crate::{
    host::{Body, KvError, Response, SendError},
    media::{
        origin::Upstream,
        range::{self, Range, Span},
        request::FileRequest,
        response::{self, Head},
    },
    store::{
        blobs::{self, BlobId, PART},
        media_copies,
    },
    time::MINUTE,
};

/// Milliseconds after which every location sees a write of the store. A part that is missing later is lost.
const SEEN_EVERYWHERE: i64 = 2 * MINUTE;
/// Bytes that are read from the source at a time.
const PIECE: usize = 64 * 1024;

/// What the cache has of a file.
pub enum Outcome {
    Response(Response),
    /// No copy: fetch the file and store it.
    Missing,
    /// Fetch the file without storing it: the store fails, does not show the copy yet, or the copy is being written.
    Unavailable,
}

/// Returns the response to a request from the cached copy, or why there is none.
pub async fn serve(visit: &Rc<FileRequest>) -> Outcome {
    let (Some(copy), Some(facts)) = (&visit.file.copy, &visit.file.facts) else {
        return if visit.file.copy.is_some() { Outcome::Unavailable } else { Outcome::Missing };
    };
    if !copy.is_whole {
        return Outcome::Unavailable;
    }
    let (status, span) = match range::wanted(&visit.headers, facts.size, Some(&facts.etag)) {
        Range::NotSatisfiable => return Outcome::Response(response::no_such_range(Some(facts.size))),
        Range::Partial(span) => (StatusCode::PARTIAL_CONTENT, span),
        Range::Whole => (StatusCode::OK, Span { start: 0, end: facts.size }),
    };
    let blob = BlobId { media_id: visit.file.id.clone(), copy: copy.seq };
    let reading = Reading { visit: visit.clone(), blob, size: facts.size, span };
    let first = match reading.part(span.start / PART as u64).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) if reading.reject().await => return Outcome::Missing,
        Ok(None) | Err(_) => return Outcome::Unavailable,
    };
    let content_range = (status == StatusCode::PARTIAL_CONTENT).then(|| span.content_range(facts.size));
    let head = Head {
        status,
        content_type: Some(facts.content_type),
        etag: &facts.etag,
        length: Some(span.len()),
        content_range: content_range.and_then(|value| HeaderValue::from_str(&value).ok()),
        max_age: visit.max_age(),
    };
    if first.len() as u64 == span.len() {
        return Outcome::Response(head.with(Body::Full(first)));
    }
    let (sender, receiver) = mpsc::channel(1);
    visit.app.host.spawn(reading.pump(first, sender).boxed_local());
    Outcome::Response(head.with(Body::Fallible(receiver)))
}

type Sender = mpsc::Sender<Result<Bytes, SendError>>;

/// A copy that is being read.
struct Reading {
    visit: Rc<FileRequest>,
    blob: BlobId,
    size: u64,
    span: Span,
}

impl Reading {
    /// Returns the bytes of a part that are in the span; `None` if the store does not have the whole part.
    async fn part(&self, number: u64) -> Result<Option<Bytes>, KvError> {
        let start = number * PART as u64;
        let end = (start + PART as u64).min(self.size);
        if start >= end {
            return Ok(Some(Bytes::new()));
        }
        let bytes = blobs::get(&*self.visit.app.host, &self.blob, number).await.inspect_err(|error| {
            eprintln!("{}: the key-value store: {error}", self.visit.app.request_id);
        })?;
        let Some(bytes) = bytes.filter(|bytes| bytes.len() as u64 == end - start) else { return Ok(None) };
        let from = self.span.start.max(start) - start;
        let to = self.span.end.min(end) - start;
        Ok(Some(Bytes::from(bytes).slice(from as usize..to as usize)))
    }

    /// Has a lost copy deleted. Returns false if the copy may only not be visible here yet.
    async fn reject(&self) -> bool {
        let app = &self.visit.app;
        let age = self.visit.file.copy.as_ref().map_or(0, |copy| app.now_ms() - copy.stored_at);
        age > SEEN_EVERYWHERE && media_copies::reject(&app.db, self.blob.copy).await.is_ok()
    }

    async fn pump(self, first: Bytes, mut sender: Sender) {
        let mut at = self.span.start;
        let mut part = first;
        loop {
            at += part.len() as u64;
            if sender.send(Ok(part)).await.is_err() || at == self.span.end {
                return;
            }
            part = match self.part(at / PART as u64).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => {
                    self.reject().await;
                    break;
                }
                Err(_) => break,
            };
        }
        // The head is sent: the rest comes from the source.
        if let Err(error) = self.go_on(at, &mut sender).await {
            let _ = sender.send(Err(SendError::Connection(error))).await;
        }
    }

    /// Sends the rest from `at`, read from the source. Fails with the reason if the source does not deliver it.
    async fn go_on(&self, at: u64, sender: &mut Sender) -> Result<(), String> {
        let rest = Span { start: at, end: self.span.end };
        let upstream = Upstream::of(&self.visit.app, &self.visit.file).await.map_err(|e| e.message)?;
        let range = format!("bytes={}-{}", rest.start, rest.end - 1);
        let found = upstream.get(Method::GET, Some(&range)).await.map_err(|e| e.message)?;
        let is_rest = found.content_range.as_ref().is_some_and(|value| *value == rest.content_range(self.size));
        let mut skip = match found.status {
            StatusCode::PARTIAL_CONTENT if is_rest => 0,
            StatusCode::OK if found.length == Some(self.size) => at,
            _ => return Err("the source has another file now".to_owned()),
        };
        let mut left = rest.len();
        let mut body = found.body.read(PIECE);
        while left > 0 {
            let mut chunk = body.next().await.ok_or("the source's answer ended early")?.map_err(|e| e.to_string())?;
            let skipped = skip.min(chunk.len() as u64);
            skip -= skipped;
            chunk = chunk.slice(skipped as usize..);
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= chunk.len() as u64;
            if !chunk.is_empty() && sender.send(Ok(chunk)).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}
