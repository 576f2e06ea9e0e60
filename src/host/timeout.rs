//! Time limits on futures, on the host's clock.

use std::{future::Future, pin::pin, rc::Rc, time::Duration};

use futures::future::{Either, LocalBoxFuture, select};

use super::Host;

/// Returns the future's output, or `None` if the limit passes first. Without a limit it waits until the future ends.
/// A future that loses is dropped, which ends whatever it waited for.
pub async fn timeout<F: Future>(host: &dyn Host, limit: Option<Duration>, future: F) -> Option<F::Output> {
    let Some(limit) = limit else {
        return Some(future.await);
    };
    match select(pin!(future), host.sleep(limit)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(((), _)) => None,
    }
}

/// A point on the host's monotonic clock that several steps must keep together.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(u64);

impl Deadline {
    /// Returns the point that is `limit` from now.
    pub fn after(host: &dyn Host, limit: Duration) -> Self {
        Deadline(host.monotonic_ms().saturating_add(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Returns an equal share of the remaining time for the first of `steps` steps. Time that one step leaves goes to
    /// the others.
    pub fn share(self, host: &dyn Host, steps: usize) -> Duration {
        let left = Duration::from_millis(self.0.saturating_sub(host.monotonic_ms()));
        left / u32::try_from(steps.max(1)).unwrap_or(u32::MAX)
    }
}

/// A timer for a deadline that moves with each chunk of a stream. A running timer keeps running and is armed again
/// only if it fires too early, so a chunk needs no timer of its own.
pub struct IdleTimer {
    host: Rc<dyn Host>,
    /// When the running timer fires, in milliseconds of the host's monotonic clock.
    running: Option<(u64, LocalBoxFuture<'static, ()>)>,
}

impl IdleTimer {
    /// Returns a timer that is not running.
    pub fn new(host: Rc<dyn Host>) -> Self {
        IdleTimer { host, running: None }
    }

    /// Returns the future's output, or `None` if the monotonic clock reaches `due` (milliseconds) first.
    pub async fn before<F: Future + Unpin>(&mut self, due: u64, mut future: F) -> Option<F::Output> {
        loop {
            let now = self.host.monotonic_ms();
            if now >= due {
                return None;
            }
            let timer = match self.running.take() {
                Some((rings, timer)) if rings <= due => (rings, timer),
                _ => (due, self.host.sleep(Duration::from_millis(due - now))),
            };
            match select(future, timer.1).await {
                Either::Left((output, timer_left)) => {
                    self.running = Some((timer.0, timer_left));
                    return Some(output);
                }
                Either::Right(((), future_left)) => future = future_left,
            }
        }
    }
}
