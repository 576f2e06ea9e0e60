//! One upstream answer being read, within the time limits of the settings.

use std::{rc::Rc, time::Duration};

use futures::StreamExt;

use crate::{
    app::App,
    deadline::{Alarm, within},
    grok::{
        answer::Reader,
        client::{Client, Talk},
        fault::Fault,
        out::Out,
        translate::{Finish, Options},
    },
    host::ByteStream,
    settings::Grok,
};

/// The settings' limits in milliseconds, `None` for never.
#[derive(Debug, Clone, Copy)]
struct Limits {
    first: Option<u64>,
    chunk: Option<u64>,
    total: Option<u64>,
}

impl Limits {
    fn from_settings(settings: &Grok) -> Self {
        let millis = |limit: Option<Duration>| limit.map(|limit| limit.as_millis() as u64);
        Limits {
            first: millis(settings.stream_first_response_timeout),
            chunk: millis(settings.stream_chunk_timeout),
            total: millis(settings.stream_total_timeout),
        }
    }
}

/// A stream that says nothing for this long is quiet: see [`Step::Quiet`].
const QUIET: u64 = 1_000;

/// What reading on brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was read; the [`Out`] may have grown.
    More,
    /// Nothing came for a second. Whoever streams sends a sign of life: it keeps proxies from closing the
    /// connection, and tells whether the client is still there.
    Quiet,
    /// The answer is complete.
    End(Finish),
}

/// An answer that has begun: its first content is in the [`Out`] that [`Conversation::open`] returned.
pub struct Conversation {
    app: Rc<App>,
    body: ByteStream,
    reader: Reader,
    alarm: Alarm,
    limits: Limits,
    /// When the request was sent, when something last came and when that was last reported, on the host's
    /// monotonic clock.
    sent: u64,
    heard: u64,
    reported: u64,
    /// The answer ended within the reads that brought its beginning.
    finished: Option<Finish>,
}

impl Conversation {
    /// Sends the request and reads up to the first content. Until then a fault may be tried on another account.
    pub async fn open(app: &Rc<App>, settings: &Grok, client: &Client<'_>, talk: Talk) -> Result<(Self, Out), Fault> {
        let limits = Limits::from_settings(settings);
        let sent = app.host.monotonic();
        let body = within(&*app.host, settings.stream_first_response_timeout, client.converse(talk))
            .await
            .unwrap_or(Err(Fault::Timeout))?;
        let filtered_tags = settings.filtered_tags.join(",");
        let options = Options { show_thinking: settings.show_thinking, filtered_tags: &filtered_tags };
        let mut conversation = Conversation {
            app: app.clone(),
            body,
            reader: Reader::new(&options),
            alarm: Alarm::new(app.host.clone()),
            limits,
            sent,
            heard: sent,
            reported: sent,
            finished: None,
        };
        let mut out = Out::default();
        while !conversation.reader.started() && conversation.finished.is_none() {
            if let Step::End(finish) = conversation.advance(&mut out).await? {
                conversation.finished = Some(finish);
            }
        }
        app.upstream_ms.set(Some(app.host.monotonic().saturating_sub(sent)));
        Ok((conversation, out))
    }

    /// Reads on. After an error the answer is over and `out` holds what closes its text.
    pub async fn advance(&mut self, out: &mut Out) -> Result<Step, Fault> {
        if let Some(finish) = self.finished {
            return Ok(Step::End(finish));
        }
        let limit = self.limit();
        let quiet = self.heard.max(self.reported) + QUIET;
        let due = limit.map_or(quiet, |limit| limit.min(quiet));
        match self.alarm.before(due, self.body.next()).await {
            None if limit.is_some_and(|limit| limit <= due) => {
                self.reader.close(out);
                Err(Fault::Timeout)
            }
            None => {
                self.reported = self.app.host.monotonic();
                Ok(Step::Quiet)
            }
            Some(Some(Ok(chunk))) => {
                self.heard = self.app.host.monotonic();
                self.reader.push(&chunk, out)?;
                if self.reader.closing() { self.reader.finish(out).map(Step::End) } else { Ok(Step::More) }
            }
            // The end, clean or not: the reader knows whether the answer was whole.
            Some(_) => self.reader.finish(out).map(Step::End),
        }
    }

    /// The nearest limit on the monotonic clock: the first content's or the next chunk's, and the whole answer's.
    fn limit(&self) -> Option<u64> {
        let silence = if self.reader.started() {
            self.limits.chunk.map(|limit| self.heard + limit)
        } else {
            self.limits.first.map(|limit| self.sent + limit)
        };
        [silence, self.limits.total.map(|limit| self.sent + limit)].into_iter().flatten().min()
    }
}
