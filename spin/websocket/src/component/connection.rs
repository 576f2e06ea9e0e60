//! One connection: a session and its TCP connection.
//!
//! Bytes are read, and pings answered, only while the caller waits for a message. So a slow caller slows the server down, as
//! with TCP. One task writes, from the upgrade until the connection is closed or dropped.

use std::{
    cell::{Cell, RefCell},
    io::{Read, Write},
    pin::pin,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use futures::future::select;
use rustls::ClientConfig;
use spin_sdk::{
    time::sleep,
    wit_bindgen::{spawn, yield_async},
};

use super::{
    bell::Bell,
    stream::{Reader, Socket, Writer},
};
use crate::{
    error::{Error, Refusal},
    session::Session,
    target::Target,
    upgrade::{Answer, Body, Upgrade},
    wire::Wire,
};

/// A `receive` returns no more messages after this many bytes.
const RECEIVE_SIZE: usize = 64 * 1024;
/// How long to wait for the server's close after ours. The gateway's own timeout of a `close` is longer (`CLOSE_LIMIT` in
/// `src/providers/grok_web/mgw/mod.rs`).
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// The most bytes that are read until then: the rest of the gateway's largest message.
const CLOSE_BYTES: usize = 16 << 20;

pub enum Opened {
    Connection(Connection),
    Refusal(Refused),
}

/// A refusal whose body may be incomplete.
pub struct Refused {
    reader: Reader,
    wire: Wire,
    body: Body,
    _socket: Socket,
}

pub struct Connection(Rc<State>);

struct State {
    session: RefCell<Session>,
    /// The reader, which one call at a time takes.
    reader: RefCell<Option<Reader>>,
    /// Rung when `reader` is returned.
    reader_is_back: Bell,
    /// Whether there are bytes to write.
    has_work: Cell<bool>,
    /// Rung when there are bytes to write.
    work: Bell,
    /// Rung when all bytes are written, and when the writer has ended.
    written: Bell,
    has_writer: Cell<bool>,
    /// Set by a `close`: the writer ends when all bytes are written.
    has_finished: Cell<bool>,
    /// Rung when the caller drops the connection.
    dropped: Bell,
    _socket: Socket,
}

/// Opens a connection on TCP: TLS if there is a `config`, then the upgrade. Fails with `Unreachable`.
pub async fn open(
    (mut reader, mut writer, socket): (Reader, Writer, Socket),
    target: &Target,
    headers: &[(String, String)],
    config: Option<Arc<ClientConfig>>,
    limit: u32,
) -> Result<Opened, Error> {
    let mut upgrade = Upgrade::new(target, headers)?;
    let mut wire = match config {
        Some(config) => Wire::with_tls(config, &target.host)?,
        None => Wire::default(),
    };
    wire.write_all(upgrade.request()).map_err(unreachable)?;
    loop {
        // A server that stopped reading may have sent the reason.
        writer.write(wire.take_outgoing()).await;
        let mut fed = Ok(());
        let more = reader.read(|bytes| fed = wire.feed(bytes)).await;
        if let Err(error) = fed {
            // The alert names the error to the server.
            writer.write(wire.take_outgoing()).await;
            return Err(unreachable(error));
        }
        match upgrade.advance(&available(&mut wire))? {
            Answer::Partial if more && !wire.has_ended() => {}
            Answer::Partial => {
                return Err(Error::Unreachable("the server closed the connection before it answered".to_owned()));
            }
            Answer::Accepted(read) => {
                let state = Rc::new(State::new(Session::new(wire, read, limit), reader, socket));
                spawn(state.clone().write(writer));
                return Ok(Opened::Connection(Connection(state)));
            }
            Answer::Refused(body) => return Ok(Opened::Refusal(Refused { reader, wire, body, _socket: socket })),
        }
    }
}

fn unreachable(error: std::io::Error) -> Error {
    Error::Unreachable(format!("TLS: {error}"))
}

fn available(wire: &mut Wire) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Fails with `WouldBlock` after the last byte.
    let _ = wire.read_to_end(&mut bytes);
    bytes
}

impl Refused {
    /// Reads the body to its end, up to 64 KiB, or until the connection ends.
    pub async fn read(&mut self) {
        while !self.body.is_over() && !self.wire.has_ended() {
            let wire = &mut self.wire;
            let mut fed = Ok(());
            let more = self.reader.read(|bytes| fed = wire.feed(bytes)).await;
            self.body.feed(&available(wire));
            if !more || fed.is_err() {
                return;
            }
        }
    }

    /// Returns the refusal with the received part of its body.
    pub fn finish(self) -> Refusal {
        self.body.finish()
    }
}

impl Connection {
    /// Queues a text message. All messages that the caller sends together are written together: TCP delays a second write until
    /// the first is acknowledged, which takes a server up to 40 ms (RFC 1122 §4.2.3.4), and `wasi:sockets` cannot turn that
    /// off.
    pub fn send(&self, text: String) -> Result<(), Error> {
        self.0.session.borrow_mut().send(text)?;
        self.0.start_writing();
        Ok(())
    }

