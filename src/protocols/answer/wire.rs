//! What a protocol provides to have its answers written.

use futures::future::LocalBoxFuture;

use super::message::{Collected, Message};
use crate::{
    error::Error,
    inference::{event::Finish, record::RequestRecord, usage::Usage},
    settings::Settings,
};

/// How a protocol writes answers. One value a request. Protocols share the code that reads answers, because a copy of it
/// for each of them would be large.
pub trait Wire: 'static {
    /// Returns whether the text may have reasoning in it, between `<think>` and `</think>`.
    fn allows_raw_reasoning(&self) -> bool {
        true
    }
    /// Notes what is known now that an account answers, before anything is written.
    fn begin(&self, _settings: &Settings, _record: &RequestRecord) {}
    /// Returns a new stream, to which nothing has been written.
    fn stream(&self) -> Box<dyn StreamWriter>;
    /// Returns the whole answer as JSON.
    fn json(&self, message: &Collected, ending: &Ending<'_>) -> Vec<u8>;
    /// Returns work to do before the end of a complete answer is sent, if there is some.
    fn keep(&self) -> Option<LocalBoxFuture<'static, ()>> {
        None
    }
}

/// A message that is written as server-sent events.
pub trait StreamWriter: Message + 'static {
    /// Returns the bytes that are ready, and removes them.
    fn take(&mut self) -> Vec<u8>;
    /// Appends what keeps a quiet connection open and means nothing to clients.
    fn keep_alive(&mut self);
    /// Appends the end of a complete answer.
    fn finish(&mut self, ending: &Ending<'_>);
    /// Appends the end of an answer that failed, which clients must not take for complete.
    fn error(&mut self, error: &Error);
    /// Returns work to do before the end of a complete answer is sent, if there is some.
    fn keep(&self) -> Option<LocalBoxFuture<'static, ()>> {
        None
    }
    /// Returns the estimated number of tokens so far.
    fn completion_tokens(&self) -> u64;
}

/// How a complete answer ended.
#[derive(Debug)]
pub struct Ending<'a> {
    pub finish: Finish,
    /// The sources that the text cites, in its order.
    pub citations: &'a [Cited],
    pub usage: Usage,
}

/// A source that the text cites: its link is `start` to before `end`, in characters (Unicode code points).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    pub start: u64,
    pub end: u64,
    pub title: String,
    pub url: String,
}
