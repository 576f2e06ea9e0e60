//! Reads accounts from Grok in the background: whose they are, their types, and what is left to them. Keys of xAI's API are read
//! from there: whether they are valid, and their models.
//!
//! New accounts are read after the request that adds them. An account is due again when the first window has ended in
//! which it served, once a day otherwise, and after a chat that found it in another state than was stored. A request that
//! finds accounts due reads a few of them: the maintenance, a chat after its end, the console's list. A lease lets one do it
//! at a time. No chat waits for it.
//!
//! A reading costs up to [`MOST_CALLS`] calls, fewer of a key, and a Worker has 50 subrequests for each request: [`affordable`] says how many
//! accounts the rest of them allows.

use std::{rc::Rc, time::Duration};

use futures::{FutureExt, StreamExt, stream};

use super::invalid_tokens::{self, NO_TOKEN, Opened};
use crate::{
    app::App,
    crypto::vault::Vault,
    error::Result,
    host::timeout::timeout,
    limits::{CONNECTIONS, SUBREQUESTS},
    providers::{
        ProviderError,
        catalog::{Provider, TokenType},
        grok_web::{
            account::{self, MOST_CALLS},
            client::Client,
            credentials::Credentials,
            media_quota::Pool,
            quota::Limits,
        },
        xai,
    },
    settings::Settings,
    store::{
        accounts::{
            Quota,
            reading::{self, Asked, BucketQuota, Outcome, Reading},
        },
        leases, settings,
    },
    time::{DAY, HOUR, MINUTE, SECOND},
};

/// Accounts that are read at a time. Each of them has up to two calls open.
const AT_ONCE: usize = CONNECTIONS / 2;
/// Milliseconds after which a slice ends, whatever Grok does, and after which it begins no account. A Worker ends work 30
/// seconds after the answer.
const SLICE_TIME: u64 = 24_000;
const LAST_START: u64 = 8_000;
/// Milliseconds for which one reader holds the lease: longer than a slice takes.
const LEASE: i64 = 30 * SECOND;
/// Milliseconds until the next try, after Grok could not be reached for any account of a slice.
const PAUSE: i64 = 10 * MINUTE;
/// Milliseconds until an account is asked about again: at least and at most after a reading, after a failure, and after a
/// first refusal of its session.
const SOONEST: i64 = 10 * MINUTE;
const LATEST: i64 = DAY;
const AFTER_FAILURE: i64 = HOUR;
const AFTER_REFUSAL: i64 = 5 * MINUTE;
/// Milliseconds after a window's end, so that Grok's clock has reached it too.
const MARGIN: i64 = 5 * SECOND;
/// Accounts of a slice on D1. The processor's 10 ms of a Worker allow no more.
pub const PER_SLICE_ON_WORKERS: usize = 3;
/// Accounts of a slice elsewhere, and slices in a row.
pub const PER_SLICE: usize = 20;
const SLICES: usize = 50;
/// Subrequests of a slice besides the calls to Grok: what is due, the settings, the lease twice, the claim, the result.
const STATEMENTS: usize = 6;
/// The longest window of a quota, in milliseconds. A longer one is an error of the service and must not block an account
/// forever.
const MAX_WINDOW: i64 = 31 * DAY;

/// Returns how many accounts may be read by a request on D1 that has already used some of its subrequests.
pub fn affordable(used: usize) -> usize {
    (SUBREQUESTS.saturating_sub(used + STATEMENTS) / MOST_CALLS).min(PER_SLICE_ON_WORKERS)
}

/// Reads due accounts beside an answer that has used `used` subrequests: a few on D1, until none is due elsewhere. An error
/// becomes a line in the host's log.
pub fn spawn(app: &Rc<App>, used: usize) {
    let reader = app.clone();
    let work = async move {
        if let Err(error) = read_due(&reader, used).await {
            eprintln!("{}: the reading of accounts stopped, and goes on later: {error}", reader.request_id);
        }
    };
    app.host.spawn(work.boxed_local());
}

async fn read_due(app: &App, used: usize) -> Result<()> {
    let Some(due) = reading::due(&app.db, app.now_ms()).await? else { return Ok(()) };
    let (slices, count) = if due.is_d1 { (1, affordable(used)) } else { (SLICES, PER_SLICE) };
    for _ in 0..slices {
        if !slice(app, count).await? {
            break;
        }
    }
    Ok(())
}

