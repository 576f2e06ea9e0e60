//! Prices of xAI's API, for what is held of a budget while an answer runs. The answer's real price is what xAI reports.

use crate::inference::usage::TICKS_PER_USD;

/// Prices in ticks of [`TICKS_PER_USD`]: of a language token of the prompt, of one of the answer, and of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub input: u64,
    pub output: u64,
    pub picture: u64,
}

/// Prices per million language tokens and per picture, in cents, by the beginning of the model's id; the first that fits
/// counts. Source: docs.x.ai, models and pricing, 2026-10.
const CENTS: [(&str, [u64; 3]); 7] = [
    ("grok-4.3", [125, 250, 0]),
    ("grok-4.20", [125, 250, 0]),
    ("grok-4", [200, 600, 0]),
    ("grok-build", [100, 200, 0]),
    ("grok-code", [100, 200, 0]),
    ("grok-imagine-image-2", [0, 0, 8]),
    ("grok-imagine-image", [0, 0, 8]),
];
/// The dearest, for models that are not listed.
const DEAREST: [u64; 3] = [400, 1_200, 8];

impl Price {
    /// Returns the highest price that the model with this id is known to have.
    pub fn of(id: &str) -> Self {
        const CENT: u64 = TICKS_PER_USD / 100;
        let known = CENTS.iter().find(|(start, _)| id.starts_with(start));
        let [input, output, picture] = known.map_or(DEAREST, |(_, cents)| *cents);
        Price { input: input * CENT / 1_000_000, output: output * CENT / 1_000_000, picture: picture * CENT }
    }

    /// Returns the most that as many language tokens cost.
    pub fn of_tokens(&self, prompt: u64, answer: u64) -> u64 {
        self.input.saturating_mul(prompt).saturating_add(self.output.saturating_mul(answer))
    }

    /// Returns what as many searches cost: 5 dollars for 1,000.
    pub fn of_searches(&self, count: u64) -> u64 {
        count.saturating_mul(TICKS_PER_USD / 200)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_that_of_the_model_or_the_dearest() {
        // 2 USD for a million are 20,000 ticks each.
        assert_eq!(Price::of("grok-4.7"), Price { input: 20_000, output: 60_000, picture: 0 });
        assert_eq!(Price::of("grok-4.3"), Price { input: 12_500, output: 25_000, picture: 0 });
        assert_eq!(Price::of("grok-imagine-image-2.0").picture, TICKS_PER_USD / 100 * 8);
        assert_eq!(Price::of("grok-5"), Price { input: 40_000, output: 120_000, picture: TICKS_PER_USD / 100 * 8 });
    }
}
