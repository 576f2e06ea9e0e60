//! Sends an answer as server-sent events.

use bytes::Bytes;
use futures::{
    FutureExt, SinkExt,
    channel::{mpsc::Sender, oneshot},
};

use crate::{
    host::Response,
    inference::{
        conversation::Step,
        record::RequestRecord,
        run::{Failure, StartedAnswer},
        usage::Usage,
    },
    protocols::sse::{self, End, KeepAlive},
    providers::ProviderError,
};

use super::{
    render::Renderer,
    wire::{Ending, StreamWriter},
};

/// An answer to send as it comes.
pub struct Streamed {
    pub answer: StartedAnswer,
    pub renderer: Renderer,
    pub stream: Box<dyn StreamWriter>,
    pub record: RequestRecord,
}

impl Streamed {
    /// Returns the response with server-sent events.
    pub fn respond(self) -> Response {
        let host = self.record.app.host.clone();
        sse::respond(&*host, |sender, unread| self.pump(sender, unread).boxed_local())
    }

    async fn pump(mut self, mut sender: Sender<Bytes>, unread: oneshot::Receiver<()>) {
        let end = End::of(self.send_events(&mut sender), unread).await;
        let Streamed { answer, mut record, stream, .. } = self;
        let estimated = Usage::estimated(record.prompt_tokens, stream.completion_tokens());
        record.used(answer.conversation.usage().unwrap_or(estimated), answer.conversation.repairs());
        // Both connections close before the record is written, however long that takes.
        drop((answer, sender));
        end.record(record).await;
    }

    async fn send_events(&mut self, sender: &mut Sender<Bytes>) -> End {
        let app = self.record.app.clone();
        let mut keep_alive = KeepAlive::after_event(app.host.monotonic_ms());
        let mut step = Ok(Step::More);
        loop {
            let is_idle = matches!(step, Ok(Step::Idle));
            let end = self.write(step).await;
            if let (Some(End::Complete), Some(keeping)) = (&end, self.stream.keep()) {
                keeping.await;
            }
            let buffer = self.stream.take();
            if !buffer.is_empty() {
                // Everything from one upstream read is sent in one write.
                let sending = sender.send(Bytes::from(buffer));
                let sent = match &end {
                    Some(_) => sending.await,
                    None => self.answer.conversation.hold(&mut self.answer.events, sending).await,
                };
                if sent.is_err() {
                    return End::ClientLeft;
                }
                let now = app.host.monotonic_ms();
                keep_alive = if is_idle { KeepAlive::after_comment(now) } else { KeepAlive::after_event(now) };
            }
            if let Some(end) = end {
                return end;
            }
            step = self.answer.conversation.advance(&mut self.answer.events, Some(keep_alive.due)).await;
        }
    }

    /// Writes what one step has brought. Returns how the stream ended, if it did.
    async fn write(&mut self, mut step: Result<Step, ProviderError>) -> Option<End> {
        let Streamed { answer, renderer, stream, record } = self;
        let StartedAnswer { events, files, conversation } = answer;
        let stream: &mut dyn StreamWriter = &mut **stream;
        let written = renderer.write_all(events, files, stream).await;
        if matches!(step, Ok(Step::End(_))) && written.is_ok() && renderer.is_empty() {
            step = Err(ProviderError::Empty);
        }
        match step {
            Ok(Step::More | Step::Idle) => {}
            Ok(Step::End(finish)) => renderer.finish(finish, stream),
            Err(_) => renderer.close(stream),
        }
        match (written, step) {
            (Err(error), _) => {
                stream.error(&error);
                Some(End::Failed(Failure::Unstored(error)))
            }
            (Ok(()), Err(fault)) => {
                stream.error(&record.error(&fault));
                Some(End::Failed(Failure::Provider(fault)))
            }
            (Ok(()), Ok(Step::More)) => None,
            (Ok(()), Ok(Step::Idle)) => {
                stream.keep_alive();
                None
            }
            (Ok(()), Ok(Step::End(finish))) => {
                let estimated = Usage::estimated(record.prompt_tokens, stream.completion_tokens());
                let usage = conversation.usage().unwrap_or(estimated).with(conversation.repairs());
                stream.finish(&Ending { finish, citations: renderer.citations(), usage });
                Some(End::Complete)
            }
        }
    }
}
