//! The quota of pictures and videos: `POST /rest/media/imagine/quota_info`.
//!
//! A pool is null if the account does not have it. The Imagine WebSocket draws from the pool `imagePro`.

use serde::Deserialize;

use super::classify;
use crate::{
    json::{Field, Number, Object, Present},
    providers::{ProviderError, catalog::QuotaBucket},
};

/// What is left in a pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pool {
    /// `None` if Grok does not count.
    pub remaining: Option<u32>,
    pub window_seconds: Option<u64>,
    /// When something is left again, in Unix milliseconds.
    pub next_at: Option<i64>,
}

/// The pools that Grok reported; `None` stands for one that the account does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pools(pub Vec<(QuotaBucket, Option<Pool>)>);

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer<'a> {
    error: Field<Present>,
    #[serde(borrow)]
    image: Field<Object<PoolBody<'a>>>,
    #[serde(borrow)]
    image_pro: Field<Object<PoolBody<'a>>>,
    #[serde(borrow)]
    image_edit: Field<Object<PoolBody<'a>>>,
    #[serde(borrow)]
    video: Field<Object<PoolBody<'a>>>,
    #[serde(borrow, rename = "video720p")]
    video_720p: Field<Object<PoolBody<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PoolBody<'a> {
    available: Field<bool>,
    remaining_queries: Field<Number>,
    window_size_seconds: Field<Number>,
    #[serde(borrow)]
    next_available_at: Field<std::borrow::Cow<'a, str>>,
}

/// Reads the answer. Fails if it has no pool.
pub fn parse(body: &[u8]) -> Result<Pools, ProviderError> {
    let answer: Field<Object<Answer>> = serde_json::from_slice(body).map_err(|_| classify::from_body(body))?;
    let Object(answer) = answer.given().ok_or_else(|| classify::from_body(body))?;
    if answer.error.as_ref().is_some() {
        return Err(classify::from_body(body));
    }
    // A video counts in the pool of its resolution. Free accounts have only one of them.
    let video = match (answer.video, answer.video_720p) {
        (video @ Field::Given(_), _) => video,
        (Field::Null, other) => other,
        (video, _) => video,
    };
    let pools = [
        (QuotaBucket::Image, answer.image),
        (QuotaBucket::ImagePro, answer.image_pro),
        (QuotaBucket::ImageEdit, answer.image_edit),
        (QuotaBucket::Video, video),
    ];
    let pools: Vec<_> = pools.into_iter().filter_map(|(bucket, field)| Some((bucket, pool(field)?))).collect();
    if pools.is_empty() { Err(classify::from_body(body)) } else { Ok(Pools(pools)) }
}

/// Returns a pool, or `Some(None)` for null; `None` if Grok reported something else, or nothing.
fn pool(field: Field<Object<PoolBody>>) -> Option<Option<Pool>> {
    let body = match field {
        Field::Null => return Some(None),
        Field::Given(Object(body)) => body,
        Field::Missing | Field::Wrong(_) => return None,
    };
    let is_used_up = matches!(body.available, Field::Given(false));
    Some(Some(Pool {
        remaining: if is_used_up { Some(0) } else { body.remaining_queries.count() },
        window_seconds: body.window_size_seconds.count().filter(|seconds| *seconds > 0).map(u64::from),
        next_at: body.next_available_at.as_ref().and_then(|text| unix_ms(text)),
    }))
}

/// Returns the Unix milliseconds of an RFC 3339 time in UTC, such as `2026-08-18T04:47:49.5Z`.
fn unix_ms(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, separator| -> Option<[i64; 3]> {
        let mut parts = text.split(separator).map(|part| part.parse::<i64>().ok().filter(|n| *n >= 0));
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(numbers)
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.split('.').next()?, ':')?;
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970-01-01, by years that begin in March: Howard Hinnant's `days_from_civil`.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_account_has_one_pool_of_pictures() {
        let body = br#"{"image":null,"imagePro":{"available":true,"remainingQueries":2,"windowSizeSeconds":86400},
            "imageEdit":null,"video":null,"video720p":{"available":false,"remainingQueries":0,"windowSizeSeconds":86400,
            "nextAvailableAt":"2026-08-18T04:47:49Z"}}"#;
        let left = Pool { remaining: Some(2), window_seconds: Some(86_400), next_at: None };
        let none = Pool { remaining: Some(0), next_at: Some(1_787_028_469_000), ..left };
        let expected = vec![
            (QuotaBucket::Image, None),
            (QuotaBucket::ImagePro, Some(left)),
            (QuotaBucket::ImageEdit, None),
            (QuotaBucket::Video, Some(none)),
        ];
        assert_eq!(parse(body), Ok(Pools(expected)));
    }

    #[test]
    fn what_is_not_counted_is_unknown() {
        let body = br#"{"imagePro":{"available":true,"windowSizeSeconds":64800},"imageEdit":{"available":false}}"#;
        let pro = Pool { remaining: None, window_seconds: Some(64_800), next_at: None };
        let edit = Pool { remaining: Some(0), ..Pool::default() };
        let expected = vec![(QuotaBucket::ImagePro, Some(pro)), (QuotaBucket::ImageEdit, Some(edit))];
        assert_eq!(parse(body), Ok(Pools(expected)));
        for body in ["{}", "[]", "<html>", r#"{"error":{"code":7,"message":"x"}}"#, r#"{"image":7}"#] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn times_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-03-01T00:00:01.999999Z", Some(951_868_801_000)),
            ("2024-02-29T23:59:59Z", Some(1_709_251_199_000)),
            ("2026-11-27", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-27T10:00Z", None),
            ("-1-1-1T0:0:0Z", None),
            ("", None),
        ] {
            assert_eq!(unix_ms(text), expected, "{text}");
        }
    }
}
