//! What is done now and then: bytes and rows whose time is over go, secrets stored in clear are sealed.
//!
//! Two things start it. `POST /internal/maintenance` does one slice of what is due, whoever calls; a lease keeps it from
//! being done twice at once or too often. And the first request of a local day starts it after its own answer, where
//! nobody has called for a while. The lease [`leases::DAY`], which the statement that opens a request looks at, is held
//! when no request has to: until the next local midnight when all is done, and as long as a caller is expected again.
//!
//! A slice that is done twice, half-way or by a stranger does no harm: each statement asks anew what is due.

use std::rc::Rc;

use http::StatusCode;

use crate::{
    app::App,
    auth::throttle::TURNS,
    crypto::vault::Vault,
    error::Result,
    host::{Request, Response},
    http::response,
    jobs::{invalid_tokens, reencrypt},
    limits::SUBREQUESTS,
    media::cache::evict,
    settings::{Global, Settings},
    store::{
        admin_sessions, database,
        leases::{self, DAY},
        login_attempts, media,
        requests::{self, stats},
        settings,
    },
    time::{self, HOUR, MINUTE, SECOND},
    variables::timezone_offset_minutes,
};

/// The lease of whoever is at it.
const WORK: &str = "maintenance";
const LEASE: i64 = 30 * SECOND;
/// How long a caller is expected again: longer than the quarter of an hour of the Worker's cron and of `cargo xtask up`,
/// so that no request starts anything where they call.
const PAUSE: i64 = 20 * MINUTE;
/// Between two runs of what looks at whole tables: they cost reads, and anybody may ask for them.
const RARELY: i64 = HOUR;
/// The same for sealing. With another key it is due at once.
const SEALING: i64 = 10 * MINUTE;
/// Stored parts that one slice deletes. All the rest takes at most 32 statements.
const PARTS: usize = SUBREQUESTS - 32;
/// Rows that one statement deletes.
const ROWS: i64 = 500;
/// Slices that one request starts; what is then left waits for the next request, not for the next day.
const SLICES: usize = 20;
/// On Workers the calls are shared with the chat that has been answered: one slice of about 35. That is for a Worker
/// without cron. Should the chat have left too few, the run fails half-way, and the next one goes on.
const PARTS_AFTER_A_CHAT: usize = 8;

/// `POST /internal/maintenance`: 202 when something is left that another call may do at once, else 204.
pub async fn run(app: Rc<App>, _: Request) -> Result<Response> {
    let now = app.now_ms();
    let mut status = StatusCode::NO_CONTENT;
    if leases::take(&app.db, WORK, now, now + LEASE).await? {
        let is_left = slice(&app, now, PARTS).await?;
        if is_left {
            // The caller may go on at once.
            leases::set_both(&app.db, (DAY, now + PAUSE), (WORK, now)).await?;
            status = StatusCode::ACCEPTED;
        } else {
            leases::set(&app.db, DAY, midnight(&app, now).await.max(now + PAUSE)).await?;
        }
    }
    Ok(response::empty(status))
}

/// For the end of a request that has seen that [`DAY`] is free. Of many at once, one starts the work.
pub async fn of_the_day(app: &App) {
    if let Err(error) = slices(app).await {
        eprintln!("{}: the maintenance of the day broke off: {error}", app.request_id);
    }
}

async fn slices(app: &App) -> Result<()> {
    let mut now = app.now_ms();
    // A request that took long may come when the work of the day is done. A run that fails, or dies, is taken up again
    // when this lease ends.
    let is_first = leases::take(&app.db, DAY, now, now + LEASE).await?;
    if !is_first || !leases::take(&app.db, WORK, now, now + LEASE).await? {
        return Ok(());
    }
    let is_worker = database::is_d1(&app.db).await?;
    let (count, parts) = if is_worker { (1, PARTS_AFTER_A_CHAT) } else { (SLICES, PARTS) };
    for _ in 0..count {
        if !slice(app, now, parts).await? {
            return leases::set(&app.db, DAY, midnight(app, now).await).await;
        }
        let held = now + LEASE;
        now = app.now_ms();
        if !leases::renew(&app.db, WORK, held, now + LEASE).await? {
            return Ok(());
        }
    }
    leases::set(&app.db, DAY, now + LEASE).await
}

async fn midnight(app: &App, now: i64) -> i64 {
    time::next_midnight(now, timezone_offset_minutes(&*app.host).await)
}

/// Does a slice of all that is due; tells whether something is left for another one.
async fn slice(app: &App, now: i64, parts: usize) -> Result<bool> {
    let settings = settings::read(&app.db).await?;
    let mut is_left = evict::run_batch(app, parts).await;
    is_left |= media::forget(&app.db, now - settings.global.media_retention_days * time::DAY, ROWS).await?;
    is_left |= invalid_tokens::run_batch(app).await?;
    is_left |= at_most_every(app, RARELY, "requests", now, old_rows(app, &settings, now)).await?;
    let vault = Vault::open(&*app.host).await?;
    if let Some(lease) = reencrypt::lease(&vault) {
        is_left |= at_most_every(app, SEALING, &lease, now, reencrypt::run_batch(app, &vault, &settings)).await?;
    }
    Ok(is_left)
}

/// Does work, and not again before `pause` milliseconds have passed unless it left something. Until it has ended it is
/// leased for [`LEASE`] only: work that was cut off, as by the limits of a Worker, is due again when that is over.
async fn at_most_every(
    app: &App,
    pause: i64,
    lease: &str,
    now: i64,
    work: impl Future<Output = Result<bool>>,
) -> Result<bool> {
    if !leases::take(&app.db, lease, now, now + LEASE).await? {
        return Ok(false);
    }
    let is_left = work.await?;
    leases::set(&app.db, lease, if is_left { now } else { now + pause }).await?;
    Ok(is_left)
}

/// Counters before the log: they outlive it.
async fn old_rows(app: &App, settings: &Settings, now: i64) -> Result<bool> {
    let hour = time::local_hour(now, timezone_offset_minutes(&*app.host).await);
    stats::age(&app.db, hour).await?;
    let Global { log_retention_days, log_retention_rows, .. } = settings.global;
    let logs = requests::prune(&app.db, now, log_retention_days, log_retention_rows).await?;
    let sessions = admin_sessions::sweep(&app.db, now, ROWS).await?;
    let attempts = login_attempts::sweep(&app.db, now, ROWS).await?;
    let turns = TURNS.sweep(&app.db, now, ROWS).await?;
    Ok(logs || sessions || attempts || turns)
}

#[cfg(test)]
mod tests;
