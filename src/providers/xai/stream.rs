//! Reads the answer from the stream's bytes: lines, events and assembly together.

use super::{
    assemble::{Asked, Assembler},
    failure,
    sse::EventLines,
};
use crate::{
    inference::{
        event::{Events, Finish},
        usage::Usage,
    },
    providers::ProviderError,
};

/// Reads one answer.
#[derive(Debug)]
pub struct Reader {
    lines: EventLines,
    assembler: Assembler,
}

impl Reader {
    /// Returns a reader before the first byte.
    pub fn new(asked: Asked) -> Self {
        Reader { lines: EventLines::default(), assembler: Assembler::new(asked) }
    }

    /// Processes the bytes of one read. Returns `Finish` when the answer is complete. After an error the answer is over,
    /// and `events` holds what was read before it.
    pub fn push(&mut self, chunk: &[u8], events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        let Reader { lines, assembler } = self;
        let read = lines.push(chunk, |data| assembler.data(data, events));
        self.ended(read, events)
    }

    /// Ends the answer after the body has ended, or has broken off. Fails if the answer is not complete.
    pub fn finish(&mut self, is_broken: bool, events: &mut Events) -> Result<Finish, ProviderError> {
        let Reader { lines, assembler } = self;
        let read = lines.finish(|data| assembler.data(data, events));
        if let Some(finish) = self.ended(read, events)? {
            return Ok(finish);
        }
        self.assembler.flush(events);
        match (self.assembler.has_started(), is_broken) {
            (true, _) | (false, true) => Err(ProviderError::Cut),
            // Half an event is not an error of the API.
            (false, false) if self.assembler.has_events() => Err(ProviderError::Empty),
            (false, false) => Err(failure::of_body(self.lines.stray())),
        }
    }

    /// Returns whether the answer has begun. Before that, another account may be tried.
    pub fn started(&self) -> bool {
        self.assembler.has_started()
    }

    /// Returns what the answer used, once it is complete.
    pub fn usage(&self) -> Option<Usage> {
        self.assembler.usage()
    }

    /// Appends the text that was held back.
    pub fn close(&mut self, events: &mut Events) {
        self.assembler.flush(events);
    }

    fn ended(&mut self, read: Result<(), ProviderError>, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        if let Err(error) = read {
            self.assembler.flush(events);
            return Err(error);
        }
        Ok(self.assembler.finish())
    }
}
