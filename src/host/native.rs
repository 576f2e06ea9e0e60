//! The port for native tests: real SQLite, a virtual clock, a scripted upstream.
//!
//! It refuses what a real host would refuse or silently ignore: a second statement in a string, `BEGIN`, `PRAGMA`,
//! more than a hundred bound values. The clock stands still until every task waits, then jumps to the next timer. A
//! test of a ten-minute limit therefore takes no time.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    future::Future,
    path::Path,
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use futures::{
    FutureExt,
    executor::{LocalPool, LocalSpawner},
    future::LocalBoxFuture,
    task::LocalSpawnExt,
};
use rusqlite::{Connection, StatementStatus, limits::Limit, params_from_iter};

use super::{
    DbError, Host, IncomingBody, KvError, Row, SendError, Value,
    websocket::{Handshake, WebSocket, WebSocketError},
};
use crate::app::App;

mod clock;
mod script;
mod socket;
#[cfg(test)]
mod tests;
mod values;

pub use clock::{Clock, START};
use script::play;
pub use script::{Answer, Step};
pub use socket::{Frame, Sockets};
use values::{from_sql, to_sql};

/// Limits that are lower in D1's SQLite than elsewhere. Source: `setupSecurity` in `src/workerd/util/sqlite.c++` of
/// cloudflare/workerd.
const D1_LIMITS: [(Limit, i32); 6] = [
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
];

type Upstream = Box<dyn Fn(&http::Request<Bytes>) -> Result<Answer, SendError>>;

pub struct NativeHost {
    database: Connection,
    /// Every statement that was sent, in order.
    pub statements: RefCell<Vec<String>>,
    /// Statements that contain this text fail, if it is set.
    pub broken: RefCell<Option<String>>,
    /// The disk is full while the key-value store holds more values than this: statements that write fail.
    pub full_above: Cell<usize>,
    /// How many of the next statements fail because the database is locked.
    pub locked: Cell<usize>,
    /// Whether numbers are bound and returned as doubles, as D1 does.
    pub doubles: Cell<bool>,
    /// Whether statements about the file are accepted. Spin accepts them, D1 does not.
    pub owns_file: Cell<bool>,
    /// How long each statement takes.
    pub query_delay: Cell<Duration>,
    /// How many steps of SQLite's virtual machine the last statement took.
    pub steps: Cell<i32>,
    pub kv: RefCell<BTreeMap<String, Vec<u8>>>,
    /// Key-value calls of this name (`get`, `set`, `delete`) fail.
    pub kv_broken: Cell<&'static str>,
    /// How long each key-value call takes.
    pub kv_delay: Cell<Duration>,
    /// Every key-value call, in order.
    pub kv_calls: RefCell<Vec<(&'static str, String)>>,
    /// How many more host calls succeed. The instance dies in the call after them.
    pub steps_left: Cell<Option<u32>>,
    pub variables: RefCell<HashMap<String, String>>,
    /// The name of every variable that was read, in order.
    pub read_variables: RefCell<Vec<String>>,
    upstream: RefCell<Upstream>,
    server: RefCell<socket::Server>,
    /// How long each handshake takes.
    pub connect_delay: Cell<Duration>,
    pub sockets: Rc<Sockets>,
    /// Every request that was sent upstream, in order.
    pub requests: RefCell<Vec<http::Request<Bytes>>>,
    /// How many upstream bodies are still being read.
    pub open_bodies: Rc<Cell<usize>>,
    clock: Clock,
    random: Cell<u64>,
    spawner: LocalSpawner,
    pool: RefCell<LocalPool>,
}

impl NativeHost {
    /// Returns a host with an empty database in memory.
    pub fn new() -> Rc<Self> {
        Self::on(Connection::open_in_memory().expect("an in-memory database opens"))
    }

    /// Returns a host whose database is this file. Several hosts may share one file.
    pub fn on_file(path: &Path) -> Rc<Self> {
        Self::on(Connection::open(path).expect("the test's folder is writable"))
    }

    fn on(database: Connection) -> Rc<Self> {
        for (limit, most) in D1_LIMITS {
            database.set_limit(limit, most).expect("SQLite accepts lower limits");
        }
        let pool = LocalPool::new();
        Rc::new(NativeHost {
            database,
            statements: RefCell::default(),
            broken: RefCell::default(),
            full_above: Cell::new(usize::MAX),
            locked: Cell::default(),
            doubles: Cell::default(),
            owns_file: Cell::default(),
            query_delay: Cell::default(),
            steps: Cell::default(),
            kv: RefCell::default(),
            kv_broken: Cell::new(""),
            kv_delay: Cell::default(),
            kv_calls: RefCell::default(),
            steps_left: Cell::new(None),
            variables: RefCell::default(),
            read_variables: RefCell::default(),
            upstream: RefCell::new(Box::new(|_| Err(SendError::Connection("no upstream is scripted".to_owned())))),
            server: RefCell::new(Box::new(|_| Err(WebSocketError::Unreachable("no server is scripted".to_owned())))),
            connect_delay: Cell::default(),
            sockets: Rc::default(),
            requests: RefCell::default(),
            open_bodies: Rc::default(),
            clock: Clock::default(),
            random: Cell::new(0),
            spawner: pool.spawner(),
            pool: RefCell::new(pool),
        })
    }

