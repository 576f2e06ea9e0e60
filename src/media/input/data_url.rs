//! Decodes pictures from `data:` URLs.
//!
//! The first bytes are decoded first, to detect the type; the rest follows only for a picture. The declared type is not
//! read: clients leave it out, or name another one.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Picture, TOO_LARGE};
use crate::media::media_type::{SNIFFED, sniffed};

const NOT_BASE64: &str = "The data: URL is not valid: send data:image/png;base64, followed by complete base64";
const NOT_A_PICTURE: &str = "The data: URL does not contain a picture: send PNG, JPEG, GIF, WebP, BMP, AVIF or HEIC";

/// Returns what follows `data:`; `None` for any other address.
pub fn strip_scheme(url: &str) -> Option<&str> {
    let url = url.trim();
    let (scheme, rest) = url.split_at_checked(5)?;
    scheme.eq_ignore_ascii_case("data:").then_some(rest)
}

/// Decodes the picture of a data URL. Fails with the message for the client if it is not a picture, not valid base64,
/// or longer than `room` bytes.
pub fn picture(data: &str, room: usize) -> Result<Picture, &'static str> {
    let (media_type, text) = data.split_once(',').ok_or(NOT_BASE64)?;
    let mut parameters = media_type.split(';').map(str::trim);
    if !parameters.any(|parameter| parameter.eq_ignore_ascii_case("base64")) {
        return Err(NOT_BASE64);
    }
    let text = if is_clean(text.as_bytes()) { Cow::Borrowed(text) } else { cleaned(text).ok_or(NOT_BASE64)?.into() };
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    let bytes = text.len() / 4 * 3 - padding;
    if bytes > room {
        return Err(TOO_LARGE);
    }
    let head = &text.as_bytes()[..text.len().min(SNIFFED.div_ceil(3) * 4)];
    let head = STANDARD.decode(head).map_err(|_| NOT_BASE64)?;
    let mime_type = sniffed(&head).ok_or(NOT_A_PICTURE)?;
    let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| NOT_BASE64)?;
    Ok(Picture { mime_type: mime_type.as_str(), bytes: bytes.into() })
}

/// Returns whether a text is standard base64, complete and padded.
fn is_clean(text: &[u8]) -> bool {
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    text.len().is_multiple_of(4) && body.iter().all(|byte| ALPHABET[usize::from(*byte)])
}

const ALPHABET: [bool; 256] = {
    let mut known = [false; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < letters.len() {
        known[letters[at] as usize] = true;
        at += 1;
    }
    known
};

/// Returns standard base64 for the variants that clients send: with line breaks, in the alphabet of URLs, escaped, or
/// without padding. `None` if the text is none of these.
fn cleaned(text: &str) -> Option<String> {
    let mut clean = Vec::with_capacity(text.len() + 3);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'-' => clean.push(b'+'),
            b'_' => clean.push(b'/'),
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let byte = u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
                if !byte.is_ascii_whitespace() {
                    clean.push(byte);
                }
            }
            _ => clean.push(byte),
        }
    }
    while clean.len() % 4 > 1 {
        clean.push(b'=');
    }
    is_clean(&clean).then(|| String::from_utf8(clean).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";
    const ROOM: usize = 1 << 20;

    fn content(url: &str) -> Result<String, &'static str> {
        let picture = picture(strip_scheme(url).expect("it is a data URL"), ROOM)?;
        Ok(format!("{} {}", picture.mime_type, STANDARD.encode(&picture.bytes)))
    }

    #[test]
    fn clean_base64_passes_as_it_is_under_its_real_type() {
        let sent = format!("image/png {PNG}");
        assert_eq!(content(&format!("data:image/png;base64,{PNG}")), Ok(sent.clone()));
        assert_eq!(content(&format!("DATA:image/jpeg;charset=utf-8;BASE64,{PNG}")), Ok(sent.clone()));
        for wrong in ["", "text/html", "application/octet-stream", "image/svg+xml", "image"] {
            assert_eq!(content(&format!("data:{wrong};base64,{PNG}")), Ok(sent.clone()), "{wrong}");
        }
        assert_eq!(content("data:image/png;base64,/9j/4AAQ"), Ok("image/jpeg /9j/4AAQ".to_owned()));
    }

    #[test]
    fn other_forms_of_base64_are_normalised() {
        let sent = format!("image/png {PNG}");
        assert_eq!(content("data:image/png;base64,iVBORw0KGgoA\r\n AAANSUhEUg=="), Ok(sent.clone()));
        assert_eq!(content("data:image/png;base64,iVBORw0KGgoAAAANSUhEUg"), Ok(sent.clone()));
        assert_eq!(content("data:image/png;base64,iVBORw0KGgoAAAANSUhEUg%3D%3D"), Ok(sent));
        assert_eq!(content("data:image/jpeg;base64,_9j_4AAQ"), Ok("image/jpeg /9j/4AAQ".to_owned()));
    }

    #[test]
    fn anything_but_a_picture_is_refused() {
        for (url, refusal) in [
            ("data:image/png;base64", NOT_BASE64),
            ("data:image/png,iVBORw0KGgo=", NOT_BASE64),
            ("data:image/png;base64,iVBORw0KGgo=AAAA", NOT_BASE64),
            ("data:image/png;base64,iVBORw0KGgoAA", NOT_BASE64),
            ("data:image/png;base64,iVBO Rw0K\u{e9}", NOT_BASE64),
            ("data:image/png;base64,iVBO%Gg=", NOT_BASE64),
            ("data:image/png;base64,===", NOT_BASE64),
            ("data:image/png;base64,", NOT_A_PICTURE),
            ("data:image/svg+xml;base64,PHN2ZyB4bWxucz0i", NOT_A_PICTURE),
            ("data:image/png;base64,PCFkb2N0eXBlIGh0bWw+", NOT_A_PICTURE),
            ("data:text/html;base64,PCFkb2N0eXBlIGh0bWw+", NOT_A_PICTURE),
            ("data:iVBORw0KGgoAAAANSUhEUg==", NOT_BASE64),
        ] {
            assert_eq!(content(url), Err(refusal), "{url}");
        }
        let fits = picture("image/png;base64,iVBORw0KGgoAAAANSUhEUg==", 16);
        assert_eq!(fits.map(|picture| picture.bytes.len()), Ok(16));
        assert_eq!(picture("image/png;base64,iVBORw0KGgoAAAANSUhEUg==", 15), Err(TOO_LARGE));
    }
}
