//! One OpenAI-compatible API over a pool of Grok accounts.

pub mod grok;