    /// Waits for a text message, and returns it with those that arrived together with it.
    pub async fn receive(&self) -> Result<Vec<String>, Error> {
        let state = &self.0;
        let Some(mut reader) = Lease::take(state) else {
            return Err(Error::Broken("another receive waits".to_owned()));
        };
        loop {
            let message = state.session.borrow_mut().message();
            state.start_writing();
            match message {
                Some(Ok(text)) => return Ok(state.arrived_with(text)),
                Some(Err(end)) => {
                    // Write the answer to a close frame before the caller drops the connection.
                    within(CLOSE_LIMIT, state.all_written()).await;
                    return Err(end);
                }
                None => reader.read().await,
            };
        }
    }

    /// Sends a close frame and reads until the server has closed too, dropping messages. Closing a socket with unread bytes
    /// resets the connection, and the server may lose the frame.
    pub async fn close(&self, code: u16, reason: &str) {
        self.0.session.borrow_mut().close(code, reason);
        self.0.start_writing();
        within(CLOSE_LIMIT, self.0.finish()).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dropped.ring();
    }
}

async fn within(limit: Duration, work: impl Future<Output = ()>) {
    select(pin!(work), pin!(sleep(limit))).await;
}

impl State {
    fn new(session: Session, reader: Reader, socket: Socket) -> Self {
        State {
            session: RefCell::new(session),
            reader: RefCell::new(Some(reader)),
            reader_is_back: Bell::default(),
            has_work: Cell::new(false),
            work: Bell::default(),
            written: Bell::default(),
            has_writer: Cell::new(true),
            has_finished: Cell::new(false),
            dropped: Bell::default(),
            _socket: socket,
        }
    }

    /// Writes the session's bytes until a `close` has finished, the network has ended, or the connection is dropped.
    async fn write(self: Rc<Self>, writer: Writer) {
        select(pin!(self.dropped.heard()), pin!(self.write_all(writer))).await;
        self.has_writer.set(false);
        self.written.ring();
    }

    async fn write_all(&self, mut writer: Writer) {
        loop {
            let bytes = self.session.borrow_mut().take_outgoing();
            if !bytes.is_empty() {
                if !writer.write(bytes).await {
                    return self.session.borrow_mut().cannot_send();
                }
                continue;
            }
            self.has_work.set(false);
            self.written.ring();
            if self.has_finished.get() {
                return;
            }
            self.work.heard().await;
            // Calls that the caller made together run one after another: the next ones may have more to write.
            yield_async().await;
        }
    }

    /// Wakes the writer if there are bytes to write.
    fn start_writing(&self) {
        if self.session.borrow_mut().has_outgoing() {
            self.has_work.set(true);
            self.work.ring();
        }
    }

    /// Returns `first` and the complete messages after it. The end of the connection is left for the next call.
    fn arrived_with(&self, first: String) -> Vec<String> {
        let (mut size, mut texts) = (first.len(), vec![first]);
        let mut session = self.session.borrow_mut();
        while size < RECEIVE_SIZE
            && let Some(Ok(text)) = session.message()
        {
            size += text.len();
            texts.push(text);
        }
        drop(session);
        self.start_writing();
        texts
    }

    async fn all_written(&self) {
        while self.has_work.get() && self.has_writer.get() {
            self.written.heard().await;
        }
    }

    /// Reads until the server has closed TCP or TLS, then closes this end.
    async fn finish(&self) {
        let mut left = CLOSE_BYTES;
        while self.has_more() && left > 0 {
            match Lease::take(self) {
                Some(mut reader) => left = left.saturating_sub(reader.read().await),
                // A waiting `receive` reads.
                None => self.reader_is_back.heard().await,
            }
        }
        self.has_finished.set(true);
        self.has_work.set(true);
        self.work.ring();
        self.all_written().await;
    }

    /// Drops received messages; returns false at the end.
    fn has_more(&self) -> bool {
        let mut session = self.session.borrow_mut();
        while let Some(Ok(_)) = session.message() {}
        if session.is_over() {
            session.end_sending();
        }
        let has_more = !session.has_ended();
        drop(session);
        self.start_writing();
        has_more
    }
}

/// The reader, taken by a call; returned when this is dropped.
struct Lease<'a> {
    state: &'a State,
    /// Present until the drop.
    reader: Option<Reader>,
}

impl<'a> Lease<'a> {
    fn take(state: &'a State) -> Option<Self> {
        let reader = state.reader.borrow_mut().take()?;
        Some(Lease { state, reader: Some(reader) })
    }

    /// Reads once. Returns how many bytes came.
    async fn read(&mut self) -> usize {
        let (session, mut count) = (&self.state.session, 0);
        let Some(reader) = &mut self.reader else { return 0 };
        let feed = |bytes: &[u8]| {
            count += bytes.len();
            session.borrow_mut().feed(bytes);
        };
        if !reader.read(feed).await {
            session.borrow_mut().feed_end();
        }
        count
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        *self.state.reader.borrow_mut() = self.reader.take();
        self.state.reader_is_back.ring();
    }
}
