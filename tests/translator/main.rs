//! The translator on whole transcripts, cut at every byte, and on arbitrary bytes; and the JSON of requests and
//! answers.

mod answers;
mod anthropic_answers;
mod anthropic_requests;
#[path = "../lib/expected.rs"]
mod expected;
mod faults;
mod fixtures;
mod limits;
mod properties;
mod requests;
mod support;
mod tools;
