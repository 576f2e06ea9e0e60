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

/// Returns the text with `xai-***` in place of keys, and of what may be a part of one.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, key) = rest.split_at(at + PREFIX.len());
        let length = key.bytes().position(|byte| !is_part(byte)).unwrap_or(key.len());
        out.push_str(before);
        if length >= HIDDEN {
            out.push_str("***");
        } else {
            out.push_str(&key[..length]);
        }
        rest = &key[length..];
    }
    out + rest
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
            ("the xai-sdk, xa***-1, xai-...b14o", "the xai-sdk, xa***-1, xai-...b14o"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
