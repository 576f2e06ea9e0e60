//! The media types that are served. A browser renders them without running code: no HTML, no SVG, no XML.

/// All types that are served. An SVG is a document with scripts, so pictures are raster formats only.
const SERVED: [&str; 10] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/bmp",
    "video/mp4",
    "video/webm",
    "video/quicktime",
];

/// One of the types that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaType(&'static str);

impl MediaType {
    /// Returns the type that a `Content-Type` names, without its parameters. `None` for a type that is not served and
    /// for a value that is not exactly one media type (RFC 9110 §8.3.1).
    ///
    /// A list such as `image/png, text/html` is not one type. Browsers take its last member
    /// (<https://fetch.spec.whatwg.org/#concept-header-extract-mime-type>), so it must not pass for its first.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(|part| part.trim_matches([' ', '\t']));
        let essence = parts.next()?;
        let served = SERVED.iter().find(|served| served.eq_ignore_ascii_case(essence))?;
        parts.all(|part| part.is_empty() || is_parameter(part)).then_some(MediaType(served))
    }

    /// Returns the type as a `Content-Type` names it.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// How many of a file's first bytes [`sniffed`] reads.
pub const SNIFFED: usize = 12;

/// Returns the media type of a picture by its first bytes, because names and declared types are often wrong; `None` if it is not one of the raster formats that browsers show.
pub fn sniffed(head: &[u8]) -> Option<MediaType> {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(MediaType("image/png")),
        [0xff, 0xd8, 0xff, ..] => Some(MediaType("image/jpeg")),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaType("image/gif")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaType("image/webp")),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(MediaType("image/bmp")),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"avif" | b"avis" => Some(MediaType("image/avif")),
            b"heic" | b"heix" | b"mif1" => Some(MediaType("image/heic")),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether the text is `token=token` or `token="text"`. A quoted text with a semicolon in it does not come
/// this far in one piece and is refused: no type of [`SERVED`] has such a parameter.
fn is_parameter(text: &str) -> bool {
    let quoted = |value: &str| value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned);
    let is_value = |value: &str| is_token(value) || quoted(value).is_some_and(|inner| inner.bytes().all(is_plain));
    text.split_once('=').is_some_and(|(name, value)| is_token(name) && is_value(value))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Returns whether a byte may stand between quotes as itself, and no parser takes it for the end of the parameter.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_served_type_passes_in_any_case_and_with_parameters() {
        for served in SERVED {
            assert_eq!(MediaType::parse(served).map(MediaType::as_str), Some(served));
            assert_eq!(MediaType::parse(&served.to_uppercase()).map(MediaType::as_str), Some(served));
        }
        for value in ["image/png;charset=binary", " image/png\t; a=b ;c=\"d e\"", "image/png;", "image/png; q=1;;"] {
            assert_eq!(MediaType::parse(value).map(MediaType::as_str), Some("image/png"), "{value}");
        }
    }

    #[test]
    fn lists_and_other_types_do_not_pass() {
        for value in [
            "",
            ";",
            "image",
            "image/",
            "image/*",
            "*/*",
            "image/png, text/html",
            "image/png,text/html",
            "image/png,",
            ",image/png",
            "image/png, image/png",
            "image/png; a=b, text/html",
            "image/png; a=\"b, text/html\"",
            "image/png; a=\"b; c\"",
            "image/png; a",
            "image/png; =b",
            "image/png; a=b c",
            "image/png text/html",
            "image /png",
            "image/ png",
            "image/png/html",
            "image/svg+xml",
            "image/png+xml",
            "image/jpg",
            "image/tiff",
            "image/x-icon",
            "video/ogg",
            "video/mp4\u{0}",
            "application/octet-stream",
            "multipart/x-mixed-replace",
            "text/html; image/png",
        ] {
            assert_eq!(MediaType::parse(value), None, "{value:?}");
        }
    }

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
            assert_eq!(sniffed(head).map(MediaType::as_str), mime_type, "{head:?}");
            assert_eq!(sniffed(&head[..head.len().min(SNIFFED)]).map(MediaType::as_str), mime_type, "{head:?}");
        }
    }
}
