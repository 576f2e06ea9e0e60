//! What the query of a list route says.

use std::ops::RangeInclusive;

use http::Uri;

use crate::error::{Error, Result};

/// Which part of a list is asked for.
pub struct Paging {
    pub limit: i64,
    pub offset: i64,
}

impl Paging {
    pub fn of(uri: &Uri, default_limit: i64, max_limit: i64) -> Result<Self> {
        let limit = number(uri, "limit", default_limit, 1..=max_limit)?;
        let offset = number(uri, "offset", 0, 0..=1_000_000_000)?;
        Ok(Paging { limit, offset })
    }
}

/// The number of this name, or its default when the query has none.
pub fn number(uri: &Uri, name: &str, default: i64, range: RangeInclusive<i64>) -> Result<i64> {
    match parameter(uri, name) {
        Some(text) => checked(name, &text, &range),
        None => Ok(default),
    }
}

/// The number of this name; an empty one counts as absent, as forms send it.
pub fn optional_number(uri: &Uri, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>> {
    text(uri, name).map(|text| checked(name, &text, &range)).transpose()
}

/// The text of this name, unless it is empty.
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
        Error::invalid(name, format!("{name} is a whole number from {least} to {most}"))
    })
}
