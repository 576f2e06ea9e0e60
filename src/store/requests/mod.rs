//! The request log with its hourly counters, and the statements that end an attempt and a request.
//!
//! [`finish`] writes the log row, the counters and the effect on the account in one statement:
//!
//! ```ignore
//! let offset = variables::timezone_offset_minutes(&*app.host).await;
//! requests::finish(&app.db, &finished, offset).await?;
//! ```
//!
//! [`list`](mod@list) reads the log and [`stats`] the counters. Charts never read the log.

use std::sync::LazyLock;

use crate::{
    error::Result,
    host::Value,
    pool::outcome::{Effect, Used},
    providers::{catalog, learned::Learned},
    store::sql,
    time::{local_day, local_hour},
};

use self::stats::histogram_bin;
use super::{Columns, Db, resolved_names};

mod histogram;
pub mod list;
pub mod stats;
#[cfg(test)]
mod tests;

pub use list::{Filter, Key, LogEntry, list, statement};

/// The effect of an attempt on its account.
#[derive(Debug, Clone)]
pub struct AccountOutcome {
    /// Unix milliseconds.
    pub at: i64,
    pub used: Used,
    pub effect: Effect,
}

/// A request that ended, with success or not.
#[derive(Debug, Clone)]
pub struct FinishedRequest {
    pub request_id: String,
    pub ip: String,
    pub key_id: i64,
    pub key_name: String,
    pub model: String,
    pub stream: bool,
    pub status: u16,
    /// `""` for a success.
    pub error_code: String,
    pub error: String,
    pub duration_ms: u64,
    pub first_byte_ms: Option<u64>,
    pub attempts: u32,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// What the provider charged, in ticks.
    pub cost: u64,
    /// Unix milliseconds.
    pub at: i64,
    /// `None` if no account was reserved.
    pub outcome: Option<AccountOutcome>,
    pub learned: Learned,
}

const OUTCOME_COLUMNS: &str =
    "account_id, at, bucket, spent, used_up, window_until, not_granted, cool_until, skip, strike, read, reason, held";

/// Applies the effect of an attempt on its account, if the request continues with another account.
pub async fn outcome(db: &Db, outcome: &AccountOutcome) -> Result<()> {
    let sql = format!("INSERT INTO account_outcomes ({OUTCOME_COLUMNS}, key_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    let mut values = outcome_values(outcome);
    values.push(outcome.used.key_id.into());
    db.execute(&sql, values).await
}

/// The statement of [`finish`], made once: an instance serves many requests.
static FINISH: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO finished_requests (request_id, ip, key_id, key_name, model, stream, status, error_code, error,
           duration_ms, first_byte_ms, attempts, prompt_tokens, completion_tokens, cost, hour, counted_model,
           duration_bucket, first_byte_bucket, token_suffix, {OUTCOME_COLUMNS}, day, user_ids, names)
         VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    )
});

/// Writes the log row, counts the request in its local hour, and applies the effect of the last attempt on its account,
/// in one statement.
pub async fn finish(db: &Db, finished: &FinishedRequest, timezone_offset_minutes: i64) -> Result<()> {
    let hour = local_hour(finished.at, timezone_offset_minutes);
    // An unknown model name is logged, but must not add a row to the counters. Only an answer proves a name of xAI's API.
    let known =
        catalog::find(&finished.model).filter(|model| !model.is_only_of_api() || finished.error_code.is_empty());
    let counted_model = known.as_ref().map_or("", |model| &*model.id);
    let bucket = |ms: Option<u64>| {
        let counted = finished.error_code.is_empty();
        Value::from(ms.filter(|_| counted).map(|ms| histogram_bin(ms).to_string()))
    };
    let suffix = finished.outcome.as_ref().map_or("", |outcome| &outcome.used.suffix);
    let mut values = vec![
        finished.request_id.as_str().into(),
        clipped(&finished.ip),
        finished.key_id.into(),
        finished.key_name.as_str().into(),
        clipped(&finished.model),
        finished.stream.into(),
        i64::from(finished.status).into(),
        finished.error_code.as_str().into(),
        clipped(&finished.error),
        (finished.duration_ms as i64).into(),
        finished.first_byte_ms.map(|ms| ms as i64).into(),
        i64::from(finished.attempts).into(),
        (finished.prompt_tokens as i64).into(),
        (finished.completion_tokens as i64).into(),
        (finished.cost as i64).into(),
        hour.into(),
        counted_model.into(),
        bucket(Some(finished.duration_ms)),
        bucket(finished.first_byte_ms),
        suffix.into(),
    ];
    values.extend(match &finished.outcome {
        Some(outcome) => outcome_values(outcome),
        None => std::iter::once(Value::Null)
            .chain([finished.at.into(), "".into()])
            .chain(std::iter::repeat_n(Value::Integer(0), 8))
            .chain(["".into(), 0.into()])
            .collect(),
    });
    values.push(local_day(finished.at, timezone_offset_minutes).into());
    values.push(sql::json(&finished.learned.user_ids)?.into());
    values.push(resolved_names::write(&finished.learned.names).into());
    db.execute(&FINISH, values).await
}

/// Returns the values of [`OUTCOME_COLUMNS`].
fn outcome_values(AccountOutcome { at, used, effect }: &AccountOutcome) -> Vec<Value> {
    vec![
        used.account_id.into(),
        (*at).into(),
        used.bucket.name().into(),
        effect.spent.into(),
        effect.used_up.into(),
        effect.window_until.into(),
        effect.not_granted.into(),
        effect.cool_until.into(),
        effect.skip.into(),
        effect.strike.into(),
        effect.read.into(),
        effect.reason.as_str().into(),
        used.held.into(),
    ]
}

/// Deletes all rows of the log. The hourly counters stay.
pub async fn clear(db: &Db) -> Result<()> {
    db.execute("DELETE FROM request_logs", vec![]).await
}

/// Maximum rows that one statement deletes, and maximum statements of one [`prune`].
const SLICE: i64 = 1000;
const SLICES: usize = 5;

/// Deletes rows older than `days`, and all but the newest `rows`, at most 5,000 rows. Returns whether some are left to
/// delete. It reads up to `rows` rows, so it must not run every minute.
pub async fn prune(db: &Db, now: i64, days: i64, rows: i64) -> Result<bool> {
    const NEWEST: &str = "SELECT id FROM request_logs ORDER BY id DESC LIMIT 1 OFFSET ?";
    const DELETE: &str = "DELETE FROM request_logs WHERE id IN (
        SELECT id FROM request_logs WHERE id < ? ORDER BY id LIMIT ?) RETURNING 1";
    let first_kept = db.query_one(NEWEST, vec![(rows - 1).into()]).await?;
    let first_kept = first_kept.map(|row| Columns::new(row).integer()).transpose()?.unwrap_or(0);
    let before = first_kept.max((now - days * 86_400_000) * 2048);
    for _ in 0..SLICES {
        if !db.execute_batch(SLICE, DELETE, vec![before.into(), SLICE.into()]).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the first 500 characters of a text from a client or Grok, which may be of any length.
fn clipped(text: &str) -> Value {
    const MOST: usize = 500;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => text[..end].into(),
        None => text.into(),
    }
}
