//! Pictures and videos of answers: their rows, addresses and cost.

use super::*;
use crate::host::SendError;

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==";

fn frame(fields: Value) -> String {
    format!("{}\n", json!({ "result": { "response": fields } }))
}

fn two_pictures() -> Answer {
    let urls = json!(["users/u/generated/a/image.jpg", "users/u/generated/b/image.jpg"]);
    let whole = frame(json!({ "modelResponse": { "message": "", "generatedImageUrls": urls } }));
    Answer::chunks([token("Two moons"), whole, end()])
}

/// What the table `media` holds: kind, upstream's name and owner, in the order of their coming.
fn kept(gateway: &Gateway) -> Vec<(String, String, i64)> {
    use crate::host::Value::{Integer, Text};
    let rows = gateway.host.sql("SELECT kind, url, token_id FROM media ORDER BY rowid", vec![]);
    let entry = |row: Vec<_>| match <[_; 3]>::try_from(row) {
        Ok([Text(kind), Text(url), Integer(token)]) => (kind, url, token),
        other => panic!("{other:?}"),
    };
    rows.into_iter().map(entry).collect()
}

/// Ids in an answer's links.
fn ids<'a>(text: &'a str, start: &str, close: char) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.split(close).next().unwrap_or_default()).collect()
}

fn text_of(stream: &str) -> String {
    let events = stream.split("\n\n").filter_map(|event| event.strip_prefix("data: {"));
    let delta = |event: &str| {
        let event: Value = serde_json::from_str(&format!("{{{event}")).expect("an event is JSON");
        event["choices"][0]["delta"]["content"].as_str().unwrap_or("").to_owned()
    };
    events.map(delta).collect()
}

#[test]
fn pictures_get_our_own_addresses_before_clients_see_them() {
    for stream in [false, true] {
        let gateway = Gateway::new(2);
        gateway.upstream(|_| two_pictures());
        let text = if stream {
            text_of(&gateway.stream())
        } else {
            gateway.chat(question(false)).1["choices"][0]["message"]["content"].as_str().expect("a text").to_owned()
        };
        let ids = ids(&text, "![Generated Image](http://gateway.test/images/", ')');
        assert_eq!(ids.len(), 2, "{text}");
        assert!(text.starts_with("Two moons\n![") && ids[0] != ids[1] && ids.iter().all(|id| id.len() == 22), "{text}");
        let row = |name: &str| ("image".to_owned(), format!("users/u/generated/{name}/image.jpg"), 1);
        assert_eq!(kept(&gateway), [row("a"), row("b")]);
        assert_eq!(
            gateway.host.number(&format!("SELECT count(*) FROM media WHERE id IN ('{}', '{}')", ids[0], ids[1])),
            2
        );
        assert_eq!(gateway.host.statements.borrow().len(), 3, "one for the rows of both");
        assert_eq!((gateway.quota(1), gateway.log()), (79, vec![(200, String::new(), 1)]));
    }
}

