//! Finds the JSON objects in Grok's byte stream.
//!
//! Usually each line is one object. But objects may also be joined, split anywhere (inside a UTF-8 character too),
//! preceded by `data:` or a byte-order mark, or lack a last newline. An object therefore ends where its braces
//! balance, never at a newline. Bytes between two objects are skipped.

use memchr::{memchr, memchr3, memrchr};

/// The largest object in bytes. A larger one breaks the answer, so that Grok cannot fill the memory.
pub const MAX_FRAME: usize = 8 << 20;

/// An object exceeds [`MAX_FRAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTooLong;

/// Passes `each` the objects of a complete message, as [`Frames::push`] does. The connection limits the length of a
/// message, so its objects have no limit of their own. An object without an end is skipped. Fails if `each` does.
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

/// The scanner. It keeps the bytes of an unfinished object; a finished one that came in one chunk is never copied.
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
    /// A raw newline inside a string: the object is not JSON. Reading starts again at this offset.
    Broken(usize),
    More,
}

/// Bytes at which an object starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameBytes<'b> {
    /// The end of the object is unknown. Return its length if it could be parsed, else `None`.
    Ahead(&'b str),
    /// Exactly one object by its braces. The returned length is ignored.
    Whole(&'b [u8]),
}

impl Frames {
    /// Adds bytes and passes `each` every object that they complete. Fails if `each` does, or if an object exceeds
    /// [`MAX_FRAME`].
    ///
    /// An object is first passed as [`FrameBytes::Ahead`]: if the parser succeeds, it has found the end, and the
    /// bytes need no second pass. Otherwise the braces are counted, and the object comes as [`FrameBytes::Whole`].
    pub fn push<E: From<FrameTooLong>>(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(FrameBytes) -> Result<Option<usize>, E>,
    ) -> Result<(), E> {
        // The text is checked once as a whole, so that the parser need not check every string.
        let text = valid_text(chunk);
        // No object ends after the last closing brace, so an object that starts there is not parsed ahead.
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
    /// Returns whether an object has begun and not ended.
    pub fn inside(&self) -> bool {
        self.scan.depth > 0
    }
}

fn within_limit(length: usize) -> Result<(), FrameTooLong> {
    if length > MAX_FRAME { Err(FrameTooLong) } else { Ok(()) }
}

/// Returns the valid UTF-8 at the start of `bytes`.
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
