//! The bytes of one connection, with or without TLS, between two buffers: one from the network and one for it.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    sync::Arc,
};

use rustls::{ClientConfig, ClientConnection};
use rustls_pki_types::ServerName;

use crate::error::Error;

/// A stream to read from and write to. [`Wire::feed`] takes bytes to read, [`Wire::take_outgoing`] returns written bytes.
#[derive(Default)]
pub struct Wire {
    tls: Option<Box<ClientConnection>>,
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
    ended: bool,
}

impl Wire {
    /// Returns a wire that begins with a TLS handshake for a name or IP address. Fails with `Unreachable` if it is neither.
    pub fn with_tls(config: Arc<ClientConfig>, host: &str) -> Result<Self, Error> {
        let unreachable = |why: String| Error::Unreachable(format!("TLS: {why}"));
        let name = ServerName::try_from(host.to_owned()).map_err(|e| unreachable(e.to_string()))?;
        let mut tls = ClientConnection::new(config, name).map_err(|e| unreachable(e.to_string()))?;
        // Write a message of any length in one piece.
        tls.set_buffer_limit(None);
        let mut wire = Wire { tls: Some(Box::new(tls)), ..Wire::default() };
        wire.encrypt().map_err(|e| unreachable(e.to_string()))?;
        Ok(wire)
    }

    /// Takes bytes of the network; drops those after the end of TLS. Fails if they are not valid TLS; then
    /// [`Wire::take_outgoing`] returns the alert for the server.
    pub fn feed(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.tls.is_none() {
            self.incoming.extend(bytes);
            return Ok(());
        }
        let mut outcome = Ok(());
        while !bytes.is_empty() && !self.ended && outcome.is_ok() {
            outcome = self.decrypt(&mut bytes);
        }
        // Handshake messages and alerts.
        self.encrypt()?;
        outcome
    }

    /// Records that the network has ended.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Returns whether the network has ended or the server has closed TLS.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns the bytes for the network, once.
    pub fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Returns whether there are bytes for the network.
    pub fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Drops received bytes that were not read.
    pub fn discard(&mut self) {
        self.incoming.clear();
    }

    /// Queues the end of TLS.
    pub fn close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
        // Writes to memory, so it cannot fail.
        let _ = self.encrypt();
    }

    /// Feeds as many bytes as rustls accepts, and moves the plain text to `incoming` to make room for the next.
    fn decrypt(&mut self, bytes: &mut &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        // rustls accepts no bytes after the server has closed TLS.
        self.ended |= tls.read_tls(bytes)? == 0;
        let state = tls.process_new_packets().map_err(io::Error::other)?;
        let mut content = vec![0; state.plaintext_bytes_to_read()];
        tls.reader().read_exact(&mut content)?;
        self.incoming.extend(content);
        self.ended |= state.peer_has_closed();
        Ok(())
    }

    /// Moves rustls' bytes for the network to `outgoing`.
    fn encrypt(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            while tls.wants_write() {
                tls.write_tls(&mut self.outgoing)?;
            }
        }
        Ok(())
    }
}

impl Read for Wire {
    /// Reads received bytes; fails with `WouldBlock` if there are none.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.incoming.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => {
                tls.writer().write_all(bytes)?;
                self.encrypt()?;
            }
            None => self.outgoing.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
