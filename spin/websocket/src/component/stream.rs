//! The two directions of a TCP connection, so that no byte is lost when a read is given up.

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

/// What is read at once: some TLS records.
const READ_SIZE: usize = 64 * 1024;

type StreamRead<'a> = async_support::StreamRead<'a, u8>;

/// What has to live as long as the connection.
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

/// Connects to an address. Fails with the reason in words.
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
    /// Reads once and gives `take` what came; false at the end. When the future is dropped, `take` gets what had come.
    pub async fn read(&mut self, take: impl FnMut(&[u8])) -> bool {
        let mut buffer = mem::take(&mut self.buffer);
        // A read that was given up has kept the last one.
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
    /// Writes all bytes; false when the network takes no more. Dropping the future loses what is not written.
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
