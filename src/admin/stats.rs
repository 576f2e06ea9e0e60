//! The page of statistics: the current pool, and the counted requests of the last hours and days.

use std::{collections::BTreeMap, rc::Rc};

use serde::Serialize;

use crate::{
    admin::budget,
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::Result,
    host::{Request, Response},
    http::response,
    jobs::invalid_tokens,
    money::Usd,
    providers::catalog::{QuotaBucket, TokenType},
    store::{
        accounts::counts::{self, Group, ModeSum},
        requests::stats::{self, Counted, DAYS, Sums, percentile},
    },
    time::{local_hour, year_month_day},
    variables::timezone_offset_minutes,
};

#[derive(Serialize)]
struct Answer<T> {
    success: bool,
    data: T,
}

#[derive(Serialize)]
struct Pool {
    normal: Counts,
    #[serde(rename = "super")]
    supers: Counts,
    heavy: Counts,
    /// Keys of xAI's API.
    xai: Counts,
    total: i64,
}

/// The accounts of one type by state. Each account is in one state, the same as in the list of accounts.
#[derive(Default, Serialize)]
struct Counts {
    total: i64,
    active: i64,
    unused: i64,
    cooldown: i64,
    exhausted: i64,
    expired: i64,
    disabled: i64,
    unreadable: i64,
    duplicate: i64,
    /// Rows that do not hold a token.
    invalid: i64,
    /// What accounts that can serve now or after a rest have left: of the modes fast and heavy, and of each mode.
    remaining_queries: i64,
    heavy_remaining_queries: i64,
    /// How many of these accounts have an unknown quota in the mode fast.
    unknown_quota: i64,
    modes: BTreeMap<&'static str, ModeSum>,
}

impl Counts {
    fn add(&mut self, group: &Group) {
        self.total += group.accounts;
        let count = match group.state.as_str() {
            "expired" => &mut self.expired,
            "disabled" => &mut self.disabled,
            "invalid" => &mut self.invalid,
            "unreadable" => &mut self.unreadable,
            "duplicate" => &mut self.duplicate,
            state => {
                for (mode, sum) in &group.modes {
                    self.modes.entry(mode).or_default().add(*sum);
                }
                match state {
                    "cooling" => &mut self.cooldown,
                    "unused" => &mut self.unused,
                    "exhausted" => &mut self.exhausted,
                    _ => &mut self.active,
                }
            }
        };
        *count += group.accounts;
    }

    /// Fills in the older names of single numbers, and modes without an account.
    fn finished(mut self) -> Self {
        for mode in QuotaBucket::CHAT {
            self.modes.entry(mode.name()).or_default();
        }
        let (fast, heavy) = (self.modes[QuotaBucket::Fast.name()], self.modes[QuotaBucket::Heavy.name()]);
        (self.remaining_queries, self.unknown_quota) = (fast.remaining, fast.unknown);
        self.heavy_remaining_queries = heavy.remaining;
        self
    }
}

/// Answers `GET /api/stats` with the number of accounts by type and state.
pub async fn pool(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    let vault = Vault::open(&*app.host).await?;
    let key_ids = vault.key_ids();
    let today = budget::today(&app).await?;
    let mut groups = counts::read(&app.db, today, &key_ids).await?;
    if groups.iter().any(|group| group.has_unseen) && invalid_tokens::catch_up(&app, &vault).await {
        groups = counts::read(&app.db, today, &key_ids).await?;
    }
    let of_type = |token_type| {
        let mut counts = Counts::default();
        groups.iter().filter(|group| group.token_type == token_type).for_each(|group| counts.add(group));
        counts.finished()
    };
    let [normal, supers, heavy, xai] = TokenType::ALL.map(of_type);
    let pool = Pool { total: groups.iter().map(|group| group.accounts).sum(), normal, supers, heavy, xai };
    response::json(&Answer { success: true, data: pool })
}

#[derive(Serialize)]
struct Requests {
    hourly: Vec<Hour>,
    daily: Vec<Day>,
    models: Vec<Model>,
    keys: Vec<Key>,
    errors: Vec<Failures>,
    summary: Summary,
    latency: Latency,
    timezone_offset_minutes: i64,
}

#[derive(Serialize)]
struct Hour {
    /// `HH:00`, local time.
    hour: String,
    success: i64,
    failed: i64,
    cancelled: i64,
    cost_usd: Usd,
}

#[derive(Serialize)]
struct Day {
    date: String,
    success: i64,
    failed: i64,
    cancelled: i64,
    cost_usd: Usd,
}

#[derive(Serialize)]
struct Model {
    /// `""` for names that are not a model.
    model: String,
    count: i64,
    success: i64,
    failed: i64,
    cancelled: i64,
    cost_usd: Usd,
}

#[derive(Serialize)]
struct Key {
    id: i64,
    /// `null` for a deleted key.
    name: Option<String>,
    count: i64,
    success: i64,
    failed: i64,
    cancelled: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    cost_usd: Usd,
}

