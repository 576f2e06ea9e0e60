//! The request for an answer, independent of the client's protocol.

use bytes::Bytes;

use super::usage::Tally;

/// A request for an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// In the order of the dialogue. Their parts refer to pictures by index.
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

/// A picture that the client sent, or that was fetched for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// As found in the picture's bytes: `image/png`, …
    pub mime_type: &'static str,
    pub bytes: Bytes,
}

impl Prompt {
    /// Returns an estimate of the prompt's language tokens. Pictures do not count.
    pub fn tokens(&self) -> u64 {
        let mut tally = Tally::default();
        for part in self.messages.iter().flat_map(|message| &message.parts) {
            if let Part::Text(text) = part {
                tally.add(text);
            }
        }
        // Three for the role and the ends of a message, as OpenAI counts them.
        tally.tokens() + 3 * self.messages.len() as u64
    }
}