#[test]
fn the_base_url_of_the_settings_leads_the_addresses() {
    let gateway = Gateway::new(1);
    gateway
        .host
        .sql(r#"INSERT INTO settings VALUES ('global', '{"base_url":"https://public.example/grok/"}')"#, vec![]);
    gateway.upstream(|_| two_pictures());
    let text = gateway.chat(question(false)).1.to_string();
    assert_eq!(text.matches("(https://public.example/grok/images/").count(), 2, "{text}");
}

#[test]
fn an_answer_with_unstored_files_is_an_error_not_a_dead_link() {
    for stream in [false, true] {
        let gateway = Gateway::new(2);
        gateway.upstream(|_| two_pictures());
        *gateway.host.broken.borrow_mut() = Some("INTO media".to_owned());
        if stream {
            let text = gateway.stream();
            assert!(text.contains(r#""code":"database_error""#), "{text}");
            assert!(!text.contains("/images/") && !text.contains("[DONE]"), "{text}");
        } else {
            let (status, answer) = gateway.chat(question(false));
            assert_eq!((status, &answer["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("database_error")));
        }
        assert_eq!(gateway.asked().len(), 1, "another account would draw for nothing");
        // The account has drawn: it is paid, and it is not to blame.
        assert_eq!((gateway.quota(1), gateway.skipped(1)), (79, false));
        assert_eq!(gateway.log(), [(503, "database_error".to_owned(), 1)]);
    }
}

fn progress(percent: u8, more: Value) -> String {
    let mut video = json!({ "videoId": "v", "progress": percent });
    video.as_object_mut().expect("it is one").extend(more.as_object().cloned().unwrap_or_default());
    frame(json!({ "streamingVideoGenerationResponse": video }))
}

fn video() -> Answer {
    let done = progress(100, json!({ "videoUrl": "users/u/generated/v/generated_video.mp4" }));
    Answer::chunks([progress(1, json!({})), progress(50, json!({})), done, end()])
}

fn video_question() -> Value {
    let picture = |url: &str| json!({ "type": "image_url", "image_url": { "url": url } });
    let content =
        json!([picture(PNG), picture("https://pictures.example/2.png"), { "type": "text", "text": "make it rise" }]);
    json!({ "model": "grok-imagine-0.9", "messages": [
        { "role": "system", "content": "be nice" }, { "role": "user", "content": content },
    ] })
}

/// An upstream that makes videos: the answer to the call for a post, and a conversation.
fn makes_videos(gateway: &Gateway, post: Value, conversation: impl Fn() -> Answer + 'static) {
    gateway.setting("x_statsig_id", "\"a-signature\"");
    gateway.host.on_send(move |request| match (request.uri().host(), request.uri().path()) {
        (Some("grok.com"), "/http/upload-file-v2/direct") => {
            Ok(Answer::new(200, r#"{"fileMetadata":{"fileMetadataId":"f1","fileUri":"users/u/f1/content"}}"#))
        }
        (Some("grok.com"), "/rest/media/post/create") => Ok(Answer::new(200, post.to_string())),
        (Some("grok.com"), "/rest/app-chat/conversations/new") => Ok(conversation()),
        _ => Err(SendError::Connection(format!("{} is fetched", request.uri()))),
    });
}

/// Body and referer of the last request.
fn last(gateway: &Gateway) -> (Value, String) {
    let requests = gateway.host.requests.borrow();
    let request = requests.last().expect("something was sent");
    let referer = request.headers()["referer"].to_str().expect("it is ASCII").to_owned();
    (serde_json::from_slice(request.body()).expect("JSON is sent"), referer)
}

#[test]
fn a_video_is_made_of_the_first_picture_and_the_last_question() {
    let gateway = Gateway::new(2);
    makes_videos(&gateway, json!({ "post": { "id": "p-1" } }), video);
    let (status, answer) = gateway.chat(video_question());
    assert_eq!(status, StatusCode::OK, "{answer}");
    let text = answer["choices"][0]["message"]["content"].as_str().expect("a text");
    let ids = ids(text, "<video src=\"http://gateway.test/videos/", '"');
    assert_eq!((ids.len(), text.contains("\" controls=\"controls\"></video>")), (1, true), "{text}");
    assert!(text.contains("<think>Video 1%\nVideo 50%\nVideo 100%</think>\n<video"), "{text}");
    assert_eq!(kept(&gateway), [("video".to_owned(), "users/u/generated/v/generated_video.mp4".to_owned(), 1)]);
    let post: Value = serde_json::from_slice(gateway.host.requests.borrow()[1].body()).expect("JSON is sent");
    assert_eq!(post["mediaUrl"], "https://assets.grok.com/users/u/f1/content");
    let (talk, referer) = last(&gateway);
    assert_eq!(talk["message"], "https://grok.com/imagine/p-1  make it rise --mode=custom");
    assert_eq!((&talk["fileAttachments"], &talk["toolOverrides"]), (&json!(["f1"]), &json!({ "videoGen": true })));
    assert_eq!(referer, "https://grok.com/imagine/p-1");
    assert_eq!(gateway.asked(), ["token-1", "token-1", "token-1"]);
    assert_eq!(gateway.quota(1), 80, "videos have a pool of their own");
}

#[test]
fn a_video_without_a_post_links_to_the_file() {
    let gateway = Gateway::new(1);
    gateway.host.set_variable("grok_base_url", "https://grok.com/");
    gateway.host.set_variable("grok_assets_url", "http://assets.test/");
    makes_videos(&gateway, json!({}), video);
    assert_eq!(gateway.chat(video_question()).0, StatusCode::OK);
    let (talk, referer) = last(&gateway);
    assert_eq!(talk["message"], "http://assets.test/post/users/u/f1/content  make it rise --mode=custom");
    assert_eq!(referer, "https://grok.com/");
}

#[test]
fn a_video_without_a_signature_names_the_setting() {
    let gateway = Gateway::new(2);
    makes_videos(&gateway, json!({}), video);
    gateway.setting("x_statsig_id", "null");
    let (status, answer) = gateway.chat(video_question());
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("missing_x_statsig_id")));
    assert!(answer["error"]["message"].as_str().expect("a text").contains("x_statsig_id"), "{answer}");
    assert_eq!(gateway.asked(), [""; 0]);
    assert_eq!((gateway.quota(1), gateway.skipped(1), gateway.cooling(1)), (80, false, 0));
}

#[test]
fn a_video_without_a_picture_is_the_callers_mistake() {
    let gateway = Gateway::new(1);
    let mut question = question(false);
    question["model"] = json!("grok-imagine-0.9");
    let (status, answer) = gateway.chat(question);
    assert_eq!((status, &answer["error"]["param"]), (StatusCode::BAD_REQUEST, &json!("messages")));
    assert!(answer["error"]["message"].as_str().expect("a text").contains("picture"), "{answer}");
    assert_eq!(gateway.asked(), [""; 0]);
}

#[test]
fn a_moderated_video_is_refused_and_costs_no_account() {
    let gateway = Gateway::new(2);
    let moderated = || Answer::chunks([progress(1, json!({})), progress(100, json!({ "moderated": true })), end()]);
    makes_videos(&gateway, json!({ "post": { "id": "p-1" } }), moderated);
    let (status, answer) = gateway.chat(video_question());
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("content_policy_violation")));
    assert_eq!((gateway.asked().len(), gateway.quota(1), gateway.skipped(1)), (3, 80, false));
    assert_eq!(kept(&gateway), []);
}
