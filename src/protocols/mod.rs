//! What clients speak: one folder a protocol, each a thin adapter.
//!
//! A protocol parses a request into an [`inference::prompt::Prompt`](crate::inference::prompt::Prompt) and writes
//! [`inference::event::Event`](crate::inference::event::Event)s in its own wire format, streamed and whole. It knows no
//! provider: a new protocol is a new folder here and a line in the router.

pub mod openai;
pub mod sse;
