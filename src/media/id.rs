//! Ids of pictures and videos. The address alone gives access to a file, so an id has 128 random bits.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Characters of an id.
const LENGTH: usize = 22;

/// Returns an id made of 16 bytes, which must come from the host's cryptographic generator.
pub fn new(random: [u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// Returns whether a text has the form of an id. Others are not looked up.
pub fn is_possible(id: &str) -> bool {
    id.len() == LENGTH && URL_SAFE_NO_PAD.decode(id).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_all_its_random_bytes() {
        let id = new([0xfb; 16]);
        assert_eq!(id, "-_v7-_v7-_v7-_v7-_v7-w");
        assert!(is_possible(&id));
        for at in 0..16 {
            let mut other = [0xfb; 16];
            other[at] ^= 1;
            assert_ne!(new(other), id, "byte {at}");
        }
    }

    #[test]
    fn malformed_ids_are_recognised_without_a_look_up() {
        let id = new([7; 16]);
        assert!(is_possible(&id));
        // The last of the 22 characters holds two bits only.
        for text in ["", "..", "a/b", &id[1..], &format!("{id}A"), "++++++++++++++++++++AA", "BwcHBwcHBwcHBwcHBwcHBz"] {
            assert!(!is_possible(text), "{text}");
        }
    }
}
