//! Reads the request log in pages: filtered, newest first.
//!
//! An id includes its time, so the primary key serves time ranges and pages. Failures have their own index. A search
//! for a model, a key or an account scans the given time range: an index for it would cost a write for each chat, and serve only a
//! few searches a day.

use serde::Serialize;

use crate::{error::Result, host::Value, money::Usd};

use super::super::{Columns, Db};

/// An id is its Unix milliseconds times this number, plus a counter.
const IDS_PER_MS: i64 = 2048;

/// A row of the log, as the API serves it.
#[derive(Debug, Serialize)]
pub struct LogEntry {
    /// A text, because many JSON parsers round numbers of this size.
    pub id: String,
    pub request_id: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub time: String,
    /// Unix milliseconds.
    pub timestamp: i64,
    pub ip: String,
    pub key_id: i64,
    /// The name that the key had at the time.
    pub key_name: String,
    pub model: String,
    pub stream: bool,
    pub status: i64,
    /// Duration in seconds.
    pub duration: f64,
    /// Seconds until the first token of the answer.
    pub first_byte: Option<f64>,
    pub attempts: i64,
    /// The account that answered last; `None` if none was reserved.
    pub account_id: Option<i64>,
    pub token_suffix: String,
    pub error_code: String,
    pub error: String,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    /// What the provider charged.
    pub cost_usd: Usd,
}

/// Selects rows. A condition that is `None` selects all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Rows older than the one with this id.
    pub before: Option<i64>,
    /// Start (inclusive) and end (exclusive) of the time range, in Unix milliseconds.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub model: Option<String>,
    pub key: Option<Key>,
    /// The id of the account.
    pub account: Option<i64>,
    /// The lowest and the highest status, both inclusive.
    pub status: Option<(i64, i64)>,
    /// Part of any text column, ignoring the case of ASCII letters.
    pub text: Option<String>,
}

/// The API key of a request.
#[derive(Debug, Clone)]
pub enum Key {
    Id(i64),
    /// The name that the key had when the row was written.
    Name(String),
}

/// Returns at most `limit` selected rows, newest first.
pub async fn list(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<LogEntry>> {
    let (sql, params) = statement(filter, limit);
    db.query(&sql, params).await?.into_iter().map(|row| LogEntry::read(&mut Columns::new(row))).collect()
}

/// Returns the SQL and the parameters of [`list`].
pub fn statement(filter: &Filter, limit: i64) -> (String, Vec<Value>) {
    let end = filter.to.map_or(i64::MAX, |ms| ms * IDS_PER_MS);
    let end = end.min(filter.before.unwrap_or(i64::MAX)).min((1 << 53) - 1);
    let mut conditions = "id >= ? AND id < ?".to_owned();
    let mut params: Vec<Value> = vec![(filter.from.unwrap_or(0) * IDS_PER_MS).into(), end.into()];
    let mut also = |condition: &str, values: &[Value]| {
        conditions.push_str(" AND ");
        conditions.push_str(condition);
        params.extend_from_slice(values);
    };
    if let Some(model) = &filter.model {
        also("model = ?", &[model.as_str().into()]);
    }
    match &filter.key {
        Some(Key::Id(id)) => also("key_id = ?", &[(*id).into()]),
        Some(Key::Name(name)) => also("key_name = ?", &[name.as_str().into()]),
        None => {}
    }
    if let Some(id) = filter.account {
        also("token_id = ?", &[id.into()]);
    }
    let mut source = "request_logs";
    if let Some((least, most)) = filter.status {
        if least >= 400 {
            source = "request_logs INDEXED BY request_logs_failed";
            also("status >= 400", &[]);
        }
        also("status BETWEEN ? AND ?", &[least.into(), most.into()]);
    }
    if let Some(text) = &filter.text {
        const TEXT: &str = "instr(lower(request_id || '\n' || ip || '\n' || key_name || '\n' || model || '\n' ||
          error_code || '\n' || error || '\n' || token_suffix), ?) > 0";
        // SQLite's lower() changes ASCII letters only.
        also(TEXT, &[text.to_ascii_lowercase().into()]);
    }
    params.push(limit.into());
    let sql = format!(
        "SELECT CAST(id AS TEXT), request_id, strftime('%Y-%m-%d %H:%M:%S', id / {seconds}, 'unixepoch'),
           id / {IDS_PER_MS}, ip, key_id, key_name, model, stream, status, duration_ms, first_byte_ms, attempts,
           token_id, token_suffix, error_code, error, prompt_tokens, completion_tokens, cost
         FROM {source} WHERE {conditions} ORDER BY id DESC LIMIT ?",
        seconds = IDS_PER_MS * 1000,
    );
    (sql, params)
}

impl LogEntry {
    fn read(row: &mut Columns) -> Result<Self> {
        // Round to hundredths of a second.
        let seconds = |ms: i64| (ms as f64 / 10.0).round() / 100.0;
        Ok(LogEntry {
            id: row.text()?,
            request_id: row.text()?,
            time: row.text()?,
            timestamp: row.integer()?,
            ip: row.text()?,
            key_id: row.integer()?,
            key_name: row.text()?,
            model: row.text()?,
            stream: row.flag()?,
            status: row.integer()?,
            duration: seconds(row.integer()?),
            first_byte: row.optional_integer()?.map(seconds),
            attempts: row.integer()?,
            account_id: row.optional_integer()?,
            token_suffix: row.text()?,
            error_code: row.text()?,
            error: row.text()?,
            prompt_tokens: row.integer()?,
            completion_tokens: row.integer()?,
            cost_usd: Usd::of_ticks(row.integer()?),
        })
    }
}
