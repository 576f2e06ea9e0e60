//! Reads an account: whose it is, its type, and what is left to it. No message reaches Grok's model.

use futures::{StreamExt, stream};

use super::{
    client::Client,
    identity,
    media_quota::{Pool, Pools},
    quota::Limits,
    subscriptions::{Tier, by_totals},
};
use crate::providers::{
    ProviderError,
    catalog::{QuotaBucket, TokenType},
};

/// Quotas that are asked for at a time.
const AT_ONCE: usize = 2;
/// The most calls of one reading: the user id in two ways, subscriptions, modes, four quotas, the pools of media, and the
/// first refused call once more with the signature.
pub const MOST_CALLS: usize = 10;

/// What Grok reported of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Empty if it was known or could not be read.
    pub user_id: String,
    /// `None` if Grok did not report.
    pub token_type: Option<TokenType>,
    /// The chat modes that Grok reported something about.
    pub quotas: Vec<(QuotaBucket, Limits)>,
    /// The chat modes, and the pools of media, that the account does not have.
    pub not_granted: Vec<QuotaBucket>,
    /// The pools of media that Grok reported something about.
    pub media: Vec<(QuotaBucket, Pool)>,
}

/// Reads an account in 4 to [`MOST_CALLS`] calls. `user_id` is empty if it is to be asked for. Fails with [`ProviderError::DeadAccount`] if Grok refuses the session,
/// and with another error if nothing could be learned of its quotas.
pub async fn read(client: &Client<'_>, user_id: &str) -> Result<Facts, ProviderError> {
    let user_id = match user_id.is_empty() {
        false => String::new(),
        true => match identity::find(client).await {
            // Grok answers, but does not say whose session it is; the rest may be readable all the same.
            Err(ProviderError::Server(_)) => String::new(),
            answer => answer?,
        },
    };
    let tier = match client.subscriptions().await {
        Err(error @ (ProviderError::DeadAccount(_) | ProviderError::Timeout | ProviderError::Connect(_))) => {
            return Err(error);
        }
        Ok(tier) if tier != Tier::Unknown => tier,
        // An account that may not read the one may read the other.
        _ => client.modes().await.unwrap_or(Tier::Unknown),
    };
    let mut quotas = quotas(client, tier).await?;
    let mut tier = tier;
    if tier == Tier::Type(TokenType::Basic) && by_totals(&quotas) > Some(TokenType::Basic) {
        // The totals of a plan that the list of subscriptions does not have, such as a seat of a business.
        tier = Tier::SomePlan;
        let expert = client.rate_limits(QuotaBucket::Expert.name()).await.ok();
        quotas.extend(expert.map(|limits| (QuotaBucket::Expert, limits)));
    }
    // Without the pools, pictures are tried on the account all the same.
    let pools = client.media_pools().await.unwrap_or_default();
    Ok(with_pools(facts(user_id, tier, quotas), pools))
}

fn with_pools(mut facts: Facts, pools: Pools) -> Facts {
    for (bucket, pool) in pools.0 {
        match pool {
            Some(pool) => facts.media.push((bucket, pool)),
            None => facts.not_granted.push(bucket),
        }
    }
    facts
}

/// Returns what is left in the modes that an account of the tier may have. Fails if no mode could be read.
async fn quotas(client: &Client<'_>, tier: Tier) -> Result<Vec<(QuotaBucket, Limits)>, ProviderError> {
    let modes = QuotaBucket::CHAT.into_iter().filter(|mode| may_have(tier, *mode));
    let read = async |mode: QuotaBucket| (mode, client.rate_limits(mode.name()).await);
    let answers: Vec<_> = stream::iter(modes).map(read).buffered(AT_ONCE).collect().await;
    let mut quotas = Vec::new();
    let mut error = None;
    for (mode, answer) in answers {
        match answer {
            Ok(limits) => quotas.push((mode, limits)),
            Err(dead @ ProviderError::DeadAccount(_)) => return Err(dead),
            Err(other) => error = error.or(Some(other)),
        }
    }
    match error {
        Some(error) if quotas.is_empty() => Err(error),
        _ => Ok(quotas),
    }
}

fn may_have(tier: Tier, mode: QuotaBucket) -> bool {
    match tier {
        Tier::Type(token_type) => mode.needs() <= token_type,
        Tier::SomePlan => mode.needs() <= TokenType::Super,
        Tier::Unknown => true,
    }
}

/// Decides the type from all that was reported.
fn facts(user_id: String, tier: Tier, quotas: Vec<(QuotaBucket, Limits)>) -> Facts {
    let is_granted = |mode| quotas.iter().any(|(found, limits)| *found == mode && limits.total.is_some_and(|n| n > 0));
    let token_type = match tier {
        Tier::Type(token_type) => Some(token_type),
        Tier::SomePlan if is_granted(QuotaBucket::Expert) => Some(TokenType::Super),
        Tier::SomePlan => Some(TokenType::Basic),
        Tier::Unknown => by_totals(&quotas),
    };
    let lacks = |mode: &QuotaBucket| {
        let reported = quotas.iter().find(|(found, _)| found == mode).map(|(_, limits)| limits);
        reported.map_or(!may_have(tier, *mode), |limits| limits.total == Some(0) && limits.remaining == Some(0))
    };
    let not_granted: Vec<_> = QuotaBucket::CHAT.into_iter().filter(lacks).collect();
    let quotas = quotas.into_iter().filter(|(mode, _)| !not_granted.contains(mode)).collect();
    Facts { user_id, token_type, quotas, not_granted, media: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(mode: QuotaBucket, remaining: u32, total: u32) -> (QuotaBucket, Limits) {
        (mode, Limits { remaining: Some(remaining), total: Some(total), ..Limits::default() })
    }

    #[test]
    fn a_free_account_lacks_the_paid_modes_without_asking() {
        let quotas = vec![reported(QuotaBucket::Auto, 7, 7), reported(QuotaBucket::Fast, 0, 30)];
        let facts = facts("u".to_owned(), Tier::Type(TokenType::Basic), quotas.clone());
        assert_eq!((facts.token_type, facts.quotas), (Some(TokenType::Basic), quotas));
        assert_eq!(facts.not_granted, [QuotaBucket::Expert, QuotaBucket::Heavy]);
    }

    #[test]
    fn zero_of_zero_is_not_granted() {
        let quotas = vec![reported(QuotaBucket::Fast, 0, 30), reported(QuotaBucket::Expert, 0, 0)];
        let facts = facts(String::new(), Tier::SomePlan, quotas);
        assert_eq!(facts.token_type, Some(TokenType::Basic));
        assert_eq!(facts.quotas, [reported(QuotaBucket::Fast, 0, 30)]);
        assert_eq!(facts.not_granted, [QuotaBucket::Expert, QuotaBucket::Heavy]);
    }

    #[test]
    fn a_silent_service_leaves_the_type_to_the_totals() {
        let super_ = vec![reported(QuotaBucket::Auto, 50, 50), reported(QuotaBucket::Heavy, 0, 0)];
        assert_eq!(facts(String::new(), Tier::Unknown, super_).token_type, Some(TokenType::Super));
        let other = vec![reported(QuotaBucket::Auto, 80, 80)];
        let facts = facts(String::new(), Tier::Unknown, other);
        assert_eq!((facts.token_type, facts.not_granted), (None, vec![]));
    }
}
