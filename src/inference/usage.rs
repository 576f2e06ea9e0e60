//! What an answer used, as its provider counted it, or an estimate, because Grok's web service does not count language
//! tokens: one token for four ASCII characters, one for any other character.

/// Counts text that comes in pieces. The sum does not depend on where the text was cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    ascii: u64,
    other: u64,
}

impl Tally {
    /// Returns the count of one text.
    pub fn of(text: &str) -> Self {
        let mut tally = Tally::default();
        tally.add(text);
        tally
    }

    /// Adds a piece of text.
    pub fn add(&mut self, text: &str) {
        let (mut ascii, mut other) = (0, 0);
        for byte in text.bytes() {
            ascii += u64::from(byte < 0x80);
            // First bytes of longer characters; their continuation bytes are 0x80 to 0xbf.
            other += u64::from(byte >= 0xc0);
        }
        self.ascii += ascii;
        self.other += other;
    }

    /// Adds another count.
    pub fn add_tally(&mut self, other: Tally) {
        self.ascii += other.ascii;
        self.other += other.other;
    }

    /// Returns the number of characters.
    pub fn characters(&self) -> u64 {
        self.ascii + self.other
    }

    /// Returns the number of language tokens.
    pub fn tokens(&self) -> u64 {
        self.ascii.div_ceil(4) + self.other
    }
}

/// What an answer used, in language tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u64,
    /// Those of the prompt that the provider had in its cache; `None` if it does not report them.
    pub cached_tokens: Option<u64>,
    pub completion_tokens: u64,
    /// Those of the answer that are reasoning; `None` if the provider does not report them.
    pub reasoning_tokens: Option<u64>,
    /// What the provider charged, in [`TICKS_PER_USD`].
    pub cost: u64,
}

/// A US dollar in the unit of costs, which is that of xAI's `cost_in_usd_ticks`.
pub const TICKS_PER_USD: u64 = 10_000_000_000;

impl Usage {
    /// Returns an estimate, of which no details are known.
    pub const fn estimated(prompt_tokens: u64, completion_tokens: u64) -> Self {
        Usage { prompt_tokens, cached_tokens: None, completion_tokens, reasoning_tokens: None, cost: 0 }
    }

    /// Returns the usage with what earlier turns of the answer have cost.
    pub fn with(self, repairs: Repairs) -> Self {
        Usage {
            prompt_tokens: self.prompt_tokens + repairs.prompt_tokens,
            completion_tokens: self.completion_tokens + repairs.completion_tokens,
            ..self
        }
    }
}

/// What an answer cost besides its last turn, because its first one was not in the form asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Turns, each of which costs as much quota as the last one.
    pub turns: u32,
    /// Estimated language tokens.
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_ascii_characters_or_one_other_make_a_token() {
        for (text, tokens) in [("", 0), ("abcd", 1), ("abcde", 2), ("树", 1), ("树🌲ab", 3)] {
            assert_eq!(Tally::of(text).tokens(), tokens, "{text}");
        }
    }

    #[test]
    fn pieces_count_as_the_whole() {
        let mut tally = Tally::default();
        for piece in ["ab", "c树", "d"] {
            tally.add(piece);
        }
        assert_eq!(tally, Tally::of("abc树d"));
    }
}
