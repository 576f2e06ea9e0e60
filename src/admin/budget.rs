//! The daily budget in a request, and the operator's day, for which it counts.

use serde::{Deserialize, Deserializer};

use crate::{
    app::App,
    error::{Error, Result},
    money::{MOST_USD, Usd},
    store::spending::Today,
    variables::timezone_offset_minutes,
};

/// The field of a request that names the budget.
pub const FIELD: &str = "daily_budget_usd";

/// A budget as it was sent: `None` if the request does not name it, `Some(None)` for `null`.
#[derive(Default)]
pub struct Sent(Option<Option<f64>>);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|amount| Sent(Some(amount)))
    }
}

impl Sent {
    /// Returns the budget in ticks, `None` for no limit. Fails with 400 if it is not named or not allowed.
    pub fn checked(&self) -> Result<Option<i64>> {
        let wrong = || {
            let message = format!("{FIELD} must be a number from 0 to {MOST_USD} with at most 6 decimals, or null");
            Error::invalid(FIELD, message)
        };
        let amount = self.0.ok_or_else(wrong)?;
        amount.map(|amount| Usd::of(amount).map(Usd::ticks).ok_or_else(wrong)).transpose()
    }
}

/// Returns the time in the operator's calendar. Fails with 500 if the variable of the time zone is wrong.
pub async fn today(app: &App) -> Result<Today> {
    Ok(Today::at(app.now_ms(), timezone_offset_minutes(&*app.host).await?))
}