/// Reads at most `count` due accounts, unless the setting is off or another reader is at work. Returns whether more are due.
pub async fn slice(app: &App, count: usize) -> Result<bool> {
    let settings = settings::read(&app.db).await?;
    let now = app.now_ms();
    let held = now + LEASE;
    if count == 0 || !settings.grok.read_accounts || !leases::take(&app.db, reading::LEASE, now, held).await? {
        return Ok(false);
    }
    let accounts = reading::claim(&app.db, now, count as i64).await?;
    let vault = Vault::open(&*app.host).await?;
    let read = read_all(app, &vault, &settings, &accounts).await;
    let is_down = !read.is_empty() && read.iter().all(|read| read.is_unreachable);
    let readings: Vec<Reading> = read.into_iter().map(|read| read.reading).collect();
    if !readings.is_empty() {
        reading::store(&app.db, app.now_ms(), &readings).await?;
    }
    leases::renew(&app.db, reading::LEASE, held, if is_down { app.now_ms() + PAUSE } else { now }).await?;
    Ok(!is_down && accounts.len() == count)
}

/// What came of asking about an account.
pub struct Read {
    pub reading: Reading,
    /// Whether Grok could not be reached at all, which is not this account's trouble.
    is_unreachable: bool,
}

/// Asks Grok about accounts, as many as there is time for, and returns what it reported of each of them.
pub async fn read_all(app: &App, vault: &Vault, settings: &Settings, accounts: &[Asked]) -> Vec<Read> {
    let began = app.host.monotonic_ms();
    let readings = accounts.iter().map(async |account| {
        let past = app.host.monotonic_ms() - began;
        let left = Duration::from_millis(SLICE_TIME.saturating_sub(past));
        if past > LAST_START { None } else { Some(read_one(app, vault, settings, account, left).await) }
    });
    stream::iter(readings).buffered(AT_ONCE).filter_map(async |reading| reading).collect().await
}

/// Asks Grok about one account within a time limit, and returns what it reported.
async fn read_one(app: &App, vault: &Vault, settings: &Settings, asked: &Asked, limit: Duration) -> Read {
    let began = app.now_ms();
    let without = |outcome, reason: String, pause: i64| {
        Reading::without_answer(asked.id, outcome, reason, began, app.now_ms() + pause)
    };
    let of = |reading| Read { reading, is_unreachable: false };
    let token = match invalid_tokens::open(vault, asked.token_type.provider(), &asked.sealed, &asked.hash) {
        Opened::Token(token) => token,
        Opened::NoToken => return of(without(Outcome::Failed, NO_TOKEN.to_owned(), LATEST)),
        Opened::Unreadable => return of(without(Outcome::Failed, ProviderError::Unreadable.to_string(), LATEST)),
    };
    let asking = ask(app, vault, settings, asked.token_type.provider(), token, &asked.user_id);
    match timeout(&*app.host, Some(limit), asking).await.unwrap_or(Err(ProviderError::Timeout)) {
        Ok(facts) => of(reading_of(asked.id, facts, settings, began, app.now_ms())),
        Err(dead @ ProviderError::DeadAccount(_)) => of(without(Outcome::Expired, dead.to_string(), AFTER_REFUSAL)),
        Err(error) => {
            use ProviderError::{AntiBot, Connect, NoAddress, Timeout, Variable};
            let is_unreachable = matches!(error, AntiBot | Connect(_) | NoAddress(_) | Timeout | Variable(_));
            Read { reading: without(Outcome::Failed, error.to_string(), AFTER_FAILURE), is_unreachable }
        }
    }
}

/// What the provider of an account reported of it.
#[derive(Debug)]
pub enum Facts {
    Web(account::Facts),
    Api(xai::account::Facts),
}

/// Asks the provider about the account of a decrypted token or key. `user_id` is that of its owner, empty if it is to be asked
/// for.
pub async fn ask(
    app: &App,
    vault: &Vault,
    settings: &Settings,
    provider: Provider,
    token: String,
    user_id: &str,
) -> std::result::Result<Facts, ProviderError> {
    match provider {
        Provider::GrokWeb => {
            let credentials = Credentials::new(vault, &settings.grok, token);
            account::read(&Client::new(app, &credentials).await?, user_id).await.map(Facts::Web)
        }
        Provider::Xai => xai::account::read(app, &token).await.map(Facts::Api),
    }
}

/// Returns what is to be stored of an account that its provider was asked about from `began` to `now`: its quotas with the ends of
/// their windows, and when to ask again.
pub fn reading_of(id: i64, facts: Facts, settings: &Settings, began: i64, now: i64) -> Reading {
    let facts = match facts {
        Facts::Web(facts) => facts,
        Facts::Api(facts) => {
            let read = Reading::without_answer(id, Outcome::Ok, String::new(), began, now + LATEST);
            return Reading { read_type: TokenType::Xai.as_str(), models: Some(facts.models), ..read };
        }
    };
    let is_paid = facts.token_type.is_some_and(|token_type| token_type > TokenType::Basic);
    let reported = facts
        .quotas
        .iter()
        .filter_map(|(bucket, limits)| Some(BucketQuota { bucket: *bucket, quota: quota(limits, is_paid, now)? }));
    let lacking = facts.not_granted.iter().map(|bucket| BucketQuota { bucket: *bucket, quota: Quota::not_granted() });
    let pools = facts.media.iter().map(|(bucket, pool)| BucketQuota { bucket: *bucket, quota: pool_quota(pool, now) });
    let quotas: Vec<BucketQuota> = reported.chain(lacking).chain(pools).collect();
    Reading {
        id,
        outcome: Outcome::Ok,
        reason: String::new(),
        user_id: facts.user_id,
        read_type: facts.token_type.map_or("", TokenType::as_str),
        began,
        due: next_reading(&quotas, now),
        models: None,
        by_operator: false,
        rest_until: now + settings.global.rate_limit_cooldown_minutes * MINUTE,
        quotas,
    }
}

