use super::*;
use crate::inference::event::Event;

/// A 1 × 1 GIF.
const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
const ASSETS: &str = "https://assets.grok.com";

/// The messages of two pictures in the form that Grok sends since 2026-06: a preview, the finished picture on the public
/// host, the status. Recorded order and fields, invented ids.
fn two() -> Vec<String> {
    let image = |id: &str, order: usize, extension: &str, percent: f64| {
        format!(
            r#"{{"type":"image","request_id":"r-1","job_id":"{id}","id":"{id}","url":"{PUBLIC}imagine-public/images/{id}.{extension}","blob":"{GIF}","percentage_complete":{percent:.1},"order":{order},"grid_index":{order},"width":1024,"height":1152,"prompt":"a moon","full_prompt":"a moon","moderated":false,"r_rated":false}}"#
        )
    };
    let status = |id: &str, order: usize, status: &str, moderated: bool| {
        format!(
            r#"{{"type":"json","request_id":"r-1","job_id":"{id}","current_status":"{status}","percentage_complete":100,"order":{order},"width":1024,"height":1152,"moderated":{moderated},"r_rated":false}}"#
        )
    };
    vec![
        r#"{"type":"session","conversation_id":"c-1"}"#.to_owned(),
        status("a", 0, "start_stage", false),
        status("b", 1, "start_stage", false),
        image("b", 1, "png", 50.0),
        image("a", 0, "png", 50.0),
        image("b", 1, "jpg", 100.0),
        image("a", 0, "jpg", 100.0),
        status("b", 1, "completed", false),
        status("a", 0, "completed", false),
    ]
}

fn session(count: usize, previews: usize) -> Session {
    Session::new(Wanted { count, previews, bytes: true, assets: ASSETS.to_owned() })
}

/// Returns what an answer of these messages holds, a line an event, and how it ends.
fn answer(session: &mut Session, messages: &[String]) -> (Vec<String>, Result<Option<Finish>, ProviderError>) {
    let mut events = Events::default();
    let mut end = Ok(None);
    for message in messages {
        end = session.receive(message, &mut events);
        if end != Ok(None) {
            break;
        }
    }
    let lines = events.iter().map(|event| match event {
        Event::File(file) => {
            let inline = file.inline.as_ref().map(|inline| (inline.media_type.as_str(), inline.width, inline.height));
            format!("file {} {inline:?}", file.url)
        }
        Event::Preview(preview) => format!("preview of {}", preview.place),
        Event::Withheld(_) => "withheld".to_owned(),
        other => panic!("{other:?}"),
    });
    (lines.collect(), end)
}

fn file(id: &str) -> String {
    format!("file {PUBLIC}imagine-public/images/{id}.jpg Some((\"image/gif\", 1024, 1152))")
}

#[test]
fn pictures_come_as_they_are_finished() {
    assert_eq!(answer(&mut session(2, 0), &two()), (vec![file("b"), file("a")], Ok(Some(Finish::Stop))));
    let expected = vec!["preview of 1".to_owned(), "preview of 0".to_owned(), file("b"), file("a")];
    assert_eq!(answer(&mut session(2, 3), &two()), (expected, Ok(Some(Finish::Stop))));
}

#[test]
fn a_cut_after_any_message_is_told_from_an_end() {
    let messages = two();
    for cut in 0..messages.len() {
        let mut session = session(2, 0);
        let (lines, end) = answer(&mut session, &messages[..cut]);
        assert_eq!(end, Ok(None), "after {cut}");
        let expected = match (lines.len(), cut) {
            (0, 0 | 1) => Err(ProviderError::Empty),
            (0, _) => Err(ProviderError::Cut),
            (1, 8) => Ok(Finish::Stop),
            other => panic!("{other:?}"),
        };
        assert_eq!((session.started(), session.broken()), (cut > 1, expected), "after {cut}");
    }
}

#[test]
fn the_status_may_come_before_the_picture() {
    let mut messages = two();
    messages.swap(5, 7);
    messages.swap(6, 8);
    assert_eq!(answer(&mut session(2, 0), &messages), (vec![file("b"), file("a")], Ok(Some(Finish::Stop))));
}

#[test]
fn several_objects_in_one_message_are_read() {
    let joined = vec![two().join("\n")];
    assert_eq!(answer(&mut session(2, 0), &joined), (vec![file("b"), file("a")], Ok(Some(Finish::Stop))));
}

