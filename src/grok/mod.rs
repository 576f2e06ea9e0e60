//! Grok's web back end: what is sent to it, and what its streamed answers mean.
//!
//! Out: [`payload`] turns a chat into the one message the service takes, [`headers`] dresses the request, [`models`]
//! says which model is meant, [`limits`] asks for what an account has left, [`token`] cleans what operators paste.
//! In: [`frames`] finds the JSON objects in the byte stream, [`event`] says what they mean, [`translate`] makes the
//! answer's text of them with the help of [`tags`]; [`answer::Reader`] is all of that in one. What goes wrong becomes a
//! [`fault::Fault`]. All of that is pure; [`client`] makes the calls.

pub mod answer;
pub mod client;
pub mod event;
pub mod fault;
pub mod flatten;
pub mod frames;
pub mod headers;
pub mod limits;
pub mod media;
pub mod models;
pub mod out;
pub mod payload;
pub mod tags;
pub mod token;
pub mod translate;
pub mod usage;
mod wire;
