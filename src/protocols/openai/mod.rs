//! OpenAI's protocol: [`chat_completions`], [`images`], [`models`], and the [`error`] body of all.

pub mod chat_completions;
pub mod error;
pub mod images;
pub mod models;
#[cfg(test)]
mod tests;
