//! Counters of requests by local hour. Charts read these counters and never the log, so deleting log rows does not
//! change them. The statement that logs a request also counts it ([`super::finish`]).

use crate::{
    error::Result,
    store::{Columns, Db},
    time::first_of_month,
};

pub use super::histogram::{histogram_bin, percentile};

/// The error code of a request whose client disconnected: neither a success nor a failure.
const CANCELLED: &str = "client_closed_request";
/// Hours of a day.
const DAY: i64 = 24;
/// Days of the daily chart, including today.
pub const DAYS: i64 = 14;
/// Days of the chart by model, including today.
const MODEL_DAYS: i64 = 7;
/// Maximum keys that are returned, the busiest first.
const KEYS: i64 = 50;
/// Days after which counters are deleted.
const KEPT_DAYS: i64 = 31;

/// Sums over a group of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub success: i64,
    pub failed: i64,
    /// The client disconnected before the end.
    pub cancelled: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    /// What the provider charged, in ticks.
    pub cost: i64,
}

/// Sums over the requests of one API key.
#[derive(Debug, PartialEq, Eq)]
pub struct KeySums {
    pub id: i64,
    /// `None` for a deleted key.
    pub name: Option<String>,
    pub sums: Sums,
}

/// The counters at a time. Hours and days without requests are left out.
#[derive(Debug, Default)]
pub struct Counted {
    /// By local hour: this one and the 23 before.
    pub hours: Vec<(i64, Sums)>,
    /// By local day, counted since 1970: today and the 13 before.
    pub days: Vec<(i64, Sums)>,
    /// The current local month.
    pub month: Sums,
    /// The last seven days, the busiest first.
    pub models: Vec<(String, Sums)>,
    /// The last 24 hours, as are all fields below. The busiest key is first.
    pub keys: Vec<KeySums>,
    /// Failures by error code, the most frequent first.
    pub errors: Vec<(String, i64)>,
    /// Successful requests by bin of their duration: pairs of bin and count.
    pub duration: Vec<(u64, u64)>,
    /// The same by the time until the first token.
    pub first_byte: Vec<(u64, u64)>,
}

/// Returns all counters of the statistics page at the local hour `hour`, in one statement.
pub async fn read(db: &Db, hour: i64) -> Result<Counted> {
    let today = hour - hour % DAY;
    let params = vec![
        (hour - 23).into(),
        hour.into(),
        (today - (DAYS - 1) * DAY).into(),
        (today - (MODEL_DAYS - 1) * DAY).into(),
        KEYS.into(),
        (first_of_month(hour.div_euclid(DAY)) * DAY).into(),
    ];
    let mut counted = Counted::default();
    for row in db.query(&statement(), params).await? {
        counted.add(&mut Columns::new(row))?;
    }
    Ok(counted)
}

/// Returns the SQL. `?1` is the first of the last 24 hours and `?2` the current hour, `?3` the first hour of the daily
/// chart, `?4` that of the models, `?5` the maximum number of keys, and `?6` the first hour of the month.
fn statement() -> String {
    let sums = format!(
        "sum(iif(error_code = '', requests, 0)),
         sum(iif(error_code NOT IN ('', '{CANCELLED}'), requests, 0)),
         sum(iif(error_code = '{CANCELLED}', requests, 0)),
         sum(prompt_tokens), sum(completion_tokens), sum(cost)"
    );
    let histogram = |part: &str| {
        format!(
            "SELECT '{part}', CAST(key AS INTEGER), NULL, CAST(sum(value) AS INTEGER), 0, 0, 0, 0, 0
               FROM request_stats, json_each({part}_buckets) WHERE hour BETWEEN ?1 AND ?2 GROUP BY key"
        )
    };
    // In two parts, because D1 allows at most five terms in a compound.
    format!(
        "SELECT * FROM (
         SELECT 'hour', hour, NULL, {sums} FROM request_stats WHERE hour BETWEEN ?1 AND ?2 GROUP BY hour
         UNION ALL
         SELECT 'day', hour / {DAY}, NULL, {sums} FROM request_stats WHERE hour BETWEEN ?3 AND ?2 GROUP BY hour / {DAY}
         UNION ALL
         SELECT 'month', 0, NULL, {sums} FROM request_stats WHERE hour BETWEEN ?6 AND ?2 GROUP BY 1
         UNION ALL
         SELECT * FROM (SELECT 'model', 0, model, {sums} FROM request_stats WHERE hour BETWEEN ?4 AND ?2
                         GROUP BY model ORDER BY sum(requests) DESC, model))
         UNION ALL
         SELECT * FROM (
         SELECT * FROM (SELECT 'key', key_id, (SELECT name FROM api_keys WHERE id = key_id), {sums}
                          FROM request_stats WHERE hour BETWEEN ?1 AND ?2
                         GROUP BY key_id ORDER BY sum(requests) DESC, key_id LIMIT ?5)
         UNION ALL
         SELECT * FROM (SELECT 'error', 0, error_code, {sums} FROM request_stats
                         WHERE hour BETWEEN ?1 AND ?2 AND error_code NOT IN ('', '{CANCELLED}')
                         GROUP BY error_code ORDER BY sum(requests) DESC, error_code)
         UNION ALL
         {}
         UNION ALL
         {})",
        histogram("duration"),
        histogram("first_byte"),
    )
}

impl Counted {
    fn add(&mut self, row: &mut Columns) -> Result<()> {
        let (part, number, name) = (row.text()?, row.integer()?, row.optional_text()?);
        let sums = Sums {
            success: row.integer()?,
            failed: row.integer()?,
            cancelled: row.integer()?,
            prompt_tokens: row.integer()?,
            completion_tokens: row.integer()?,
            cost: row.integer()?,
        };
        match part.as_str() {
            "hour" => self.hours.push((number, sums)),
            "day" => self.days.push((number, sums)),
            "month" => self.month = sums,
            "model" => self.models.push((name.unwrap_or_default(), sums)),
            "key" => self.keys.push(KeySums { id: number, name, sums }),
            "error" => self.errors.push((name.unwrap_or_default(), sums.failed)),
            "duration" => self.duration.push((number as u64, sums.success as u64)),
            _ => self.first_byte.push((number as u64, sums.success as u64)),
        }
        Ok(())
    }
}

impl Sums {
    /// Returns the number of requests.
    pub fn total(&self) -> i64 {
        self.success + self.failed + self.cancelled
    }

    /// Adds the sums of another group.
    pub fn add(&mut self, other: &Sums) {
        self.success += other.success;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.prompt_tokens += other.prompt_tokens;
        self.completion_tokens += other.completion_tokens;
        self.cost += other.cost;
    }
}

/// Merges the hours of days that only the daily chart shows, and deletes counters that no chart shows, in one
/// statement. It does no harm to run it twice, or not for weeks.
pub async fn age(db: &Db, hour: i64) -> Result<()> {
    let first_shown = hour - 23;
    let folded_before = first_shown - first_shown % DAY;
    let dropped_before = hour - hour % DAY - (KEPT_DAYS - 1) * DAY;
    let age = "INSERT INTO request_stats_aging (folded_before, dropped_before) VALUES (?, ?)";
    db.execute(age, vec![folded_before.into(), dropped_before.into()]).await
}