#[derive(Serialize)]
struct Failures {
    code: String,
    count: i64,
}

#[derive(Serialize)]
struct Summary {
    total: i64,
    success: i64,
    failed: i64,
    /// The client disconnected before the end. Not part of the success rate.
    cancelled: i64,
    /// Percent with one decimal; 0 if there were no requests.
    success_rate: f64,
    prompt_tokens: i64,
    completion_tokens: i64,
    /// Since local midnight, and since the first of the local month.
    cost_today_usd: Usd,
    cost_month_usd: Usd,
}

#[derive(Serialize)]
struct Latency {
    duration_ms: Percentiles,
    first_byte_ms: Percentiles,
}

/// Percentiles of the successful requests, in milliseconds; `null` if there were none.
#[derive(Serialize)]
struct Percentiles {
    p50: Option<u64>,
    p95: Option<u64>,
}

/// Answers `GET /api/request-stats` with the requests of the last 24 hours and 14 days, in local time.
pub async fn requests(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    let timezone_offset_minutes = timezone_offset_minutes(&*app.host).await?;
    let now = local_hour(app.now_ms(), timezone_offset_minutes);
    let counted = stats::read(&app.db, now).await?;
    response::json(&Answer { success: true, data: Requests::of(counted, now, timezone_offset_minutes) })
}

impl Requests {
    fn of(mut counted: Counted, now: i64, timezone_offset_minutes: i64) -> Self {
        let at = |list: &[(i64, Sums)], place: i64| {
            list.iter().find(|(each, _)| *each == place).map_or(Sums::default(), |(_, sums)| *sums)
        };
        let hour = |hour: i64| {
            let Sums { success, failed, cancelled, cost, .. } = at(&counted.hours, hour);
            let (hour, cost_usd) = (format!("{:02}:00", hour.rem_euclid(24)), Usd::of_ticks(cost));
            Hour { hour, success, failed, cancelled, cost_usd }
        };
        let day = |day: i64| {
            let Sums { success, failed, cancelled, cost, .. } = at(&counted.days, day);
            Day { date: date(day), success, failed, cancelled, cost_usd: Usd::of_ticks(cost) }
        };
        let model = |(model, sums): (String, Sums)| {
            let Sums { success, failed, cancelled, cost, .. } = sums;
            Model { model, count: sums.total(), success, failed, cancelled, cost_usd: Usd::of_ticks(cost) }
        };
        let today = now.div_euclid(24);
        Requests {
            hourly: (now - 23..=now).map(hour).collect(),
            daily: (today - DAYS + 1..=today).map(day).collect(),
            summary: Summary::of(&counted, at(&counted.days, today).cost),
            models: counted.models.into_iter().map(model).collect(),
            keys: counted.keys.into_iter().map(Key::of).collect(),
            errors: counted.errors.into_iter().map(|(code, count)| Failures { code, count }).collect(),
            latency: Latency {
                duration_ms: Percentiles::of(&mut counted.duration),
                first_byte_ms: Percentiles::of(&mut counted.first_byte),
            },
            timezone_offset_minutes,
        }
    }
}

impl Key {
    fn of(key: stats::KeySums) -> Self {
        let Sums { success, failed, cancelled, prompt_tokens, completion_tokens, cost } = key.sums;
        let (id, name, count, cost_usd) = (key.id, key.name, key.sums.total(), Usd::of_ticks(cost));
        Key { id, name, count, success, failed, cancelled, prompt_tokens, completion_tokens, cost_usd }
    }
}

impl Summary {
    /// Returns the summary of the last 24 hours. `today` is what was spent since local midnight, in ticks.
    fn of(counted: &Counted, today: i64) -> Self {
        let mut sums = Sums::default();
        for (_, hour) in &counted.hours {
            sums.add(hour);
        }
        let Sums { success, failed, cancelled, prompt_tokens, completion_tokens, .. } = sums;
        let ended = (success + failed).max(1) as f64;
        let success_rate = (success as f64 / ended * 1000.0).round() / 10.0;
        let (cost_today_usd, cost_month_usd) = (Usd::of_ticks(today), Usd::of_ticks(counted.month.cost));
        Summary {
            total: sums.total(),
            success,
            failed,
            cancelled,
            success_rate,
            prompt_tokens,
            completion_tokens,
            cost_today_usd,
            cost_month_usd,
        }
    }
}

impl Percentiles {
    fn of(counts: &mut [(u64, u64)]) -> Self {
        Percentiles { p50: percentile(counts, 0.5), p95: percentile(counts, 0.95) }
    }
}

/// Returns a day, counted from 1970-01-01, as `YYYY-MM-DD`.
pub fn date(day: i64) -> String {
    let (year, month, day) = year_month_day(day);
    format!("{year:04}-{month:02}-{day:02}")
}
