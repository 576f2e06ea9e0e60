//! The port on spin-sdk: the only code that names the component's bindings.

use std::{
    cell::{OnceCell, RefCell},
    convert::Infallible,
    pin::pin,
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{Either, LocalBoxFuture, select},
    stream,
};
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, Full, StreamBody};
use spin_sdk::{
    http::IntoResponse,
    key_value::Store,
    sqlite::{Connection, Error as SqliteError, Value as SqliteValue},
    wasip3::{
        self,
        clocks::{monotonic_clock, system_clock},
        http::{
            client,
            types::{ErrorCode, Request as WasiRequest, Response as WasiResponse},
        },
        http_compat::{BodyResult, BodyWriter, IncomingMessage},
        random::random,
        wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult},
        wit_future,
    },
};

use super::{
    Body, ByteStream, DbError, Host, IncomingBody, KvError, PIECE, Request, Response, Row, SendError, Value,
    WRITE_AHEAD_LOG, waits_for_disk,
    websocket::{Handshake, WebSocket, WebSocketError},
};

mod alone;
mod socket;

use alone::Alone;

/// The environment variable of a host where opening a connection costs more than a statement: the instance keeps a
/// connection, which does not wait for the disk, for its next requests. Not set on Workers, whose instances keep nothing of
/// a request.
const KEEPS_DATABASE: &str = "KEEP_DATABASE_OPEN";

/// What follows [`WRITE_AHEAD_LOG`] on the kept connection. In that log a transaction then does not wait for the disk: it survives
/// the end of the process, and if the machine loses power, the last ones may be missing, but the file is whole. Waiting twice
/// for the disk was a quarter of what a chat cost. <https://sqlite.org/pragma.html#pragma_synchronous>
const WITHOUT_WAITING: &str = "PRAGMA synchronous = NORMAL";

