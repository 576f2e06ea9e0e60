//! Pictures that the API draws and changes.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::{host::SendError, host::native::Step, inference::prompt::Drawing};

const TICKS: u64 = 600_000_000;

fn drawn(data: Value) -> String {
    json!({ "data": data, "usage": { "cost_in_usd_ticks": TICKS } }).to_string()
}

fn base64() -> String {
    STANDARD.encode(PNG)
}

fn jpeg() -> String {
    STANDARD.encode(b"\xff\xd8\xff\xe0 and more")
}

fn wanted(count: usize, ratio: &'static str) -> Prompt {
    let drawing = Drawing { count, ratio, previews: 0, bytes: true };
    Prompt { drawing, ..question("a moon") }
}

#[test]
fn pictures_are_drawn_in_one_call() {
    let body = drawn(json!([{ "b64_json": base64(), "mime_type": "image/jpeg", "revised_prompt": "" },
        { "b64_json": format!("data:image/jpeg;base64,{}", jpeg()), "respect_moderation": true }]));
    let api = Api::new(move |_| Answer::chunks(body.as_bytes().chunks(9).map(Bytes::copy_from_slice)));
    let said = api.ask("grok-imagine-image-2.0", wanted(2, "3:2"));
    let (png, jpeg) = (format!("file image/png {}", base64()), format!("file image/jpeg {}", jpeg()));
    assert_eq!((said.events, said.end), (vec![png, jpeg], Ok(Finish::Stop)), "by their bytes");
    assert_eq!(said.usage, Some(Usage { cost: TICKS, ..Usage::estimated(0, 0) }));
    assert_eq!(api.host.requests.borrow()[0].uri().path(), "/v1/images/generations");
    let expected = json!({ "model": "grok-imagine-image-2.0", "prompt": "a moon", "n": 2, "response_format": "b64_json",
        "aspect_ratio": "3:2" });
    assert_eq!(api.body(0), expected);
    api.ask("grok-imagine-image", wanted(1, "auto"));
    assert!(api.body(1).get("aspect_ratio").is_none());
}

#[test]
fn pictures_are_changed_as_the_text_says() {
    let body = drawn(json!([{ "b64_json": base64() }]));
    let api = Api::new(move |_| Answer::new(200, body.clone()));
    let url = format!("data:image/png;base64,{}", base64());
    let input = json!({ "url": url, "type": "image_url" });
    for count in [1, 2] {
        let model = catalog::find("xai/grok-imagine-image-2.0").expect("it may be one").for_edits();
        let prompt = Prompt { pictures: vec![png(); count], ..wanted(1, "1:1") };
        assert_eq!(api.ask_model(model, prompt).end, Ok(Finish::Stop));
        let body = api.body(count - 1);
        let expected = if count == 1 { (&input, &Value::Null) } else { (&Value::Null, &json!([input, input])) };
        assert_eq!((&body["image"], &body["images"]), expected);
        assert_eq!(body["aspect_ratio"], "1:1");
        assert_eq!(api.host.requests.borrow()[count - 1].uri().path(), "/v1/images/edits");
    }
    let model = catalog::find("xai/grok-imagine-image-2.0").expect("it may be one").for_edits();
    let gif = Picture { mime_type: "image/gif", bytes: Bytes::from_static(b"GIF89a") };
    let said = api.ask_model(model, Prompt { pictures: vec![gif], ..wanted(1, "auto") });
    assert!(matches!(&said.end, Err(ProviderError::CallerError(words)) if words.contains("image/gif")), "{said:?}");
}

#[test]
fn withheld_pictures_are_named_and_all_of_them_an_error() {
    let none = json!({ "b64_json": "", "respect_moderation": false });
    let odd = json!({ "b64_json": base64(), "respect_moderation": false });
    let body = drawn(json!([odd, { "b64_json": base64() }]));
    let said = Api::new(move |_| Answer::new(200, body.clone())).ask("grok-imagine-image", wanted(2, "auto"));
    assert_eq!((said.events.len(), &*said.events[0], said.end), (2, "Withheld(Image)", Ok(Finish::Stop)));
    let body = drawn(json!([none, none]));
    let said = Api::new(move |_| Answer::new(200, body.clone())).ask("grok-imagine-image", wanted(2, "auto"));
    assert!(matches!(said.end, Err(ProviderError::Moderated(_))), "{said:?}");
    assert!(!said.started);
}

#[test]
fn a_cost_that_is_not_reported_is_the_highest_price() {
    let body = json!({ "data": [{ "b64_json": base64() }, { "b64_json": base64() }] }).to_string();
    let said = Api::new(move |_| Answer::new(200, body.clone())).ask("grok-imagine-image", wanted(2, "auto"));
    assert_eq!(said.usage.expect("it is known").cost, 2 * 800_000_000);
}

#[test]
fn responses_without_pictures_are_errors() {
    let limit = json!({ "code": "rate_limit", "error": "Too many requests" }).to_string();
    let whole = drawn(json!([{ "b64_json": base64() }]));
    for (body, expected) in [
        (whole[..20].to_owned(), ProviderError::Cut),
        (String::new(), ProviderError::Empty),
        ("<html>".to_owned(), ProviderError::Server(502)),
        (limit, ProviderError::Throttled { retry_after: 60 }),
        (drawn(json!([])), ProviderError::Empty),
        (drawn(json!([{ "b64_json": "PHN2Zz4gYW5kIHNvIG9uPC9zdmc+" }])), ProviderError::Empty),
        (drawn(json!([{ "b64_json": "not base64!" }])), ProviderError::Empty),
    ] {
        let text = body.clone();
        let said = Api::new(move |_| Answer::new(200, body.clone())).ask("grok-imagine-image", wanted(1, "auto"));
        assert_eq!((said.end, said.started), (Err(expected), false), "{text}");
    }
    let broken = Api::new(|_| {
        let mut answer = Answer::new(200, "{");
        answer.body.push(Step::Break(SendError::Connection("reset".to_owned())));
        answer
    });
    assert_eq!(broken.ask("grok-imagine-image", wanted(1, "auto")).end, Err(ProviderError::Cut));
    let refused =
        Api::new(|_| Answer::new(400, r#"{"code":"x","error":"Generated image rejected by content moderation."}"#));
    let said = refused.ask("grok-imagine-image", wanted(1, "auto"));
    assert!(matches!(said.end, Err(ProviderError::Moderated(_))), "{said:?}");
}

#[test]
fn pictures_may_take_three_minutes_and_no_longer() {
    for (seconds, expected) in [(179, Ok(Finish::Stop)), (181, Err(ProviderError::Timeout))] {
        let body = drawn(json!([{ "b64_json": base64() }]));
        let api = Api::new(move |_| {
            let mut answer = Answer::new(200, body.clone());
            answer.delay = std::time::Duration::from_secs(seconds);
            answer
        });
        assert_eq!(api.ask("grok-imagine-image", wanted(1, "auto")).end, expected);
    }
}
