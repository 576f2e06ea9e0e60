//! An estimate of language tokens: the web service counts none. One per four ASCII characters, one per other character.

/// Counts text that comes in pieces; the sum does not depend on where it was cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    ascii: u64,
    other: u64,
}

impl Tally {
    pub fn of(text: &str) -> Self {
        let mut tally = Tally::default();
        tally.add(text);
        tally
    }

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

    pub fn tokens(&self) -> u64 {
        self.ascii.div_ceil(4) + self.other
    }
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
