//! The client's messages on the WebSocket: events as JSON, each in its envelope `{session_id?, event}`.

use serde::Serialize;

use super::super::headers::uuid_v4;

/// The options of a new session.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// `auto`, `fast`, `expert` or `heavy`.
    pub mode: &'static str,
    /// Whether the conversation is kept out of the account's history.
    pub temporary: bool,
}

/// The capabilities that Grok's page announces, as far as answers depend on them.
const CAPABILITIES: [&str; 2] = ["conversation_attached", "custom_methods_v1"];
/// How many pictures one request makes, as on Grok's page.
const PICTURES: u32 = 2;

/// The start of a heartbeat's id.
pub const HEARTBEAT_PREFIX: &str = "evt_hb_";

#[derive(Serialize)]
struct Envelope<'a, E> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    event: E,
}

#[derive(Serialize)]
struct Create<'a> {
    r#type: &'static str,
    event_id: &'a str,
    session: Session,
}

#[derive(Serialize)]
struct Session {
    model: &'static str,
    x_grok: SessionOptions,
}

#[derive(Serialize)]
struct SessionOptions {
    protocol_capabilities: [&'static str; 2],
    use_chunk: bool,
    enable_side_by_side: bool,
    force_side_by_side: bool,
    enable_image_generation: bool,
    image_generation_count: u32,
    disable_text_follow_ups: bool,
    disable_artifact: bool,
    force_concise: bool,
    keep_context: bool,
    is_temporary: bool,
    disable_memory: bool,
}

/// Returns the first message of a connection, with all options of the session.
pub fn create(event_id: &str, options: Options) -> String {
    let x_grok = SessionOptions {
        protocol_capabilities: CAPABILITIES,
        use_chunk: true,
        enable_side_by_side: true,
        force_side_by_side: false,
        enable_image_generation: true,
        image_generation_count: PICTURES,
        disable_text_follow_ups: true,
        disable_artifact: true,
        force_concise: false,
        keep_context: false,
        is_temporary: options.temporary,
        disable_memory: true,
    };
    let session = Session { model: options.mode, x_grok };
    json(None, Create { r#type: "session.create", event_id, session })
}

#[derive(Serialize)]
struct CreateItem<'a> {
    r#type: &'static str,
    event_id: String,
    item: Item<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    file_attachment_ids: &'a [String],
}

#[derive(Serialize)]
struct Item<'a> {
    r#type: &'static str,
    role: &'static str,
    x_grok: ItemContent<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    file_attachment_ids: &'a [String],
}

#[derive(Serialize)]
struct ItemContent<'a> {
    client_message_id: String,
    input_chunks: Vec<InputChunk<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum InputChunk<'a> {
    Mention { target: Target<'a> },
    Text { text: &'a str },
}

#[derive(Serialize)]
struct Target<'a> {
    file_mention: FileMention<'a>,
}

#[derive(Serialize)]
struct FileMention<'a> {
    file_id: &'a str,
}

/// Returns the user's message. Files are mentioned before the text and listed twice, as on Grok's page.
pub fn create_item(session_id: &str, text: &str, file_ids: &[String], random: [u8; 16]) -> String {
    let client_message_id = uuid_v4(random);
    let mention = |id| InputChunk::Mention { target: Target { file_mention: FileMention { file_id: id } } };
    let input_chunks = file_ids.iter().map(|id| mention(id.as_str())).chain([InputChunk::Text { text }]).collect();
    let event_id = format!("evt_msg_{client_message_id}");
    let x_grok = ItemContent { client_message_id, input_chunks };
    let item = Item { r#type: "message", role: "user", x_grok, file_attachment_ids: file_ids };
    let event = CreateItem { r#type: "conversation.item.create", event_id, item, file_attachment_ids: file_ids };
    json(Some(session_id), event)
}

#[derive(Serialize)]
struct Plain<'a> {
    r#type: &'static str,
    event_id: &'a str,
}

/// Returns the event that requests the answer.
pub fn create_response(session_id: &str, event_id: &str) -> String {
    json(Some(session_id), Plain { r#type: "response.create", event_id })
}

/// Returns a heartbeat, which belongs to no session.
pub fn ping(event_id: &str) -> String {
    json(None, Plain { r#type: "ping", event_id })
}

/// Returns the reply to a `ping` of the server.
pub fn pong(event_id: &str) -> String {
    json(None, Plain { r#type: "pong", event_id })
}

fn json(session_id: Option<&str>, event: impl Serialize) -> String {
    serde_json::to_string(&Envelope { session_id, event }).expect("plain data always has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_opened_with_all_its_options() {
        let expected = concat!(
            r#"{"event":{"type":"session.create","event_id":"evt_init_1","session":{"model":"fast","x_grok":{"#,
            r#""protocol_capabilities":["conversation_attached","custom_methods_v1"],"use_chunk":true,"#,
            r#""enable_side_by_side":true,"force_side_by_side":false,"enable_image_generation":true,"#,
            r#""image_generation_count":2,"disable_text_follow_ups":true,"disable_artifact":true,"#,
            r#""force_concise":false,"keep_context":false,"is_temporary":true,"disable_memory":true}}}}"#
        );
        assert_eq!(create("evt_init_1", Options { mode: "fast", temporary: true }), expected);
    }

    #[test]
    fn a_message_without_files_is_its_text_alone() {
        let expected = concat!(
            r#"{"session_id":"c-1","event":{"type":"conversation.item.create","#,
            r#""event_id":"evt_msg_00000000-0000-4000-8000-000000000000","item":{"type":"message","role":"user","#,
            r#""x_grok":{"client_message_id":"00000000-0000-4000-8000-000000000000","#,
            r#""input_chunks":[{"text":{"text":"Hi"}}]}}}}"#
        );
        assert_eq!(create_item("c-1", "Hi", &[], [0; 16]), expected);
        let expected = r#"{"session_id":"c-1","event":{"type":"response.create","event_id":"evt_resp_1"}}"#;
        assert_eq!(create_response("c-1", "evt_resp_1"), expected);
        assert_eq!(ping("evt_hb_1"), r#"{"event":{"type":"ping","event_id":"evt_hb_1"}}"#);
    }

    #[test]
    fn files_are_mentioned_before_the_text() {
        let message = create_item("c-1", "What is this?", &["f-1".to_owned()], [0; 16]);
        let value: serde_json::Value = serde_json::from_str(&message).expect("it is JSON");
        let event = &value["event"];
        let mention = serde_json::json!({"mention": {"target": {"file_mention": {"file_id": "f-1"}}}});
        let text = serde_json::json!({"text": {"text": "What is this?"}});
        assert_eq!(event["item"]["x_grok"]["input_chunks"], serde_json::json!([mention, text]));
        assert_eq!(event["item"]["file_attachment_ids"], serde_json::json!(["f-1"]));
        assert_eq!(event["file_attachment_ids"], serde_json::json!(["f-1"]));
    }
}
