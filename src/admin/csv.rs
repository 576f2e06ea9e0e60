//! Tables as files: JSON, and CSV after RFC 4180 with a guard for spreadsheets.

use bytes::Bytes;
use futures::channel::mpsc;
use http::{HeaderValue, header};
use serde::Serialize;

use crate::{
    error::Error,
    host::{Body, Response},
    spreadsheet::is_formula,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

/// A row of an export.
pub trait Table: Serialize {
    /// Names of the CSV's columns, commas between them.
    const COLUMNS: &'static str;
    /// In the order of the names.
    fn cells(&self) -> Vec<String>;
}

impl Format {
    /// The reply of a file that is sent as it is made; `name` is ASCII and has no quotes.
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

    /// One page of rows, with what opens and ends the file.
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

    /// What ends a file that cannot be finished.
    pub fn broken(self, error: &Error) -> String {
        match self {
            Format::Csv => format!("{}\r\n", csv_cell(&format!("The export broke off: {error}"))),
            Format::Json => String::new(),
        }
    }
}

/// A cell as RFC 4180 quotes it. Spreadsheets run a text that begins like a formula, so such a text begins with
/// an apostrophe.
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
