//! Grok's messages on a scripted WebSocket, for tests.

use serde_json::{Value, json};

use crate::host::native::{Answer, Frame};

pub const USER: &str = "8f1c1e0a-9f3e-4a5f-8f7f-2b0b5a8e4f10";
const SESSION: &str = "c-1";

/// Returns one event in its envelope.
pub fn event(event: Value) -> Frame {
    Frame::Text(json!({ "session_id": SESSION, "event": event }).to_string())
}

/// Returns the server's side until the question has arrived.
pub fn opened() -> Vec<Frame> {
    vec![
        Frame::AfterSent(1),
        event(json!({ "type": "session.created" })),
        event(json!({ "type": "conversation.attached", "conversation": { "id": SESSION } })),
        Frame::AfterSent(3),
        event(json!({ "type": "response.created", "response": { "id": "r-1" } })),
    ]
}

/// Returns a payload of the answer.
pub fn chunk(payload: Value) -> Frame {
    event(json!({ "type": "response.chunk", "response_id": "r-1", "chunk": payload }))
}

/// Returns a piece of the answer's text.
pub fn text(text: &str) -> Frame {
    chunk(json!({ "text": { "text": text, "channel": "CHANNEL_ASSISTANT_RESPONSE" } }))
}

/// Returns a piece of the reasoning.
pub fn thought(text: &str) -> Frame {
    chunk(json!({ "text": { "text": text, "channel": "CHANNEL_ASSISTANT_NOTETAKER_SUMMARY" } }))
}

/// Returns a finished picture.
pub fn picture(path: &str) -> Frame {
    let image = json!({ "imageUuid": "i-1", "progress": 100, "imageUrl": path });
    chunk(json!({ "render_generated_image": { "id": "g-1", "image_chunk": image } }))
}

/// Returns the end of the answer.
pub fn done(status: &str) -> Frame {
    event(json!({ "type": "response.done", "response": { "id": "r-1", "status": status } }))
}

/// Returns an error inside the answer and the end that follows it.
pub fn stream_error(kind: &str) -> Vec<Frame> {
    let error = json!({ "kind": kind, "message": "words of the service" });
    vec![event(json!({ "type": "response.grok.output", "output": { "stream_error": error } })), done("incomplete")]
}

/// Returns a whole turn.
pub fn turn(answer: impl IntoIterator<Item = Frame>) -> Vec<Frame> {
    opened().into_iter().chain(answer).chain([done("completed"), Frame::Hang]).collect()
}

/// Returns the response to the request for the account's user id.
pub fn identity(user_id: &str) -> Answer {
    Answer::new(200, json!({ "status": "authenticated", "session": { "userId": user_id } }).to_string())
}
