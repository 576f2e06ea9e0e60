//! [`App`], the context of one request: the host, the store, the request's id and its times.
//!
//! A handler gets an `Rc<App>` and passes `&App` on. Values that live longer than a request belong to the host.

use std::{cell::Cell, fmt::Write, rc::Rc};

use crate::{
    crypto::digest::hex,
    host::Host,
    store::{Db, Meter},
};

/// The context of one request. [`App::new`] makes one for each, and nothing is shared between two.
pub struct App {
    pub host: Rc<dyn Host>,
    pub db: Db,
    /// `req_` and 24 hexadecimal digits. Sent as `x-request-id` and stored in the request log.
    pub request_id: String,
    /// When the request arrived, in milliseconds of the host's monotonic clock.
    pub started: u64,
    /// Milliseconds that the request waited for the provider; `None` if it sent nothing there.
    pub upstream_ms: Cell<Option<u64>>,
}

impl App {
    /// Returns the context of a request that has just arrived, with a random id.
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

    /// Returns the wall-clock time in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.host.now_ms()
    }

    /// Returns the wall-clock time in Unix seconds; 0 for a time before 1970.
    pub fn now_seconds(&self) -> u64 {
        self.now_ms().max(0) as u64 / 1000
    }

    /// Returns `N` bytes from the host's cryptographic generator.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.host.random(&mut bytes);
        bytes
    }

    /// Returns the value of the header `server-timing`: the number of database statements, the milliseconds they took,
    /// and the milliseconds of waiting for the provider.
    pub fn server_timing(&self) -> String {
        let Meter { calls, ms } = self.db.meter();
        let mut text = format!("db;desc={calls};dur={ms}");
        if let Some(ms) = self.upstream_ms.get() {
            write!(text, ", upstream;dur={ms}").expect("writing to a string cannot fail");
        }
        text
    }
}
