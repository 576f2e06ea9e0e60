//! The stream's bytes to the answer: frames, their events and the assembly put together.

use super::{assemble::Assembler, event};
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

/// As much of a body without frames as is looked at to say what it is.
const PREAMBLE: usize = 2 << 10;

/// Reads one answer.
#[derive(Debug, Default)]
pub struct Reader {
    frames: Frames,
    assembler: Assembler,
    /// The body's beginning, until its first frame.
    preamble: Vec<u8>,
    any_frame: bool,
}

impl Reader {
    /// `filtered_tags` are names of elements to remove, separated by commas.
    pub fn new(filtered_tags: &str) -> Self {
        Reader { assembler: Assembler::new(filtered_tags), ..Self::default() }
    }

    /// Takes what one read gave. After an error the answer is over; `events` then holds what still belongs to it.
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

    /// Whether the answer has begun; until then another account may still be asked.
    pub fn started(&self) -> bool {
        self.assembler.started()
    }

    /// Whether nothing that matters can follow.
    pub fn closing(&self) -> bool {
        self.assembler.closing()
    }

    /// Ends the answer, when the body has ended or broken off.
    pub fn finish(&mut self, events: &mut Events) -> Result<Finish, ProviderError> {
        if !self.any_frame {
            // Half an object says nothing: its words may be the client's own, handed back.
            let words = if self.frames.inside() { &[][..] } else { &self.preamble };
            return Err(classify::from_text(words));
        }
        self.assembler.finish(events)
    }

    /// Ends the text where it stands, for reasons of our own such as a time-out.
    pub fn close(&mut self, events: &mut Events) {
        self.assembler.close(events);
    }
}
