//! Finds the JSON objects in the upstream's byte stream.
//!
//! Usually there is one object a line, but objects also come glued together, split anywhere (inside a UTF-8 character
//! too), after `data:` or a byte-order mark, or without a last newline. An object therefore ends where its braces
//! balance, never at a newline; whatever stands between two objects is skipped.

use memchr::{memchr, memchr3};

/// The longest object that is taken: beyond it the answer is broken, and memory is not the upstream's to fill.
pub const MAX_FRAME: usize = 8 << 20;

/// An object grew beyond [`MAX_FRAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTooLong;

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

impl Frames {
    /// Feeds bytes; `each` gets every object they complete, and ends the feeding by an error.
    ///
    /// `parse_ahead` may say how long the object at the start of a slice is, having read it already: a parser that
    /// succeeds has found the end, and the bytes need no second look. Only when it cannot, braces are counted.
    pub fn push<E: From<FrameTooLong>>(
        &mut self,
        mut chunk: &[u8],
        mut each: impl FnMut(&[u8], Whole) -> Result<Option<usize>, E>,
    ) -> Result<(), E> {
        while !chunk.is_empty() {
            if self.scan.depth == 0 {
                let Some(start) = memchr(b'{', chunk) else { return Ok(()) };
                chunk = &chunk[start..];
                if let Some(length) = each(chunk, Whole::Perhaps)? {
                    if length > MAX_FRAME {
                        return Err(FrameTooLong.into());
                    }
                    chunk = &chunk[length..];
                    continue;
                }
            }
            match self.scan.run(chunk) {
                Found::End(end) => {
                    if self.partial.len() + end > MAX_FRAME {
                        return Err(FrameTooLong.into());
                    }
                    if self.partial.is_empty() {
                        each(&chunk[..end], Whole::Yes)?;
                    } else {
                        self.partial.extend_from_slice(&chunk[..end]);
                        each(&self.partial, Whole::Yes)?;
                        self.partial.clear();
                    }
                    chunk = &chunk[end..];
                }
                Found::Broken(next) => {
                    self.partial.clear();
                    chunk = &chunk[next..];
                }
                Found::More => {
                    if self.partial.len() + chunk.len() > MAX_FRAME {
                        return Err(FrameTooLong.into());
                    }
                    self.partial.extend_from_slice(chunk);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Whether an object has begun and not ended.
    pub fn inside(&self) -> bool {
        self.scan.depth > 0
    }
}

/// What is known of the slice handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// An object starts here; how far it reaches is not known. Answer its length if it was read, else `None`.
    Perhaps,
    /// Exactly one object. The answer counts for nothing.
    Yes,
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
