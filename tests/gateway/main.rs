//! The session on Grok's web gateway: recorded shapes, cut and damaged wherever they may be, its order, its memory.

#[path = "../lib/expected.rs"]
mod expected;
mod fixtures;
mod memory;
mod order;
mod properties;
mod support;
