//! Properties that hold for every order of messages and every damage to them.

use std::{fs, path::Path, sync::OnceLock};

use grok2api::providers::grok_web::tag_filter::TagFilter;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::expected::FILTERED;
use crate::support::{Played, play};

/// Returns the messages of all fixtures that are one object each.
fn recorded() -> &'static [Value] {
    static MESSAGES: OnceLock<Vec<Value>> = OnceLock::new();
    MESSAGES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mgw");
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let texts = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
        let texts: Vec<String> = texts.map(|path| fs::read_to_string(path).unwrap()).collect();
        texts.iter().flat_map(|text| text.lines()).filter_map(|line| serde_json::from_str(line).ok()).collect()
    })
}

/// Generates any message of the fixtures; most of them belong to an answer that continues.
fn message() -> impl Strategy<Value = Value> {
    any::<prop::sample::Index>().prop_map(|index| index.get(recorded()).clone())
}

/// Generates a conversation of such messages in any order, after the two that open it.
fn conversation() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(message(), 0..12).prop_map(|messages| {
        let session_id = &recorded()[0]["session_id"];
        let opening = [
            json!({ "session_id": session_id, "event": { "type": "session.created" } }),
            json!({ "session_id": session_id,
                    "event": { "type": "conversation.attached", "conversation": { "id": session_id } } }),
        ];
        opening.into_iter().chain(messages).collect()
    })
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("response.done"),
        json!("<grok:render>"),
        json!([]),
        json!([{}]),
        json!({}),
        json!({ "text": { "text": "x" } }),
        json!({ "id": {} }),
    ])
}

/// Replaces the value at position `at`, in the order of the text. Returns the positions that remain if it is not found.
fn replace(value: &mut Value, mut at: usize, with: &Value) -> Option<usize> {
    if at == 0 {
        *value = with.clone();
        return None;
    }
    at -= 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    for item in inner {
        at = replace(item, at, with)?;
    }
    Some(at)
}

fn is_balanced(played: &Played) -> bool {
    played.text.matches("<think>").count() == played.text.matches("</think>").count()
}

fn texts(messages: &[Value]) -> Vec<String> {
    messages.iter().map(Value::to_string).collect()
}

fn played(messages: &[String]) -> Played {
    play(true, FILTERED, messages)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_is_read_and_joining_changes_nothing(messages in conversation(), at in 0usize..14) {
        let messages = texts(&messages);
        let apart = played(&messages);
        prop_assert!(is_balanced(&apart), "{:?}", apart);
        prop_assert_eq!(&played(&[messages.concat()]), &apart);
        let (one, other) = messages.split_at(at.min(messages.len()));
        prop_assert_eq!(&played(&[one.join("\n"), other.concat()]), &apart);
    }

    #[test]
    fn odd_fields_do_not_panic(
        mut messages in conversation(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, odd_value()), 0..6),
    ) {
        for (index, at, value) in damage {
            let index = index.index(messages.len());
            replace(&mut messages[index], at, &value);
        }
        let messages = texts(&messages);
        let apart = played(&messages);
        prop_assert!(is_balanced(&apart), "{:?}", apart);
        prop_assert_eq!(played(&[messages.join(" ")]), apart);
    }

    #[test]
    fn damaged_characters_do_not_panic(
        messages in conversation(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<char>()), 0..6),
    ) {
        let mut messages = texts(&messages);
        for (message, at, with) in damage {
            let message = message.get_mut(&mut messages);
            let mut characters: Vec<char> = message.chars().collect();
            *at.get_mut(&mut characters) = with;
            *message = characters.into_iter().collect();
        }
        prop_assert!(is_balanced(&played(&messages)));
        prop_assert!(is_balanced(&played(&[messages.concat()])));
    }

    #[test]
    fn any_text_is_read_without_a_panic(texts in prop::collection::vec("[\\PC\n]{0,40}|[{}\\[\\]\",:a0\\\\u ]{0,40}", 0..8)) {
        prop_assert!(is_balanced(&played(&texts)));
    }

    #[test]
    fn tags_are_removed_wherever_the_text_is_cut(
        pieces in prop::collection::vec("(<|</|>|/>|grok:render|xaiartifact| a=\"|\"|word|树|<b>|<grok:render>|</grok:render>){1,4}", 1..10),
        classic in any::<bool>(),
    ) {
        let mut messages = texts(&[
            json!({ "session_id": "c", "event": { "type": "session.created" } }),
            json!({ "session_id": "c", "event": { "type": "conversation.attached", "conversation": { "id": "c" } } }),
        ]);
        messages.extend(pieces.iter().map(|piece| {
            let event = match classic {
                true => json!({ "type": "response.output_text.delta", "delta": piece }),
                false => json!({ "type": "response.chunk", "chunk": { "text": { "text": piece } } }),
            };
            json!({ "session_id": "c", "event": event }).to_string()
        }));
        messages.push(json!({ "session_id": "c", "event": { "type": "response.done" } }).to_string());
        let (mut filter, mut expected) = (TagFilter::new(FILTERED), String::new());
        filter.push(&pieces.concat(), &mut expected);
        filter.finish(&mut expected);
        prop_assert_eq!(played(&messages).text, expected);
    }
}