    /// Returns an [`App`] for one request on this host.
    pub fn app(self: &Rc<Self>) -> Rc<App> {
        App::new(self.clone())
    }

    /// Runs a future and the tasks that it spawns. The clock moves when all of them wait. A spawned task may outlive
    /// the future; see [`settle`](Self::settle).
    pub fn run<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> T {
        let done = Rc::new(RefCell::new(None));
        let slot = done.clone();
        self.spawn(async move { *slot.borrow_mut() = Some(future.await) }.boxed_local());
        loop {
            self.pool.borrow_mut().run_until_stalled();
            if let Some(output) = done.borrow_mut().take() {
                return output;
            }
            assert!(self.clock.jump(), "every task waits for something that never comes");
        }
    }

    /// Starts a future that may never end; see [`settle`](Self::settle).
    pub fn start(&self, future: impl Future<Output = ()> + 'static) {
        self.spawn(future.boxed_local());
    }

    /// Runs the spawned tasks until all have ended or wait for something other than time.
    pub fn settle(&self) {
        self.pool.borrow_mut().run_until_stalled();
        while self.clock.jump() {
            self.pool.borrow_mut().run_until_stalled();
        }
    }

    /// Moves the clock forward and fires every timer on the way.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sets a variable of the manifest.
    pub fn set_variable(&self, name: &str, value: &str) {
        self.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Scripts the upstream: its answer to each request, or an error.
    pub fn on_send(&self, upstream: impl Fn(&http::Request<Bytes>) -> Result<Answer, SendError> + 'static) {
        *self.upstream.borrow_mut() = Box::new(upstream);
    }

    /// Scripts the WebSocket server: its frames for each connection, or an error.
    pub fn on_connect(&self, server: impl Fn(&Handshake) -> Result<Vec<Frame>, WebSocketError> + 'static) {
        *self.server.borrow_mut() = Box::new(server);
    }

    /// Returns the rows of one statement, for the test's own checks. It is not recorded in `statements`. Panics if
    /// the statement fails.
    pub fn sql(&self, sql: &str, params: Vec<Value>) -> Vec<Row> {
        self.execute(sql, &params).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// Returns the single integer that a statement yields. Panics if the result is not a number.
    pub fn number(&self, sql: &str) -> i64 {
        match self.sql(sql, vec![]).first().and_then(|row| row.first()) {
            Some(Value::Integer(number)) => *number,
            Some(Value::Real(number)) => *number as i64,
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn as_bound(&self, value: Value) -> Value {
        match value {
            Value::Integer(number) if self.doubles.get() => Value::Real(number as f64),
            value => value,
        }
    }

    /// Counts one host call. If the instance dies in it, the future never ends.
    async fn step(&self) {
        match self.steps_left.get() {
            Some(0) => futures::future::pending().await,
            left => self.steps_left.set(left.map(|left| left - 1)),
        }
    }

    async fn kv_step(&self, operation: &'static str, key: &str) -> Result<(), KvError> {
        self.step().await;
        if !self.kv_delay.get().is_zero() {
            self.clock.sleep(self.kv_delay.get()).await;
        }
        self.kv_calls.borrow_mut().push((operation, key.to_owned()));
        if self.kv_broken.get() == operation {
            return Err(KvError("KV limit exceeded for the day".to_owned()));
        }
        Ok(())
    }

    fn execute(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let first_word = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
        let is_about_file = self.owns_file.get() && ["PRAGMA", "VACUUM"].contains(&first_word.as_str());
        if !is_about_file
            && ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "PRAGMA", "ATTACH", "VACUUM"].contains(&first_word.as_str())
        {
            return Err(DbError(format!("not authorized: {first_word}")));
        }
        if params.len() > 100 {
            return Err(DbError("too many SQL variables".to_owned()));
        }
        // D1 takes JavaScript's numbers.
        let is_exact = |value: &Value| !matches!(value, Value::Integer(number) if number.unsigned_abs() >= 1 << 53);
        if let Some(number) = params.iter().find(|value| !is_exact(value)) {
            return Err(DbError(format!("{number:?} is beyond 2^53")));
        }
        let error = |e: rusqlite::Error| DbError(e.to_string());
        // `prepare` refuses a second statement, as D1 does. Spin would silently ignore it.
        let mut statement = self.database.prepare_cached(sql).map_err(error)?;
        if !statement.readonly() && self.kv.borrow().len() > self.full_above.get() {
            return Err(DbError("database or disk is full".to_owned()));
        }
        let columns = statement.column_count();
        let params = params.iter().map(|value| to_sql(self.as_bound(value.clone())));
        let mut rows = statement.query(params_from_iter(params)).map_err(error)?;
        let mut answer = Vec::new();
        while let Some(row) = rows.next().map_err(error)? {
            let value = |n| row.get_ref(n).map(|value| self.as_bound(from_sql(value))).map_err(error);
            answer.push((0..columns).map(value).collect::<Result<_, _>>()?);
        }
        drop(rows);
        self.steps.set(statement.reset_status(StatementStatus::VmStep));
        Ok(answer)
    }
}

impl Host for NativeHost {
    fn query<'a>(&'a self, sql: &'a str, params: &'a [Value]) -> LocalBoxFuture<'a, Result<Vec<Row>, DbError>> {
        async move {
            self.step().await;
            if !self.query_delay.get().is_zero() {
                self.clock.sleep(self.query_delay.get()).await;
            }
            self.statements.borrow_mut().push(sql.to_owned());
            if self.locked.get() > 0 {
                self.locked.set(self.locked.get() - 1);
                return Err(DbError("database is locked".to_owned()));
            }
            if self.broken.borrow().as_ref().is_some_and(|text| sql.contains(text)) {
                return Err(DbError("disk I/O error".to_owned()));
            }
            self.execute(sql, params)
        }
        .boxed_local()
    }

    fn kv_get<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<Vec<u8>>, KvError>> {
        async move {
            self.kv_step("get", key).await?;
            Ok(self.kv.borrow().get(key).cloned())
        }
        .boxed_local()
    }

    fn kv_set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> LocalBoxFuture<'a, Result<(), KvError>> {
        async move {
            self.kv_step("set", key).await?;
            self.kv.borrow_mut().insert(key.to_owned(), value);
            Ok(())
        }
        .boxed_local()
    }

