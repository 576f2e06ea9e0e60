//! Reads one answer within the time limits of the settings.

use std::{cell::Cell, future::Future, pin::pin, rc::Rc, time::Duration};

use futures::{
    FutureExt,
    future::{Either, select},
};

use super::{
    asker::Asker,
    event::{Events, Finish},
    shape::Shape,
    usage::{Repairs, Usage},
};
use crate::{
    app::App,
    host::timeout::IdleTimer,
    providers::{
        Answer, ProviderError,
        catalog::{Model, Provider},
        learned::Learned,
    },
    settings::Grok,
};

/// The settings' limits in milliseconds; `None` means unlimited.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Until the provider accepts the request, and until its first content.
    accepted: Option<u64>,
    first: Option<u64>,
    chunk: Option<u64>,
    total: Option<u64>,
}

/// The least limits of a whole answer of xAI's API, and of a pause in it: its models may think that long without a word.
/// Source: docs.x.ai, "Reasoning", which asks clients for long timeouts.
const LEAST_TOTAL_OF_API: u64 = 900_000;
const LEAST_CHUNK_OF_API: u64 = 300_000;

impl Limits {
    fn of(settings: &Grok, model: &Model) -> Self {
        let millis = |limit: Option<Duration>| limit.map(|limit| limit.as_millis() as u64);
        let first = millis(settings.stream_first_response_timeout);
        let (chunk, total) = (millis(settings.stream_chunk_timeout), millis(settings.stream_total_timeout));
        match model.provider {
            Provider::GrokWeb => Limits { accepted: first, first, chunk, total },
            Provider::Xai => {
                let total = total.map(|limit| limit.max(LEAST_TOTAL_OF_API));
                let chunk = chunk.map(|limit| limit.max(LEAST_CHUNK_OF_API));
                // Pictures come with the head of the response.
                let accepted = if model.pictures.is_some() { chunk } else { first };
                Limits { accepted, first: chunk, chunk, total }
            }
        }
    }

    /// Waits until an answer opens. The limit of the first part counts from when the account was `asked`: uploading
    /// the prompt's pictures depends on their size, and has its own limits.
    async fn opened<T>(
        &self,
        app: &App,
        alarm: &mut IdleTimer,
        asked: impl Fn() -> Option<u64>,
        opening: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let mut opening = pin!(opening);
        let end = self.total.map(|limit| app.host.monotonic_ms() + limit);
        loop {
            let now = app.host.monotonic_ms();
            let first = match asked() {
                Some(asked) => self.accepted.map(|limit| asked + limit),
                // The account has not been asked yet: check again later.
                None => Some(now + LOOK_AGAIN),
            };
            let Some(due) = [first, end].into_iter().flatten().min() else { return opening.await };
            if due <= now {
                return Err(ProviderError::Timeout);
            }
            if let Some(opened) = alarm.before(due, opening.as_mut()).await {
                return opened;
            }
        }
    }
}

/// How often an opening checks whether the account has been asked, in milliseconds.
const LOOK_AGAIN: u64 = 1_000;

/// The result of reading on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was read; the [`Events`] may have grown.
    More,
    /// Nothing came until the caller's `idle_at`.
    Idle,
    /// The answer is complete.
    End(Finish),
}

/// An answer that has begun. Its first content is in the [`Events`] that [`Conversation::open`] returned.
pub struct Conversation {
    app: Rc<App>,
    /// `None` once the time limit of the whole answer has passed.
    answer: Option<Box<dyn Answer>>,
    alarm: IdleTimer,
    limits: Limits,
    /// When the request to Grok began, and when the account was asked, in milliseconds of the host's monotonic clock.
    began: u64,
    asked: u64,
    /// Since when the next part has been awaited. Time in which the client accepts nothing does not count.
    silent_since: Option<u64>,
    /// Set if the answer ended within the reads that brought its first content.
    finished: Option<Finish>,
}

impl Conversation {
    /// Sends the request's prompt to the account and reads up to the first content. A prompt that is too long for the
    /// account is sent once more in a shorter form, if there are subrequests left (`may_repeat`). `learned` gets what
    /// was found out. Fails with the provider's error; nothing has reached the client by then, so another account may be
    /// tried.
    pub async fn open(
        asker: Asker,
        shape: &Rc<Shape>,
        may_repeat: bool,
        learned: &mut Learned,
    ) -> Result<(Self, Events), ProviderError> {
        match Conversation::begin(asker.clone(), shape, learned).await {
            Err(ProviderError::PromptTooLong) if may_repeat => {
                Conversation::begin(Asker { is_too_long: true, ..asker }, shape, learned).await
            }
            opened => opened,
        }
    }

