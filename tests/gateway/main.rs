//! The session on Grok's web gateway: recorded messages, cut and damaged at every place, their order, and memory.

#[path = "../lib/expected.rs"]
mod expected;
mod fixtures;
mod memory;
mod order;
mod properties;
mod support;
