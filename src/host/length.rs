//! The values of `Content-Length` that spin-sdk can read.

/// Returns whether these values of `Content-Length` are one number of bytes that fits into 63 bits, or none.
pub fn is_length(values: &[impl AsRef<[u8]>]) -> bool {
    let is_number = |value: &[u8]| {
        value.iter().all(u8::is_ascii_digit) && std::str::from_utf8(value).is_ok_and(|text| text.parse::<i64>().is_ok())
    };
    match values {
        [] => true,
        [value] => is_number(value.as_ref()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_length;

    #[test]
    fn a_length_is_one_number() {
        for (values, is_one) in [
            (&[][..], true),
            (&["0"], true),
            (&["20971521"], true),
            (&["9223372036854775807"], true),
            (&["9223372036854775808"], false),
            (&["99999999999999999999999"], false),
            (&["-1"], false),
            (&["+5"], false),
            (&["0x5"], false),
            (&["5, 5"], false),
            (&[""], false),
            (&["5", "5"], false),
        ] {
            assert_eq!(is_length(values), is_one, "{values:?}");
        }
    }
}
