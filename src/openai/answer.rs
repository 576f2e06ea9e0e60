//! From a conversation that has begun to what the client gets: a stream of events, or one object.

use bytes::Bytes;
use futures::{
    FutureExt, SinkExt,
    channel::{
        mpsc::{Sender, channel},
        oneshot,
    },
    future::{Either, select},
};
use http::{HeaderValue, header};

use crate::{
    error::Error,
    host::{Body, Chunks, Reply},
    inference::{
        conversation::{Conversation, Step},
        event::Events,
    },
    providers::ProviderError,
};

use super::{
    completion::Collected,
    files::Files,
    ledger::Ledger,
    render::Renderer,
    sse::{EventStream, KeepAlive},
    wire::{FinishReason, Head},
};

/// A conversation whose first content has come.
pub struct Begun {
    pub conversation: Conversation,
    pub events: Events,
    pub renderer: Renderer,
    pub files: Files,
    pub ledger: Ledger,
    pub head: Head,
}

/// Why an answer failed.
pub enum Failure {
    /// The upstream's doing: another account may do better.
    Provider(ProviderError),
    /// The account has answered, but the files of its answer could not be kept.
    Unkept(Error),
}

impl From<ProviderError> for Failure {
    fn from(fault: ProviderError) -> Self {
        Failure::Provider(fault)
    }
}

/// How the sending of a stream ended.
enum End {
    Complete,
    Failed(Failure),
    ClientLeft,
}

impl Begun {
    /// Answers with server-sent events. The head goes out now; a task of its own sends the rest.
    pub fn stream(self, include_usage: bool) -> Reply {
        // One chunk waits at most: a slow client slows the upstream read down, and one that left ends it.
        let (sender, receiver) = channel(1);
        let (chunks, unread) = Chunks::watched(receiver);
        let host = self.ledger.app.host.clone();
        host.spawn(self.pump(sender, unread, include_usage).boxed_local());
        let mut reply = Reply::new(Body::Stream(chunks));
        let headers = reply.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        reply
    }

    async fn pump(mut self, mut sender: Sender<Bytes>, unread: oneshot::Receiver<()>, include_usage: bool) {
        let mut stream = EventStream::new(self.head.clone(), include_usage);
        let sending = self.send_events(&mut sender, &mut stream);
        let end = match select(Box::pin(sending), unread).await {
            Either::Left((end, _)) => end,
            Either::Right(_) => End::ClientLeft,
        };
        let Begun { conversation, mut ledger, .. } = self;
        // Both ends close before the bookkeeping, whatever it takes.
        drop((conversation, sender));
        ledger.completion_tokens = stream.completion_tokens();
        match end {
            End::Complete => ledger.succeeded().await,
            End::Failed(Failure::Provider(fault)) => ledger.broke_off(&fault).await,
            End::Failed(Failure::Unkept(error)) => ledger.unkept_in_stream(&error).await,
            End::ClientLeft => ledger.abandoned().await,
        }
    }

    async fn send_events(&mut self, sender: &mut Sender<Bytes>, stream: &mut EventStream) -> End {
        let (mut text, mut buffer) = (String::new(), Vec::new());
        let app = self.ledger.app.clone();
        let mut keep_alive = KeepAlive::after_event(app.host.monotonic());
        let mut step = Ok(Step::More);
        loop {
            let is_idle = matches!(step, Ok(Step::Idle));
            if let Ok(Step::End(finish)) = &step {
                self.ledger.made(finish);
            }
            let written = self.files.write(&mut self.events, &mut self.renderer, &mut text).await;
            if matches!(step, Ok(Step::End(_))) && written.is_ok() && self.renderer.is_empty() {
                step = Err(ProviderError::Empty);
            }
            match step {
                Ok(Step::More | Step::Idle) => {}
                Ok(Step::End(_)) => self.renderer.finish(&mut text),
                Err(_) => self.renderer.close(&mut text),
            }
            stream.text(&text, &mut buffer);
            text.clear();
            let end = match (written, step) {
                (Err(error), _) => {
                    stream.error(&error.openai_object(), &mut buffer);
                    Some(End::Failed(Failure::Unkept(error)))
                }
                (Ok(()), Err(fault)) => {
                    stream.error(&Error::from(&fault).openai_object(), &mut buffer);
                    Some(End::Failed(Failure::Provider(fault)))
                }
                (Ok(()), Ok(Step::More)) => None,
                (Ok(()), Ok(Step::Idle)) => {
                    buffer.extend_from_slice(KeepAlive::COMMENT);
                    None
                }
                (Ok(()), Ok(Step::End(_))) => {
                    stream.finish(FinishReason::Stop, self.ledger.prompt_tokens, &mut buffer);
                    Some(End::Complete)
                }
            };
            if !buffer.is_empty() {
                // Everything that one upstream read brought leaves in one write.
                let sending = sender.send(Bytes::from(std::mem::take(&mut buffer)));
                let sent = match &end {
                    Some(_) => sending.await,
                    None => self.conversation.hold(&mut self.events, sending).await,
                };
                if sent.is_err() {
                    return End::ClientLeft;
                }
                let now = app.host.monotonic();
                keep_alive = if is_idle { KeepAlive::after_comment(now) } else { KeepAlive::after_event(now) };
            }
            if let Some(end) = end {
                return end;
            }
            step = self.conversation.advance(&mut self.events, Some(keep_alive.due)).await;
        }
    }
}

/// Reads the answer to its end. Nothing has reached the client: a fault may be tried on another account.
pub async fn collect(
    mut conversation: Conversation,
    mut events: Events,
    mut renderer: Renderer,
    files: &Files,
    ledger: &mut Ledger,
) -> Result<Collected, Failure> {
    let mut collected = Collected::default();
    let mut step = Step::More;
    loop {
        if let Step::End(finish) = &step {
            ledger.made(finish);
        }
        files.write(&mut events, &mut renderer, &mut collected.content).await.map_err(Failure::Unkept)?;
        if let Step::End(_) = step {
            if renderer.is_empty() {
                return Err(ProviderError::Empty.into());
            }
            renderer.finish(&mut collected.content);
            return Ok(collected);
        }
        step = conversation.advance(&mut events, None).await?;
    }
}