#[test]
fn moderated_pictures_are_withheld() {
    let moderated = |n: usize| {
        let mut messages = two();
        for message in messages.iter_mut().rev().take(n) {
            *message = message.replace(r#""moderated":false"#, r#""moderated":true"#);
        }
        messages
    };
    assert_eq!(answer(&mut session(2, 0), &moderated(1)).0, [file("b"), "withheld".to_owned()]);
    let (lines, end) = answer(&mut session(2, 0), &moderated(2));
    assert_eq!(lines, ["withheld", "withheld"]);
    assert!(matches!(end, Err(ProviderError::Moderated(_))), "{end:?}");
}

#[test]
fn a_picture_without_a_host_is_only_inline() {
    for (url, expected) in [
        ("/images/a.jpg", ""),
        ("images/a.jpg", ""),
        ("https://elsewhere.test/a.jpg", ""),
        ("https://imagine-public.x.ai.evil.test/a.jpg", ""),
        ("https://assets.grok.com.evil.test/a.jpg", ""),
        (
            "https://assets.grok.com/users/u/generated/a/image.jpg",
            "https://assets.grok.com/users/u/generated/a/image.jpg",
        ),
    ] {
        let messages: Vec<_> =
            two().iter().map(|message| message.replace(&format!("{PUBLIC}imagine-public/images/a.jpg"), url)).collect();
        let (lines, _) = answer(&mut session(2, 0), &messages);
        assert_eq!(lines[1], format!("file {expected} Some((\"image/gif\", 1024, 1152))"), "{url}");
    }
}

#[test]
fn a_picture_that_a_host_serves_is_inline_only_if_wanted() {
    let of = |message: &dyn Fn(&String) -> String| {
        let wanted = Wanted { count: 2, previews: 0, bytes: false, assets: ASSETS.to_owned() };
        answer(&mut Session::new(wanted), &two().iter().map(message).collect::<Vec<_>>()).0
    };
    let hosted = |id: &str| format!("file {PUBLIC}imagine-public/images/{id}.jpg None");
    assert_eq!(of(&String::clone), [hosted("b"), hosted("a")]);
    let unhosted = of(&|message| message.replace(PUBLIC, "/"));
    assert!(unhosted.iter().all(|line| line.starts_with("file  Some(")), "{unhosted:?}");
}

#[test]
fn errors_have_their_class() {
    let of = |message: &str| answer(&mut session(1, 0), &[message.to_owned()]).1;
    let limit = r#"{"type":"error","err_code":"rate_limit_exceeded","err_msg":"Image rate limit exceeded"}"#;
    assert_eq!(of(limit), Err(ProviderError::RateLimited { quota_spent: false, retry_after: None }));
    assert!(matches!(
        of(r#"{"type":"error","err_code":"content_moderated","err_message":"x"}"#),
        Err(ProviderError::Moderated(_))
    ));
    assert_eq!(of(r#"{"type":"json","error":"something broke"}"#), Err(ProviderError::Server(500)));
    assert!(of(r#"{"type":"error"}"#).is_err());
    assert_eq!(of("no JSON"), Ok(None));
    assert_eq!(of(r#"{"type":"later","job_id":"a"}"#), Ok(None));
    let mut messages = two();
    messages.truncate(8);
    messages.push(limit.to_owned());
    assert_eq!(answer(&mut session(2, 0), &messages), (vec![file("b")], Ok(Some(Finish::Stop))), "what came stays");
}

#[test]
fn a_blob_that_is_no_picture_is_dropped() {
    for blob in [
        "PCFkb2N0eXBlIGh0bWw+PGh0bWw+",
        "AAAA",
        "",
        "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA",
        "R0lGODlhAQABAIAAAAAA\\\"AAA",
    ] {
        let messages: Vec<_> = two().iter().map(|message| message.replace(GIF, blob)).collect();
        let (lines, _) = answer(&mut session(2, 3), &messages);
        assert_eq!(
            lines,
            [
                format!("file {PUBLIC}imagine-public/images/b.jpg None"),
                format!("file {PUBLIC}imagine-public/images/a.jpg None")
            ],
            "{blob}"
        );
    }
}

#[test]
fn an_unwanted_preview_of_megabytes_costs_little() {
    let message = two()[3].replace(GIF, &"QUJD".repeat(1 << 20));
    let mut events = Events::default();
    let began = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(session(2, 0).receive(&message, &mut events), Ok(None));
    }
    // 80 MB are scanned. Copying or decoding them in a test build takes seconds.
    assert!(began.elapsed().as_secs() < 20);
    assert!(events.is_empty());
}
