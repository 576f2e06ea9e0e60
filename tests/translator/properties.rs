//! Properties that hold for every input.

use grok2api::protocols::openai::chat_completions::parse;
use grok2api::providers::grok_web::tag_filter::TagFilter;
use proptest::prelude::*;

use crate::expected::FILTERED;
use crate::support::{Options, read};

/// Generates text with many filtered tags, whole and broken.
fn tagged_text() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "<",
        ">",
        "/",
        "</",
        "/>",
        "grok:render",
        "GROK:Render",
        "<grok:render>",
        "</grok:render>",
        "<grok:render a=\"",
        "<xaiartifact x='",
        "</xaiArtifact >",
        "<xaiArtifact/>",
        "xai:",
        "<xai:tool_usage_card>",
        "</xai:tool_usage_card>",
        "\"",
        "'",
        "=",
        " ",
        "\n",
        "word",
        "树",
        "🌲",
        "<b>",
        "1 < 2",
    ]);
    prop::collection::vec(bits, 0..40).prop_map(|bits| bits.concat())
}

fn filtered<'t>(pieces: impl IntoIterator<Item = &'t str>) -> String {
    let (mut filter, mut out) = (TagFilter::new(FILTERED), String::new());
    for piece in pieces {
        filter.push(piece, &mut out);
    }
    filter.finish(&mut out);
    out
}

fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn frames(text: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, text) in text.iter().enumerate() {
        let frame = serde_json::json!({"result": {"response": {"token": text, "isThinking": index < 2}}});
        bytes.extend_from_slice(frame.to_string().as_bytes());
    }
    bytes
}

const OPTIONS: Options = Options { show_thinking: true, filtered_tags: FILTERED };

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filtering_pieces_is_filtering_the_whole(text in tagged_text(), cuts in prop::collection::vec(0usize..400, 0..6)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|at| char_boundary(&text, *at)).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for at in cuts {
            pieces.push(&text[from..at]);
            from = at;
        }
        pieces.push(&text[from..]);
        prop_assert_eq!(filtered(pieces), filtered([&*text]));
        let chars: Vec<String> = text.chars().map(String::from).collect();
        prop_assert_eq!(filtered(chars.iter().map(String::as_str)), filtered([&*text]));
    }

    #[test]
    fn text_without_our_tags_passes_unchanged(text in "[a-z<>/ ='\"\n树:]{0,200}") {
        let ours = FILTERED.split(',').any(|name| text.contains(name));
        prop_assume!(!ours);
        prop_assert_eq!(filtered([&*text]), text);
    }

    #[test]
    fn elements_are_removed_and_their_neighbours_stay(before in "[a-z ]{0,20}", inside in "[a-z ]{0,20}", after in "[a-z ]{0,20}") {
        for (open, close) in [("<grok:render a=\"1>\">", "</grok:render>"), ("<XAIARTIFACT>", "</xaiArtifact\n>")] {
            prop_assert_eq!(filtered([&*format!("{before}{open}{inside}{close}{after}")]), format!("{before}{after}"));
        }
    }

    #[test]
    fn any_request_is_read_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        damage in prop::collection::vec((0usize..200, prop::sample::select(br#"{}[]",:0an\u "#.to_vec())), 0..4),
    ) {
        let _ = parse::chat_request(&bytes);
        let mut body = br#"{"model":"grok-4","n":1,"messages":[{"role":"user","content":[{"type":"text","text":"\ud83c"}]}]}"#.to_vec();
        for (at, byte) in damage {
            if let Some(place) = body.get_mut(at) {
                *place = byte;
            }
        }
        let _ = parse::chat_request(&body);
    }

    #[test]
    fn any_bytes_are_read_and_cuts_change_nothing(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..300) {
        let (one, other) = bytes.split_at(at.min(bytes.len()));
        prop_assert_eq!(read(&OPTIONS, [one, other]), read(&OPTIONS, [&*bytes]));
    }

    #[test]
    fn damaged_frames_are_read_and_cuts_change_nothing(
        text in prop::collection::vec(tagged_text(), 0..6),
        damage in prop::collection::vec((0usize..2000, any::<u8>()), 0..4),
        at in 0usize..2000,
    ) {
        let mut bytes = frames(&text);
        for (at, byte) in damage {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        let (one, other) = bytes.split_at(at.min(bytes.len()));
        let whole = read(&OPTIONS, [&*bytes]);
        prop_assert_eq!(read(&OPTIONS, [one, other]), whole.clone());
        prop_assert_eq!(read(&OPTIONS, bytes.chunks(7)), whole.clone());
        prop_assert_eq!(whole.0.matches("<think>").count(), whole.0.matches("</think>").count());
    }
}
