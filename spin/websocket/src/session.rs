//! WebSocket messages on an upgraded wire.

use std::io;

use tungstenite::{
    Message, WebSocket,
    protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
};

use crate::{error::Error, wire::Wire};

/// The most bytes that one read takes from the wire.
const READ_SIZE: usize = 16 * 1024;
/// The longest reason of a close frame in bytes: a control frame has 125, two of them for the code (RFC 6455 §5.5).
const LONGEST_REASON: usize = 123;
/// The size of tungstenite's write queue in bytes. It writes frames of the caller at once; its own frames wait for
/// [`Session::take_outgoing`].
const NO_FRAME: usize = 1;
const ANY_FRAME: usize = usize::MAX;

/// A WebSocket after its upgrade, without I/O. [`Session::feed`] takes bytes, [`Session::message`] returns messages, and
/// [`Session::take_outgoing`] returns the bytes for the server.
pub struct Session {
    socket: WebSocket<Wire>,
    limit: u32,
    closing: bool,
    lost: bool,
    /// Whether a pong or the answer to a close frame waits for [`Session::take_outgoing`].
    has_answer: bool,
    /// The reason for the end of messages.
    end: Option<Error>,
    /// Whether all messages before the end have been returned, so that no byte is read after that.
    over: bool,
}

impl Session {
    /// Creates a session. `read` are the bytes after the head of the upgrade's response, `limit` the largest message in bytes.
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

    /// Records that the network has ended.
    pub fn feed_end(&mut self) {
        self.wire().end();
    }

    /// Returns the next text message, the reason for the end, or `None` if bytes are missing. Answers only the newest ping
    /// since the last [`Session::take_outgoing`] (RFC 6455 §5.5.3), so that pongs do not accumulate.
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

    /// Queues a text message. Fails if the connection has ended or is closing.
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

    /// Queues a close frame, once. Sends 1000 without a reason if the code or reason is invalid.
    pub fn close(&mut self, code: u16, reason: &str) {
        let is_valid = matches!(code, 1000 | 3000..=4999) && reason.len() <= LONGEST_REASON;
        self.send_close(if is_valid { code } else { 1000 }, if is_valid { reason } else { "" });
    }

    /// Returns whether [`Session::take_outgoing`] would return bytes.
    pub fn has_outgoing(&mut self) -> bool {
        self.has_answer || self.wire().has_outgoing()
    }

    /// Returns the bytes for the network, once.
    pub fn take_outgoing(&mut self) -> Vec<u8> {
        self.answer();
        self.wire().take_outgoing()
    }

    /// Returns whether [`Session::message`] has returned the end.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Returns whether the network has ended.
    pub fn has_ended(&mut self) -> bool {
        self.wire().has_ended()
    }

    /// Sends the end of TLS to the server.
    pub fn end_sending(&mut self) {
        self.answer();
        self.wire().close();
    }

    /// Records that the network takes no more bytes. Bytes that still arrive may say why.
    pub fn cannot_send(&mut self) {
        self.closing = true;
        self.lost = true;
    }

    fn wire(&mut self) -> &mut Wire {
        self.socket.get_mut()
    }

    /// Writes tungstenite's frames to the wire.
    fn queue<T>(&mut self, work: impl FnOnce(&mut WebSocket<Wire>) -> T) -> T {
        self.socket.set_config(|config| config.max_write_buffer_size = ANY_FRAME);
        let done = work(&mut self.socket);
        self.socket.set_config(|config| config.max_write_buffer_size = NO_FRAME);
        done
    }

    /// Writes the newest pong or the answer to a close frame to the wire.
    fn answer(&mut self) {
        if std::mem::take(&mut self.has_answer) {
            // Fails after the connection has closed; then there is nothing to answer.
            let _ = self.queue(WebSocket::flush);
        }
    }

    /// Sets the reason for the end, unless it is set.
    fn end_with(&mut self, end: Error) -> Error {
        self.over = true;
        self.end.get_or_insert(end).clone()
    }

    fn send_close(&mut self, code: u16, reason: &str) {
        if !std::mem::replace(&mut self.closing, true) {
            let frame = CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() };
            // Fails after the connection has closed; then there is nothing to do.
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
