//! Anthropic's API: Messages, and the count of their tokens.
//!
//! * [`messages`] answers `POST /v1/messages`, [`count_tokens`] the route of that name.
//! * [`models`] decides which model answers for a name, also for the names of Claude.
//! * [`error`] has Anthropic's error body, which every failure below `/v1/messages` gets.

pub mod count_tokens;
pub mod error;
pub mod messages;
pub mod models;
