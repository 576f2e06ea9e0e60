//! Server-sent events: the comment that keeps a quiet stream open.

/// When a stream that has nothing to say sends a comment, which clients skip. It keeps proxies from closing the
/// connection, and shows whether the client is still there. Most answers have none: some parsers fail on comments.
#[derive(Debug, Clone, Copy)]
pub struct KeepAlive {
    /// When the next comment is due, on the host's monotonic clock in milliseconds.
    pub due: u64,
}

impl KeepAlive {
    pub const COMMENT: &[u8] = b": waiting\n\n";
    /// How long after an event the first comment follows, and each other one after the one before, in milliseconds.
    const FIRST: u64 = 10_000;
    const EACH: u64 = 5_000;

    /// An event has been sent.
    pub fn after_event(now: u64) -> Self {
        KeepAlive { due: now + Self::FIRST }
    }

    /// A comment has been sent.
    pub fn after_comment(now: u64) -> Self {
        KeepAlive { due: now + Self::EACH }
    }
}
