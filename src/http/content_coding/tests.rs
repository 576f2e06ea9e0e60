use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, StatusCode};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const PLAIN: &[u8] = include_bytes!("../../../tests/fixtures/bodies/chat.json");
/// By the command `zstd`: of a file, which has length and checksum, and of a pipe, which has neither.
const FILE: &[u8] = include_bytes!("../../../tests/fixtures/bodies/chat.json.zst");
const STREAM: &[u8] = include_bytes!("../../../tests/fixtures/bodies/chat.stream.zst");
const LIMIT: usize = 1 << 20;
const SKIPPED: &[u8] = b"\x50\x2a\x4d\x18\x05\0\0\0index";

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// A frame of blocks that repeat a byte 128 KiB times each: four bytes of input.
pub fn repeating(window: u8, blocks: usize) -> Vec<u8> {
    let mut frame = [b"\x28\xb5\x2f\xfd\0", &[window][..]].concat();
    for block in 1..=blocks {
        let header = (128 << 10 << 3) | (1 << 1) | u32::from(block == blocks);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(b' ');
    }
    frame
}

/// The window descriptor of 2 to the power of `log` bytes.
pub const fn window(log: u8) -> u8 {
    (log - 10) << 3
}

#[test]
fn bodies_are_decoded() {
    let large: Vec<u8> = (0..900_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    let twice = [PLAIN, PLAIN].concat();
    for (name, coding, encoded, plain) in [
        ("gzip", ContentCoding::Gzip, gzip(PLAIN), PLAIN),
        ("gzip, large", ContentCoding::Gzip, gzip(&large), &large),
        ("gzip, two members", ContentCoding::Gzip, [gzip(PLAIN), gzip(PLAIN)].concat(), &twice),
        ("zstd, a file", ContentCoding::Zstd, FILE.to_vec(), PLAIN),
        ("zstd, a stream", ContentCoding::Zstd, STREAM.to_vec(), PLAIN),
        ("zstd, large", ContentCoding::Zstd, compress_to_vec(&*large, CompressionLevel::Fastest), &large),
        ("zstd, two frames", ContentCoding::Zstd, [FILE, SKIPPED, STREAM, SKIPPED].concat(), &twice),
    ] {
        let decoded = coding.decode(&encoded, LIMIT).expect(name);
        assert!(decoded.as_deref() == Some(plain), "{name}");
        assert_eq!(coding.decode(&encoded, plain.len()).expect(name).map(|decoded| decoded.len()), Some(plain.len()));
        assert_eq!(coding.decode(&encoded, plain.len() - 1).expect(name), None, "{name}");
    }
}

#[test]
fn what_is_cut_off_or_corrupt_is_refused_and_named() {
    let gzip = gzip(PLAIN);
    for (name, coding, encoded) in [("gzip", ContentCoding::Gzip, &*gzip), ("zstd", ContentCoding::Zstd, FILE)] {
        for end in 1..encoded.len() {
            let error = coding.decode(&encoded[..end], LIMIT).expect_err("it is cut off");
            assert_eq!(error.status(), StatusCode::BAD_REQUEST);
            assert!(error.message.contains(name) && error.message.contains("cut off"), "{}", error.message);
        }
        for at in 0..encoded.len() {
            for bit in 0..8 {
                let mut broken = encoded.to_vec();
                broken[at] ^= 1 << bit;
                // Some bits of a header do not affect the content.
                let decoded = coding.decode(&broken, LIMIT).ok().flatten();
                assert!(decoded.is_none_or(|decoded| decoded == PLAIN), "{name}: bit {bit} of byte {at}");
            }
        }
        let followed = [encoded, b"rest"].concat();
        assert!(coding.decode(&followed, LIMIT).is_err(), "{name}");
        assert!(coding.decode(PLAIN, LIMIT).is_err(), "{name}");
    }
    let skipped_too_far = [FILE, &SKIPPED[..SKIPPED.len() - 1]].concat();
    assert!(ContentCoding::Zstd.decode(&skipped_too_far, LIMIT).is_err());
}

#[test]
fn a_window_above_8_mib_is_refused_and_named() {
    assert!(ContentCoding::Zstd.decode(&repeating(window(23), 8), LIMIT).is_ok());
    for log in [24, 31, 41] {
        let error = ContentCoding::Zstd.decode(&repeating(window(log), 1), LIMIT).expect_err("it is too large");
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        assert!(error.message.contains("8 MiB"), "{}", error.message);
    }
}

#[test]
fn a_bomb_is_not_decoded_further_than_its_limit() {
    let gzipped = gzip(&vec![b' '; 8 << 20]);
    for (name, coding, bomb, read) in [
        ("gzip", ContentCoding::Gzip, gzipped, 4096),
        ("zstd", ContentCoding::Zstd, repeating(window(17), 8000), 64),
        // The window is filled before anything can be taken.
        ("zstd, large window", ContentCoding::Zstd, repeating(window(23), 8000), 400),
    ] {
        let mut left = &*bomb;
        assert_eq!(coding.decode_from(&mut left, Vec::new(), LIMIT).expect(name), None, "{name}");
        let decoded = bomb.len() - left.len();
        assert!(decoded <= read, "{name}: {decoded} of {} bytes were decoded", bomb.len());
    }
}

#[test]
fn the_coding_comes_from_the_headers() {
    use ContentCoding::{Gzip, Zstd};
    for (values, expected) in [
        (&[][..], Ok(None)),
        (&["identity"], Ok(None)),
        (&[""], Ok(None)),
        (&["gzip"], Ok(Some(Gzip))),
        (&["X-GZip"], Ok(Some(Gzip))),
        (&[" ZSTD , identity"], Ok(Some(Zstd))),
        (&["identity", "zstd"], Ok(Some(Zstd))),
        (&["br"], Err(())),
        (&["deflate"], Err(())),
        (&["gzip;q=1"], Err(())),
        (&["gzip, zstd"], Err(())),
        (&["gzip", "gzip"], Err(())),
        (&["g\u{fc}zip"], Err(())),
    ] {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("content-encoding", HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
        }
        let found = ContentCoding::from_headers(&headers);
        assert_eq!(found.map_err(|error| assert_eq!(error.status(), 415)), expected, "{values:?}");
    }
}
