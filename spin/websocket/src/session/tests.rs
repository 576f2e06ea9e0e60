//! Tests a session against tungstenite's server, with and without TLS, in pieces of any length.

use std::{
    io::{Read, Write},
    sync::Arc,
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, ServerConnection, crypto::ring};
use rustls_pki_types::PrivateKeyDer;
use tungstenite::Bytes;

use super::*;

const LIMIT: u32 = 16 << 20;

/// A server of messages on buffers.
struct Server {
    socket: WebSocket<Side>,
    /// Whether the client has closed TLS.
    tls_is_over: bool,
}

/// The server's end of the wire. `plain` has the bytes from TLS and those for the client.
#[derive(Default)]
struct Side {
    plain: Wire,
    tls: Option<ServerConnection>,
}

impl io::Read for Side {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.plain.read(buffer)
    }
}

impl io::Write for Side {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => {
                tls.writer().write_all(bytes)?;
                let mut out = Vec::new();
                while tls.wants_write() {
                    tls.write_tls(&mut out)?;
                }
                self.plain.write_all(&out).map(|()| bytes.len())
            }
            None => self.plain.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Server {
    fn new(tls: Option<ServerConnection>) -> Self {
        let config = WebSocketConfig::default().max_frame_size(None).max_message_size(None);
        let side = Side { plain: Wire::default(), tls };
        Server { socket: WebSocket::from_raw_socket(side, Role::Server, Some(config)), tls_is_over: false }
    }

    /// Takes the session's bytes for the server.
    fn take(&mut self, session: &mut Session) {
        self.hear(&session.take_outgoing());
    }

    fn hear(&mut self, mut bytes: &[u8]) {
        let side = self.socket.get_mut();
        let Some(tls) = &mut side.tls else { return side.plain.feed(bytes).unwrap() };
        while !bytes.is_empty() {
            tls.read_tls(&mut bytes).unwrap();
            let state = tls.process_new_packets().unwrap();
            let mut content = vec![0; state.plaintext_bytes_to_read()];
            tls.reader().read_exact(&mut content).unwrap();
            side.plain.feed(&content).unwrap();
            self.tls_is_over |= state.peer_has_closed();
        }
        let mut out = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut out).unwrap();
        }
        side.plain.write_all(&out).unwrap();
    }

    /// Feeds the server's bytes to the session, `piece` bytes at a time.
    fn give(&mut self, session: &mut Session, piece: usize) {
        for bytes in self.socket.get_mut().plain.take_outgoing().chunks(piece) {
            session.feed(bytes);
        }
    }

    fn say(&mut self, message: Message) {
        self.socket.send(message).unwrap();
    }
}

fn plain(limit: u32) -> (Session, Server) {
    (Session::new(Wire::default(), Vec::new(), limit), Server::new(None))
}

fn with_tls() -> (Session, Server) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["grok.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
    tls.set_buffer_limit(None);
    let wire = Wire::with_tls(crate::tls::client(&certificate.pem()).unwrap(), "grok.test").unwrap();
    let (mut session, mut server) = (Session::new(wire, Vec::new(), LIMIT), Server::new(Some(tls)));
    for _ in 0..3 {
        server.take(&mut session);
        server.give(&mut session, usize::MAX);
    }
    (session, server)
}

fn closed(code: u16, reason: &str) -> Option<Result<String, Error>> {
    Some(Err(Error::Closed { code, reason: reason.to_owned() }))
}

fn broken(why: &str) -> Option<Result<String, Error>> {
    Some(Err(Error::Broken(why.to_owned())))
}

#[test]
fn text_goes_both_ways() {
    for (mut session, mut server) in [plain(LIMIT), with_tls()] {
        for text in ["", "héllo", &"l".repeat(100_000)] {
            session.send(text.to_owned()).unwrap();
            server.take(&mut session);
            assert_eq!(server.socket.read().unwrap(), Message::text(text));
            for piece in [1, 7, usize::MAX] {
                server.say(Message::text(text));
                server.give(&mut session, piece);
                assert_eq!(session.message(), Some(Ok(text.to_owned())));
                assert_eq!(session.message(), None);
            }
        }
    }
}

#[test]
fn the_largest_message_passes_and_a_larger_one_does_not() {
    // Smaller over TLS: an unoptimised build needs seconds for 16 MiB.
    for ((mut session, mut server), size) in [(plain(LIMIT), LIMIT), (with_tls(), 2 << 20)] {
        let largest = "m".repeat(size as usize);
        session.send(largest.clone()).unwrap();
        server.take(&mut session);
        server.say(Message::text(largest.clone()));
        server.give(&mut session, 64 * 1024);
        assert!(session.message() == Some(Ok(largest)), "{size} bytes arrive");
    }
    let (mut session, mut server) = plain(300);
    server.say(Message::text("\u{20ac}".repeat(100)));
    server.say(Message::text("x".repeat(301)));
    server.give(&mut session, usize::MAX);
    assert_eq!(session.message(), Some(Ok("\u{20ac}".repeat(100))));
    assert_eq!(session.message(), broken("a message is longer than 300 bytes"));
    assert_eq!(session.message(), broken("a message is longer than 300 bytes"));
    assert!(session.send(String::new()).is_err());
    server.take(&mut session);
    let Ok(Message::Close(Some(frame))) = server.socket.read() else { panic!("a close frame") };
    assert_eq!(u16::from(frame.code), 1009);
}

