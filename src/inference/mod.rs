//! One request for an answer, between the protocols that clients speak and the providers that answer.
//!
//! Owns the prompt, the events of an answer, the attempts on several accounts and the record of the request. Never
//! parses a client's format or writes markup. Only the texts in `failure` and `run` name providers.
//!
//! ```ignore
//! run(&app, &key, request, record, &delivery).await // which responds in the protocol's format
//! ```
//!
//! - [`run`]: tries accounts until an answer begins; [`attempt`]: which accounts, and how many.
//! - [`asker`]: one account, to be asked; [`conversation`]: reads one answer within the time limits of the settings.
//! - [`shape`]: tools, structured output, stop sequences and length, where the provider has none, with [`emulate`] and
//!   [`limits`].
//! - [`prompt`], [`event`]: the request and the answer, independent of protocol and provider.
//! - [`emulate`]: tools and structured output for providers without them, by words.
//! - [`record`], [`usage`]: the log row of the request, and its token counts.
//! - [`media`]: addresses for the answer's pictures and videos; `failure`: provider errors as the client sees them.

pub mod asker;
pub mod attempt;
pub mod conversation;
pub mod emulate;
pub mod event;
mod failure;
pub mod limits;
pub mod media;
pub mod prompt;
pub mod record;
pub mod run;
pub mod shape;
pub mod usage;
