//! Reading the log: newest first, filtered, a page at a time.
//!
//! The id tells the time, so the primary key serves time ranges and pages; failures have an index of their own.
//! A search for a model or a key walks the primary key through the range that is asked for: a row of an index
//! would be written for every chat, and read for a few searches a day.

use serde::Serialize;

use crate::{error::Result, host::Value};

use super::super::{Columns, Db};

/// Ids are milliseconds times this, plus a counter.
const IDS_PER_MS: i64 = 2048;

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
    pub key_id: i64,
    /// The name the key had then.
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

/// Which rows are asked for. `None` leaves none out.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Rows older than the one with this id.
    pub before: Option<i64>,
    /// Unix milliseconds; the first belongs to the range, the second does not.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub model: Option<String>,
    pub key: Option<Key>,
    /// The lowest and the highest status.
    pub status: Option<(i64, i64)>,
    /// Found in any column that holds text, in lower and upper case alike.
    pub text: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Key {
    Id(i64),
    /// As it was when the row was written.
    Name(String),
}

/// At most `limit` rows, the newest first.
pub async fn list(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<LogEntry>> {
    let (sql, params) = statement(filter, limit);
    db.query(&sql, params).await?.into_iter().map(|row| LogEntry::read(&mut Columns::new(row))).collect()
}

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
        // SQLite's lower() knows ASCII alone.
        also(TEXT, &[text.to_ascii_lowercase().into()]);
    }
    params.push(limit.into());
    let sql = format!(
        "SELECT CAST(id AS TEXT), request_id, strftime('%Y-%m-%d %H:%M:%S', id / {seconds}, 'unixepoch'),
           id / {IDS_PER_MS}, ip, key_id, key_name, model, stream, status, duration_ms, first_byte_ms, attempts,
           token_suffix, error_code, error, prompt_tokens, completion_tokens
         FROM {source} WHERE {conditions} ORDER BY id DESC LIMIT ?",
        seconds = IDS_PER_MS * 1000,
    );
    (sql, params)
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
            key_id: row.integer()?,
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
