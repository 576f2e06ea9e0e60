//! The upstream's bytes to the answer: frames, events and translation put together.

use super::event;
use super::fault::{self, Fault};
use super::frames::{Bytes, Frames};
use super::out::Out;
use super::translate::{Finish, Options, Translator};

/// As much of a body without frames as is looked at to say what it is.
const PREAMBLE: usize = 2 << 10;

/// Reads one answer. Streamed and collected answers differ only in when their [`Out`] is written.
#[derive(Debug, Default)]
pub struct Reader {
    frames: Frames,
    translator: Translator,
    /// The body's beginning, until its first frame.
    preamble: Vec<u8>,
    any_frame: bool,
}

impl Reader {
    pub fn new(options: &Options) -> Self {
        Reader { translator: Translator::new(options), ..Self::default() }
    }

    /// Takes what one read gave. After an error the answer is over; `out` then holds what closes its text.
    pub fn push(&mut self, chunk: &[u8], out: &mut Out) -> Result<(), Fault> {
        if !self.any_frame {
            let room = PREAMBLE - self.preamble.len();
            self.preamble.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if fault::is_page(&self.preamble) {
                return Err(Fault::AntiBot);
            }
        }
        let Reader { frames, translator, any_frame, .. } = self;
        let read = frames.push(chunk, |bytes| {
            let mut each = |event: event::Event| translator.push(event, out);
            let length = match bytes {
                Bytes::Ahead(text) => event::read_ahead(text, &mut each)?,
                Bytes::Whole(bytes) => event::read_frame(bytes, &mut each)?.then_some(bytes.len()),
            };
            *any_frame |= length.is_some();
            Ok(length)
        });
        if read == Err(Fault::TooLong) {
            self.translator.close(out);
        }
        read
    }

    /// Whether the answer has begun; until then another account may still be asked.
    pub fn started(&self) -> bool {
        self.translator.started()
    }

    /// Whether nothing that matters can follow.
    pub fn closing(&self) -> bool {
        self.translator.closing()
    }

    /// Ends the answer, when the body has ended or broken off.
    pub fn finish(&mut self, out: &mut Out) -> Result<Finish, Fault> {
        if !self.any_frame {
            // Half an object says nothing: its words may be the client's own, handed back.
            let words = if self.frames.inside() { &[][..] } else { &self.preamble };
            return Err(fault::from_text(words));
        }
        self.translator.finish(out)
    }

    /// Ends the text where it stands, for reasons of our own such as a time-out.
    pub fn close(&mut self, out: &mut Out) {
        self.translator.close(out);
    }
}
