//! The scripted upstream's answers, step by step.

use std::{cell::Cell, rc::Rc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream};

use super::Clock;
use crate::host::{ByteStream, SendError};

/// The answer to one request to the scripted upstream.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// How long the head of the answer takes.
    pub delay: Duration,
    pub body: Vec<Step>,
}

/// One step of an upstream's body.
pub enum Step {
    Chunk(Bytes),
    Wait(Duration),
    /// The connection breaks.
    Break(SendError),
    /// Nothing more comes, and the body does not end.
    Hang,
}

impl Answer {
    /// Returns an answer with this status and body, without delay.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Answer { status, headers: Vec::new(), delay: Duration::ZERO, body: vec![Step::Chunk(body.into())] }
    }

    /// Returns an answer with status 200 and these chunks.
    pub fn chunks<C: Into<Bytes>>(chunks: impl IntoIterator<Item = C>) -> Self {
        let body = chunks.into_iter().map(|chunk| Step::Chunk(chunk.into())).collect();
        Answer { body, ..Answer::new(200, Bytes::new()) }
    }
}

/// Returns the body as the gateway sees it. `open` counts the bodies that are still being read.
pub fn play(steps: Vec<Step>, clock: Clock, open: &Rc<Cell<usize>>) -> ByteStream {
    let reading = Reading::begin(open);
    stream::unfold((steps.into_iter(), reading), move |(mut steps, reading)| {
        let clock = clock.clone();
        async move {
            loop {
                let item = match steps.next()? {
                    Step::Chunk(chunk) => Ok(chunk),
                    Step::Break(error) => Err(error),
                    Step::Hang => futures::future::pending().await,
                    Step::Wait(time) => {
                        clock.sleep(time).await;
                        continue;
                    }
                };
                return Some((item, (steps, reading)));
            }
        }
    })
    .boxed_local()
}

/// Counts a body or connection as open until it is dropped.
pub struct Reading(Rc<Cell<usize>>);

impl Reading {
    /// Adds one to the count.
    pub fn begin(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Reading(count.clone())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
