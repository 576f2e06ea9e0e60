//! Finds the JSON objects in the upstream's byte stream.
//!
//! Usually there is one object a line, but objects also come glued together, split anywhere (inside a UTF-8 character
//! too), after `data:` or a byte-order mark, or without a last newline. An object therefore ends where its braces
//! balance, never at a newline; whatever stands between two objects is skipped.

use memchr::{memchr, memchr3, memrchr};

/// The longest object that is taken: beyond it the answer is broken, and memory is not the upstream's to fill.
pub const MAX_FRAME: usize = 8 << 20;

/// An object grew beyond [`MAX_FRAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTooLong;

/// Offers `each` the objects of a message that came whole, as [`Frames::push`] does. The connection limits how long a
/// message may be, so its objects have no limit of their own; one that has no end is passed over.
pub fn each_object<E>(message: &str, mut each: impl FnMut(FrameBytes) -> Result<Option<usize>, E>) -> Result<(), E> {
    let bytes = message.as_bytes();
    let mut at = 0;
    while let Some(start) = memchr(b'{', &bytes[at..]) {
        at += start;
        if let Some(length) = each(FrameBytes::Ahead(&message[at..]))? {
            at += length;
            continue;
        }
        match Scan::default().run(&bytes[at..]) {
            Found::End(end) => {
                each(FrameBytes::Whole(&bytes[at..at + end]))?;
                at += end;
            }
            Found::Broken(next) => at += next,
            Found::More => break,
        }
    }
    Ok(())
}

/// The scanner. Bytes of an unfinished object are kept; a finished one that came in one chunk is never copied.
#[derive(Debug, Default)]
pub struct Frames {
    partial: Vec<u8>,
    scan: Scan,
}

#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

enum Found {
    /// The object ends before this offset.
    End(usize),
    /// A raw newline inside a string: no JSON. Whatever follows is read afresh from this offset.
    Broken(usize),
    More,
}

/// Bytes in which an object starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameBytes<'b> {
    /// How far the object reaches is not known. Answer its length if it could be read, else `None`.
    Ahead(&'b str),
    /// Exactly one object by its braces. The answer counts for nothing.
    Whole(&'b [u8]),
}

impl Frames {
    /// Feeds bytes; `each` gets every object they complete, and ends the feeding by an error.
    ///
    /// An object is first offered as [`FrameBytes::Ahead`]: a parser that succeeds has found the end, and the bytes need no
    /// second look. Only when it does not, braces are counted, and the object comes as [`FrameBytes::Whole`].
    pub fn push<E: From<FrameTooLong>>(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(FrameBytes) -> Result<Option<usize>, E>,
    ) -> Result<(), E> {
        // Text checked once as a whole saves the parser checking every string.
        let text = valid_text(chunk);
        // No object ends beyond the last closing brace: what starts there is not worth reading ahead.
        let text = &text[..memrchr(b'}', text.as_bytes()).map_or(0, |last| last + 1)];
        let mut at = 0;
        while at < chunk.len() {
            if self.scan.depth == 0 {
                let Some(start) = memchr(b'{', &chunk[at..]) else { return Ok(()) };
                at += start;
                let limit = text.len().min(at + MAX_FRAME);
                if let Some(ahead) = text.get(at..limit)
                    && let Some(length) = each(FrameBytes::Ahead(ahead))?
                {
                    at += length;
                    continue;
                }
            }
            let rest = &chunk[at..];
            match self.scan.run(rest) {
                Found::End(end) => {
                    within_limit(self.partial.len() + end)?;
                    if self.partial.is_empty() {
                        each(FrameBytes::Whole(&rest[..end]))?;
                    } else {
                        self.partial.extend_from_slice(&rest[..end]);
                        each(FrameBytes::Whole(&self.partial))?;
                        self.partial.clear();
                    }
                    at += end;
                }
                Found::Broken(next) => {
                    self.partial.clear();
                    at += next;
                }
                Found::More => {
                    within_limit(self.partial.len() + rest.len())?;
                    self.partial.extend_from_slice(rest);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

impl Frames {
    /// Whether an object has begun and not ended.
    pub fn inside(&self) -> bool {
        self.scan.depth > 0
    }
}

fn within_limit(length: usize) -> Result<(), FrameTooLong> {
    if length > MAX_FRAME { Err(FrameTooLong) } else { Ok(()) }
}

/// The beginning of `bytes` that is UTF-8.
fn valid_text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

impl Scan {
    fn run(&mut self, bytes: &[u8]) -> Found {
        let mut at = 0;
        while at < bytes.len() {
            if self.escaped {
                self.escaped = false;
                at += 1;
            } else if self.in_string {
                let Some(next) = memchr3(b'"', b'\\', b'\n', &bytes[at..]) else { return Found::More };
                at += next + 1;
                match bytes[at - 1] {
                    b'"' => self.in_string = false,
                    b'\\' => self.escaped = true,
                    _ => {
                        *self = Scan::default();
                        return Found::Broken(at);
                    }
                }
            } else {
                let Some(next) = memchr3(b'"', b'{', b'}', &bytes[at..]) else { return Found::More };
                at += next + 1;
                match bytes[at - 1] {
                    b'"' => self.in_string = true,
                    b'{' => self.depth += 1,
                    _ => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            return Found::End(at);
                        }
                    }
                }
            }
        }
        Found::More
    }
}
