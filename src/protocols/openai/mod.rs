//! OpenAI's protocol: [`chat_completions`], [`models`], and the [`error`] body of both.

pub mod chat_completions;
pub mod error;
pub mod models;
#[cfg(test)]
mod tests;
