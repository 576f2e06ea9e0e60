//! Chat over Grok's web gateway, a WebSocket at `/ws/mgw/`, which Grok's page has used since summer 2026.
//!
//! Owns the session, its events and its heartbeat. This file opens the connection and moves messages; the others are
//! pure. Never chooses an account or stores anything.
//!
//! ```ignore
//! let mut session = Session::new(options, question, filtered_tags, random);
//! for text in session.outgoing.drain(..) { socket.send(text).await?; }
//! let finish = session.receive(&message, &mut events)?;
//! ```
//!
//! - [`message`]: writes the client's events; [`wire`], [`image`], `code`: parse the server's events.
//! - [`session`]: orders the messages; [`turn`]: the answer, with its [`thoughts`], [`sources`] and [`media`].
//! - [`stream_error`]: classifies errors.

use std::{
    convert::Infallible,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, poll_fn},
    stream::FuturesUnordered,
};

use super::{
    client::Client,
    dial::{self, Door},
};
use crate::{
    app::App,
    host::{
        timeout::{IdleTimer, timeout},
        websocket::{self, Messages, WebSocket, WebSocketError},
    },
    inference::event::{Events, Finish},
    providers::{Answer, Call, ProviderError},
};

pub mod code;
mod image;
mod media;
pub mod message;
#[cfg(test)]
pub mod script;
pub mod session;
mod sources;
mod stream_error;
mod thoughts;
mod turn;
mod wire;

use message::Options;
use session::{Question, Session};

/// The time limit until session and conversation are open.
const ATTACH_LIMIT: Duration = Duration::from_secs(15);
/// The period of the heartbeat, in milliseconds.
const HEARTBEAT_PERIOD: u64 = 20_000;
/// How many messages are read before their events are passed on.
const AT_ONCE: usize = 64;
/// The close code of a finished turn, and the time limit for sending it.
const NORMAL: u16 = 1000;
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// A turn on its own connection.
struct SocketAnswer {
    app: Rc<App>,
    socket: Rc<dyn WebSocket>,
    messages: Messages,
    /// Messages being sent. A send that is dropped half-way would end the connection, so the sends outlive calls of
    /// `advance` and end with the answer.
    sends: FuturesUnordered<LocalBoxFuture<'static, Result<(), WebSocketError>>>,
    session: Session,
    alarm: IdleTimer,
    /// When the next heartbeat is due, in milliseconds of the host's monotonic clock.
    beat: u64,
}

/// Connects, opens a session and sends the question. Returns when the message has been sent. Fails with the
/// provider's error.
pub async fn open(
    call: &mut Call<'_>,
    client: &Client<'_>,
    question: Question,
) -> Result<Box<dyn Answer>, ProviderError> {
    let socket = dial::connect(client, call.account, call.learned, Door::Chat).await?;
    let options = Options { mode: call.model.bucket.name(), temporary: call.settings.temporary };
    let mut answer = SocketAnswer::new(call.app, socket, options, question, &call.settings.filtered_tags.join(","));
    let host = call.app.host.clone();
    timeout(&*host, Some(ATTACH_LIMIT), answer.attach()).await.unwrap_or(Err(ProviderError::Timeout))?;
    Ok(Box::new(answer))
}

/// Opens a session without a question, to check whether this account can chat from this network. Fails with the
/// provider's error.
pub async fn check(app: &Rc<App>, socket: Rc<dyn WebSocket>, mode: &'static str) -> Result<(), ProviderError> {
    let options = Options { mode, temporary: true };
    let mut answer = SocketAnswer::new(app, socket, options, Question::default(), "");
    let opened = timeout(&*app.host, Some(ATTACH_LIMIT), answer.session_created()).await;
    answer.hang_up();
    opened.unwrap_or(Err(ProviderError::Timeout))
}

impl SocketAnswer {
    fn new(
        app: &Rc<App>,
        socket: Rc<dyn WebSocket>,
        options: Options,
        question: Question,
        filtered_tags: &str,
    ) -> Self {
        SocketAnswer {
            app: app.clone(),
            messages: websocket::messages(socket.clone()),
            sends: FuturesUnordered::new(),
            socket,
            session: Session::new(options, question, filtered_tags, app.random()),
            alarm: IdleTimer::new(app.host.clone()),
            beat: app.host.monotonic_ms() + HEARTBEAT_PERIOD,
        }
    }

