//! The protocols that clients speak: one folder each, a thin adapter.
//!
//! A protocol parses a request into a [`Prompt`](crate::inference::prompt::Prompt) and writes
//! [`Event`](crate::inference::event::Event)s in its own wire format, streamed or collected. It never knows a
//! provider. CONTRIBUTING.md lists the steps for a new protocol. [`openai`] has Chat Completions and the
//! models; [`fields`] and [`sse`] have what protocols share.
//!
//! ```ignore
//! let (request, format) = read(request, &mut record).await?; // its JSON → prompt
//! run(&app, &key, request, record, async |answer, record| format.respond(&app, answer, record).await).await
//! ```

pub mod fields;
pub mod openai;
pub mod sse;
