//! The audit log, and the two statements that end an attempt and a chat.

use serde::Serialize;

use crate::{
    error::Result,
    grok::models::Bucket,
    host::Value,
    pool::{Effect, Used},
};

use super::{Columns, Db};

/// What an attempt did to its token.
#[derive(Debug, Clone)]
pub struct TokenOutcome {
    /// Unix milliseconds.
    pub at: i64,
    pub used: Used,
    pub effect: Effect,
}

/// A chat that ended, whatever way.
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
    /// Unix milliseconds.
    pub at: i64,
    /// `None` when no token was reserved.
    pub outcome: Option<TokenOutcome>,
}

const OUTCOME_COLUMNS: &str =
    "token_id, at, limit_name, bucket, spent, drained, window_until, cool_until, skip, strike, reason";

/// Applies what an attempt did to its token, when the chat goes on with another one.
pub async fn outcome(db: &Db, outcome: &TokenOutcome) -> Result<()> {
    let sql = format!("INSERT INTO token_outcomes ({OUTCOME_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)");
    db.run(&sql, outcome_values(outcome)).await
}

/// Writes the log row, counts the chat in its local hour and applies what the last attempt did to its token.
pub async fn finish(db: &Db, finished: &FinishedRequest, timezone_offset_minutes: i64) -> Result<()> {
    let hour = (finished.at + timezone_offset_minutes * 60_000).div_euclid(3_600_000);
    let sql = format!(
        "INSERT INTO finished_requests (request_id, ip, key_id, key_name, model, stream, status, error_code, error,
           duration_ms, first_byte_ms, attempts, prompt_tokens, completion_tokens, hour, token_suffix, {OUTCOME_COLUMNS})
         VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    );
    let suffix = finished.outcome.as_ref().map_or("", |outcome| &outcome.used.suffix);
    let mut values = vec![
        finished.request_id.as_str().into(),
        finished.ip.as_str().into(),
        finished.key_id.into(),
        finished.key_name.as_str().into(),
        finished.model.as_str().into(),
        finished.stream.into(),
        i64::from(finished.status).into(),
        finished.error_code.as_str().into(),
        finished.error.as_str().into(),
        (finished.duration_ms as i64).into(),
        finished.first_byte_ms.map(|ms| ms as i64).into(),
        i64::from(finished.attempts).into(),
        (finished.prompt_tokens as i64).into(),
        (finished.completion_tokens as i64).into(),
        hour.into(),
        suffix.into(),
    ];
    values.extend(match &finished.outcome {
        Some(outcome) => outcome_values(outcome),
        None => std::iter::once(Value::Null)
            .chain([finished.at.into(), "".into(), "".into()])
            .chain(std::iter::repeat_n(Value::Integer(0), 6))
            .chain(["".into()])
            .collect(),
    });
    db.run(&sql, values).await
}

/// In the order of [`OUTCOME_COLUMNS`].
fn outcome_values(TokenOutcome { at, used, effect }: &TokenOutcome) -> Vec<Value> {
    let bucket = match used.bucket {
        Bucket::Normal => "normal",
        Bucket::Heavy => "heavy",
    };
    vec![
        used.token_id.into(),
        (*at).into(),
        used.limit_name.into(),
        bucket.into(),
        effect.spent.into(),
        effect.drained.into(),
        effect.window_until.into(),
        effect.cool_until.into(),
        effect.skip.into(),
        effect.strike.into(),
        effect.reason.as_str().into(),
    ]
}

/// A row of the log, as the console shows it.
#[derive(Debug, Serialize)]
pub struct LogEntry {
    /// Text, because the number is larger than what many JSON readers keep exact.
    pub id: String,
    pub request_id: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub time: String,
    /// Unix milliseconds.
    pub timestamp: i64,
    pub ip: String,
    pub key_name: String,
    pub model: String,
    pub stream: bool,
    pub status: i64,
    /// Seconds.
    pub duration: f64,
    /// Seconds until the first token of the answer.
    pub first_byte: Option<f64>,
    pub attempts: i64,
    pub token_suffix: String,
    pub error_code: String,
    pub error: String,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}

/// No id is larger: it could not cross JavaScript unharmed.
pub const MAX_ID: i64 = (1 << 53) - 1;

/// The newest rows first, or the newest of those before a row.
pub async fn list(db: &Db, limit: i64, before: Option<i64>) -> Result<Vec<LogEntry>> {
    const LIST: &str = "SELECT CAST(id AS TEXT), request_id, strftime('%Y-%m-%d %H:%M:%S', id / 2048000, 'unixepoch'),
        id / 2048, ip, key_name, model, stream, status, duration_ms, first_byte_ms, attempts, token_suffix, error_code,
        error, prompt_tokens, completion_tokens
        FROM request_logs WHERE id < ?2 ORDER BY id DESC LIMIT ?1";
    let rows = db.rows(LIST, vec![limit.into(), before.unwrap_or(MAX_ID).into()]).await?;
    rows.into_iter().map(|row| LogEntry::read(&mut Columns::new(row))).collect()
}

/// Empties the log; the hourly counters stay.
pub async fn clear(db: &Db) -> Result<()> {
    db.run("DELETE FROM request_logs", vec![]).await
}

impl LogEntry {
    fn read(row: &mut Columns) -> Result<Self> {
        // Hundredths are all that an operator reads.
        let seconds = |ms: i64| (ms as f64 / 10.0).round() / 100.0;
        Ok(LogEntry {
            id: row.text()?,
            request_id: row.text()?,
            time: row.text()?,
            timestamp: row.integer()?,
            ip: row.text()?,
            key_name: row.text()?,
            model: row.text()?,
            stream: row.flag()?,
            status: row.integer()?,
            duration: seconds(row.integer()?),
            first_byte: row.optional_integer()?.map(seconds),
            attempts: row.integer()?,
            token_suffix: row.text()?,
            error_code: row.text()?,
            error: row.text()?,
            prompt_tokens: row.integer()?,
            completion_tokens: row.integer()?,
        })
    }
}

#[cfg(test)]
mod tests;
