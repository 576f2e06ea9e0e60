//! What a request leaves behind in its instance.

use std::cell::Cell;
use std::hint::black_box;
use std::mem::forget;
use std::time::Duration;

use futures::poll;
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Response};
use spin_sdk::wasip3::{spawn, wit_future, wit_stream};

use crate::{Query, number, text};

thread_local! {
    static USES: Cell<u32> = const { Cell::new(0) };
}

/// Answers how often this instance did, which is what a program that keeps something between requests sees.
pub fn uses() -> Response {
    text(USES.replace(USES.get() + 1).to_string())
}

/// Leaves what the query names, and ends as if it had not.
pub async fn leave(query: &Query) -> Response {
    match query["what"].as_str() {
        "resource" => forget(Fields::new()),
        "stream" => forget(wit_stream::new::<u8>()),
        "future" => forget(wit_future::new::<Result<(), ErrorCode>>(|| Ok(()))),
        "subtask" => {
            let mut waiting = Box::pin(sleep(Duration::from_millis(number(query, "ms"))));
            let _ = poll!(&mut waiting);
            forget(waiting);
        }
        "memory" => drop(black_box(vec![1_u8; number(query, "bytes")])),
        "work" => spawn(sleep(Duration::from_millis(number(query, "ms")))),
        _ => {}
    }
    text("left")
}
