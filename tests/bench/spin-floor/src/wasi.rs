//! Bodies, statements and clocks of the host, with the least calls.

use std::{cell::RefCell, rc::Rc};

use spin_sdk::{
    sqlite::{Connection, RowResult, Value},
    wasip3::{
        clocks::system_clock,
        http::types::{ErrorCode, Fields, Request, Response, Trailers},
        random::random,
        spawn, wit_future, wit_stream,
    },
    wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult, StreamWriter},
};

use crate::recorded::Statement;

/// The bytes that one call of the host reads at most.
const PIECE: usize = 64 * 1024;

type End = Result<Option<Trailers>, ErrorCode>;

/// As the gateway's connection begins.
const WITHOUT_WAITING: &str = "PRAGMA synchronous = NORMAL";

thread_local! {
    static CONNECTION: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

/// Runs a statement and returns its rows.
pub async fn run(statement: &Statement, values: Vec<Value>) -> Vec<RowResult> {
    let kept = CONNECTION.with_borrow(Option::clone);
    let connection = match kept {
        Some(open) => open,
        None => {
            let opened = Rc::new(Connection::open_default().await.expect("the database opens"));
            opened.execute(WITHOUT_WAITING, []).await.expect("the statement runs").collect().await.expect("it ends");
            CONNECTION.set(Some(opened.clone()));
            opened
        }
    };
    let answer = connection.execute(&statement.sql, values).await.expect("the statement runs");
    answer.collect().await.expect("the statement ends")
}

/// A body that is written piece by piece.
pub struct Writer {
    stream: StreamWriter<u8>,
    end: FutureWriter<End>,
}

impl Writer {
    /// Returns a body's two ends, and its trailers.
    pub fn new() -> (Self, StreamReader<u8>, FutureReader<End>) {
        let (stream, contents) = wit_stream::new();
        let (end, trailers) = wit_future::new(|| Ok(None));
        (Writer { stream, end }, contents, trailers)
    }

    pub async fn write(&mut self, bytes: Vec<u8>) {
        self.stream.write_all(bytes).await;
    }

    pub async fn close(self) {
        drop(self.stream);
        // The reader may have left.
        let _ = self.end.write(Ok(None)).await;
    }
}

/// A body that is read piece by piece.
pub struct Reader {
    stream: StreamReader<u8>,
    _trailers: FutureReader<End>,
    _fate: FutureWriter<Result<(), ErrorCode>>,
}

impl Reader {
    pub fn of_request(request: Request) -> Self {
        let (fate, read) = wit_future::new(|| Ok(()));
        let (stream, trailers) = Request::consume_body(request, read);
        Reader { stream, _trailers: trailers, _fate: fate }
    }

    pub fn of_response(response: Response) -> Self {
        let (fate, read) = wit_future::new(|| Ok(()));
        let (stream, trailers) = Response::consume_body(response, read);
        Reader { stream, _trailers: trailers, _fate: fate }
    }

    /// Appends the next piece; returns whether there was one.
    pub async fn read(&mut self, bytes: &mut Vec<u8>) -> bool {
        bytes.reserve(PIECE);
        let (result, read) = self.stream.read(std::mem::take(bytes)).await;
        *bytes = read;
        !matches!(result, StreamResult::Dropped)
    }
}

/// Returns a response with this body and its length.
pub fn whole(media_type: &str, body: Vec<u8>) -> Response {
    let length = body.len().to_string();
    let (response, mut writer) = streamed(&[("content-type", media_type), ("content-length", &length)]);
    spawn(async move {
        writer.write(body).await;
        writer.close().await;
    });
    response
}

/// Returns a response whose body is written later.
pub fn streamed(headers: &[(&str, &str)]) -> (Response, Writer) {
    let headers = fields(headers.iter().copied());
    let (writer, contents, trailers) = Writer::new();
    let (response, _) = Response::new(headers, Some(contents), trailers);
    (response, writer)
}

/// Returns these header fields, as the host has them.
pub fn fields<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Fields {
    let list: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect();
    Fields::from_list(&list).expect("the fields are valid")
}

/// Returns the Unix time in milliseconds.
pub fn now_ms() -> i64 {
    let now = system_clock::now();
    now.seconds * 1000 + i64::from(now.nanoseconds / 1_000_000)
}

/// Returns the id of a request.
pub fn id() -> String {
    format!("req_{:016x}{:016x}", random::get_random_u64(), random::get_random_u64())
}
