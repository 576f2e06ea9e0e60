//! The OpenAI side: what clients send, and what they are sent.

pub mod chat_completions;
pub mod error;
pub mod models;
#[cfg(test)]
mod tests;
