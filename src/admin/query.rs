//! Reads the parameters of a query; errors name the parameter.

use std::ops::RangeInclusive;

use http::Uri;

use crate::error::{Error, Result};

/// The part of a list that a request asks for.
pub struct Paging {
    pub limit: i64,
    pub offset: i64,
}

impl Paging {
    /// Reads `limit` and `offset`. Fails with 400 if `limit` is not from 1 to `max_limit`, or `offset` is negative.
    pub fn of(uri: &Uri, default_limit: i64, max_limit: i64) -> Result<Self> {
        let limit = number(uri, "limit", default_limit, 1..=max_limit)?;
        let offset = number(uri, "offset", 0, 0..=1_000_000_000)?;
        Ok(Paging { limit, offset })
    }
}

/// Returns the number of this name, or the default if the query does not have it. Fails with 400 if it is not a whole
/// number in `range`.
pub fn number(uri: &Uri, name: &str, default: i64, range: RangeInclusive<i64>) -> Result<i64> {
    match parameter(uri, name) {
        Some(text) => checked(name, &text, &range),
        None => Ok(default),
    }
}

/// Returns the number of this name; `None` if it is absent or empty, as forms send it. Fails with 400 if it is not a
/// whole number in `range`.
pub fn optional_number(uri: &Uri, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>> {
    text(uri, name).map(|text| checked(name, &text, &range)).transpose()
}

/// Returns the text of this name; `None` if it is absent or empty.
pub fn text(uri: &Uri, name: &str) -> Option<String> {
    parameter(uri, name).filter(|text| !text.is_empty())
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, text)| text.into_owned())
}

fn checked(name: &str, text: &str, range: &RangeInclusive<i64>) -> Result<i64> {
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        Error::invalid(name, format!("{name} must be a whole number from {least} to {most}"))
    })
}
