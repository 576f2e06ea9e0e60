//! Inline previews of pictures have megabytes: reading them must not copy them.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use grok2api::{inference::event::Events, providers::grok_web::dial::MAX_MESSAGE};
use serde_json::json;

use crate::support::session;

/// The system's allocator, counting the bytes that the current thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

// The default `realloc` allocates, copies and frees, so a copy counts once.
#[allow(unsafe_code, reason = "an allocator cannot be written without it")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the most bytes that `run` held at once, and the bytes still held after it.
fn measured(run: impl FnOnce()) -> (isize, isize) {
    let before = HELD.get();
    MOST.set(before);
    run();
    (MOST.get() - before, HELD.get() - before)
}

/// Returns a preview whose message is almost as long as the limit.
fn preview(form: impl FnOnce(serde_json::Value) -> serde_json::Value) -> String {
    let inline = format!("data:image/jpeg;base64,{}", "/9j/4AAQ".repeat((MAX_MESSAGE as usize - 1024) / 8));
    let event = form(json!({ "imageUuid": "i-1", "progress": 50, "imageUrl": inline }));
    let message = json!({ "session_id": "c-1", "event": event }).to_string();
    assert!(message.len() <= MAX_MESSAGE as usize && message.len() > 15 << 20);
    message
}

/// Returns the bytes held while and after reading the preview.
fn reading(message: &str) -> (isize, isize) {
    let (mut session, mut events) = (session(""), Events::default());
    let opened = [
        json!({ "session_id": "c-1", "event": { "type": "session.created" } }),
        json!({ "session_id": "c-1", "event": { "type": "conversation.attached", "conversation": { "id": "c-1" } } }),
    ];
    for message in opened {
        session.receive(&message.to_string(), &mut events).expect("it opens");
    }
    let held = measured(|| assert_eq!(session.receive(message, &mut events), Ok(None)));
    assert!(session.started() && events.is_empty());
    held
}

#[test]
fn a_preview_is_not_copied() {
    let message = preview(
        |image| json!({ "type": "response.chunk", "chunk": { "render_generated_image": { "id": "g", "image_chunk": image } } }),
    );
    let (most, left) = reading(&message);
    assert!(most < 64 << 10 && left < 1 << 10, "{most} bytes at once, {left} left");
}

/// JSON text inside JSON has escapes, so the parser needs one copy.
#[test]
fn a_preview_in_a_card_of_json_text_is_copied_once_and_not_kept() {
    let message = preview(|image| {
        let card = json!({ "id": "g", "image_chunk": image }).to_string();
        json!({ "type": "response.grok.output", "output": { "card_attachment": card } })
    });
    let (most, left) = reading(&message);
    // The copy grows by doubling, and its last two sizes exist at the same time.
    assert!(most < 3 * (16 << 20) + (64 << 10) && left < 1 << 10, "{most} bytes at once, {left} left");
}

#[test]
fn a_truncated_message_is_not_kept() {
    let message = preview(|image| json!({ "type": "response.chunk", "chunk": image }));
    let (mut session, mut events) = (session(""), Events::default());
    let (most, left) = measured(|| {
        assert_eq!(session.receive(&message[..message.len() - 9], &mut events), Ok(None));
    });
    assert!(most < 64 << 10 && left < 1 << 10, "{most} bytes at once, {left} left");
}
