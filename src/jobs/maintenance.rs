//! The maintenance: deletes expired files and rows, encrypts secrets that are stored unencrypted, and reads accounts.
//!
//! Two events start it. `POST /internal/maintenance`, which needs no authentication, does one slice of the work that is
//! due; a lease prevents parallel and too frequent runs. Without such calls, the first request of a local day starts it
//! after its own answer. The first statement of a request reads the lease [`leases::DAY`]. While the lease is held,
//! requests start nothing: until the next local midnight if all work is done, and while another call is expected.
//!
//! A slice that runs twice, stops half-way or is started by a stranger does no harm: each statement selects again what
//! is due.

use std::rc::Rc;

use http::StatusCode;

use crate::{
    app::App,
    auth::throttle::TURNS,
    crypto::vault::Vault,
    error::Result,
    host::{Request, Response},
    http::response,
    jobs::{account_readings, invalid_tokens, reencrypt},
    limits::SUBREQUESTS,
    media::cache::evict,
    settings::{Global, Settings},
    store::{
        accounts::reading,
        admin_sessions, database,
        leases::{self, DAY},
        login_attempts, media,
        requests::{self, stats},
        responses, settings,
    },
    time::{self, HOUR, MINUTE, SECOND},
    variables::timezone_offset_minutes,
};

/// The lease of the running slice, and its length in milliseconds.
const WORK: &str = "maintenance";
const LEASE: i64 = 30 * SECOND;
/// Milliseconds in which another call is expected: longer than the 15 minutes between calls of the Worker's cron and of
/// `cargo xtask up`, so requests start nothing on those hosts.
const PAUSE: i64 = 20 * MINUTE;
/// Milliseconds between two runs of work that reads whole tables: reads cost money, and anyone may call.
const RARELY: i64 = HOUR;
/// Milliseconds between two runs of the encryption. After a change of the key it is due at once.
const SEALING: i64 = 10 * MINUTE;
/// Cached parts that one slice deletes. The rest of the slice takes at most 34 statements.
const PARTS: usize = SUBREQUESTS - 34;
/// Maximum rows that one statement deletes.
const ROWS: i64 = 500;
/// Maximum slices that one request starts. The next request continues with the rest, on the same day.
const SLICES: usize = 20;
/// Cached parts that the slice after a request deletes on Workers, where the request and the slice, of about 36 calls,
/// share the subrequests. If the request has left too few, the run fails half-way and the next one continues.
const PARTS_AFTER_A_CHAT: usize = 7;

/// Statements of a call after its readings.
const STATEMENTS_LEFT: usize = 2;

/// Answers `POST /internal/maintenance` with 202 if another call should continue at once, else with 204. Both have no
/// body.
pub async fn run(app: Rc<App>, _: Request) -> Result<Response> {
    let now = app.now_ms();
    let mut status = StatusCode::NO_CONTENT;
    if leases::take(&app.db, WORK, now, now + LEASE).await? {
        let Slice { is_left, calls } = slice(&app, now, PARTS).await?;
        let is_left = is_left || readings(&app, calls).await?;
        if is_left {
            // Free the lease, so the caller can continue at once.
            leases::set_both(&app.db, (DAY, now + PAUSE), (WORK, now)).await?;
            status = StatusCode::ACCEPTED;
        } else {
            leases::set(&app.db, DAY, midnight(&app, now).await?.max(now + PAUSE)).await?;
        }
    }
    Ok(response::empty(status))
}

/// Runs the maintenance after a request that found [`DAY`] free. Of many such requests, only one runs it.
pub async fn of_the_day(app: &App) {
    if let Err(error) = slices(app).await {
        eprintln!("{}: the daily maintenance failed: {error}", app.request_id);
    }
}

async fn slices(app: &App) -> Result<()> {
    let mut now = app.now_ms();
    // After a long request, another one may have done the day's work. If a run fails or dies, a request repeats it when
    // this lease has ended.
    let is_first = leases::take(&app.db, DAY, now, now + LEASE).await?;
    if !is_first || !leases::take(&app.db, WORK, now, now + LEASE).await? {
        return Ok(());
    }
    let is_worker = database::is_d1(&app.db).await?;
    let (count, parts) = if is_worker { (1, PARTS_AFTER_A_CHAT) } else { (SLICES, PARTS) };
    for _ in 0..count {
        if !slice(app, now, parts).await?.is_left {
            return leases::set(&app.db, DAY, midnight(app, now).await?).await;
        }
        let held = now + LEASE;
        now = app.now_ms();
        if !leases::renew(&app.db, WORK, held, now + LEASE).await? {
            return Ok(());
        }
    }
    leases::set(&app.db, DAY, now + LEASE).await
}

async fn midnight(app: &App, now: i64) -> Result<i64> {
    Ok(time::next_midnight(now, timezone_offset_minutes(&*app.host).await?))
}

/// What a slice of the work has done.
struct Slice {
    /// Whether some is left for another slice.
    is_left: bool,
    /// Subrequests that it made.
    calls: usize,
}

/// Reads accounts that are due, with the subrequests that the request has left. Returns whether more are due.
async fn readings(app: &App, kv_calls: usize) -> Result<bool> {
    let Some(due) = reading::due(&app.db, app.now_ms()).await? else { return Ok(false) };
    let used = app.db.meter().calls as usize + kv_calls + STATEMENTS_LEFT;
    let count = if due.is_d1 { account_readings::affordable(used) } else { account_readings::PER_SLICE };
    account_readings::slice(app, count).await
}

/// Does one slice of the work that is due.
async fn slice(app: &App, now: i64, parts: usize) -> Result<Slice> {
    let settings = settings::read(&app.db).await?;
    let evict::Evicted { mut is_left, calls } = evict::run_batch(app, parts).await;
    is_left |= media::forget(&app.db, now - settings.global.media_retention_days * time::DAY, ROWS).await?;
    is_left |= invalid_tokens::run_batch(app).await?;
    is_left |= at_most_every(app, RARELY, "requests", now, old_rows(app, &settings, now)).await?;
    let vault = Vault::open(&*app.host).await?;
    if let Some(lease) = reencrypt::lease(&vault) {
        is_left |= at_most_every(app, SEALING, &lease, now, reencrypt::run_batch(app, &vault, &settings)).await?;
    }
    Ok(Slice { is_left, calls })
}

/// Does the work unless its lease is held; afterwards holds the lease for `pause` milliseconds, or frees it if some
/// work is left. Returns whether some is left. During the work the lease lasts only [`LEASE`], so work that the limits
/// of a Worker cut off is soon due again.
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

/// Deletes old rows. Returns whether some are left. The counters are first: they outlive the log.
async fn old_rows(app: &App, settings: &Settings, now: i64) -> Result<bool> {
    let hour = time::local_hour(now, timezone_offset_minutes(&*app.host).await?);
    stats::age(&app.db, hour).await?;
    let Global { log_retention_days, log_retention_rows, responses_retention_days, responses_max_size_mb, .. } =
        settings.global;
    let logs = requests::prune(&app.db, now, log_retention_days, log_retention_rows).await?;
    let made_before = now - responses_retention_days * time::DAY;
    let stored = responses::prune(&app.db, made_before, responses_max_size_mb.bytes(), ROWS).await?;
    let sessions = admin_sessions::sweep(&app.db, now, ROWS).await?;
    let attempts = login_attempts::sweep(&app.db, now, ROWS).await?;
    let turns = TURNS.sweep(&app.db, now, ROWS).await?;
    Ok(logs || stored || sessions || attempts || turns)
}

#[cfg(test)]
mod tests;