thread_local! {
    /// The connection that this instance keeps. It holds no data of a request.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

/// The host of one request. Connections open on first use and stay open until the request ends, or longer: see
/// [`KEEPS_DATABASE`].
pub struct WasiHost {
    alone: Rc<Alone>,
    keeps_database: bool,
    database: RefCell<Option<Rc<Connection>>>,
    store: OnceCell<Store>,
}

impl WasiHost {
    /// Starts a request, which has the instance for itself until everything that works for it has ended. One that waits for the
    /// disk uses a connection of its own.
    pub fn begin(request: &Request) -> Self {
        let keeps_database = std::env::var_os(KEEPS_DATABASE).is_some() && !waits_for_disk(request);
        let database = if keeps_database { KEPT.with_borrow(Option::clone) } else { None };
        WasiHost {
            alone: Rc::new(Alone::begin()),
            keeps_database,
            database: RefCell::new(database),
            store: OnceCell::new(),
        }
    }

    /// Returns what keeps other requests away while it lives.
    pub fn alone(&self) -> Rc<Alone> {
        self.alone.clone()
    }

    async fn database(&self) -> Result<Rc<Connection>, DbError> {
        if let Some(open) = &*self.database.borrow() {
            return Ok(open.clone());
        }
        let opened = Rc::new(Connection::open_default().await.map_err(db_error)?);
        if self.keeps_database {
            let mode = execute(&opened, WRITE_AHEAD_LOG, &[]).await;
            if mode.is_ok_and(|rows| rows == [[Value::Text("wal".to_owned())]]) {
                let _ = execute(&opened, WITHOUT_WAITING, &[]).await;
            }
            KEPT.set(Some(opened.clone()));
        }
        // Two concurrent first statements may both open a connection; the later one stays.
        self.database.replace(Some(opened.clone()));
        Ok(opened)
    }

    /// Forgets the connection, so that the next statement opens a new one.
    fn close_database(&self) {
        self.database.take();
        if self.keeps_database {
            KEPT.take();
        }
    }

    async fn run(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        execute(&*self.database().await?, sql, params).await
    }

    async fn store(&self) -> Result<&Store, KvError> {
        if self.store.get().is_none() {
            let opened = Store::open_default().await.map_err(kv_error)?;
            let _ = self.store.set(opened);
        }
        Ok(self.store.get().expect("it was set above"))
    }
}

async fn execute(database: &Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
    let answer = database.execute(sql, params.iter().cloned().map(to_sqlite)).await.map_err(db_error)?;
    // `collect` awaits the statement's final result. Without it a failed write looks like a success.
    let rows = answer.collect().await.map_err(db_error)?;
    Ok(rows.into_iter().map(|row| row.values.into_iter().map(from_sqlite).collect()).collect())
}

impl Host for WasiHost {
    fn query<'a>(&'a self, sql: &'a str, params: &'a [Value]) -> LocalBoxFuture<'a, Result<Vec<Row>, DbError>> {
        // The reason may be the connection.
        async move { self.run(sql, params).await.inspect_err(|_| self.close_database()) }.boxed_local()
    }

    fn kv_get<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<Vec<u8>>, KvError>> {
        async move { self.store().await?.get(key).await.map_err(kv_error) }.boxed_local()
    }

    fn kv_set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> LocalBoxFuture<'a, Result<(), KvError>> {
        async move { self.store().await?.set(key, value).await.map_err(kv_error) }.boxed_local()
    }

    fn kv_delete<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), KvError>> {
        async move { self.store().await?.delete(key).await.map_err(kv_error) }.boxed_local()
    }

    fn send_unread(
        &self,
        request: http::Request<Bytes>,
    ) -> LocalBoxFuture<'_, Result<http::Response<IncomingBody>, SendError>> {
        async move {
            let (request, writing) = outgoing(request)?;
            let response = match select(writing, pin!(client::send(request))).await {
                Either::Left(((), response)) => response.await,
                // The rest of a long body goes on beside the response, but a server that has answered may never read it.
                Either::Right((response, writing)) => {
                    let (alone, end) = (self.alone(), self.sleep(REST_LIMIT));
                    self.spawn(select(writing, end).map(|_| drop(alone)).boxed_local());
                    response
                }
            };
            let response = response.map_err(send_error)?;
            let status = http::StatusCode::from_u16(response.get_status_code())
                .map_err(|e| SendError::Connection(e.to_string()))?;
            let headers = http::HeaderMap::try_from(response.get_headers()).map_err(send_error)?;
            let mut answer = http::Response::new(IncomingBody::WasiBody(WasiBody(response)));
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok(answer)
        }
        .boxed_local()
    }

    fn connect(&self, handshake: Handshake) -> LocalBoxFuture<'_, Result<Rc<dyn WebSocket>, WebSocketError>> {
        socket::connect(handshake).boxed_local()
    }

    fn variable<'a>(&'a self, name: &'a str) -> LocalBoxFuture<'a, Option<String>> {
        async move { spin_sdk::variables::get(name).await.ok() }.boxed_local()
    }

    fn now_ms(&self) -> i64 {
        let now = system_clock::now();
        now.seconds * 1000 + i64::from(now.nanoseconds / 1_000_000)
    }

    fn monotonic_ms(&self) -> u64 {
        monotonic_clock::now() / 1_000_000
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        spin_sdk::time::sleep(duration).boxed_local()
    }

    fn random(&self, buffer: &mut [u8]) {
        let mut filled = 0;
        while filled < buffer.len() {
            // The host may return fewer bytes than requested.
            let bytes = random::get_random_bytes((buffer.len() - filled) as u64);
            let take = bytes.len().min(buffer.len() - filled);
            buffer[filled..filled + take].copy_from_slice(&bytes[..take]);
            filled += take;
        }
    }

    fn spawn(&self, work: LocalBoxFuture<'static, ()>) {
        wasip3::spawn(work);
    }
}

/// How long a server that has answered may take to read the rest of a request's body.
const REST_LIMIT: Duration = Duration::from_secs(120);

