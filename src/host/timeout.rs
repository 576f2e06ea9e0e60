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
    /// How many calls have not read the clock.
    unread: u32,
}

/// The most calls of [`IdleTimer::before`] that do not read the clock.
const MOST_UNREAD: u32 = 16;

impl IdleTimer {
    /// Returns a timer that is not running.
    pub fn new(host: Rc<dyn Host>) -> Self {
        IdleTimer { host, running: None, unread: 0 }
    }

    /// Returns the future's output, or `None` if the monotonic clock reaches `due` (milliseconds) first.
    pub async fn before<F: Future + Unpin>(&mut self, due: u64, mut future: F) -> Option<F::Output> {
        loop {
            // Each reading of the clock is a call of the host. While a timer runs that fires in time, few are needed: they
            // end a future that is always ready.
            let mut running = self.running.take().filter(|(rings, _)| *rings <= due);
            self.unread += 1;
            if running.is_none() || self.unread > MOST_UNREAD {
                self.unread = 0;
                let now = self.host.monotonic_ms();
                if now >= due {
                    self.running = running;
                    return None;
                }
                running = running.or_else(|| Some((due, self.host.sleep(Duration::from_millis(due - now)))));
            }
            let (rings, timer) = running.expect("one runs, or was started above");
            match select(future, timer).await {
                Either::Left((output, timer_left)) => {
                    self.running = Some((rings, timer_left));
                    return Some(output);
                }
                Either::Right(((), future_left)) => future = future_left,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::host::native::NativeHost;

    #[test]
    fn a_future_that_is_always_ready_ends() {
        let host = NativeHost::new();
        let (clock, app) = (host.clone(), host.app());
        let given = host.run(async move {
            let mut timer = IdleTimer::new(app.host.clone());
            let mut given = 0;
            while given < 1_000 && timer.before(100, ready(())).await.is_some() {
                given += 1;
                if given == 10 {
                    clock.advance(Duration::from_millis(200));
                }
            }
            given
        });
        assert!((10..=10 + MOST_UNREAD).contains(&given), "{given} outputs");
    }

    #[test]
    fn a_silent_future_ends_when_it_is_due() {
        let host = NativeHost::new();
        let app = host.app();
        let (ended, at) = host.run(async move {
            let mut timer = IdleTimer::new(app.host.clone());
            assert_eq!(timer.before(50, ready(1)).await, Some(1));
            (timer.before(80, std::future::pending::<()>()).await, app.host.monotonic_ms())
        });
        assert_eq!((ended, at), (None, 80));
    }
}
