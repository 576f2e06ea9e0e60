//! The effect of an attempt on its account, as pure functions.
//!
//! Owns the rule that maps the outcome of an attempt to cooldowns, strikes and quota. Never reads the clock, the
//! database or the network: [`crate::store::accounts`] chooses accounts, [`crate::store::requests`] writes effects.
//!
//! ```ignore
//! let effect = outcome::effect(Outcome::Failed(&error), &used, now);
//! ```
//!
//! - [`outcome`]: the outcomes, and the table of their effects.

pub mod outcome;
