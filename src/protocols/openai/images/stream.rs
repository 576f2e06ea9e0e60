//! Sends pictures as server-sent events: previews if the client wants them, then each finished picture.

use bytes::Bytes;
use futures::{
    FutureExt, SinkExt,
    channel::{mpsc::Sender, oneshot},
};

use super::{
    Wanted,
    made::Made,
    wire::{self, Kind},
};
use crate::{
    error::Error,
    host::Response,
    inference::{
        conversation::Step,
        event::Preview,
        record::RequestRecord,
        run::{Failure, StartedAnswer},
    },
    protocols::sse::{self, End, KeepAlive},
};

/// Pictures to send as they come.
pub struct Streamed {
    pub answer: StartedAnswer,
    pub wanted: Wanted,
    pub record: RequestRecord,
}

impl Streamed {
    /// Returns the response with server-sent events.
    pub fn respond(self) -> Response {
        let host = self.record.app.host.clone();
        sse::respond(&*host, |sender, unread| self.pump(sender, unread).boxed_local())
    }

    async fn pump(mut self, mut sender: Sender<Bytes>, unread: oneshot::Receiver<()>) {
        let mut made = Made::default();
        let end = End::of(self.send_events(&mut sender, &mut made), unread).await;
        let Streamed { answer, mut record, .. } = self;
        record.reported(answer.conversation.usage());
        if matches!(end, End::ClientLeft) && !made.is_added {
            // What was made is in the gallery all the same.
            let files = answer.files;
            drop(answer.conversation);
            if let Err(error) = files.add(&made.files.iter().collect::<Vec<_>>()).await {
                eprintln!("{}: pictures are not in the gallery: {error}", record.app.request_id);
            }
        }
        drop(sender);
        end.record(record).await;
    }

    /// Sends the pictures. Those that came without their bytes are fetched, and all are stored, at the end: at once, which
    /// takes fewer calls.
    async fn send_events(&mut self, sender: &mut Sender<Bytes>, made: &mut Made) -> End {
        let app = self.record.app.clone();
        let mut buffer = Vec::new();
        let mut previews = Vec::new();
        let mut sent = 0;
        loop {
            for preview in made.take(&mut self.answer) {
                self.preview(&preview, &mut previews, &mut buffer);
            }
            while let Some(file) = made.files.get(sent) {
                if let Some(inline) = &file.inline {
                    wire::event(Kind::Completed, app.now_seconds(), &self.wanted, inline, &mut buffer);
                }
                sent += 1;
            }
            if !buffer.is_empty() && sender.send(Bytes::from(std::mem::take(&mut buffer))).await.is_err() {
                return End::ClientLeft;
            }
            if made.is_over {
                return self.finish(sender, made).await;
            }
            let due = KeepAlive::after_event(app.host.monotonic_ms()).due;
            let step = self.answer.conversation.advance(&mut self.answer.events, Some(due)).await;
            if let Ok(Step::Idle) = step {
                buffer.extend_from_slice(KeepAlive::COMMENT);
            }
            for preview in made.take(&mut self.answer) {
                self.preview(&preview, &mut previews, &mut buffer);
            }
            if let Err(failure) = made.ended(step) {
                let error = match &failure {
                    Failure::Provider(fault) => self.record.error(fault),
                    Failure::Unstored(error) => error.clone(),
                };
                wire::error(&error, &mut buffer);
                return match sender.send(Bytes::from(buffer)).await {
                    Ok(()) => End::Failed(failure),
                    Err(_) => End::ClientLeft,
                };
            }
        }
    }

    /// Appends a preview. `previews` has the number of previews of each picture so far.
    fn preview(&self, preview: &Preview, previews: &mut Vec<usize>, buffer: &mut Vec<u8>) {
        let Preview { place, picture } = preview;
        if previews.len() <= *place {
            previews.resize(place + 1, 0);
        }
        let kind = Kind::Partial { index: previews[*place] };
        previews[*place] += 1;
        wire::event(kind, self.record.app.now_seconds(), &self.wanted, picture, buffer);
    }

    /// Stores the pictures, and sends those that came without their bytes.
    async fn finish(&self, sender: &mut Sender<Bytes>, made: &mut Made) -> End {
        made.is_added = true;
        let mut buffer = Vec::new();
        let end = match self.late(made, &mut buffer).await {
            Ok(()) => End::Complete,
            Err(error) => {
                wire::error(&error, &mut buffer);
                End::Failed(Failure::Unstored(error))
            }
        };
        if !buffer.is_empty() && sender.send(Bytes::from(buffer)).await.is_err() {
            // The rows are written.
            return End::Complete;
        }
        end
    }

    async fn late(&self, made: &Made, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let files = &self.answer.files;
        let added = files.add(&made.files.iter().collect::<Vec<_>>()).await?;
        for (file, added) in made.files.iter().zip(&added) {
            if file.inline.is_none() {
                let inline = files.inline(file, added).await?;
                wire::event(Kind::Completed, files.app.now_seconds(), &self.wanted, &inline, buffer);
            }
        }
        Ok(())
    }
}
