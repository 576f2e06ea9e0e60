//! The two directions of a TCP connection. Cancelling a read loses no bytes.

use std::{
    future::{Future, poll_fn},
    mem,
    net::SocketAddr,
    pin::{Pin, pin},
};

use spin_sdk::{
    wasip3::{
        sockets::types::{ErrorCode, IpAddressFamily, TcpSocket},
        wit_stream,
    },
    wit_bindgen::{FutureReader, StreamReader, StreamResult, StreamWriter, rt::async_support},
};

use super::address::to_wasi;

/// The most bytes that one read returns: a few TLS records.
const READ_SIZE: usize = 64 * 1024;

type StreamRead<'a> = async_support::StreamRead<'a, u8>;

/// Resources that live as long as the connection.
pub struct Socket {
    _received: FutureReader<Result<(), ErrorCode>>,
    _sent: FutureReader<Result<(), ErrorCode>>,
    _socket: TcpSocket,
}

pub struct Reader {
    stream: StreamReader<u8>,
    buffer: Vec<u8>,
}

pub struct Writer(StreamWriter<u8>);

/// Connects to an address. Fails with the reason as text.
pub async fn connect(address: SocketAddr) -> Result<(Reader, Writer, Socket), String> {
    let family = if address.is_ipv4() { IpAddressFamily::Ipv4 } else { IpAddressFamily::Ipv6 };
    let socket = TcpSocket::create(family).map_err(in_words)?;
    socket.connect(to_wasi(address)).await.map_err(in_words)?;
    let (writer, outgoing) = wit_stream::new();
    let sent = socket.send(outgoing);
    let (stream, received) = socket.receive();
    let reader = Reader { stream, buffer: Vec::new() };
    Ok((reader, Writer(writer), Socket { _received: received, _sent: sent, _socket: socket }))
}

fn in_words(error: ErrorCode) -> String {
    match error {
        ErrorCode::AccessDenied => "the host does not allow this address and port".to_owned(),
        ErrorCode::ConnectionRefused => "connection refused".to_owned(),
        ErrorCode::RemoteUnreachable => "no route".to_owned(),
        ErrorCode::Timeout => "timed out".to_owned(),
        ErrorCode::Other(Some(text)) => text,
        other => format!("{other:?}"),
    }
}

impl Reader {
    /// Reads once and passes the bytes to `take`; returns false at the end. If the future is dropped, `take` still gets the
    /// bytes that have arrived.
    pub async fn read(&mut self, take: impl FnMut(&[u8])) -> bool {
        let mut buffer = mem::take(&mut self.buffer);
        // A cancelled read has kept its buffer.
        buffer.reserve(READ_SIZE);
        let mut reading = Reading { read: pin!(self.stream.read(buffer)), take, is_over: false };
        let (result, mut bytes) = poll_fn(|context| reading.read.as_mut().poll(context)).await;
        reading.is_over = true;
        (reading.take)(&bytes);
        drop(reading);
        let more = !matches!(result, StreamResult::Dropped) || !bytes.is_empty();
        bytes.clear();
        self.buffer = bytes;
        more
    }
}

struct Reading<'a, 'b, F: FnMut(&[u8])> {
    read: Pin<&'a mut StreamRead<'b>>,
    take: F,
    is_over: bool,
}

impl<F: FnMut(&[u8])> Drop for Reading<'_, '_, F> {
    fn drop(&mut self) {
        if !self.is_over {
            let (_, bytes) = self.read.as_mut().cancel();
            (self.take)(&bytes);
        }
    }
}

impl Writer {
    /// Writes all bytes; returns false if the network has ended. Dropping the future loses unwritten bytes.
    pub async fn write(&mut self, mut bytes: Vec<u8>) -> bool {
        while !bytes.is_empty() {
            let (result, rest) = self.0.write(bytes).await;
            if matches!(result, StreamResult::Dropped) {
                return false;
            }
            bytes = rest.into_vec();
        }
        true
    }
}
