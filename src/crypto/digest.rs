//! SHA-256 digests in hexadecimal, as the database stores them.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of a text in lower-case hexadecimal: 64 digits.
pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Returns the bytes in lower-case hexadecimal: two digits for each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
