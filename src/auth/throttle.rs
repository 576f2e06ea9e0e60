//! Limits the attempts at the operator's password, wherever the gateway asks for it.
//!
//! An address has five attempts in a window of 15 minutes. After 50 failures of all addresses together, attempts pass
//! through a queue ([`TURNS`]): one every two seconds over all instances, regardless of the number of addresses. A
//! place in the queue is kept, so an operator who returns after `Retry-After` can sign in during an attack.

use std::time::Duration;

use http::HeaderMap;

use crate::{
    app::App,
    error::{Error, ErrorKind, Result},
    http::client_ip,
    store::{
        leases::Queue,
        login_attempts::{self, MANY, Refused, Situation, WINDOW},
    },
    time::SECOND,
};

/// The queue of attempts. Its last turn is at most one window of failures ahead.
pub const TURNS: Queue = Queue { name: "login", gap: 2000, grace: 60_000, longest: WINDOW };
/// How long a request waits for its turn, in milliseconds. A request with a later turn is refused at once.
const PATIENCE: i64 = 10 * SECOND;

/// The address that an attempt comes from.
pub struct Origin {
    address: String,
    /// The network that has one place in the queue.
    site: String,
}

/// An attempt that was admitted.
pub struct Attempt {
    /// Whether it waited for a turn.
    in_turn: bool,
    origin: Origin,
}

impl Origin {
    /// Returns the address of the client that sent these headers. Fails with 500 if the variable `trusted_proxy` is wrong.
    pub async fn of(app: &App, headers: &HeaderMap) -> Result<Self> {
        let address = client_ip::client_address(app, headers).await?;
        Ok(Origin { address: client_ip::party(&address), site: client_ip::site(&address) })
    }

    /// Returns the failures that count, the settings and the password's hash, in one statement.
    pub async fn look(&self, app: &App) -> Result<Situation> {
        login_attempts::look(&app.db, app.now_ms(), &self.address).await
    }

    /// Returns as soon as the attempt may be made: at once, or when its turn has come. Fails with 429 and `Retry-After`
    /// if the address has failed too often, or its turn is more than 10 seconds ahead.
    pub async fn admit(self, app: &App, situation: &Situation) -> Result<Attempt> {
        if let Some(until) = situation.barred_until {
            return Err(too_many(app, until));
        }
        let in_turn = situation.overall >= MANY;
        if in_turn {
            self.wait(app).await?;
        }
        Ok(Attempt { in_turn, origin: self })
    }

    async fn wait(&self, app: &App) -> Result<()> {
        let patient_until = app.now_ms() + PATIENCE;
        loop {
            let turn = TURNS.place(&app.db, app.now_ms(), &self.site).await?.ok_or_else(full)?;
            if turn > patient_until {
                return Err(later(app, turn));
            }
            app.host.sleep(Duration::from_millis(u64::try_from(turn - app.now_ms()).unwrap_or_default())).await;
            if TURNS.enter(&app.db, app.now_ms(), &self.site).await? {
                return Ok(());
            }
            // Another attempt of the same network has used the turn.
        }
    }
}

impl Attempt {
    /// Returns the address by which failures and sessions are counted.
    pub fn address(&self) -> &str {
        &self.origin.address
    }

    /// Returns whether the attempt waited for its turn. If not, it must not succeed once attempts are queued.
    pub fn is_in_turn(&self) -> bool {
        self.in_turn
    }

    /// Counts a wrong password. Returns the error to answer with: `wrong`, or a 429 that does not reveal whether the
    /// password was wrong.
    pub async fn failed(&self, app: &App, wrong: Error) -> Result<Error> {
        let refused = login_attempts::count_failure(&app.db, app.now_ms(), &self.origin.address, self.in_turn).await?;
        Ok(refused.map_or(wrong, |refused| match refused {
            Refused::Address { until } => too_many(app, until),
            Refused::Everyone => crowded(),
        }))
    }

    /// Returns the error with status 429 for a right password that came in a burst of too many attempts.
    pub fn refused(&self, app: &App) -> Error {
        if self.in_turn { too_many(app, app.now_ms() + WINDOW) } else { crowded() }
    }
}

/// Returns the error with status 429 for an address that may try again at `until`, in Unix milliseconds.
fn too_many(app: &App, until: i64) -> Error {
    let seconds = seconds(app, until);
    let message = format!("Too many wrong passwords from your address: try again in {} minutes", seconds.div_ceil(60));
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(seconds)
}

fn later(app: &App, turn: i64) -> Error {
    let (seconds, minute) = (seconds(app, turn), TURNS.grace / 1000);
    let message = format!(
        "Many addresses are trying wrong passwords, so attempts are queued. Your place is kept: try again in {seconds} \
         seconds, and not more than {minute} seconds later"
    );
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(seconds)
}

fn full() -> Error {
    let message = "Hundreds of addresses are trying wrong passwords, and the queue is full: try again in a few seconds";
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(2)
}

fn crowded() -> Error {
    let message = "Many addresses are trying wrong passwords: try again in a few seconds";
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(2)
}

fn seconds(app: &App, until: i64) -> u64 {
    u64::try_from(until - app.now_ms()).unwrap_or_default().div_ceil(1000).max(1)
}
