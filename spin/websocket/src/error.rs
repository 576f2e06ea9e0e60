//! The interface's errors, for code that knows no bindings.

/// An answer to the upgrade request other than 101.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The first 64 KiB at most; bytes that are not UTF-8 are replaced.
    pub body: String,
}

/// Why there is no connection, or no longer: see `wit/websocket.wit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The host does not look this name up.
    Unresolved(String),
    Unreachable(String),
    Refused(Refusal),
    Closed {
        code: u16,
        reason: String,
    },
    Broken(String),
}