    fn kv_delete<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), KvError>> {
        async move {
            self.kv_step("delete", key).await?;
            self.kv.borrow_mut().remove(key);
            Ok(())
        }
        .boxed_local()
    }

    fn send_unread(
        &self,
        request: http::Request<Bytes>,
    ) -> LocalBoxFuture<'_, Result<http::Response<IncomingBody>, SendError>> {
        async move {
            self.step().await;
            let answer = (self.upstream.borrow())(&request);
            self.requests.borrow_mut().push(request);
            let answer = answer?;
            if !answer.delay.is_zero() {
                self.clock.sleep(answer.delay).await;
            }
            let head = answer
                .headers
                .iter()
                .fold(http::Response::builder().status(answer.status), |head, (name, value)| head.header(*name, value));
            Ok(head
                .body(IncomingBody::Chunks(play(answer.body, self.clock.clone(), &self.open_bodies)))
                .expect("the script's headers are valid"))
        }
        .boxed_local()
    }

    fn connect(&self, handshake: Handshake) -> LocalBoxFuture<'_, Result<Rc<dyn WebSocket>, WebSocketError>> {
        async move {
            self.step().await;
            let frames = (self.server.borrow())(&handshake);
            let (takes, limit) = (self.connect_delay.get(), handshake.connect_timeout);
            let is_unresolved = matches!(frames, Err(WebSocketError::Unresolved(_)));
            self.sockets.handshakes.borrow_mut().push(handshake);
            if !takes.is_zero() && !is_unresolved {
                self.clock.sleep(takes.min(limit)).await;
                if takes >= limit {
                    let text = format!("no connection within {} ms", limit.as_millis());
                    return Err(WebSocketError::Unreachable(text));
                }
            }
            let connection = socket::Connection::open(frames?, self.clock.clone(), self.sockets.clone());
            Ok(Rc::new(connection) as Rc<dyn WebSocket>)
        }
        .boxed_local()
    }

    fn variable<'a>(&'a self, name: &'a str) -> LocalBoxFuture<'a, Option<String>> {
        self.read_variables.borrow_mut().push(name.to_owned());
        async move { self.variables.borrow().get(name).cloned() }.boxed_local()
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn monotonic_ms(&self) -> u64 {
        (self.clock.now_ms() - START) as u64
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        self.clock.sleep(duration)
    }

    fn random(&self, buffer: &mut [u8]) {
        for byte in buffer {
            // splitmix64: the same bytes in every run.
            let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.random.set(state);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed >> 56) as u8;
        }
    }

    fn spawn(&self, work: LocalBoxFuture<'static, ()>) {
        self.spawner.spawn_local(work).expect("the pool lives as long as the host");
    }
}
