//! An estimate of language tokens, because Grok's web service does not count them: one token for four ASCII
//! characters, one for any other character.

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
