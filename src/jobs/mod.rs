//! Background work: [`maintenance`] runs slices of what is due, and has three larger tasks.
//!
//! [`account_readings`] asks Grok about accounts, [`reencrypt`] encrypts secrets with the current `encryption_key`, and [`invalid_tokens`] marks accounts of earlier
//! releases that have no session token. Each runs in slices that fit into the limits of one Worker invocation, and
//! returns whether more is left:
//!
//! ```ignore
//! is_left |= invalid_tokens::run_batch(app).await?;
//! ```
//!
//! No client waits for this work, and a slice may fail or run twice without harm.

pub mod account_readings;
pub mod invalid_tokens;
pub mod maintenance;
pub mod reencrypt;
