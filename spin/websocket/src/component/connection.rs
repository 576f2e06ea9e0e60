//! One connection: a session, and the TCP connection that its bytes go through.
//!
//! Bytes are read while the caller waits for a message, so a slow caller slows the server down, as TCP does. A ping is
//! answered then, too.

use std::{
    cell::RefCell,
    future::poll_fn,
    io::{Read, Write},
    ops::{Deref, DerefMut},
    rc::Rc,
    sync::Arc,
    task::Poll,
};

use rustls::ClientConfig;
use spin_sdk::wit_bindgen::spawn;

use super::stream::{Reader, Socket, Writer};
use crate::{
    error::{Error, Refusal},
    session::Session,
    target::Target,
    upgrade::{Answer, Body, Upgrade},
    wire::Wire,
};

pub enum Opened {
    Connection(Connection),
    Refusal(Refused),
}

/// A server that refused, and its body that may still come.
pub struct Refused {
    reader: Reader,
    wire: Wire,
    body: Body,
    _socket: Socket,
}

pub struct Connection(Rc<State>);

struct State {
    session: RefCell<Session>,
    /// Each in the hands of one call at a time.
    reader: RefCell<Option<Reader>>,
    writer: RefCell<Option<Writer>>,
    _socket: Socket,
}

/// Opens a connection on TCP: TLS with a `config`, upgrade. Fails with `Unreachable`.
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
        // A server that takes no more may still have said why.
        writer.write(wire.take_outgoing(), drop).await;
        let mut fed = Ok(());
        let more = reader.read(|bytes| fed = wire.feed(bytes)).await;
        if let Err(error) = fed {
            // The alert says to the server what is wrong.
            writer.write(wire.take_outgoing(), drop).await;
            return Err(unreachable(error));
        }
        match upgrade.advance(&available(&mut wire))? {
            Answer::Partial if more && !wire.has_ended() => {}
            Answer::Partial => return Err(Error::Unreachable("the server closed before it answered".to_owned())),
            Answer::Accepted(read) => {
                let session = RefCell::new(Session::new(wire, read, limit));
                let (reader, writer) = (RefCell::new(Some(reader)), RefCell::new(Some(writer)));
                let state = State { session, reader, writer, _socket: socket };
                return Ok(Opened::Connection(Connection(Rc::new(state))));
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
    /// Reads the body to its end, to 64 KiB, or until the connection ends.
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

    pub fn finish(self) -> Refusal {
        self.body.finish()
    }
}

impl Connection {
    /// Queues a text message. It is written once the caller waits for something, with all that it sent until then: of
    /// two writes TCP holds the second back until the first is acknowledged, which takes a server up to 40 ms
    /// (RFC 1122 §4.2.3.4), and `wasi:sockets` cannot switch that off.
    pub fn send(&self, text: String) -> Result<(), Error> {
        self.0.session.borrow_mut().send(text)?;
        let state = self.0.clone();
        spawn(async move {
            yield_now().await;
            state.flush().await;
        });
        Ok(())
    }

    /// Waits for the next text message.
    pub async fn receive(&self) -> Result<String, Error> {
        let state = &self.0;
        let Some(mut reader) = Lease::take(&state.reader) else {
            return Err(Error::Broken("another receive waits".to_owned()));
        };
        loop {
            let message = state.session.borrow_mut().message();
            state.flush().await;
            if let Some(message) = message {
                return message;
            }
            if !reader.read(|bytes| state.session.borrow_mut().feed(bytes)).await {
                state.session.borrow_mut().feed_end();
            }
        }
    }

    pub async fn close(&self, code: u16, reason: &str) {
        self.0.session.borrow_mut().close(code, reason);
        self.0.flush().await;
    }
}

/// Lets the caller go on first.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl State {
    /// Writes what the session has to say. While another call does, it takes this along.
    async fn flush(&self) {
        let Some(mut writer) = Lease::take(&self.writer) else { return };
        loop {
            let bytes = self.session.borrow_mut().take_outgoing();
            if bytes.is_empty() {
                return;
            }
            if !writer.write(bytes, |rest| self.session.borrow_mut().put_back(rest)).await {
                return self.session.borrow_mut().cannot_send();
            }
        }
    }
}

/// Something taken out of its place, which goes back when this is dropped.
struct Lease<'a, T> {
    place: &'a RefCell<Option<T>>,
    /// Present until the drop.
    taken: Option<T>,
}

impl<'a, T> Lease<'a, T> {
    fn take(place: &'a RefCell<Option<T>>) -> Option<Self> {
        let taken = place.borrow_mut().take()?;
        Some(Lease { place, taken: Some(taken) })
    }
}

impl<T> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        *self.place.borrow_mut() = self.taken.take();
    }
}

impl<T> Deref for Lease<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.taken.as_ref().expect("present until the drop")
    }
}

impl<T> DerefMut for Lease<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.taken.as_mut().expect("present until the drop")
    }
}
