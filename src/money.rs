//! US dollars, which the store counts in ticks and the console's API writes as numbers.

use serde::{Serialize, Serializer};

use crate::inference::usage::TICKS_PER_USD;

/// Ticks of the smallest part of a dollar that is written, a millionth.
const TICKS_PER_MICRO: i64 = (TICKS_PER_USD / 1_000_000) as i64;
/// The largest budget in dollars. In ticks it stays below 2^53.
pub const MOST_USD: f64 = 100_000.0;
/// The largest amount of one answer in ticks.
pub const MOST_TICKS: u64 = MOST_USD as u64 * TICKS_PER_USD;

/// An amount of US dollars, written as a number with up to 6 decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usd(i64);

impl Usd {
    /// Returns the amount of a number of dollars; `None` if it is negative, above [`MOST_USD`], or has more than 6 decimals.
    pub fn of(dollars: f64) -> Option<Self> {
        if !(0.0..=MOST_USD).contains(&dollars) {
            return None;
        }
        let micros = (dollars * 1e6).round();
        // The nearest number to a decimal with so few digits is the one that this division returns.
        (micros / 1e6 == dollars).then_some(Usd(micros as i64 * TICKS_PER_MICRO))
    }

    /// Returns the amount of a number of ticks.
    pub fn of_ticks(ticks: i64) -> Self {
        Usd(ticks)
    }

    /// Returns the amount in ticks.
    pub fn ticks(self) -> i64 {
        self.0
    }

    /// Returns the amount in dollars, rounded to 6 decimals.
    pub fn dollars(self) -> f64 {
        (self.0 as f64 / TICKS_PER_MICRO as f64).round() / 1e6
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

/// The number of dollars as CSV files have it.
impl std::fmt::Display for Usd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.dollars().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_to_six_decimals() {
        for (dollars, ticks) in [
            (0.0, 0),
            (0.000_001, 10_000),
            (0.1, 1_000_000_000),
            (1.234_567, 12_345_670_000),
            (99_999.999_999, 999_999_999_990_000),
            (100_000.0, 1_000_000_000_000_000),
        ] {
            let amount = Usd::of(dollars).expect("it is allowed");
            assert_eq!((amount.ticks(), amount.dollars()), (ticks, dollars), "{dollars}");
            assert_eq!(amount.to_string().parse(), Ok(dollars));
        }
        for dollars in [-0.000_001, 0.000_000_1, 1.234_567_8, 100_000.000_001, f64::NAN, f64::INFINITY] {
            assert_eq!(Usd::of(dollars), None, "{dollars}");
        }
        assert_eq!(Usd::of_ticks(5_421_500).dollars(), 0.000_542);
    }
}
