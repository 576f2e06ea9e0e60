//! Wakes tasks of this component from other tasks.
//!
//! A waker of one task cannot wake another: wit-bindgen can, with its feature `inter-task-wakeup`, which cannot be
//! enabled here alone. A stream that ends does so, too: a waiting task reads from one, and ringing drops its other end.

use std::cell::RefCell;

use spin_sdk::{wasip3::wit_stream, wit_bindgen::StreamWriter};

#[derive(Default)]
pub struct Bell {
    /// An end of the stream of each task that waits, or has given up.
    waiting: RefCell<Vec<StreamWriter<u8>>>,
}

impl Bell {
    /// Waits until the bell is rung. A bell rung before the first poll is not heard: check first what it would say.
    pub async fn heard(&self) {
        let (writer, mut reader) = wit_stream::new();
        self.waiting.borrow_mut().push(writer);
        reader.read(Vec::with_capacity(1)).await;
    }

    /// Wakes all that wait.
    pub fn ring(&self) {
        self.waiting.take();
    }
}
