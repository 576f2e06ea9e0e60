//! Work that no request waits for: [`maintenance`] once a day, and [`reencrypt`] after a change of `encryption_key`.
//!
//! Both run in slices that fit into the limits of one Worker invocation, beside or after the request that found them due.

pub mod invalid_tokens;
pub mod maintenance;
pub mod reencrypt;
