//! The scripted server behind the native host's WebSockets.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::{LocalBoxFuture, poll_fn},
    stream,
};

use super::{Clock, script::Reading};
use crate::host::websocket::{Handshake, Messages, WebSocket, WebSocketError};

/// The scripted server's reply to a handshake: its steps, or an error.
pub type Server = Box<dyn Fn(&Handshake) -> Result<Vec<Frame>, WebSocketError>>;

/// One step of the scripted server.
pub enum Frame {
    Text(String),
    Wait(Duration),
    /// Waits until the client has sent this many messages in total.
    AfterSent(usize),
    /// The server closes with this code and reason.
    Close(u16, &'static str),
    /// The connection breaks.
    Break,
    /// Nothing more comes.
    Hang,
    /// Runs when every step before it has been read.
    Do(Box<dyn FnOnce()>),
    /// Plays the steps that are in the list by then; then nothing more comes.
    From(Rc<RefCell<Vec<Frame>>>),
}

/// What clients did, shared by all connections of a host.
#[derive(Default)]
pub struct Sockets {
    pub handshakes: RefCell<Vec<Handshake>>,
    /// Messages that clients sent, in order.
    pub sent: RefCell<Vec<String>>,
    /// Close frames that clients sent.
    pub closes: RefCell<Vec<(u16, &'static str)>>,
    /// How many connections are open.
    pub open: Rc<Cell<usize>>,
    /// Whether servers accept nothing: messages and close frames are never sent.
    pub is_blocked: Cell<bool>,
}

/// One connection of a client.
pub struct Connection {
    sockets: Rc<Sockets>,
    sending: UnboundedSender<()>,
    messages: RefCell<Messages>,
    _open: Reading,
}

impl Connection {
    /// Opens a connection on which the server plays `frames`.
    pub fn open(frames: Vec<Frame>, clock: Clock, sockets: Rc<Sockets>) -> Self {
        let (sending, sent) = unbounded();
        let open = Reading::begin(&sockets.open);
        Connection { sockets, sending, messages: RefCell::new(play(frames, clock, sent)), _open: open }
    }
}

impl Connection {
    /// Waits until the server accepts what was written.
    async fn taken(&self) {
        if self.sockets.is_blocked.get() {
            futures::future::pending().await
        }
    }
}

impl WebSocket for Connection {
    fn send(&self, text: String) -> LocalBoxFuture<'_, Result<(), WebSocketError>> {
        self.sockets.sent.borrow_mut().push(text);
        // The script may have ended.
        let _ = self.sending.unbounded_send(());
        self.taken().map(Ok).boxed_local()
    }

    fn receive(&self) -> LocalBoxFuture<'_, Result<Vec<String>, WebSocketError>> {
        let ended = || Err(WebSocketError::Broken("the script is over".to_owned()));
        poll_fn(|context| self.messages.borrow_mut().poll_next_unpin(context))
            .map(move |message| message.unwrap_or_else(ended).map(|text| vec![text]))
            .boxed_local()
    }

    fn close(&self, code: u16, reason: &'static str) -> LocalBoxFuture<'_, ()> {
        self.sockets.closes.borrow_mut().push((code, reason));
        self.taken().boxed_local()
    }
}

fn play(frames: Vec<Frame>, clock: Clock, sent: UnboundedReceiver<()>) -> Messages {
    stream::unfold((VecDeque::from(frames), sent, 0), move |(mut frames, mut sent, mut count)| {
        let clock = clock.clone();
        async move {
            loop {
                let item = match frames.pop_front()? {
                    Frame::Text(text) => Ok(text),
                    Frame::Close(code, reason) => Err(WebSocketError::Closed { code, reason: reason.to_owned() }),
                    Frame::Break => Err(WebSocketError::Broken("reset".to_owned())),
                    Frame::Hang => futures::future::pending().await,
                    Frame::Do(run) => {
                        run();
                        continue;
                    }
                    Frame::From(list) => {
                        frames = list.take().into_iter().chain([Frame::Hang]).collect();
                        continue;
                    }
                    Frame::Wait(time) => {
                        clock.sleep(time).await;
                        continue;
                    }
                    Frame::AfterSent(messages) => {
                        while count < messages {
                            sent.next().await;
                            count += 1;
                        }
                        continue;
                    }
                };
                return Some((item, (frames, sent, count)));
            }
        }
    })
    .boxed_local()
}
