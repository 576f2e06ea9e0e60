//! The page of the request log: lists, searches, exports and clears it.

use std::rc::Rc;

use futures::{FutureExt, SinkExt, channel::mpsc};
use http::Uri;
use serde::Serialize;
use serde_json::json;

use crate::{
    admin::{
        csv::{Format, Table},
        query,
    },
    app::App,
    auth::session::AdminSession,
    error::{Error, Result},
    host::{Request, Response},
    http::response,
    limits::SUBREQUESTS,
    store::requests::{self, Filter, Key, LogEntry},
};

/// Rows that one statement of an export reads.
const PAGE: i64 = 5000;
/// Most rows of an export. Its statements must leave room for the request's other subrequests on Workers.
const MAX_EXPORTED: i64 = (SUBREQUESTS as i64 - 10) * PAGE;
/// The largest id and the largest time in milliseconds. JSON's numbers are exact up to 2^53 only.
const MAX_ID: i64 = (1 << 53) - 1;
const MAX_TIME: i64 = MAX_ID / 2048;
const MAX_TEXT_CHARS: usize = 200;

#[derive(Serialize)]
struct Page {
    success: bool,
    data: Vec<LogEntry>,
    /// The value of `before` for the next page; `null` on the last one.
    next_before: Option<String>,
}

/// Answers `GET /api/logs?limit=&before=&from=&to=&model=&key=&account=&status=&text=&format=` with one page of the log, newest
/// first, or with a file if `format` is given. Fails with 400 if a parameter is not valid.
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let uri = request.uri();
    let filter = read_filter(uri)?;
    if let Some(format) = read_format(uri)? {
        let limit = query::number(uri, "limit", MAX_EXPORTED, 1..=MAX_EXPORTED)?;
        return Ok(exported(app, filter, limit, format));
    }
    let limit = query::number(uri, "limit", 1000, 1..=5000)?;
    let mut data = requests::list(&app.db, &filter, limit + 1).await?;
    let has_more = data.len() as i64 > limit;
    data.truncate(limit as usize);
    let next_before = data.last().filter(|_| has_more).map(|entry| entry.id.clone());
    response::json(&Page { success: true, data, next_before })
}

/// Answers `POST /api/logs/clear` after deleting all rows of the log.
pub async fn clear(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    requests::clear(&app.db).await?;
    response::json(&json!({ "success": true, "message": "Log cleared" }))
}

/// Returns the key with this id, else that with this name.
fn key_of(text: String) -> Key {
    let id = text.parse().ok().filter(|id| (1..=MAX_ID).contains(id));
    id.map_or(Key::Name(text), Key::Id)
}

fn read_filter(uri: &Uri) -> Result<Filter> {
    let filter = Filter {
        before: query::optional_number(uri, "before", 0..=MAX_ID)?,
        from: query::optional_number(uri, "from", 0..=MAX_TIME)?,
        to: query::optional_number(uri, "to", 0..=MAX_TIME)?,
        model: searched(uri, "model")?,
        key: searched(uri, "key")?.map(key_of),
        account: query::optional_number(uri, "account", 1..=MAX_ID)?,
        status: query::text(uri, "status").map(|status| statuses(&status)).transpose()?,
        text: searched(uri, "text")?,
    };
    if filter.text.is_some() && filter.from.is_none() {
        return Err(Error::invalid(
            "from",
            "A search for `text` needs a start in `from`, because it reads every row since then",
        ));
    }
    if filter.from.zip(filter.to).is_some_and(|(from, to)| from > to) {
        return Err(Error::invalid("to", "to must not be before from"));
    }
    Ok(filter)
}

fn searched(uri: &Uri, name: &str) -> Result<Option<String>> {
    let text = query::text(uri, name);
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT_CHARS) {
        return Err(Error::invalid(name, format!("{name} must have at most {MAX_TEXT_CHARS} characters")));
    }
    Ok(text)
}

/// Returns the lowest and the highest status code that the text stands for.
fn statuses(status: &str) -> Result<(i64, i64)> {
    match status {
        "success" => return Ok((100, 399)),
        "error" => return Ok((400, 599)),
        _ => {}
    }
    let class = status.strip_suffix("xx").and_then(|class| class.parse().ok()).filter(|class| (1..=5).contains(class));
    let range = class.map(|class: i64| (class * 100, class * 100 + 99));
    let exact = || status.parse().ok().filter(|code| (100..=599).contains(code)).map(|code: i64| (code, code));
    range.or_else(exact).ok_or_else(|| {
        Error::invalid("status", "status must be a number from 100 to 599, a class such as 4xx, error or success")
    })
}

fn read_format(uri: &Uri) -> Result<Option<Format>> {
    match query::text(uri, "format").as_deref() {
        None => Ok(None),
        Some("csv") => Ok(Some(Format::Csv)),
        Some("json") => Ok(Some(Format::Json)),
        Some(_) => Err(Error::invalid("format", "format must be csv or json")),
    }
}

/// Responds with a file that is streamed while it is read. Memory holds one page at a time.
fn exported(app: Rc<App>, mut filter: Filter, limit: i64, format: Format) -> Response {
    let (mut rows, body) = mpsc::channel(1);
    let host = app.host.clone();
    let write = async move {
        let mut left = limit;
        let mut is_first = true;
        while left > 0 {
            let asked = left.min(PAGE);
            let page = match requests::list(&app.db, &filter, asked).await {
                Ok(page) => page,
                Err(error) => {
                    // A JSON file without its end does not parse; a CSV file ends with this row.
                    let _ = rows.send(format.broken(&error).into()).await;
                    return;
                }
            };
            let is_last = (page.len() as i64) < asked || left == asked;
            filter.before = page.last().and_then(|entry| entry.id.parse().ok());
            left -= asked;
            if rows.send(format.page(&page, is_first, is_last).into()).await.is_err() || is_last {
                return;
            }
            is_first = false;
        }
    };
    host.spawn(write.boxed_local());
    format.reply("grok2api-logs", body)
}

impl Table for LogEntry {
    const COLUMNS: &'static str = "id,time,request_id,ip,key_id,key_name,model,stream,status,duration,first_byte,\
        attempts,token_suffix,error_code,error,prompt_tokens,completion_tokens,account_id,cost_usd";

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.time.clone(),
            self.request_id.clone(),
            self.ip.clone(),
            self.key_id.to_string(),
            self.key_name.clone(),
            self.model.clone(),
            self.stream.to_string(),
            self.status.to_string(),
            self.duration.to_string(),
            self.first_byte.map(|seconds| seconds.to_string()).unwrap_or_default(),
            self.attempts.to_string(),
            self.token_suffix.clone(),
            self.error_code.clone(),
            self.error.clone(),
            self.prompt_tokens.to_string(),
            self.completion_tokens.to_string(),
            self.account_id.map(|id| id.to_string()).unwrap_or_default(),
            self.cost_usd.to_string(),
        ]
    }
}
