//! Writes tables as files: JSON, or CSV (RFC 4180) with a guard against formulas in spreadsheets.

use bytes::Bytes;
use futures::channel::mpsc;
use http::{HeaderValue, header};
use serde::Serialize;

use crate::{
    error::Error,
    host::{Body, Response},
    spreadsheet::is_formula,
};

/// The format of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

/// A row of an export.
pub trait Table: Serialize {
    /// The header line of the CSV file.
    const COLUMNS: &'static str;
    /// Returns the row's cells in the order of [`COLUMNS`](Self::COLUMNS).
    fn cells(&self) -> Vec<String>;
}

impl Format {
    /// Returns the response that streams a file as it is written. `name` must be ASCII without quotes.
    pub fn reply(self, name: &str, body: mpsc::Receiver<Bytes>) -> Response {
        let (content_type, extension) = match self {
            Format::Csv => ("text/csv; charset=utf-8", "csv"),
            Format::Json => ("application/json", "json"),
        };
        let disposition = format!("attachment; filename=\"{name}.{extension}\"");
        let mut reply = Response::new(Body::Stream(body.into()));
        let headers = reply.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CONTENT_DISPOSITION, disposition.parse().expect("the name is plain"));
        reply
    }

    /// Returns one page of rows as text, with the beginning of the file on the first page and its end on the last.
    pub fn page<T: Table>(self, rows: &[T], is_first: bool, is_last: bool) -> String {
        let mut text = String::new();
        match self {
            Format::Csv => {
                if is_first {
                    text.push_str(T::COLUMNS);
                    text.push_str("\r\n");
                }
                for row in rows {
                    let cells: Vec<String> = row.cells().iter().map(|cell| csv_cell(cell)).collect();
                    text.push_str(&cells.join(","));
                    text.push_str("\r\n");
                }
            }
            Format::Json => {
                for (n, row) in rows.iter().enumerate() {
                    text.push_str(if is_first && n == 0 { "[\n" } else { ",\n" });
                    text.push_str(&serde_json::to_string(row).expect("a row is plain data"));
                }
                if is_first && rows.is_empty() {
                    text.push('[');
                }
                if is_last {
                    text.push_str("\n]\n");
                }
            }
        }
        text
    }

    /// Returns the last piece of a file that cannot be finished: a CSV row with the error. A JSON file stays without
    /// its end, so that no client takes it for complete.
    pub fn broken(self, error: &Error) -> String {
        match self {
            Format::Csv => format!("{}\r\n", csv_cell(&format!("The export is incomplete: {error}"))),
            Format::Json => String::new(),
        }
    }
}

/// Returns a cell, quoted as RFC 4180 wants it. A text that begins like a formula gets an apostrophe in front, because
/// spreadsheets would run it.
pub fn csv_cell(text: &str) -> String {
    let is_formula = is_formula(text);
    let guard = if is_formula { "'" } else { "" };
    if is_formula || text.contains([',', '"', '\r', '\n']) {
        return format!("\"{guard}{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        for (text, cell) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("＝1+1", "\"'＝1+1\""),
            ("＋1", "\"'＋1\""),
            ("－1", "\"'－1\""),
            ("＠SUM(A1)", "\"'＠SUM(A1)\""),
            ("1＝1", "1＝1"),
            ("-5", "-5"),
            ("-5+cmd", "\"'-5+cmd\""),
        ] {
            assert_eq!(csv_cell(text), cell, "{text:?}");
        }
    }
}
