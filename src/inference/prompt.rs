//! What is asked for, whatever protocol it came by.

use bytes::Bytes;

use super::usage::Tally;

/// One request for an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// In the order of the dialogue; parts name their pictures by index.
    pub messages: Vec<Message>,
    pub pictures: Vec<Picture>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Function,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// An index into [`Prompt::pictures`].
    Picture(usize),
}

/// A picture that the client sent along, or that was fetched for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// By the picture's own bytes: `image/png`, …
    pub mime_type: &'static str,
    pub bytes: Bytes,
}

impl Prompt {
    /// Returns an estimate of the prompt's language tokens; pictures count nothing.
    pub fn tokens(&self) -> u64 {
        let mut tally = Tally::default();
        for part in self.messages.iter().flat_map(|message| &message.parts) {
            if let Part::Text(text) = part {
                tally.add(text);
            }
        }
        // A role and the ends of a message, as OpenAI's own counting has it.
        tally.tokens() + 3 * self.messages.len() as u64
    }
}