/// The bytes of a body that are given to the host at once.
const GIVEN: usize = 256 * 1024;

/// Converts a request, and returns with it what writes its body. Polled before the request is sent, it lets Spin send the
/// head and a short body in one packet. A second packet waits until the first is acknowledged, for 40 ms or a round trip
/// (RFC 896): so did the body, and without a length the end of its last chunk.
fn outgoing(request: http::Request<Bytes>) -> Result<(WasiRequest, LocalBoxFuture<'static, ()>), SendError> {
    let (mut head, body) = request.into_parts();
    if !body.is_empty() || head.method == http::Method::POST {
        head.headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let invalid = |_| SendError::Connection("the request's address or method is not valid".to_owned());
    let headers = head.headers.try_into().map_err(|error| SendError::Connection(format!("{error:?}")))?;
    let (writer, contents, trailers) = BodyWriter::new();
    let (request, _) = WasiRequest::new(headers, Some(contents), trailers, None);
    request.set_method(&head.method.into()).map_err(invalid)?;
    request.set_scheme(head.uri.scheme().map(Into::into).as_ref()).map_err(invalid)?;
    request.set_authority(head.uri.authority().map(|authority| authority.as_str())).map_err(invalid)?;
    request.set_path_with_query(head.uri.path_and_query().map(|path| path.as_str())).map_err(invalid)?;
    let writing = async move {
        let length = body.len();
        // In pieces, because they are copied: a picture copied whole would take another fifth of a Worker's memory.
        let piece = move |from| http_body::Frame::data(body.slice(from..length.min(from + GIVEN)));
        let pieces = stream::iter((0..length).step_by(GIVEN)).map(piece).map(Ok::<_, Infallible>);
        // If the host stops reading, its response says why.
        let _ = writer.send_http_body(&mut StreamBody::new(pieces)).await;
    };
    Ok((request, writing.boxed_local()))
}

/// Converts the host's request; its body becomes a plain stream. Fails if its parts are not valid. What the SDK offers for
/// it asks for the headers twice, and fails if it cannot read their `Content-Length`.
pub fn request(request: WasiRequest) -> Result<Request, ErrorCode> {
    let mut uri = http::Uri::builder();
    if let Some(scheme) = request.get_scheme() {
        uri = uri.scheme(scheme);
    }
    if let Some(authority) = request.get_authority() {
        uri = uri.authority(authority);
    }
    if let Some(path) = request.get_path_with_query() {
        uri = uri.path_and_query(path);
    }
    let uri = uri.build().map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
    let method = request.get_method().try_into().map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
    let headers = request.get_headers().try_into()?;
    let mut converted = Request::new(WasiBody(request).read(PIECE));
    *converted.uri_mut() = uri;
    *converted.method_mut() = method;
    *converted.headers_mut() = headers;
    Ok(converted)
}

/// Converts a response to the host's; its body holds `alone` until it is sent. Fails if the SDK refuses its parts.
pub fn reply(reply: Response, alone: Rc<Alone>) -> Result<WasiResponse, ErrorCode> {
    let (mut head, body) = reply.into_parts();
    let chunks = match body {
        Body::Full(bytes) => {
            // Without a length Spin sends the body in chunks, the last of which comes 40 ms late.
            let has_body = !matches!(head.status.as_u16(), 204 | 304);
            if has_body && !head.headers.contains_key(CONTENT_LENGTH) {
                head.headers.insert(CONTENT_LENGTH, bytes.len().into());
            }
            return http::Response::from_parts(head, holding(Full::new(bytes), alone)).into_response();
        }
        Body::Passthrough(IncomingBody::WasiBody(upstream)) => return upstream.hand_on(head),
        Body::Passthrough(IncomingBody::Chunks(chunks)) => chunks,
        Body::Stream(chunks) => chunks.map(Ok).boxed_local(),
        Body::Fallible(chunks) => chunks.boxed_local(),
    };
    let frames = chunks.map(|chunk| chunk.map(http_body::Frame::data));
    http::Response::from_parts(head, holding(StreamBody::new(frames), alone)).into_response()
}

/// Returns the body, which holds `alone` as long as it exists.
fn holding<B: http_body::Body<Data = Bytes>>(
    body: B,
    alone: Rc<Alone>,
) -> impl http_body::Body<Data = Bytes, Error = B::Error> {
    body.map_frame(move |frame| {
        let _held = &alone;
        frame
    })
}

/// A message whose body is still in the host: an upstream response, or the client's request.
pub struct WasiBody<M = WasiResponse>(M);

/// A body, its trailers, and the end on which the host expects the result of reading.
type Consumed = (StreamReader<u8>, FutureReader<BodyResult>, FutureWriter<Result<(), ErrorCode>>);

impl<M: IncomingMessage + 'static> WasiBody<M> {
    fn consume(self) -> Consumed {
        let (reading, fate) = wit_future::new(|| Ok(()));
        let (contents, trailers) = self.0.consume_body(fate);
        (contents, trailers, reading)
    }

    /// Reads the body in pieces of at most `piece` bytes, from the first time that the stream is polled. The SDK's own body
    /// reads 16 KiB at a time, which costs many calls of the host.
    pub fn read(self, piece: usize) -> ByteStream {
        let pieces = move |consumed| {
            stream::try_unfold(consumed, move |(mut contents, trailers, reading): Consumed| async move {
                let (result, chunk) = contents.read(Vec::with_capacity(piece)).await;
                match result {
                    StreamResult::Dropped => trailers.await.map(|_| None).map_err(send_error),
                    _ => Ok(Some((Bytes::from(chunk), (contents, trailers, reading)))),
                }
            })
        };
        stream::once(async { self.consume() }).flat_map(pieces).boxed_local()
    }
}