#[test]
fn pings_are_answered_and_binary_is_ignored() {
    let (mut session, mut server) = plain(LIMIT);
    server.say(Message::Ping(Bytes::from_static(b"p")));
    server.say(Message::binary(vec![0xff; 10]));
    server.say(Message::text("t"));
    server.give(&mut session, 1);
    assert_eq!(session.message(), Some(Ok("t".to_owned())));
    server.take(&mut session);
    assert_eq!(server.socket.read().unwrap(), Message::Pong(Bytes::from_static(b"p")));
}

#[test]
fn every_end_has_its_name() {
    let frame = |code: u16, reason: &'static str| Some(CloseFrame { code: code.into(), reason: reason.into() });
    for (frame, end) in [(frame(4001, "bye"), closed(4001, "bye")), (None, closed(1005, ""))] {
        let (mut session, mut server) = plain(LIMIT);
        server.say(Message::text("last"));
        server.socket.close(frame).unwrap();
        server.give(&mut session, usize::MAX);
        assert_eq!(session.message(), Some(Ok("last".to_owned())));
        assert_eq!(session.message(), end);
        session.feed_end();
        assert_eq!(session.message(), end);
        assert_eq!(session.send(String::new()).map(|()| String::new()), end.unwrap());
        // The close is answered.
        server.take(&mut session);
        assert!(matches!(server.socket.read(), Ok(Message::Close(_))));
    }
    let (mut session, _) = plain(LIMIT);
    session.feed_end();
    assert_eq!(session.message(), broken("no close frame came"));
    for bytes in [&b"\x81\x85abcdhello"[..], b"\xf1\x00", b"\x81\x02\xff\xff"] {
        let (mut session, _) = plain(LIMIT);
        session.feed(bytes);
        assert!(matches!(session.message(), Some(Err(Error::Broken(_)))), "{bytes:?}");
    }
    let (mut session, _) = with_tls();
    session.feed(b"\x17\x03\x03\x00\x14not what TLS expects");
    assert!(matches!(session.message(), Some(Err(Error::Broken(why))) if why.contains("decrypt")));
}

#[test]
fn a_close_is_sent_once_and_what_cannot_be_sent_is_1000() {
    for ((code, reason), (sent, why)) in [
        ((1000, "done"), (1000, "done")),
        ((4321, ""), (4321, "")),
        ((77, "a"), (1000, "")),
        ((1000, "r".repeat(124).as_str()), (1000, "")),
    ] {
        let (mut session, mut server) = plain(LIMIT);
        session.close(code, reason);
        session.close(3000, "again");
        assert!(matches!(session.send("late".to_owned()), Err(Error::Broken(_))));
        server.take(&mut session);
        let Ok(Message::Close(Some(frame))) = server.socket.read() else { panic!("a close frame") };
        assert_eq!((frame.code.into(), frame.reason.as_str()), (sent, why));
        let _ = server.socket.flush();
        server.give(&mut session, usize::MAX);
        assert_eq!(session.message(), closed(sent, why));
    }
}

#[test]
fn nothing_comes_after_the_connection_broke() {
    let (mut session, mut server) = plain(300);
    server.say(Message::text("x".repeat(301)));
    server.say(Message::text("later"));
    server.give(&mut session, usize::MAX);
    for _ in 0..3 {
        assert_eq!(session.message(), broken("a message is longer than 300 bytes"));
    }
}

#[test]
fn of_many_pings_the_newest_is_answered() {
    for (mut session, mut server) in [plain(LIMIT), with_tls()] {
        session.send("s".repeat(1000)).unwrap();
        for count in 0..2000_u32 {
            server.say(Message::Ping(Bytes::copy_from_slice(&count.to_be_bytes())));
            server.give(&mut session, usize::MAX);
            assert_eq!(session.message(), None);
        }
        // One message and one pong, with the overhead of TLS.
        let bytes = session.take_outgoing();
        assert!(bytes.len() < 1100, "{} bytes wait", bytes.len());
        server.hear(&bytes);
        assert_eq!(server.socket.read().unwrap(), Message::text("s".repeat(1000)));
        assert_eq!(server.socket.read().unwrap(), Message::Pong(Bytes::copy_from_slice(&1999_u32.to_be_bytes())));
        assert!(!session.has_outgoing());
    }
}

#[test]
fn the_end_of_tls_is_said_after_the_answer_to_a_close() {
    let (mut session, mut server) = with_tls();
    server.socket.close(None).unwrap();
    server.give(&mut session, usize::MAX);
    assert_eq!(session.message(), closed(1005, ""));
    session.end_sending();
    server.take(&mut session);
    assert!(matches!(server.socket.read(), Ok(Message::Close(_))));
    assert!(server.tls_is_over);
    assert!(!session.has_ended());
    session.feed_end();
    assert!(session.has_ended());
}
