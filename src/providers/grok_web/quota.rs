//! The rate-limits call: the remaining quota of an account.

use serde::{Deserialize, Serialize};

use crate::{
    json::{Field, Number, Object, Present},
    providers::{ProviderError, grok_web::classify},
};

/// Returns the body of the call for a mode.
pub fn request_body(mode: &str) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        request_kind: &'static str,
        model_name: &'a str,
    }
    let body = Body { request_kind: "DEFAULT", model_name: mode };
    serde_json::to_vec(&body).expect("plain data always has a JSON form")
}

/// The numbers in the answer. A missing number is unknown, never 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub remaining: Option<u32>,
    pub total: Option<u32>,
    pub window_seconds: Option<u64>,
    /// Seconds until the next call, if nothing is left.
    pub wait_seconds: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    error: Field<Present>,
    window_size_seconds: Field<Number>,
    remaining_tokens: Field<Number>,
    total_tokens: Field<Number>,
    remaining_queries: Field<Number>,
    total_queries: Field<Number>,
    wait_time_seconds: Field<Number>,
    low_effort_rate_limits: Field<Object<Effort>>,
    high_effort_rate_limits: Field<Object<Effort>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Effort {
    remaining_queries: Field<Number>,
    wait_time_seconds: Field<Number>,
}

/// Reads the answer in either of its shapes: units under `remainingTokens`, or calls under `remainingQueries`. Fails
/// if the body is not such an answer.
pub fn parse(body: &[u8]) -> Result<Limits, ProviderError> {
    let answer: Field<Object<Answer>> = serde_json::from_slice(body).map_err(|_| classify::from_body(body))?;
    let Object(answer) = answer.given().ok_or_else(|| classify::from_body(body))?;
    if answer.error.as_ref().is_some() {
        return Err(classify::from_body(body));
    }
    let efforts =
        || [&answer.low_effort_rate_limits, &answer.high_effort_rate_limits].into_iter().filter_map(Field::as_ref);
    // A negative number means that Grok does not report it.
    let least = efforts().filter_map(|Object(effort)| effort.remaining_queries.count()).min();
    let wait = efforts().filter_map(|Object(effort)| effort.wait_time_seconds.count()).min();
    // In the first shape `remainingQueries` is 0 for all accounts, so the units come first.
    let by_units = answer.remaining_tokens.as_ref().is_some();
    let (remaining, total) = match by_units {
        true => (answer.remaining_tokens.count(), &answer.total_tokens),
        false => (answer.remaining_queries.count().or(least), &answer.total_queries),
    };
    let seconds = |count: Option<u32>| count.filter(|seconds| *seconds > 0).map(u64::from);
    Ok(Limits {
        remaining,
        total: total.count(),
        window_seconds: seconds(answer.window_size_seconds.count()),
        wait_seconds: seconds(answer.wait_time_seconds.count().or(wait)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let units = br#"{"windowSizeSeconds":72000,"remainingQueries":0,"totalQueries":0,"remainingTokens":76,
            "totalTokens":80,"lowEffortRateLimits":{"cost":1,"waitTimeSeconds":0,"remainingQueries":76},
            "highEffortRateLimits":{"cost":4,"waitTimeSeconds":0,"remainingQueries":19}}"#;
        let expected =
            Limits { remaining: Some(76), total: Some(80), window_seconds: Some(72_000), wait_seconds: None };
        assert_eq!(parse(units), Ok(expected));
        let flat = br#"{"windowSizeSeconds":7200,"remainingQueries":0,"totalQueries":20,"waitTimeSeconds":51,
            "lowEffortRateLimits":null,"highEffortRateLimits":null}"#;
        let expected =
            Limits { remaining: Some(0), total: Some(20), window_seconds: Some(7200), wait_seconds: Some(51) };
        assert_eq!(parse(flat), Ok(expected));
    }

    #[test]
    fn a_missing_number_is_unknown() {
        for body in [
            "{}",
            r#"{"remainingTokens":null}"#,
            r#"{"remainingTokens":-1,"remainingQueries":0}"#,
            r#"{"remainingQueries":-1}"#,
            r#"{"remainingQueries":"many"}"#,
        ] {
            assert_eq!(parse(body.as_bytes()).map(|limits| limits.remaining), Ok(None), "{body}");
        }
        let efforts =
            br#"{"lowEffortRateLimits":{"remainingQueries":"8"},"highEffortRateLimits":{"remainingQueries":2}}"#;
        assert_eq!(parse(efforts).map(|limits| limits.remaining), Ok(Some(2)));
        let unlimited = br#"{"remainingTokens":9223372036854775807,"totalTokens":"1e300","remainingQueries":0}"#;
        let limits = parse(unlimited).expect("it is an answer");
        assert_eq!((limits.remaining, limits.total), (Some(u32::MAX), Some(u32::MAX)));
    }

    #[test]
    fn a_page_is_a_challenge() {
        assert_eq!(parse(b"<html>Just a moment...</html>"), Err(ProviderError::AntiBot));
        assert!(parse(b"[]").is_err());
    }

    #[test]
    fn the_body_names_the_model() {
        assert_eq!(request_body("grok-3"), br#"{"requestKind":"DEFAULT","modelName":"grok-3"}"#);
    }
}
