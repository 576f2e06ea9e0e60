//! Server-sent events: the keep-alive comment of an idle stream.

/// When an idle stream sends a comment, which clients ignore. It keeps proxies from closing the connection, and
/// detects a client that has disconnected. The first one comes late, because some parsers fail on comments.
#[derive(Debug, Clone, Copy)]
pub struct KeepAlive {
    /// When the next comment is due, on the host's monotonic clock in milliseconds.
    pub due: u64,
}

impl KeepAlive {
    /// The bytes of the comment.
    pub const COMMENT: &[u8] = b": waiting\n\n";
    /// Milliseconds from an event to the first comment, and from one comment to the next.
    const FIRST: u64 = 10_000;
    const EACH: u64 = 5_000;

    /// Returns when the next comment is due after an event. `now` is the host's monotonic clock in milliseconds.
    pub fn after_event(now: u64) -> Self {
        KeepAlive { due: now + Self::FIRST }
    }

    /// Returns when the next comment is due after a comment. `now` is the host's monotonic clock in milliseconds.
    pub fn after_comment(now: u64) -> Self {
        KeepAlive { due: now + Self::EACH }
    }
}
