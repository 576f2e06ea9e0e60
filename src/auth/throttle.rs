//! Attempts at the password, wherever it is asked for: who may make one now, and what a wrong one leads to.
//!
//! An address has five in a window. Once addresses of any kind have failed fifty times, attempts have a queue
//! ([`TURNS`]): one turn every two seconds over all instances, however many addresses there are. A place in it is kept,
//! so an operator who comes back after `Retry-After` gets in, whatever else is tried meanwhile.

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

/// No turn is further ahead than failures count.
pub const TURNS: Queue = Queue { name: "login", gap: 2000, grace: 60_000, longest: WINDOW };
/// How long a request waits for its turn; with a later one it is answered at once.
const PATIENCE: i64 = 10 * SECOND;

/// Where an attempt comes from.
pub struct Origin {
    address: String,
    /// What counts as one in the queue.
    site: String,
}

/// An attempt that may be made.
pub struct Attempt {
    /// Whether it waited for a turn.
    in_turn: bool,
    origin: Origin,
}

impl Origin {
    pub async fn of(app: &App, headers: &HeaderMap) -> Self {
        let address = client_ip::client_address(app, headers).await;
        Origin { address: client_ip::party(&address), site: client_ip::site(&address) }
    }

    /// Reads what an attempt needs to know, in one statement.
    pub async fn look(&self, app: &App) -> Result<Situation> {
        login_attempts::look(&app.db, app.now_ms(), &self.address).await
    }

    /// Returns when an attempt may be made: at once, or in its turn. Fails with 429 and `Retry-After` when the address
    /// has failed too often, or its turn is more than 10 seconds ahead.
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
            // Another attempt from here has taken the turn up.
        }
    }
}

impl Attempt {
    /// The address, as failures and sessions are counted by it.
    pub fn address(&self) -> &str {
        &self.origin.address
    }

    /// Whether it waited for a turn: if not, it must not succeed once attempts have a queue.
    pub fn is_in_turn(&self) -> bool {
        self.in_turn
    }

    /// Counts a wrong password and returns the answer: `wrong`, or a 429 that does not say whether it was.
    pub async fn failed(&self, app: &App, wrong: Error) -> Result<Error> {
        let refused = login_attempts::count_failure(&app.db, app.now_ms(), &self.origin.address, self.in_turn).await?;
        Ok(refused.map_or(wrong, |refused| match refused {
            Refused::Address { until } => too_many(app, until),
            Refused::Everyone => crowded(),
        }))
    }

    /// Returns the 429 for a right password that came in a burst of too many attempts.
    pub fn refused(&self, app: &App) -> Error {
        if self.in_turn { too_many(app, app.now_ms() + WINDOW) } else { crowded() }
    }
}

/// Returns the 429 of an address that has sent too many wrong passwords and may try again at `until`, in Unix
/// milliseconds.
fn too_many(app: &App, until: i64) -> Error {
    let seconds = seconds(app, until);
    let message = format!("Too many wrong passwords from your address: try again in {} minutes", seconds.div_ceil(60));
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(seconds)
}

fn later(app: &App, turn: i64) -> Error {
    let (seconds, minute) = (seconds(app, turn), TURNS.grace / 1000);
    let message = format!(
        "Many wrong passwords are being tried from many addresses, so attempts are taken one by one. Your place is kept: \
         try again in {seconds} seconds, within {minute} seconds from then on"
    );
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(seconds)
}

fn full() -> Error {
    let message =
        "Wrong passwords are being tried from hundreds of addresses, and no place is free: try again in some seconds";
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(2)
}

fn crowded() -> Error {
    let message = "Many wrong passwords are being tried from many addresses: try again in some seconds";
    Error::new(ErrorKind::TooManyLogins, message).with_retry_after(2)
}

fn seconds(app: &App, until: i64) -> u64 {
    u64::try_from(until - app.now_ms()).unwrap_or_default().div_ceil(1000).max(1)
}
