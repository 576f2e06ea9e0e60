//! A clock that stands still until a test moves it, or the host does when every task waits.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures::{FutureExt, channel::oneshot, future::LocalBoxFuture};

/// The initial time in Unix milliseconds: 2026-01-29 08:00:00 UTC.
pub const START: i64 = 1_769_673_600_000;

#[derive(Clone)]
pub struct Clock(Rc<Inner>);

struct Inner {
    now: Cell<i64>,
    timers: RefCell<Vec<Timer>>,
}

struct Timer {
    due: i64,
    ring: oneshot::Sender<()>,
}

impl Default for Clock {
    fn default() -> Self {
        Clock(Rc::new(Inner { now: Cell::new(START), timers: RefCell::default() }))
    }
}

impl Clock {
    /// Returns the time in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.0.now.get()
    }

    /// Returns a future that ends when the clock has moved by `duration`.
    pub fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        let (ring, bell) = oneshot::channel();
        self.0.timers.borrow_mut().push(Timer { due: self.now_ms() + millis(duration), ring });
        bell.map(drop).boxed_local()
    }

    /// Moves the clock forward and fires the timers that are due.
    pub fn advance(&self, by: Duration) {
        self.0.now.set(self.now_ms() + millis(by));
        self.ring();
    }

    /// Moves the clock to the next timer that a task still awaits. Returns false if there is none.
    pub fn jump(&self) -> bool {
        self.0.timers.borrow_mut().retain(|timer| !timer.ring.is_canceled());
        let Some(due) = self.0.timers.borrow().iter().map(|timer| timer.due).min() else { return false };
        self.0.now.set(due.max(self.now_ms()));
        self.ring();
        true
    }

    fn ring(&self) {
        let now = self.now_ms();
        let due = self.0.timers.borrow_mut().extract_if(.., |timer| timer.due <= now).collect::<Vec<_>>();
        for timer in due {
            // The waiting task may have been dropped.
            let _ = timer.ring.send(());
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).expect("tests stay within the centuries")
}