/// Returns the quota that Grok reported, with the end of its window in Unix milliseconds; `None` if it did not report what is
/// left. With nothing left, the window is the wait that Grok announced.
fn quota(limits: &Limits, is_paid: bool, now: i64) -> Option<Quota> {
    let remaining = limits.remaining?;
    let wait = limits.wait_seconds.filter(|_| remaining == 0);
    let window = wait.or(limits.window_seconds).and_then(|seconds| i64::try_from(seconds).ok());
    let length = window.map_or(if is_paid { 2 * HOUR } else { DAY }, |seconds| seconds.saturating_mul(SECOND));
    Some(Quota {
        remaining: Some(remaining.into()),
        total: limits.total.map(i64::from),
        until: Some(now + length.min(MAX_WINDOW)),
        cool_until: 0,
    })
}

/// Returns the quota of a pool of media. What Grok does not count is unknown, and tried. A pool that is used up is tried again
/// when Grok says, else when its window has passed.
fn pool_quota(pool: &Pool, now: i64) -> Quota {
    let window = pool.window_seconds.and_then(|seconds| i64::try_from(seconds).ok()).map(|s| s.saturating_mul(SECOND));
    let next = pool.next_at.filter(|at| pool.remaining == Some(0) && *at > now).map(|at| at - now);
    let length = next.or(window).unwrap_or(DAY).min(MAX_WINDOW);
    Quota { remaining: pool.remaining.map(i64::from), total: None, until: Some(now + length), cool_until: 0 }
}

/// Returns when an account is to be read again: when the first window has ended in which something was spent. An account
/// that stays unused is read once a day; its first answer makes it due earlier.
fn next_reading(quotas: &[BucketQuota], now: i64) -> i64 {
    let spent = quotas.iter().map(|quota| quota.quota).filter(|quota| quota.remaining < quota.total);
    let first_end = spent.filter_map(|quota| quota.until).min();
    first_end.map_or(now + LATEST, |end| (end + MARGIN).clamp(now + SOONEST, now + LATEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalog::QuotaBucket;

    const NOW: i64 = 1_769_673_600_000;

    fn limits(remaining: u32, total: u32, window: u64, wait: Option<u64>) -> Limits {
        Limits { remaining: Some(remaining), total: Some(total), window_seconds: Some(window), wait_seconds: wait }
    }

    fn due(quotas: Vec<(QuotaBucket, Limits)>) -> i64 {
        let facts = account::Facts { token_type: Some(TokenType::Basic), quotas, ..account::Facts::default() };
        reading_of(1, Facts::Web(facts), &Settings::from_sections(None, None), NOW, NOW).due - NOW
    }

    #[test]
    fn an_account_is_read_again_when_its_first_window_has_ended() {
        let auto = (QuotaBucket::Auto, limits(7, 7, 86_400, None));
        let spent = (QuotaBucket::Fast, limits(0, 30, 86_400, Some(7_200)));
        assert_eq!(due(vec![auto, spent]), 2 * HOUR + MARGIN);
        assert_eq!(due(vec![auto]), DAY);
        assert_eq!(due(vec![(QuotaBucket::Fast, limits(140, 140, 7_200, None))]), DAY, "an idle one costs no rows");
        assert_eq!(due(vec![(QuotaBucket::Fast, limits(0, 30, 60, None))]), SOONEST);
        assert_eq!(due(vec![]), LATEST);
    }

    #[test]
    fn a_window_without_a_length_has_that_of_the_type() {
        let unknown = Limits { window_seconds: None, ..limits(3, 30, 0, None) };
        let until = |is_paid| quota(&unknown, is_paid, NOW).and_then(|quota| quota.until);
        assert_eq!((until(false), until(true)), (Some(NOW + DAY), Some(NOW + 2 * HOUR)));
        let endless = limits(3, 30, 10 * 365 * 86_400, None);
        assert_eq!(quota(&endless, false, NOW).and_then(|quota| quota.until), Some(NOW + MAX_WINDOW));
        assert_eq!(quota(&Limits { remaining: None, ..endless }, false, NOW), None);
    }

    #[test]
    fn a_request_reads_what_its_subrequests_allow() {
        assert_eq!([0, 10, 20, 30, 40, 50].map(affordable), [3, 3, 2, 1, 0, 0]);
    }
}
