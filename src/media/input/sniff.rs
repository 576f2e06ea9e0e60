//! Detects a picture's type by its first bytes, because names and declared types are often wrong.

/// How many of a file's first bytes [`of`] reads.
pub const HEAD: usize = 12;

/// Returns the picture's media type; `None` if it is not one of the raster formats that browsers show.
pub fn of(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("image/bmp"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"avif" | b"avis" => Some("image/avif"),
            b"heic" | b"heix" | b"mif1" => Some("image/heic"),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        for (head, mime_type) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\r"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\x10\0\0\0WEBP", Some("image/webp")),
            (b"RIFF\x10\0\0\0WAVE", None),
            (b"BM\x36\x10\0\0\0\0\0\0", Some("image/bmp")),
            (b"\0\0\0\x1cftypavif", Some("image/avif")),
            (b"\0\0\0\x1cftypheic", Some("image/heic")),
            (b"\0\0\0\x1cftypisom", None),
            (b"\0\0\0\x1cftyp", None),
            (b"<svg xmlns=", None),
            (b"<!doctype html", None),
            (b"", None),
        ] {
            assert_eq!(of(head), mime_type, "{head:?}");
            assert_eq!(of(&head[..head.len().min(HEAD)]), mime_type, "{head:?}");
        }
    }
}
