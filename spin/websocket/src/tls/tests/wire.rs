//! A wire and a server that closes TLS.

use std::{
    io::{Read, Write},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustls::{ServerConnection, crypto::ring};

use super::{Authority, client};
use crate::wire::Wire;

/// A wire and its server, after the handshake.
fn connected() -> (Wire, ServerConnection) {
    let authority = Authority::new(&rcgen::PKCS_ECDSA_P256_SHA256);
    let mut server = authority.server(ring::default_provider(), &rcgen::PKCS_ECDSA_P256_SHA256, |_| ());
    let mut wire = Wire::with_tls(client(&authority.pem()).unwrap(), "grok.test").unwrap();
    while server.is_handshaking() {
        server.read_tls(&mut wire.take_outgoing().as_slice()).unwrap();
        server.process_new_packets().unwrap();
        wire.feed(&written(&mut server)).unwrap();
    }
    (wire, server)
}

fn written(server: &mut ServerConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while server.wants_write() {
        server.write_tls(&mut bytes).unwrap();
    }
    bytes
}

/// Feeds a wire on a thread of its own: a `feed` that does not return fails the test.
#[track_caller]
fn fed(mut wire: Wire, bytes: Vec<u8>) -> Wire {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let outcome = wire.feed(&bytes);
        let _ = sender.send((wire, outcome));
    });
    let (wire, outcome) = receiver.recv_timeout(Duration::from_secs(20)).expect("feed returns");
    outcome.unwrap();
    wire
}

#[test]
fn a_wire_ends_when_the_server_closes_tls() {
    let (wire, mut server) = connected();
    assert!(!wire.has_ended());
    server.writer().write_all(b"last").unwrap();
    server.send_close_notify();
    let mut wire = fed(wire, written(&mut server));
    assert!(wire.has_ended());
    let mut read = Vec::new();
    wire.read_to_end(&mut read).unwrap();
    assert_eq!(read, b"last");
}

#[test]
fn bytes_after_the_end_of_tls_are_dropped() {
    let (wire, mut server) = connected();
    server.send_close_notify();
    let mut bytes = written(&mut server);
    // More than rustls takes at once.
    bytes.extend([0; 64 * 1024]);
    let wire = fed(wire, bytes);
    let mut wire = fed(wire, b"more".to_vec());
    assert_eq!(wire.read(&mut [0; 8]).unwrap(), 0);
}
