//! Reads the answer from the stream's bytes: frames, events and assembly together.

use super::{
    assemble::{Assembler, Expected},
    event,
};
use crate::{
    inference::event::{Events, Finish},
    providers::{
        ProviderError,
        grok_web::{
            classify,
            frames::{FrameBytes, Frames},
        },
    },
};

/// The bytes of a body without frames that are kept to classify it.
const PREAMBLE: usize = 2 << 10;

/// Reads one answer.
#[derive(Debug, Default)]
pub struct Reader {
    frames: Frames,
    assembler: Assembler,
    /// The start of the body, until its first frame.
    preamble: Vec<u8>,
    any_frame: bool,
}

impl Reader {
    /// Returns a reader before the first byte. `filtered_tags` are names of elements to remove, separated by commas.
    pub fn new(filtered_tags: &str) -> Self {
        Reader::expecting(Expected::Text, filtered_tags)
    }

    /// Returns a reader as [`Reader::new`] does, for an answer of this form.
    pub fn expecting(expected: Expected, filtered_tags: &str) -> Self {
        Reader { assembler: Assembler::new(expected, filtered_tags), ..Self::default() }
    }

    /// Processes the bytes of one read. After an error the answer is over, and `events` holds what was read before
    /// it.
    pub fn push(&mut self, chunk: &[u8], events: &mut Events) -> Result<(), ProviderError> {
        if !self.any_frame {
            let room = PREAMBLE - self.preamble.len();
            self.preamble.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if classify::is_page(&self.preamble) {
                return Err(ProviderError::AntiBot);
            }
        }
        let Reader { frames, assembler, any_frame, .. } = self;
        let read = frames.push(chunk, |bytes| {
            let mut each = |event: event::Event| assembler.push(event, events);
            let length = match bytes {
                FrameBytes::Ahead(text) => event::read_ahead(text, &mut each)?,
                FrameBytes::Whole(bytes) => event::read_frame(bytes, &mut each)?.then_some(bytes.len()),
            };
            *any_frame |= length.is_some();
            Ok(length)
        });
        if read == Err(ProviderError::TooLong) {
            self.assembler.close(events);
        }
        read
    }

    /// Returns whether the answer has begun. Before that, another account may be tried.
    pub fn started(&self) -> bool {
        self.assembler.started()
    }

    /// Returns whether nothing relevant can follow.
    pub fn closing(&self) -> bool {
        self.assembler.closing()
    }

    /// Ends the answer after the body has ended or broken off. Fails if the answer is not complete.
    pub fn finish(&mut self, events: &mut Events) -> Result<Finish, ProviderError> {
        if !self.any_frame {
            // Half an object means nothing: its words may be the client's own, repeated.
            let words = if self.frames.inside() { &[][..] } else { &self.preamble };
            return Err(classify::from_text(words));
        }
        self.assembler.finish(events)
    }

    /// Ends the text early, for a reason such as a timeout, and appends what was held back.
    pub fn close(&mut self, events: &mut Events) {
        self.assembler.close(events);
    }
}
