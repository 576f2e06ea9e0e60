//! Tests of parsing, and of the order of events.

mod events;
mod requests;