    /// Runs until the question has been sent.
    async fn attach(&mut self) -> Result<(), ProviderError> {
        let mut events = Events::default();
        self.send_outgoing().await?;
        while !self.session.is_open() {
            self.next(&mut events).await?;
            self.send_outgoing().await?;
        }
        Ok(())
    }

    async fn session_created(&mut self) -> Result<(), ProviderError> {
        let mut events = Events::default();
        self.send_outgoing().await?;
        while !self.session.is_created() {
            self.next(&mut events).await?;
        }
        Ok(())
    }

    /// Waits for the next message and processes it.
    async fn next(&mut self, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        let message = self.messages.next().await;
        self.take(message, events)
    }

    fn take(
        &mut self,
        message: Option<Result<String, WebSocketError>>,
        events: &mut Events,
    ) -> Result<Option<Finish>, ProviderError> {
        match message {
            Some(Ok(text)) => self.session.receive(&text, events),
            Some(Err(error)) => self.lost(&error, events).map(Some),
            None => self.session.broken(events).map(Some),
        }
    }

    /// Sends the session's messages. The sends are not awaited one by one, so the host may write them together.
    async fn send_outgoing(&mut self) -> Result<(), ProviderError> {
        let sends = self.session.outgoing.drain(..).map(|text| self.socket.send(text));
        match futures::future::try_join_all(sends).await {
            Ok(_) => Ok(()),
            Err(error) => self.lost(&error, &mut Events::default()).map(drop),
        }
    }

    fn lost(&mut self, error: &WebSocketError, events: &mut Events) -> Result<Finish, ProviderError> {
        eprintln!("{}: the WebSocket ended before the answer: {error}", self.app.request_id);
        self.session.broken(events)
    }

    /// Reads on until part of the answer has arrived.
    async fn advance(&mut self, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        loop {
            let finish = self.read(events).await;
            if std::mem::take(&mut self.session.has_progressed) || !matches!(finish, Ok(None)) {
                return finish;
            }
        }
    }

    async fn read(&mut self, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        // A connection that accepts no more messages also ends the reading, which reports why.
        let message = self.beating(|messages, context| messages.poll_next_unpin(context)).await;
        let mut finish = self.take(message, events);
        // Messages that have already arrived go to the client in the same write.
        let mut read = 1;
        while finish == Ok(None)
            && read < AT_ONCE
            && let Some(message) = self.messages.next().now_or_never()
        {
            finish = self.take(message, events);
            read += 1;
        }
        if matches!(finish, Ok(None)) {
            for pong in std::mem::take(&mut self.session.outgoing) {
                self.send_beside(pong);
            }
        } else {
            self.hang_up();
        }
        finish
    }

    /// Sends heartbeats and pending messages until `poll` is ready.
    async fn beating<T>(&mut self, mut poll: impl FnMut(&mut Messages, &mut Context) -> Poll<T>) -> T {
        loop {
            let SocketAnswer { messages, sends, alarm, .. } = self;
            let next = poll_fn(|context| {
                while let Poll::Ready(Some(_)) = sends.poll_next_unpin(context) {}
                poll(messages, context)
            });
            if let Some(found) = alarm.before(self.beat, next).await {
                return found;
            }
            self.heartbeat();
        }
    }

    fn heartbeat(&mut self) {
        self.beat = self.app.host.monotonic_ms() + HEARTBEAT_PERIOD;
        self.send_beside(message::ping(&format!("{}{}", message::HEARTBEAT_PREFIX, self.app.now_ms())));
    }

    /// Sends while the next messages are awaited.
    fn send_beside(&mut self, text: String) {
        let socket = self.socket.clone();
        let mut send = async move { socket.send(text).await }.boxed_local();
        if send.as_mut().now_or_never().is_none() {
            self.sends.push(send);
        }
    }

    fn hang_up(&self) {
        let (host, socket) = (self.app.host.clone(), self.socket.clone());
        let close = async move { timeout(&*host, Some(CLOSE_LIMIT), socket.close(NORMAL, "")).await };
        self.app.host.spawn(close.map(Option::unwrap_or_default).boxed_local());
    }
}

impl Answer for SocketAnswer {
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>> {
        self.advance(events).boxed_local()
    }

    fn keep_alive(&mut self) -> LocalBoxFuture<'_, Infallible> {
        self.beating(|_, _| Poll::Pending).boxed_local()
    }

    fn started(&self) -> bool {
        self.session.started()
    }

    fn close(&mut self, events: &mut Events) {
        self.session.close(events);
        self.hang_up();
    }
}
