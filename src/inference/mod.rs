//! One request for an answer, between the protocols that clients speak and the providers that answer.
//!
//! A protocol turns its request into a [`prompt::Prompt`] and writes the [`event::Event`]s of the answer; neither
//! knows a provider. [`conversation::Conversation`] reads one answer within the time limits of the settings.

pub mod attempt;
pub mod conversation;
pub mod event;
mod failure;
pub mod media;
pub mod prompt;
pub mod record;
pub mod run;
pub mod usage;
