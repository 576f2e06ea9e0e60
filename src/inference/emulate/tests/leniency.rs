//! JSON as models write it.

use super::super::lenient::{Mistake, read, read_all};

/// Returns what was read of a text that holds a value and nothing else.
fn json(text: &str) -> Result<String, Mistake> {
    read_all(text, false).map(|json| json.to_json())
}

#[test]
fn valid_json_is_read_as_it_is() {
    let text = r#"{"b":[1,-2.5e+10,12345678901234567890,true,null],"a":"\"\\\n\u0001 é 😀","c":{}}"#;
    assert_eq!(json(text).as_deref(), Ok(text));
    assert_eq!(json(r#" "\ud83d\ude00 \u00e9 \/ \ud83d" "#).as_deref(), Ok("\"😀 é / \u{fffd}\""));
    assert_eq!(json(r#""\b\f\r\t""#).as_deref(), Ok(r#""\u0008\u000c\r\t""#));
    assert_eq!(json("{\"a\":1,\"b\":2,\"a\":3}").as_deref(), Ok("{\"a\":3,\"b\":2}"));
}

#[test]
fn mistakes_of_models_are_repaired() {
    for (text, expected) in [
        ("{'a': 'it''s'}", "{\"a\":\"it''s\"}"),
        ("{a: 1, b_c: 2}", "{\"a\":1,\"b_c\":2}"),
        ("[1, 2,, 3,]", "[1,2,3]"),
        ("{\"a\": 1 \"b\": 2}", "{\"a\":1,\"b\":2}"),
        ("{\"a\": True, \"b\": None, \"c\": NaN}", "{\"a\":true,\"b\":null,\"c\":null}"),
        ("{\"a\": 1 /* one */, // two\n# three\n\"b\": 2}", "{\"a\":1,\"b\":2}"),
        ("[+1, .5, 5., 1_000]", "[1,0.5,5.0,1000]"),
        ("{\"a\": \"one\ntwo\tthree\"}", "{\"a\":\"one\\ntwo\\tthree\"}"),
        ("{\"a\": \"\\d \\* C:\\Win\"}", "{\"a\":\"\\\\d \\\\* C:\\\\Win\"}"),
        ("{\"a\": \"say \"hi\", he said\", \"b\": 1}", "{\"a\":\"say \\\"hi\\\", he said\",\"b\":1}"),
        ("{{\"a\": 1}}", "{\"a\":1}"),
        ("{a => 1, b = 2}", "{\"a\":1,\"b\":2}"),
        ("{\"a\": Paris, \"b\": 1}", "{\"a\":\"Paris\",\"b\":1}"),
        ("{\"a\": `x`, \"b\": \"\"\"y\"z\"\"\"}", "{\"a\":\"x\",\"b\":\"y\\\"z\"}"),
        ("{“a”: ‘b’}", "{\"a\":\"b\"}"),
    ] {
        assert_eq!(json(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_json_stays_a_mistake() {
    for text in ["", "{\"a\": \"b", "{\"a\"", "[1, 2", "{1: 2", "tru"] {
        assert_eq!(json(text), Err(Mistake::Unfinished), "{text}");
    }
    for text in ["words", "{\"a\": 1} more", "[1}", "{\"a\" 1}"] {
        assert!(matches!(json(text), Err(Mistake::Wrong(_))), "{text}");
    }
}

#[test]
fn open_brackets_are_closed_if_asked_to() {
    assert_eq!(
        read("{\"a\": [1, {\"b\": 2", true).map(|(json, _)| json.to_json()),
        Ok("{\"a\":[1,{\"b\":2}]}".to_owned())
    );
    // Where a string or a number ends is not known.
    assert_eq!(read("{\"a\": \"x", true).err(), Some(Mistake::Unfinished));
    assert_eq!(read("{\"a\": ", true).err(), Some(Mistake::Unfinished));
}

#[test]
fn what_follows_a_value_is_left() {
    let (json, length) = read("{\"a\": 1} and more", false).expect("an object");
    assert_eq!((json.to_json().as_str(), length), ("{\"a\":1}", 8));
}

#[test]
fn nesting_has_a_limit() {
    for open in ["[", "{", "{\"a\":"] {
        assert_eq!(read_all(&open.repeat(100_000), false).err(), Some(Mistake::TooDeep), "{open}");
    }
}