    async fn begin(asker: Asker, shape: &Rc<Shape>, learned: &mut Learned) -> Result<(Self, Events), ProviderError> {
        let app = asker.app.clone();
        let limits = Limits::of(&asker.settings.grok, &asker.model);
        let began = app.host.monotonic_ms();
        let asked = Cell::new(None);
        let mut alarm = IdleTimer::new(app.host.clone());
        let asking = asker.ask(shape.prompt(), &asked, learned);
        let answer = limits.opened(&app, &mut alarm, || asked.get(), asking).await?;
        let answer = shape.apply(answer, &asker);
        let mut conversation = Conversation {
            app: app.clone(),
            answer: Some(answer),
            alarm,
            limits,
            began,
            asked: asked.get().unwrap_or(began),
            silent_since: None,
            finished: None,
        };
        let mut events = Events::default();
        while !conversation.started() && conversation.finished.is_none() {
            if let Step::End(finish) = conversation.advance(&mut events, None).await? {
                conversation.finished = Some(finish);
            }
        }
        app.upstream_ms.set(Some(app.host.monotonic_ms().saturating_sub(began)));
        Ok((conversation, events))
    }

    /// Reads on, until `idle_at` (milliseconds of the host's monotonic clock) if it is given. After an error the
    /// answer is over, and `events` holds what was read before it.
    pub async fn advance(&mut self, events: &mut Events, idle_at: Option<u64>) -> Result<Step, ProviderError> {
        if let Some(finish) = self.finished {
            return Ok(Step::End(finish));
        }
        let silent_since = *self.silent_since.get_or_insert_with(|| self.app.host.monotonic_ms());
        let limit = self.limit(silent_since);
        let Some(answer) = &mut self.answer else { return Err(ProviderError::Timeout) };
        let reading = answer.advance(events);
        let due = [limit, idle_at].into_iter().flatten().min();
        let read = match due {
            Some(due) => self.alarm.before(due, reading).await,
            None => Some(reading.await),
        };
        match read {
            None if due == limit => {
                answer.close(events);
                Err(ProviderError::Timeout)
            }
            None => Ok(Step::Idle),
            Some(step) => {
                self.silent_since = None;
                step.map(|finish| finish.map_or(Step::More, Step::End))
            }
        }
    }

    /// Waits for `other`, such as a client that accepts what was sent. Meanwhile the connection to the provider is
    /// kept alive, but not read. If the time limit of the whole answer passes, the connection ends, `events` holds
    /// what was read before, and only `other` is awaited.
    pub async fn hold<F: Future + Unpin>(&mut self, events: &mut Events, mut other: F) -> F::Output {
        let Some(answer) = &mut self.answer else { return other.await };
        let held = select(&mut other, answer.keep_alive()).map(|held| match held {
            Either::Left((output, _)) => output,
            Either::Right((never, _)) => match never {},
        });
        let end = self.limits.total.map(|limit| self.began + limit);
        let held = match end {
            Some(end) => self.alarm.before(end, held).await,
            None => Some(held.await),
        };
        if let Some(output) = held {
            return output;
        }
        answer.close(events);
        self.answer = None;
        other.await
    }

    /// Returns what the answer used, once it is complete, if the provider reports it.
    pub fn usage(&self) -> Option<Usage> {
        self.answer.as_ref().and_then(|answer| answer.usage())
    }

    /// Returns what turns before the last one have cost.
    pub fn repairs(&self) -> Repairs {
        self.answer.as_ref().map(|answer| answer.repairs()).unwrap_or_default()
    }

    fn started(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.started())
    }

    /// Returns the nearest limit in milliseconds of the monotonic clock: that of the first content or next part, or
    /// that of the whole answer.
    fn limit(&self, silent_since: u64) -> Option<u64> {
        let silence = if self.started() {
            self.limits.chunk.map(|limit| silent_since + limit)
        } else {
            self.limits.first.map(|limit| self.asked + limit)
        };
        [silence, self.limits.total.map(|limit| self.began + limit)].into_iter().flatten().min()
    }
}
