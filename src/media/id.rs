//! Ids of pictures and videos. An address is the only key to its file, so an id is 128 random bits.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Characters of an id.
const LENGTH: usize = 22;

/// An id of 16 bytes from the host's cryptographic generator.
pub fn new(random: [u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// Whether it could be one: what cannot is not looked up.
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
    fn what_no_id_can_be_is_known_without_asking() {
        let id = new([7; 16]);
        assert!(is_possible(&id));
        // The last of the 22 characters holds two bits only.
        for text in ["", "..", "a/b", &id[1..], &format!("{id}A"), "++++++++++++++++++++AA", "BwcHBwcHBwcHBwcHBwcHBz"] {
            assert!(!is_possible(text), "{text}");
        }
    }
}
