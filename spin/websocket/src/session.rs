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

/// A WebSocket after its upgrade, without I/O: bytes go in by [`Session::feed`], messages come out by [`Session::message`],
/// and what either or [`Session::send`] has to say to the server is in [`Session::take_outgoing`].
pub struct Session {
    socket: WebSocket<Wire>,
    limit: u32,
    closing: bool,
    lost: bool,
    /// Why nothing more comes.
    end: Option<Error>,
}

impl Session {
    /// `read` are the bytes that came after the head of the upgrade's answer, `limit` the largest message in bytes.
    pub fn new(wire: Wire, read: Vec<u8>, limit: u32) -> Self {
        let largest = Some(limit as usize);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_SIZE)
            .write_buffer_size(0)
            .max_message_size(largest)
            .max_frame_size(largest);
        let socket = WebSocket::from_partially_read(wire, read, Role::Client, Some(config));
        Session { socket, limit, closing: false, lost: false, end: None }
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

    /// Returns the next text message, or why there will be none; `None` when bytes are missing. Answers pings.
    pub fn message(&mut self) -> Option<Result<String, Error>> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Some(Ok(text.as_str().to_owned())),
                Ok(Message::Close(frame)) => {
                    let (code, reason) = frame
                        .map_or((1005, String::new()), |frame| (frame.code.into(), frame.reason.as_str().to_owned()));
                    self.end.get_or_insert(Error::Closed { code, reason });
                    let _ = self.socket.flush();
                }
                // Pings are answered by the next flush.
                Ok(_) => drop(self.socket.flush()),
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
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
        self.socket.send(Message::text(text)).map_err(|error| match error {
            tungstenite::Error::Protocol(_) => Error::Broken("the connection is closing".to_owned()),
            error => self.ended_by(&error),
        })
    }

    /// Queues a close frame, once: 1000 without a reason when these cannot be sent.
    pub fn close(&mut self, code: u16, reason: &str) {
        let is_valid = matches!(code, 1000 | 3000..=4999) && reason.len() <= LONGEST_REASON;
        self.send_close(if is_valid { code } else { 1000 }, if is_valid { reason } else { "" });
    }

    /// Returns the bytes for the network, once.
    pub fn take_outgoing(&mut self) -> Vec<u8> {
        self.wire().take_outgoing()
    }

    /// Gives back bytes that the network did not take.
    pub fn put_back(&mut self, unsent: Vec<u8>) {
        self.wire().put_back(unsent);
    }

    /// The network takes no more: nothing is sent from here on. What it still brings says why.
    pub fn cannot_send(&mut self) {
        self.closing = true;
        self.lost = true;
    }

    fn wire(&mut self) -> &mut Wire {
        self.socket.get_mut()
    }

    fn send_close(&mut self, code: u16, reason: &str) {
        if !std::mem::replace(&mut self.closing, true) {
            let frame = CloseFrame { code: CloseCode::from(code), reason: reason.to_owned().into() };
            // Fails once the connection is closed, and then there is nothing to do.
            let _ = self.socket.close(Some(frame));
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
        self.end.get_or_insert(Error::Broken(why)).clone()
    }
}

#[cfg(test)]
mod tests;
