//! The protocols that clients speak: one folder each, a thin adapter.
//!
//! A protocol parses a request into a [`Prompt`](crate::inference::prompt::Prompt) and writes
//! [`Event`](crate::inference::event::Event)s in its own wire format, streamed or collected. It never knows a
//! provider. CONTRIBUTING.md lists the steps for a new protocol. [`openai`] has Chat Completions and the
//! models, [`anthropic`] has Messages; [`answer`], [`fields`], [`inline_pictures`] and [`sse`] have what protocols
//! share.
//!
//! ```ignore
//! let read = async |body, record| my_json_to_prompt(&app, &body, record);
//! exchange(app.clone(), key, request, read).await
//! ```

pub mod answer;
pub mod anthropic;
pub mod fields;
pub mod inline_pictures;
pub mod openai;
pub mod sse;
