//! `App`: what a handler receives, for one request.

use std::{cell::Cell, fmt::Write, rc::Rc};

use crate::{
    crypto::digest::hex,
    host::Host,
    store::{Db, Meter},
};

/// The host, the store and this request's own facts.
pub struct App {
    pub host: Rc<dyn Host>,
    pub db: Db,
    /// `req_` and 24 hexadecimal digits; answered as `x-request-id` and kept in the log.
    pub request_id: String,
    /// When the request came in, on the host's monotonic clock.
    pub started: u64,
    pub upstream_ms: Cell<Option<u64>>,
}

impl App {
    pub fn new(host: Rc<dyn Host>) -> Rc<Self> {
        let mut random = [0; 12];
        host.random(&mut random);
        Rc::new(App {
            db: Db::new(host.clone()),
            request_id: format!("req_{}", hex(&random)),
            started: host.monotonic_ms(),
            upstream_ms: Cell::new(None),
            host,
        })
    }

    /// Wall-clock time in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.host.now_ms()
    }

    /// Wall-clock time in Unix seconds.
    pub fn now_seconds(&self) -> u64 {
        self.now_ms().max(0) as u64 / 1000
    }

    /// `N` bytes from the host's cryptographic generator.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.host.random(&mut bytes);
        bytes
    }

    /// The `server-timing` header: storage round trips with their time, and the wait for upstream.
    pub fn server_timing(&self) -> String {
        let Meter { calls, ms } = self.db.meter();
        let mut text = format!("db;desc={calls};dur={ms}");
        if let Some(ms) = self.upstream_ms.get() {
            write!(text, ", upstream;dur={ms}").expect("writing to a string cannot fail");
        }
        text
    }
}
