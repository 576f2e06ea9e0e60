//! The translator on whole transcripts, cut wherever a network may cut them, and on whatever bytes there can be; and
//! the shapes on both its ends.

mod answers;
#[path = "../lib/expected.rs"]
mod expected;
mod faults;
mod fixtures;
mod limits;
mod properties;
mod requests;
mod support;
