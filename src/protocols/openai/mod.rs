//! OpenAI's protocol: [`chat_completions`], [`responses`], [`images`], [`models`], and the [`error`] body of all.

pub mod chat_completions;
pub mod error;
pub mod images;
pub mod models;
pub mod responses;
#[cfg(test)]
mod tests;
