//! The body of a refusal: as long as its length says, in chunks, or until the server closes.

use crate::error::Refusal;

/// Bytes that are kept.
const LARGEST: usize = 64 * 1024;
/// Bytes of the longest line that says how long a chunk is.
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
    /// Bytes still to come.
    Length(u64),
    /// Bytes of which no chunk has been made, and bytes still to come of the present one with the line end after it.
    Chunked {
        unread: Vec<u8>,
        left: u64,
    },
    UntilClosed,
    Over,
}

impl Body {
    /// `read` are the bytes that came after the head.
    pub fn new(refusal: Refusal, read: &[u8]) -> Self {
        let field =
            |name: &str| refusal.headers.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.trim());
        // The last of the codings frames the body (RFC 9112 §6.1); others leave bytes that are kept as they are.
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

    /// Whether the body is complete, or as long as it is kept.
    pub fn is_over(&self) -> bool {
        matches!(self.framing, Framing::Over | Framing::Length(0)) || self.content.len() >= LARGEST
    }

    /// Takes bytes of the body. What is not in the form that the head promised ends it.
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

    /// Returns the refusal with what came of its body.
    pub fn finish(mut self) -> Refusal {
        self.content.truncate(LARGEST);
        self.refusal.body = String::from_utf8_lossy(&self.content).into_owned();
        self.refusal
    }

    /// Reads on in the chunks; false when that takes more bytes, or none are left.
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
