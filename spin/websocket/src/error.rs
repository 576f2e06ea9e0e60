//! The interface's errors, for code without bindings.

/// A response to the upgrade request other than 101.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// Pairs of a lower-case name and a value.
    pub headers: Vec<(String, String)>,
    /// At most the first 64 KiB; invalid UTF-8 is replaced.
    pub body: String,
}

/// The reason why a connection failed or ended: see `wit/websocket.wit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The host does not resolve this name.
    Unresolved(String),
    Unreachable(String),
    Refused(Refusal),
    Closed {
        code: u16,
        reason: String,
    },
    Broken(String),
}
