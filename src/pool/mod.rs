//! What an attempt does to its account, as pure functions.
//!
//! [`outcome::effect`] maps the outcome of an attempt to cooldowns, strikes and quota. The statements that choose an
//! account and write an effect are in [`crate::store::accounts`].

pub mod outcome;