impl WasiBody {
    /// Returns a response with our own head around the same stream.
    fn hand_on(self, head: http::response::Parts) -> Result<WasiResponse, ErrorCode> {
        let headers = head.headers.try_into().map_err(|e| ErrorCode::InternalError(Some(format!("{e:?}"))))?;
        let (contents, trailers, _) = self.consume();
        let (response, _) = WasiResponse::new(headers, Some(contents), trailers);
        response.set_status_code(head.status.as_u16()).map_err(|()| ErrorCode::HttpProtocolError)?;
        Ok(response)
    }
}

fn to_sqlite(value: Value) -> SqliteValue {
    match value {
        Value::Null => SqliteValue::Null,
        Value::Integer(value) => SqliteValue::Integer(value),
        Value::Real(value) => SqliteValue::Real(value),
        Value::Text(value) => SqliteValue::Text(value),
        Value::Blob(value) => SqliteValue::Blob(value),
    }
}

fn from_sqlite(value: SqliteValue) -> Value {
    match value {
        SqliteValue::Null => Value::Null,
        SqliteValue::Integer(value) => Value::Integer(value),
        SqliteValue::Real(value) => Value::Real(value),
        SqliteValue::Text(value) => Value::Text(value),
        SqliteValue::Blob(value) => Value::Blob(value),
    }
}

fn db_error(error: SqliteError) -> DbError {
    match error {
        SqliteError::DatabaseFull => DbError("database or disk is full".to_owned()),
        SqliteError::Io(text) => DbError(text),
        other => DbError(other.to_string()),
    }
}

fn kv_error(error: spin_sdk::key_value::Error) -> KvError {
    KvError(error.to_string())
}

fn send_error(code: ErrorCode) -> SendError {
    let text = code.to_string();
    match code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) => SendError::Unresolved(text),
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => SendError::Timeout(text),
        ErrorCode::DestinationIpProhibited | ErrorCode::HttpRequestDenied => SendError::Denied(text),
        _ => SendError::Connection(text),
    }
}
