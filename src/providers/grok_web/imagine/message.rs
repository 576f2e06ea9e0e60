//! The client's messages on the Imagine WebSocket.

use serde::Serialize;

/// The request for pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// A UUID.
    pub id: String,
    pub text: String,
    /// One of Grok's aspect ratios, or `auto`.
    pub ratio: &'static str,
    /// Whether to use the better model, "Imagine 2.0".
    pub is_pro: bool,
    /// Number of pictures, at most 10.
    pub count: usize,
}

#[derive(Serialize)]
struct Create<C> {
    r#type: &'static str,
    timestamp: i64,
    item: Item<C>,
}

#[derive(Serialize)]
struct Item<C> {
    r#type: &'static str,
    content: [C; 1],
}

/// Returns the message that ends what an earlier request began. `now` is in Unix milliseconds.
pub fn reset(now: i64) -> String {
    #[derive(Serialize)]
    struct Reset {
        r#type: &'static str,
    }
    create(now, Reset { r#type: "reset" })
}

/// Returns the message that asks for pictures. `now` is in Unix milliseconds.
pub fn request(now: i64, request: &Request) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Input<'a> {
        request_id: &'a str,
        text: &'a str,
        r#type: &'static str,
        properties: Properties<'a>,
    }
    #[derive(Serialize)]
    struct Properties<'a> {
        section_count: u32,
        is_kids_mode: bool,
        skip_upsampler: bool,
        enable_side_by_side: bool,
        is_initial: bool,
        aspect_ratio: &'a str,
        enable_pro: bool,
        num_generations: usize,
    }
    let properties = Properties {
        section_count: 0,
        is_kids_mode: false,
        skip_upsampler: false,
        enable_side_by_side: true,
        is_initial: false,
        aspect_ratio: request.ratio,
        enable_pro: request.is_pro,
        num_generations: request.count,
    };
    create(now, Input { request_id: &request.id, text: &request.text, r#type: "input_text", properties })
}

fn create(timestamp: i64, content: impl Serialize) -> String {
    let item = Item { r#type: "message", content: [content] };
    serde_json::to_string(&Create { r#type: "conversation.item.create", timestamp, item })
        .expect("plain data always has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_have_the_fields_of_the_page() {
        let reset = reset(7);
        assert_eq!(
            reset,
            r#"{"type":"conversation.item.create","timestamp":7,"item":{"type":"message","content":[{"type":"reset"}]}}"#
        );
        let asked =
            Request { id: "r-1".to_owned(), text: "a red \"moon\"".to_owned(), ratio: "3:2", is_pro: true, count: 4 };
        let expected = concat!(
            r#"{"type":"conversation.item.create","timestamp":8,"item":{"type":"message","content":[{"#,
            r#""requestId":"r-1","text":"a red \"moon\"","type":"input_text","properties":{"section_count":0,"#,
            r#""is_kids_mode":false,"skip_upsampler":false,"enable_side_by_side":true,"is_initial":false,"#,
            r#""aspect_ratio":"3:2","enable_pro":true,"num_generations":4}}]}}"#
        );
        assert_eq!(request(8, &asked), expected);
    }
}
