//! The type of an account: from its subscriptions, else from the modes that Grok offers it, else from its quotas.
//!
//! Pure. Names and numbers as public programs report them between 2026-08 and 2026-10.

use serde::Deserialize;

use super::{classify, quota::Limits};
use crate::{
    json::{Field, Object},
    providers::{
        ProviderError,
        catalog::{QuotaBucket, TokenType},
    },
};

/// What one of the sources says about the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Type(TokenType),
    /// A paid plan that may lack the modes of SuperGrok, such as X Premium: the quotas decide.
    SomePlan,
    Unknown,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subscriptions {
    error: Field<crate::json::Present>,
    subscriptions: Field<Vec<Field<Object<Subscription>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subscription {
    tier: Field<String>,
    status: Field<String>,
}

/// Reads the answer of `GET /rest/subscriptions`. Without an active subscription the account is free. Fails if the body is
/// not such an answer.
pub fn parse_subscriptions(body: &[u8]) -> Result<Tier, ProviderError> {
    let read: Field<Object<Subscriptions>> = serde_json::from_slice(body).map_err(|_| classify::from_body(body))?;
    let Object(read) = read.given().ok_or_else(|| classify::from_body(body))?;
    if read.error.as_ref().is_some() {
        return Err(classify::from_body(body));
    }
    let Some(list) = read.subscriptions.given() else { return Ok(Tier::Unknown) };
    let is_active = |one: &Subscription| one.status.as_ref().is_some_and(|status| status.ends_with("_ACTIVE"));
    let active = list.iter().filter_map(Field::as_ref).map(|Object(one)| one).filter(|one| is_active(one));
    let tiers = active.filter_map(|one| one.tier.as_ref()).map(|tier| of_tier(tier));
    Ok(tiers.fold(Tier::Type(TokenType::Basic), better))
}

/// Returns what a tier stands for. Its prefix varies.
fn of_tier(tier: &str) -> Tier {
    let is = |name: &str| tier.ends_with(name);
    match () {
        () if is("SUPER_GROK_PRO") || is("SUPER_GROK_HEAVY") => Tier::Type(TokenType::Heavy),
        () if is("GROK_PRO") || is("SUPER_GROK_PLUS") => Tier::Type(TokenType::Super),
        () if is("INVALID") => Tier::Type(TokenType::Basic),
        () => Tier::SomePlan,
    }
}

fn better(one: Tier, other: Tier) -> Tier {
    let worth = |tier| match tier {
        Tier::Unknown | Tier::Type(TokenType::Xai) => 0,
        Tier::Type(TokenType::Basic) => 1,
        Tier::SomePlan => 2,
        Tier::Type(TokenType::Super) => 3,
        Tier::Type(TokenType::Heavy) => 4,
    };
    if worth(other) > worth(one) { other } else { one }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Modes {
    modes: Field<Vec<Field<Object<Mode>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Mode {
    id: Field<String>,
    availability: Field<Object<Availability>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Availability {
    available: Field<crate::json::Present>,
}

/// Reads the answer of `POST /rest/modes`: the best mode that is available reports the type. Fails if the body is not such an
/// answer.
pub fn parse_modes(body: &[u8]) -> Result<Tier, ProviderError> {
    let read: Field<Object<Modes>> = serde_json::from_slice(body).map_err(|_| classify::from_body(body))?;
    let Object(read) = read.given().ok_or_else(|| classify::from_body(body))?;
    let Some(modes) = read.modes.given() else { return Ok(Tier::Unknown) };
    let available = modes.into_iter().filter_map(Field::given).filter_map(|Object(mode)| {
        let Object(availability) = mode.availability.given()?;
        availability.available.as_ref()?;
        QuotaBucket::named(&mode.id.given()?).map(QuotaBucket::needs)
    });
    Ok(available.max().map_or(Tier::Unknown, Tier::Type))
}

/// Totals of whole windows that report the type.
const TOTALS: [(QuotaBucket, u32, TokenType); 9] = [
    (QuotaBucket::Auto, 7, TokenType::Basic),
    (QuotaBucket::Auto, 20, TokenType::Basic),
    (QuotaBucket::Auto, 50, TokenType::Super),
    (QuotaBucket::Auto, 150, TokenType::Heavy),
    (QuotaBucket::Fast, 30, TokenType::Basic),
    (QuotaBucket::Fast, 140, TokenType::Super),
    (QuotaBucket::Fast, 400, TokenType::Heavy),
    (QuotaBucket::Expert, 90, TokenType::Super),
    (QuotaBucket::Expert, 150, TokenType::Heavy),
];

/// Returns the type that the quotas suggest, the lower one if they contradict each other; `None` if none is known. An
/// answer that has one total for all modes does not report them apart.
pub fn by_totals(quotas: &[(QuotaBucket, Limits)]) -> Option<TokenType> {
    let mut totals = quotas.iter().map(|(_, limits)| limits.total);
    let first = totals.next()?;
    if quotas.len() > 1 && totals.all(|total| total == first) {
        return None;
    }
    let of = |(bucket, limits): &(QuotaBucket, Limits)| {
        let total = limits.total?;
        if *bucket == QuotaBucket::Heavy && total > 0 {
            return Some(TokenType::Heavy);
        }
        TOTALS.iter().find(|(known, number, _)| known == bucket && *number == total).map(|(_, _, found)| *found)
    };
    quotas.iter().filter_map(of).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_active_subscription_tells_the_type() {
        for (list, tier) in [
            ("", Tier::Type(TokenType::Basic)),
            (
                r#"{"tier":"SUBSCRIPTION_TIER_GROK_PRO","status":"SUBSCRIPTION_STATUS_ACTIVE"}"#,
                Tier::Type(TokenType::Super),
            ),
            (
                r#"{"tier":"SUBSCRIPTION_TIER_SUPER_GROK_PRO","status":"SUBSCRIPTION_STATUS_ACTIVE"}"#,
                Tier::Type(TokenType::Heavy),
            ),
            (
                r#"{"tier":"SUBSCRIPTION_TIER_SUPER_GROK_PRO","status":"SUBSCRIPTION_STATUS_INACTIVE"},
                   {"tier":"SUBSCRIPTION_TIER_X_PREMIUM","status":"SUBSCRIPTION_STATUS_ACTIVE"}"#,
                Tier::SomePlan,
            ),
            (
                r#"{"tier":"SUBSCRIPTION_TIER_INVALID","status":"SUBSCRIPTION_STATUS_ACTIVE"}"#,
                Tier::Type(TokenType::Basic),
            ),
        ] {
            let body = format!(r#"{{"subscriptions":[{list}]}}"#);
            assert_eq!(parse_subscriptions(body.as_bytes()), Ok(tier), "{list}");
        }
        assert_eq!(parse_subscriptions(b"{}"), Ok(Tier::Unknown));
        assert!(parse_subscriptions(br#"{"error":{"code":5,"message":"no route"}}"#).is_err());
        assert_eq!(parse_subscriptions(b"<html>Just a moment...</html>"), Err(ProviderError::AntiBot));
    }

    #[test]
    fn the_best_available_mode_tells_the_type() {
        let mode = |id: &str, is_available| match is_available {
            true => format!(r#"{{"id":"{id}","availability":{{"available":{{}}}}}}"#),
            false => format!(r#"{{"id":"{id}","availability":{{"requiresUpgrade":{{}}}}}}"#),
        };
        let body = |modes: &[String]| format!(r#"{{"modes":[{}]}}"#, modes.join(","));
        let all = |expert, heavy| {
            body(&[mode("auto", true), mode("fast", true), mode("expert", expert), mode("heavy", heavy)])
        };
        for (expert, heavy, expected) in
            [(false, false, TokenType::Basic), (true, false, TokenType::Super), (true, true, TokenType::Heavy)]
        {
            assert_eq!(parse_modes(all(expert, heavy).as_bytes()), Ok(Tier::Type(expected)));
        }
        assert_eq!(parse_modes(br#"{"modes":[]}"#), Ok(Tier::Unknown));
    }

    #[test]
    fn totals_suggest_the_lower_type() {
        let total = |bucket, total| (bucket, Limits { total: Some(total), ..Limits::default() });
        let (auto, fast) = (|n| total(QuotaBucket::Auto, n), |n| total(QuotaBucket::Fast, n));
        assert_eq!(by_totals(&[auto(7), fast(30)]), Some(TokenType::Basic));
        assert_eq!(by_totals(&[auto(50), fast(140)]), Some(TokenType::Super));
        assert_eq!(by_totals(&[auto(150), fast(140)]), Some(TokenType::Super));
        assert_eq!(by_totals(&[fast(400), total(QuotaBucket::Heavy, 20)]), Some(TokenType::Heavy));
        assert_eq!(by_totals(&[auto(80), fast(70)]), None);
        assert_eq!(by_totals(&[auto(80), fast(80), total(QuotaBucket::Heavy, 80)]), None);
    }
}
