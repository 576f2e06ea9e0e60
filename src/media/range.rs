//! Ranges and conditions of a request for a file (RFC 9110 §13, §14).

use http::{HeaderMap, header};

/// The part of a file to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    Whole,
    Partial(Span),
    /// The file does not have these bytes: answer 416.
    NotSatisfiable,
}

/// Bytes from `start` up to `end`, exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: u64,
    pub end: u64,
}

impl Span {
    /// Returns the number of bytes.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// Returns the value of `Content-Range` for a file of `size` bytes.
    pub fn content_range(self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.start, self.end - 1)
    }
}

/// Returns the part to send of a file of `size` bytes with this tag, if known. A list of ranges gets the whole file,
/// which the RFC allows and every client accepts.
pub fn wanted(headers: &HeaderMap, size: u64, etag: Option<&str>) -> Range {
    match requested(headers, etag) {
        Some(range) => resolve(range, size),
        None => Range::Whole,
    }
}

/// Returns the header `Range`; `None` if there is none, or if `If-Range` names another version of the file.
pub fn requested<'h>(headers: &'h HeaderMap, etag: Option<&str>) -> Option<&'h str> {
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    match headers.get(header::IF_RANGE) {
        // Files have no dates here, so a date never matches.
        Some(condition) => etag.filter(|etag| *etag == condition && !etag.starts_with("W/")).map(|_| range),
        None => Some(range),
    }
}

/// Returns whether the client already has the file with this tag (`If-None-Match`).
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || weak(tag) == weak(etag))
}

fn resolve(range: &str, size: u64) -> Range {
    let Some((unit, span)) = range.split_once('=') else { return Range::Whole };
    let Some((first, last)) = span.trim().split_once('-') else { return Range::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Range::Whole;
    }
    let (start, end) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(size)),
        (Some(first), None) if last.trim().is_empty() => (first, size),
        (None, Some(length)) if first.trim().is_empty() => (size - length.min(size), size),
        (Some(_), Some(_)) => return Range::NotSatisfiable,
        _ => return Range::Whole,
    };
    if start < end { Range::Partial(Span { start, end }) } else { Range::NotSatisfiable }
}

/// Returns the number of a text of digits, the largest one if it does not fit; `None` for any other text.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn part(start: u64, end: u64) -> Range {
        Range::Partial(Span { start, end })
    }

    #[test]
    fn ranges_of_a_file_with_1000_bytes() {
        for (range, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-999", part(0, 1000)),
            ("bytes=0-", part(0, 1000)),
            ("bytes=1-5", part(1, 6)),
            ("Bytes = 1 - 5", part(1, 6)),
            ("bytes=999-", part(999, 1000)),
            ("bytes=500-5000", part(500, 1000)),
            ("bytes=500-99999999999999999999999", part(500, 1000)),
            ("bytes=-1", part(999, 1000)),
            ("bytes=-1000", part(0, 1000)),
            ("bytes=-5000", part(0, 1000)),
            ("bytes=1000-", Range::NotSatisfiable),
            ("bytes=1000-2000", Range::NotSatisfiable),
            ("bytes=99999999999999999999999-", Range::NotSatisfiable),
            ("bytes=5-1", Range::NotSatisfiable),
            ("bytes=-0", Range::NotSatisfiable),
            ("bytes=0-1,5-6", Range::Whole),
            ("bytes=", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=a-b", Range::Whole),
            ("bytes=1-b", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("bytes=--1", Range::Whole),
            ("lines=1-2", Range::Whole),
            ("bytes", Range::Whole),
            ("", Range::Whole),
        ] {
            assert_eq!(wanted(&headers(&[("range", range)]), 1000, None), expected, "{range}");
        }
        assert_eq!(wanted(&HeaderMap::new(), 1000, None), Range::Whole);
        for range in ["bytes=0-", "bytes=-1", "bytes=0-0"] {
            assert_eq!(wanted(&headers(&[("range", range)]), 0, None), Range::NotSatisfiable, "{range} of nothing");
        }
        assert_eq!(Span { start: 5, end: 10 }.content_range(20), "bytes 5-9/20");
    }

    #[test]
    fn a_part_of_another_version_is_the_whole_of_this_one() {
        for (condition, etag, expected) in [
            ("\"a\"", Some("\"a\""), part(0, 1)),
            ("\"b\"", Some("\"a\""), Range::Whole),
            ("W/\"a\"", Some("W/\"a\""), Range::Whole),
            ("\"a\"", None, Range::Whole),
            ("Thu, 29 Jan 2026 08:00:00 GMT", Some("\"a\""), Range::Whole),
        ] {
            let sent = headers(&[("range", "bytes=0-0"), ("if-range", condition)]);
            assert_eq!(wanted(&sent, 1000, etag), expected, "{condition} {etag:?}");
        }
    }

    #[test]
    fn a_tag_that_the_client_has_is_known() {
        for (sent, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(is_known(&headers(&[("if-none-match", sent)]), "\"a\""), expected, "{sent}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }
}
