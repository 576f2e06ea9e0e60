//! Implements the exported interface.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use futures::future::{Either, select};
use spin_sdk::time::sleep;

use self::{
    bindings::exports::grok2api::websocket::client::{self, Closing, Guest, GuestConnection, Options},
    connection::{Connection, Opened},
};
use crate::{
    error::{Error, Refusal},
    target::Target,
    tls,
};

mod address;
mod bell;
mod connection;
mod stream;

#[allow(unsafe_code, reason = "generated")]
mod bindings {
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit/websocket.wit",
        inline: "package spin:bindings; world websocket { export grok2api:websocket/client@0.1.0; }",
        world: "spin:bindings/websocket",
        runtime_path: "spin_sdk::wit_bindgen::rt",
        generate_all,
    });
    export!(Component with_types_in self);
    use super::Component;
}

/// The variable with additional trusted certificates in PEM.
const ROOTS: &str = "extra_root_certificates";

/// The minimum time for each address: TCP, TLS and upgrade take four round trips, and a lost packet costs a second.
const SHORTEST: Duration = Duration::from_secs(3);

struct Component;

impl Guest for Component {
    type Connection = Connection;

    async fn connect(
        url: String,
        headers: Vec<(String, String)>,
        options: Options,
    ) -> Result<client::Connection, client::Error> {
        Ok(client::Connection::new(connect(&url, &headers, &options).await?))
    }
}

impl GuestConnection for Connection {
    async fn send(&self, text: String) -> Result<(), client::Error> {
        Ok(Connection::send(self, text)?)
    }

    async fn receive(&self) -> Result<Vec<String>, client::Error> {
        Ok(Connection::receive(self).await?)
    }

    async fn close(&self, code: u16, reason: String) {
        Connection::close(self, code, &reason).await;
    }
}

async fn connect(url: &str, headers: &[(String, String)], options: &Options) -> Result<Connection, Error> {
    let target = Target::parse(url)?;
    let timer = Timer::start(Duration::from_millis(options.connect_timeout_ms.into()));
    let addresses = match timer.run(1, address::of(&target, &options.addresses)).await {
        Some(addresses) => addresses?,
        None => return Err(Error::Unreachable(timer.over())),
    };
    let config = match target.tls {
        true => {
            let roots = spin_sdk::variables::get(ROOTS).await.unwrap_or_default();
            Some(tls::client(&roots).map_err(Error::Unreachable)?)
        }
        false => None,
    };
    let mut failed = Vec::new();
    for (at, address) in addresses.iter().enumerate() {
        // An address that does not answer, or only accepts TCP, must leave time for the next.
        let opening = async {
            let tcp = stream::connect(*address).await.map_err(Error::Unreachable)?;
            connection::open(tcp, &target, headers, config.clone(), options.max_message_bytes).await
        };
        match timer.run(addresses.len() - at, opening).await {
            Some(Ok(Opened::Connection(connection))) => return Ok(connection),
            Some(Ok(Opened::Refusal(mut refusal))) => {
                let _ = timer.run(1, refusal.read()).await;
                return Err(Error::Refused(refusal.finish()));
            }
            Some(Err(Error::Unreachable(why))) => failed.push(format!("{address}: {why}")),
            Some(Err(other)) => return Err(other),
            None => failed.push(format!("{address}: {}", timer.over())),
        }
    }
    Err(Error::Unreachable(failed.join("; ")))
}

/// The timeout of a `connect`.
struct Timer {
    end: Instant,
    limit: Duration,
}

impl Timer {
    fn start(limit: Duration) -> Self {
        Timer { end: Instant::now() + limit, limit }
    }

    /// Runs a future for its share of the remaining time, at least [`SHORTEST`]. Returns `None` on timeout.
    async fn run<T>(&self, shares: usize, work: impl Future<Output = T>) -> Option<T> {
        let left = self.end.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(shares).unwrap_or(u32::MAX);
        match select(pin!(work), pin!(sleep(share.max(SHORTEST.min(left))))).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(_) => None,
        }
    }

    fn over(&self) -> String {
        format!("no connection within {} ms", self.limit.as_millis())
    }
}

impl From<Error> for client::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unresolved(text) => client::Error::Unresolved(text),
            Error::Unreachable(text) => client::Error::Unreachable(text),
            Error::Refused(Refusal { status, headers, body }) => {
                client::Error::Refused(client::Refusal { status, headers, body })
            }
            Error::Closed { code, reason } => client::Error::Closed(Closing { code, reason }),
            Error::Broken(text) => client::Error::Broken(text),
        }
    }
}
