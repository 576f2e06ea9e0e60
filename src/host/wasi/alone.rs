//! Keeps an instance to one request at a time.
//!
//! Spin counts a request as done when the head of its response is out. It would then give the instance the next one, and a
//! trap in that one would end the stream of the first, which would look complete.

use spin_sdk::wit_bindgen::{backpressure_dec, backpressure_inc};

/// While it lives, the host gives this instance no other request. Everything that still works for a request holds it.
pub struct Alone(());

impl Alone {
    /// Refuses further requests until it is dropped.
    pub fn begin() -> Self {
        backpressure_inc();
        Alone(())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        backpressure_dec();
    }
}
