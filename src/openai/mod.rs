//! The OpenAI side: what clients send, and what they are sent.

pub mod answer;
pub mod chat;
pub mod completion;
mod failure;
mod files;
pub mod ledger;
pub mod models;
mod prompt;
pub mod render;
pub mod sse;
#[cfg(test)]
mod tests;
pub mod types;
mod validate;
pub mod wire;
