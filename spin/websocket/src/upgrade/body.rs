//! Reads the body of a refusal: by its length, in chunks, or until the server closes.

use crate::error::Refusal;

/// The most bytes that are stored.
const LARGEST: usize = 64 * 1024;
/// The longest line with the size of a chunk, in bytes.
const LONGEST_SIZE: usize = 1024;

/// A refusal whose body is being read.
#[derive(Debug, PartialEq)]
pub struct Body {
    refusal: Refusal,
    content: Vec<u8>,
    framing: Framing,
}

#[derive(Debug, PartialEq)]
enum Framing {
    /// Bytes that are missing.
    Length(u64),
    /// Bytes that are not parsed yet, and the missing bytes of the current chunk, including its line end.
    Chunked {
        unread: Vec<u8>,
        left: u64,
    },
    UntilClosed,
    Over,
}

impl Body {
    /// Starts a body. `read` are the bytes after the head.
    pub fn new(refusal: Refusal, read: &[u8]) -> Self {
        let field =
            |name: &str| refusal.headers.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.trim());
        // The last coding frames the body (RFC 9112 §6.1); the bytes of the others are stored encoded.
        let coding = field("transfer-encoding").and_then(|codings| codings.rsplit(',').next()).map(str::trim);
        let framing = match (coding, field("content-length").map(str::parse)) {
            (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => {
                Framing::Chunked { unread: Vec::new(), left: 0 }
            }
            (None, Some(Ok(length))) => Framing::Length(length),
            _ if matches!(refusal.status, 204 | 304) => Framing::Over,
            _ => Framing::UntilClosed,
        };
        let mut body = Body { refusal, content: Vec::new(), framing };
        body.feed(read);
        body
    }

    /// Returns whether the body is complete or has reached its limit.
    pub fn is_over(&self) -> bool {
        matches!(self.framing, Framing::Over | Framing::Length(0)) || self.content.len() >= LARGEST
    }

    /// Takes bytes of the body; bytes that violate the framing end it.
    pub fn feed(&mut self, bytes: &[u8]) {
        match &mut self.framing {
            Framing::Length(left) => {
                let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= count as u64;
                self.content.extend_from_slice(&bytes[..count]);
            }
            Framing::Chunked { unread, .. } => {
                unread.extend_from_slice(bytes);
                while self.chunk() {}
            }
            Framing::UntilClosed => self.content.extend_from_slice(bytes),
            Framing::Over => {}
        }
    }

    /// Returns the refusal with the received part of its body.
    pub fn finish(mut self) -> Refusal {
        self.content.truncate(LARGEST);
        self.refusal.body = String::from_utf8_lossy(&self.content).into_owned();
        self.refusal
    }

    /// Parses the next part of the chunks; returns false if bytes are missing, or none are left.
    fn chunk(&mut self) -> bool {
        let Framing::Chunked { unread, left } = &mut self.framing else { return false };
        if *left > 0 {
            let count = unread.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            // The last two bytes are the line end.
            let content = count.min(usize::try_from(left.saturating_sub(2)).unwrap_or(usize::MAX));
            self.content.extend_from_slice(&unread[..content]);
            unread.drain(..count);
            *left -= count as u64;
            return count > 0;
        }
        match httparse::parse_chunk_size(unread) {
            Ok(httparse::Status::Complete((length, size))) if size > 0 => {
                unread.drain(..length);
                *left = size.saturating_add(2);
                true
            }
            Ok(httparse::Status::Partial) if unread.len() <= LONGEST_SIZE => false,
            _ => {
                self.framing = Framing::Over;
                false
            }
        }
    }
}
