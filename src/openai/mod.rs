//! The OpenAI side: what clients send, and what they are sent.

pub mod completion;
pub mod sse;
pub mod types;
mod validate;
pub mod wire;
