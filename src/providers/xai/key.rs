//! What a key of xAI's API looks like.

/// How a key begins.
pub const PREFIX: &str = "xai-";
/// The fewest characters behind the prefix.
const SHORTEST: usize = 20;
/// The most, so that a text of any length is not taken for a key.
const LONGEST: usize = 250;

/// Returns whether a text looks like a key of xAI's API.
pub fn is_key(text: &str) -> bool {
    let rest = text.strip_prefix(PREFIX).unwrap_or_default();
    (SHORTEST..=LONGEST).contains(&rest.len()) && rest.bytes().all(is_part)
}

/// Returns whether a key may have this byte behind its prefix.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The fewest characters behind the prefix that are hidden. Words such as `xai-sdk` are shorter.
const HIDDEN: usize = 8;
/// What stands in place of a key.
const MASK: &str = "xai-***";

/// Returns the text with `xai-***` in place of keys, of what may be a part of one, and of keys that xAI has shortened, such as
/// `xa***90`.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        // A full stop ends the sentence.
        let word = rest[..length].trim_end_matches(['.', '…']);
        out.push_str(if is_of_key(word) { MASK } else { word });
        let next = rest[length..].chars().next().map_or(0, char::len_utf8);
        out.push_str(&rest[word.len()..length + next]);
        rest = &rest[length + next..];
    }
    out
}

/// Returns whether a character may be in a key, or stand for a part that is left out.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_*.…".contains(c)
}

/// Returns whether a word has a key, or a part of one.
fn is_of_key(word: &str) -> bool {
    let is_shortened = ["**", "..", "…"].iter().any(|gap| word.contains(gap));
    let is_long = |(at, _)| word[at + PREFIX.len()..].bytes().take_while(|byte| is_part(*byte)).count() >= HIDDEN;
    (is_shortened && word.starts_with("xa")) || word.match_indices(PREFIX).any(is_long)
}

/// How the words begin that call a key wrong; those of a blocked one do not.
pub const IS_WRONG: &str = "the key is wrong";

/// Returns whether these words say so.
pub fn is_called_wrong(words: &str) -> bool {
    words.starts_with(IS_WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_prefix_and_twenty_characters() {
        let twenty = "abcdefghij_123456789";
        for (text, expected) in [
            (format!("xai-{twenty}"), true),
            (format!("xai-{}", "-aZ9_".repeat(16)), true),
            (format!("xai-{}", &twenty[1..]), false),
            (format!("xAI-{twenty}"), false),
            (format!("sk-{twenty}"), false),
            (format!(" xai-{twenty}"), false),
            (format!("xai-{twenty}."), false),
            (format!("xai-{twenty}é"), false),
            (format!("xai-{}", "a".repeat(251)), false),
            (twenty.to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_key(&text), expected, "{text}");
        }
    }

    #[test]
    fn keys_in_texts_are_masked() {
        for (text, expected) in [
            ("Incorrect API key provided: xai-abcdefgh12.", "Incorrect API key provided: xai-***."),
            ("xai-aaaaaaaaaa and xai-bbbbbbbbbb", "xai-*** and xai-***"),
            ("the xai-sdk, xa***-1; xai-...b14o.", "the xai-sdk, xai-***; xai-***."),
            ("é„xai-…b14o“ of console.x.ai... **", "é„xai-***“ of console.x.ai... **"),
            ("{\"key\":\"my_xai-abcdefgh\"}", "{\"key\":\"xai-***\"}"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
