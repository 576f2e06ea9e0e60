//! Keeps the connection of a collected answer open with blanks, for proxies that close a silent one.
//!
//! Blanks before JSON mean nothing (RFC 8259 §2), so clients read the answer as if it had come at once. They begin
//! only after the answer's first content, a minute after the request. The status is 200 from then on, so a later
//! failure breaks the connection.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use futures::{
    FutureExt, SinkExt,
    channel::mpsc::{Sender, channel},
    future::{Either, select},
};
use http::{HeaderValue, header};

use super::collect::{Finished, Unfinished};
use crate::{
    host::{Body, Response, SendError, timeout::IdleTimer},
    inference::{record::RequestRecord, run::Failure},
};

/// Milliseconds from the request to the first blank. Proxies of clouds commonly wait 60 to 100 seconds.
const FIRST: u64 = 55_000;
/// The time from one blank to the next.
const EACH: Duration = Duration::from_secs(15);

/// A collected answer that is being read.
pub type Collecting = Pin<Box<dyn Future<Output = Result<Finished, Unfinished>>>>;

/// Returns what was collected if that comes in time, else the response that a task of its own completes.
pub async fn in_time(mut work: Collecting, record: &RequestRecord) -> Result<Result<Finished, Unfinished>, Response> {
    let app = record.app.clone();
    if let Some(collected) = IdleTimer::new(app.host.clone()).before(app.started + FIRST, &mut work).await {
        return Ok(collected);
    }
    let (sender, receiver) = channel(1);
    app.host.spawn(complete(work, sender, record.clone()).boxed_local());
    let mut response = Response::new(Body::Fallible(receiver));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Err(response)
}

async fn complete(mut work: Collecting, mut sender: Sender<Result<Bytes, SendError>>, mut record: RequestRecord) {
    let host = record.app.host.clone();
    let collected = loop {
        if sender.send(Ok(Bytes::from_static(b" "))).await.is_err() {
            drop(work);
            return record.abandoned().await;
        }
        match select(work, host.sleep(EACH)).await {
            Either::Left((collected, _)) => break collected,
            Either::Right(((), unfinished)) => work = unfinished,
        }
    };
    match collected {
        Ok(Finished { json, usage, repairs }) => {
            record.used(usage, repairs);
            match sender.send(Ok(json.into())).await {
                Ok(()) => record.succeeded().await,
                Err(_) => record.abandoned().await,
            }
        }
        Err(Unfinished { failure, repairs }) => {
            record.repaired(repairs);
            let broken = SendError::Connection("the answer failed".to_owned());
            let _ = sender.send(Err(broken)).await;
            match failure {
                Failure::Provider(fault) => record.stream_failed(&fault).await,
                Failure::Unstored(error) => record.media_unstored_in_stream(&error).await,
            }
        }
    }
}
