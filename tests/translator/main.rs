//! The translator on whole transcripts, cut wherever a network may cut them, and on whatever bytes there can be.

mod fixtures;
mod properties;
mod support;
