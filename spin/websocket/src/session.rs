//! Messages on an upgraded wire.

use std::io;

use tungstenite::{
    Message, WebSocket,
    protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
};

use crate::{error::Error, wire::Wire};

/// What is read from the wire at once.
const READ_SIZE: usize = 16 * 1024;
/// RFC 6455 §5.5: a control frame has 125 bytes, two of which are the code.
const LONGEST_REASON: usize = 123;
/// Bytes of frames that tungstenite may queue: none of its own, which stay in its hands until [`Session::take_outgoing`],
/// and any that the caller asks for.
const NO_FRAME: usize = 1;
const ANY_FRAME: usize = usize::MAX;

/// A WebSocket after its upgrade, without I/O: bytes go in by [`Session::feed`], messages come out by [`Session::message`],
/// and what either or [`Session::send`] has to say to the server is in [`Session::take_outgoing`].
pub struct Session {
    socket: WebSocket<Wire>,
    limit: u32,
    closing: bool,
    lost: bool,
    /// A pong waits for [`Session::take_outgoing`], or the answer to a close frame.
    has_answer: bool,
    /// Why nothing more comes.
    end: Option<Error>,
    /// Messages that came before the end have been returned: no byte is read from here on.
    over: bool,
}

impl Session {
    /// `read` are the bytes that came after the head of the upgrade's answer, `limit` the largest message in bytes.
    pub fn new(wire: Wire, read: Vec<u8>, limit: u32) -> Self {
        let largest = Some(limit as usize);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_SIZE)
            .write_buffer_size(0)
            .max_write_buffer_size(NO_FRAME)
            .max_message_size(largest)
            .max_frame_size(largest);
        let socket = WebSocket::from_partially_read(wire, read, Role::Client, Some(config));
        Session { socket, limit, closing: false, lost: false, has_answer: false, end: None, over: false }
    }

    /// Takes bytes from the network.
    pub fn feed(&mut self, bytes: &[u8]) {
        if let Err(error) = self.wire().feed(bytes) {
            self.end.get_or_insert(Error::Broken(error.to_string()));
        }
    }

    /// The network brings no more.
    pub fn feed_end(&mut self) {
        self.wire().end();
    }

    /// Returns the next text message, or why there will be none; `None` when bytes are missing. Answers pings: the newest
    /// of those that came since the last [`Session::take_outgoing`] (RFC 6455 §5.5.3), so that answers do not pile up.
    pub fn message(&mut self) -> Option<Result<String, Error>> {
        loop {
            if self.over {
                self.wire().discard();
                return self.end.clone().map(Err);
            }
            match self.socket.read() {
                Ok(Message::Text(text)) => return Some(Ok(text.as_str().to_owned())),
                Ok(Message::Close(frame)) => {
                    let (code, reason) = frame
                        .map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.as_str().to_owned()));
                    self.end_with(Error::Closed { code, reason });
                    self.has_answer = true;
                }
                Ok(Message::Ping(_)) => self.has_answer = true,
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.over = self.end.is_some();
                    return self.end.clone().map(Err);
                }
                Err(error) => return Some(Err(self.ended_by(&error))),
            }
        }
    }

    /// Queues a text message. Fails when the connection has ended, or is closing.
    pub fn send(&mut self, text: String) -> Result<(), Error> {
        if let Some(end) = &self.end {
            return Err(end.clone());
        }
        if self.lost {
            return Err(Error::Broken("the connection is lost".to_owned()));
        }
        self.queue(|socket| socket.send(Message::text(text))).map_err(|error| match error {
            tungstenite::Error::Protocol(_) => Error::Broken("the connection is closing".to_owned()),
            error => self.ended_by(&error),
        })
    }

    /// Queues a close frame, once: 1000 without a reason when these cannot be sent.
    pub fn close(&mut self, code: u16, reason: &str) {
        let is_valid = matches!(code, 1000 | 3000..=4999) && reason.len() <= LONGEST_REASON;
        self.send_close(if is_valid { code } else { 1000 }, if is_valid { reason } else { "" });
    }

    /// Whether [`Session::take_outgoing`] would return bytes.
    pub fn has_outgoing(&mut self) -> bool {
        self.has_answer || self.wire().has_outgoing()
    }

    /// Returns the bytes for the network, once.
    pub fn take_outgoing(&mut self) -> Vec<u8> {
        self.answer();
        self.wire().take_outgoing()
    }

    /// Whether nothing more comes, as [`Session::message`] has returned.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the network brings nothing more, be it a message or not.
    pub fn has_ended(&mut self) -> bool {
        self.wire().has_ended()
    }

    /// Says that nothing more is sent, which TLS has a message for.
    pub fn end_sending(&mut self) {
        self.answer();
        self.wire().close();
    }

    /// The network takes no more: nothing is sent from here on. What it still brings says why.
    pub fn cannot_send(&mut self) {
        self.closing = true;
        self.lost = true;
    }

    fn wire(&mut self) -> &mut Wire {
        self.socket.get_mut()
    }

    /// Has tungstenite write frames to the wire.
    fn queue<T>(&mut self, work: impl FnOnce(&mut WebSocket<Wire>) -> T) -> T {
        self.socket.set_config(|config| config.max_write_buffer_size = ANY_FRAME);
        let done = work(&mut self.socket);
        self.socket.set_config(|config| config.max_write_buffer_size = NO_FRAME);
        done
    }

    /// Writes the newest pong to the wire, or the answer to a close frame.
    fn answer(&mut self) {
        if std::mem::take(&mut self.has_answer) {
            // Fails once the connection is closed, and then there is nothing to answer.
            let _ = self.queue(WebSocket::flush);
        }
    }

    /// Sets the reason why nothing more comes, unless there is one.
    fn end_with(&mut self, end: Error) -> Error {
        self.over = true;
        self.end.get_or_insert(end).clone()
    }

    fn send_close(&mut self, code: u16, reason: &str) {
        if !std::mem::replace(&mut self.closing, true) {
            let frame = CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() };
            // Fails once the connection is closed, and then there is nothing to do.
            let _ = self.queue(|socket| socket.close(Some(frame)));
        }
    }

    fn ended_by(&mut self, error: &tungstenite::Error) -> Error {
        let why = match error {
            tungstenite::Error::Capacity(_) => {
                self.send_close(1009, "");
                format!("a message is longer than {} bytes", self.limit)
            }
            tungstenite::Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
                "no close frame came".to_owned()
            }
            other => other.to_string(),
        };
        self.end_with(Error::Broken(why))
    }
}

#[cfg(test)]
mod tests;
