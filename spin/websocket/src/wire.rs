//! The bytes of one connection, with TLS or without, between two buffers: one from the network, one for it.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    sync::Arc,
};

use rustls::{ClientConfig, ClientConnection};
use rustls_pki_types::ServerName;

use crate::error::Error;

/// A stream to read from and write to: [`Wire::feed`] brings what can be read, [`Wire::take_outgoing`] what was written.
#[derive(Default)]
pub struct Wire {
    tls: Option<Box<ClientConnection>>,
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
    ended: bool,
}

impl Wire {
    /// Returns a wire that begins with a TLS handshake for this name or IP address. Fails with `Unreachable` when it is
    /// neither.
    pub fn with_tls(config: Arc<ClientConfig>, host: &str) -> Result<Self, Error> {
        let unreachable = |why: String| Error::Unreachable(format!("TLS: {why}"));
        let name = ServerName::try_from(host.to_owned()).map_err(|e| unreachable(e.to_string()))?;
        let mut tls = ClientConnection::new(config, name).map_err(|e| unreachable(e.to_string()))?;
        // A message is written in one piece, however long.
        tls.set_buffer_limit(None);
        let mut wire = Wire { tls: Some(Box::new(tls)), ..Wire::default() };
        wire.encrypt().map_err(|e| unreachable(e.to_string()))?;
        Ok(wire)
    }

    /// Takes bytes that came from the network; those after the end of TLS are dropped. Fails when they are not the TLS
    /// that was agreed on: then [`Wire::take_outgoing`] has the alert for the server.
    pub fn feed(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.tls.is_none() {
            self.incoming.extend(bytes);
            return Ok(());
        }
        let mut outcome = Ok(());
        while !bytes.is_empty() && !self.ended && outcome.is_ok() {
            outcome = self.decrypt(&mut bytes);
        }
        // Answers of the handshake, alerts.
        self.encrypt()?;
        outcome
    }

    /// The network brings no more.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether nothing more can be read than what is there: the network ended, or the server closed TLS.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns the bytes for the network, once.
    pub fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Whether there are bytes for the network.
    pub fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Forgets what came and was not read.
    pub fn discard(&mut self) {
        self.incoming.clear();
    }

    /// Says that nothing more is sent: TLS has a message for that.
    pub fn close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
        // Writes to memory: does not fail.
        let _ = self.encrypt();
    }

    /// Takes as many bytes as fit into rustls, and moves what they hold to `incoming`: there is room for the next.
    fn decrypt(&mut self, bytes: &mut &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        // rustls takes nothing after the server closed TLS.
        self.ended |= tls.read_tls(bytes)? == 0;
        let state = tls.process_new_packets().map_err(io::Error::other)?;
        let mut content = vec![0; state.plaintext_bytes_to_read()];
        tls.reader().read_exact(&mut content)?;
        self.incoming.extend(content);
        self.ended |= state.peer_has_closed();
        Ok(())
    }

    /// Moves what rustls has for the network to `outgoing`.
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
    /// Fails with `WouldBlock` while nothing is there.
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
