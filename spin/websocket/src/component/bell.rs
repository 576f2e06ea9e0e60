//! Wakes tasks of this component from other tasks.
//!
//! A task's waker cannot wake another task. wit-bindgen's feature `inter-task-wakeup` supports that, but cannot be enabled
//! for this crate alone. The end of a stream wakes a task too: a waiting task reads a stream, and ringing drops its writer.

use std::cell::RefCell;

use spin_sdk::{wasip3::wit_stream, wit_bindgen::StreamWriter};

#[derive(Default)]
pub struct Bell {
    /// The stream's writer of each task that waits, or has stopped waiting.
    waiting: RefCell<Vec<StreamWriter<u8>>>,
}

impl Bell {
    /// Waits until the bell is rung. Misses a ring before the first poll: check the condition first.
    pub async fn heard(&self) {
        let (writer, mut reader) = wit_stream::new();
        self.waiting.borrow_mut().push(writer);
        reader.read(Vec::with_capacity(1)).await;
    }

    /// Wakes all waiting tasks.
    pub fn ring(&self) {
        self.waiting.take();
    }
}
