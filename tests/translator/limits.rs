//! The limits that keep one answer from filling the memory.

use grok2api::inference::event::{Event, Events};
use grok2api::providers::ProviderError;
use grok2api::providers::grok_web::frames::MAX_FRAME;
use grok2api::providers::grok_web::rest::reader::Reader;
use grok2api::providers::grok_web::tag_filter::{MAX_HELD, MAX_TAG, TagFilter};

use crate::expected::FILTERED;
use crate::support::{Options, read};

const OPTIONS: Options = Options { show_thinking: true, filtered_tags: FILTERED };

/// Returns a frame of exactly `length` bytes.
fn frame(length: usize) -> Vec<u8> {
    let (before, after) = (br#"{"result":{"response":{"token":""#, br#""}}}"#);
    [&before[..], &vec![b'x'; length - before.len() - after.len()], after].concat()
}

#[test]
fn the_longest_frame_is_read_and_a_longer_one_refused() {
    let stop = br#"{"result":{"response":{"isSoftStop":true}}}"#;
    for chunk in [MAX_FRAME * 2, 1 << 20] {
        let longest = [&frame(MAX_FRAME), &stop[..]].concat();
        let (text, end) = read(&OPTIONS, longest.chunks(chunk));
        assert!(end.is_ok());
        assert!(text.len() > MAX_FRAME - 100);
        let (text, end) = read(&OPTIONS, frame(MAX_FRAME + 1).chunks(chunk));
        assert_eq!((text.len(), end), (0, Err(ProviderError::TooLong)));
    }
}

#[test]
fn an_endless_frame_closes_the_thinking() {
    let mut reader = Reader::new(OPTIONS.filtered_tags);
    let (mut out, mut end) = (Events::default(), Ok(()));
    reader.push(br#"{"result":{"response":{"token":"hm","isThinking":true}}}{"result":""#, &mut out).unwrap();
    for _ in 0..9 {
        end = end.and_then(|()| reader.push(&vec![b'x'; 1 << 20], &mut out));
    }
    assert_eq!(end, Err(ProviderError::TooLong));
    let text: Vec<_> = out.iter().collect();
    assert_eq!(text, [Event::Reasoning("hm")]);
}

fn filtered(pieces: &[&str]) -> String {
    let (mut filter, mut out) = (TagFilter::new(FILTERED), String::new());
    for piece in pieces {
        filter.push(piece, &mut out);
    }
    filter.finish(&mut out);
    out
}

#[test]
fn an_element_that_is_too_long_is_kept() {
    let fits = "x".repeat(MAX_HELD);
    assert_eq!(filtered(&["a<grok:render>", &fits, "</grok:render>b"]), "ab");
    let long = "x".repeat(MAX_HELD + 1);
    assert_eq!(filtered(&["a<grok:render>", &long, "</grok:render>b"]), format!("a{long}b"));
    // A complete element inside it is still removed.
    let text = format!("<xaiArtifact>1<grok:render>2</grok:render>{long}<grok:render/>");
    assert_eq!(filtered(&[&text]), format!("1{long}"));
    // An element inside one that is too long is still removed.
    let nearly = "x".repeat(MAX_HELD - 2);
    let text = format!("<xaiArtifact>{nearly}<grok:render>gone</grok:render>b");
    for at in (0..40).chain(text.len() - 60..text.len()) {
        let (one, other) = text.split_at(at);
        assert_eq!(filtered(&[one, other]), format!("{nearly}b"), "cut at {at}");
    }
    // Held text is released as soon as it is too long, not at the end.
    let (mut filter, mut out) = (TagFilter::new(FILTERED), String::new());
    filter.push("<grok:render>", &mut out);
    filter.push(&long, &mut out);
    assert_eq!(out, long);
}

#[test]
fn a_name_may_be_as_long_as_a_tag() {
    let name = "x".repeat(MAX_TAG);
    for (text, kept) in
        [(format!("a<{name}>b</{name}>c"), "ac".to_owned()), (format!("<{name} a"), format!("<{name} a"))]
    {
        let (mut filter, mut out) = (TagFilter::new(&name), String::new());
        filter.push(&text, &mut out);
        filter.finish(&mut out);
        assert_eq!(out.len(), kept.len());
    }
}

#[test]
fn a_tag_that_does_not_end_is_text() {
    let long = format!("<grok:render a=\"{}", "树".repeat(MAX_TAG / 3));
    assert_eq!(filtered(&[&long, "\">b"]), format!("{long}\">b"));
    let exact = format!("<grok:render {}", "x".repeat(MAX_TAG - 13));
    assert_eq!(filtered(&[&exact]), exact);
    assert_eq!(filtered(&[&exact[1..]]), exact[1..]);
    assert_eq!(filtered(&[&exact[..MAX_TAG - 1]]), "");
    for tag in ["<grok:render a=\"x", "</grok:render "] {
        assert_eq!(filtered(&["a", tag]), "a", "a cut tag is removed");
    }
    for tag in ["<grok:rende", "<", "</", "<grok:render"] {
        assert_eq!(filtered(&["a", tag]), format!("a{tag}"), "what may not be a tag stays");
    }
}

#[test]
fn nested_and_crossed_elements_are_removed_whole() {
    for (text, left) in [
        ("a<grok:render>b<grok:render>c</grok:render>d</grok:render>e", "ae"),
        ("a<xaiArtifact>b<grok:render>c</xaiArtifact>d</grok:render>e", "ade"),
        ("a<grok:render>b<xaiArtifact>c</xaiArtifact>d", "abd"),
        ("a</grok:render>b", "ab"),
        ("<grok:render >x</GROK:RENDER>", ""),
        ("a<grok:render it's>x</grok:render>b", "ab"),
        ("a<grok:render x='/>'/>b", "ab"),
        ("a<grok:render <b>bold</b>", "a<grok:render <b>bold</b>"),
        ("a<xaiArtifact>b<grok:render>c</xaiArtifact>d<xaiArtifact>e</grok:render>f</xaiArtifact>g", "adg"),
    ] {
        assert_eq!(filtered(&[text]), left, "{text}");
    }
}
