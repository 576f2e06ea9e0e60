//! What the API's refusals mean, and what happens to the key in them.

use super::*;
use crate::host::SendError;

/// Returns the error for a response with this status and body.
fn refused(status: u16, retry_after: Option<&'static str>, body: &str) -> ProviderError {
    let body = body.to_owned();
    let api = Api::new(move |_| {
        let mut answer = Answer::new(status, body.clone());
        answer.headers.extend(retry_after.map(|value| ("retry-after", value.to_owned())));
        answer
    });
    let said = api.ask("grok-4.7", question("hi"));
    assert_eq!((api.requests(), said.started), (1, false));
    said.end.expect_err("it is refused")
}

/// Returns a body of the older form, and one as OpenAI has it.
fn forms(code: &str, message: &str) -> [String; 2] {
    let openai = json!({ "error": { "message": message, "type": "an_error", "code": code, "param": null } });
    [json!({ "code": code, "error": message }).to_string(), openai.to_string()]
}

fn dead(words: &str) -> ProviderError {
    ProviderError::DeadAccount(words.to_owned())
}

const DENIED: &str = "The caller does not have permission to execute the specified operation";
const WRONG: &str = "Incorrect API key provided: xa***-1. You can obtain an API key from https://console.x.ai.";
const BROKE: &str = "Your team 0c5 has either used all available credits or reached its monthly spending limit.";
const NEW: &str = "Your newly created team doesn't have any credits or licenses yet.";
const BLOCKED: &str = "API key is currently blocked. Ask your team admin for permission, or contact support.";
const UNSAFE: &str = "Content violates usage guidelines. Team: blocked by SAFETY_CHECK_TYPE_CONTENT.";
const LONG: &str = "This model's maximum prompt length is 131072 but the request contains 136973 tokens.";

#[test]
fn both_forms_of_errors_are_classified_by_their_words() {
    let wrong = format!("the key is wrong: {}", WRONG.replace("xa***-1", "xai-***"));
    let spent = ProviderError::RateLimited { quota_spent: true, retry_after: None };
    let caller = |words: &str| ProviderError::CallerError(words.to_owned());
    let denied = |words: &str| ProviderError::NotEntitled(words.to_owned());
    for (status, message, expected) in [
        (400, WRONG, dead(&wrong)),
        (401, "No API key", dead("the key is wrong: No API key")),
        (403, BLOCKED, dead(BLOCKED)),
        (403, "API key is disabled.", dead("API key is disabled.")),
        (403, "Team 7 is blocked.", dead("Team 7 is blocked.")),
        (403, "Access to the chat endpoint is denied", denied("Access to the chat endpoint is denied")),
        (403, UNSAFE, ProviderError::Moderated(UNSAFE.to_owned())),
        (
            400,
            "Image rejected by content moderation.",
            ProviderError::Moderated("Image rejected by content moderation.".into()),
        ),
        (403, NEW, spent.clone()),
        (402, "Pay", spent.clone()),
        (429, BROKE, spent),
        (429, "Too many requests.", ProviderError::Throttled { retry_after: 60 }),
        (404, "The model grok-9 does not exist", ProviderError::ModelNotFound),
        (400, LONG, ProviderError::PromptTooLong),
        (400, "Invalid request content: x", caller("Invalid request content: x")),
        (422, "temperature: too warm", caller("temperature: too warm")),
        (410, "Live search is gone", ProviderError::Policy("Live search is gone".to_owned())),
        (500, "Internal error.", ProviderError::Server(500)),
        (500, "The model is overloaded.", ProviderError::Overloaded { retry_after: None }),
        (503, "Try again.", ProviderError::Overloaded { retry_after: None }),
        (529, "Try again.", ProviderError::Overloaded { retry_after: None }),
    ] {
        for body in forms(DENIED, message) {
            assert_eq!(refused(status, None, &body), expected, "{status} {body}");
        }
    }
}

#[test]
fn bodies_that_are_no_json_are_read_as_text() {
    for (status, body, expected) in [
        (
            422,
            "Failed to deserialize the JSON body: x",
            ProviderError::CallerError("Failed to deserialize the JSON body: x".into()),
        ),
        (404, "Not Found", ProviderError::Server(404)),
        (413, "length limit exceeded", ProviderError::PromptTooLong),
        (405, "", ProviderError::Policy(String::new())),
        (502, "<html><body>502 Bad Gateway</body></html>", ProviderError::Server(502)),
        (504, "<html>", ProviderError::Server(504)),
        (403, "<html>Sorry</html>", ProviderError::Policy("the edge of xAI's API refused this network".to_owned())),
        (302, "", ProviderError::Server(302)),
        (400, r#"{"detail":"odd"}"#, ProviderError::CallerError(r#"{"detail":"odd"}"#.to_owned())),
        (400, "a\nb\u{7}", ProviderError::CallerError("a b".to_owned())),
    ] {
        assert_eq!(refused(status, None, body), expected, "{status} {body}");
    }
}

#[test]
fn a_limit_lasts_as_long_as_the_api_says() {
    for (header, seconds) in
        [("7", 7), (" 12 ", 12), ("1.2", 2), ("0", 1), ("Wed, 21 Oct 2026 07:28:00 GMT", 60), ("-1", 60)]
    {
        let [body, _] = forms("Some resource has been exhausted", "Too many requests");
        assert_eq!(refused(429, Some(header), &body), ProviderError::Throttled { retry_after: seconds }, "{header}");
    }
    assert_eq!(refused(503, Some("5"), ""), ProviderError::Overloaded { retry_after: Some(5) });
}

#[test]
fn a_key_never_gets_into_an_error() {
    for status in [400, 401, 403, 422, 429, 500] {
        for body in forms("x", &format!("Bad key {KEY}, team blocked, see {KEY}")).into_iter().chain([KEY.to_owned()]) {
            let text = format!("{:?}", refused(status, None, &body));
            assert!(!text.contains(&KEY[8..]), "{text}");
        }
    }
    let api = Api::new(|_| hello());
    api.ask("grok-4.7", question("hi"));
    let requests = api.host.requests.borrow();
    assert!(!requests[0].uri().to_string().contains(KEY) && !format!("{:?}", requests[0].headers()).contains(KEY));
}

#[test]
fn a_failure_inside_the_stream_is_classified_as_one_before() {
    let spent = ProviderError::RateLimited { quota_spent: true, retry_after: None };
    for (code, message, expected) in [
        (json!("Some resource has been exhausted"), "Too many requests", ProviderError::Throttled { retry_after: 60 }),
        (json!("rate_limit_exceeded"), "Slow down", ProviderError::Throttled { retry_after: 60 }),
        (json!("resource-exhausted"), BROKE, spent),
        (json!(429), "Slow down", ProviderError::Throttled { retry_after: 60 }),
        (json!("invalid-argument"), LONG, ProviderError::PromptTooLong),
        (json!("invalid-argument"), "bad schema", ProviderError::CallerError("bad schema".to_owned())),
        (json!(DENIED), UNSAFE, ProviderError::Moderated(UNSAFE.to_owned())),
        (json!("permission-denied"), BLOCKED, dead(BLOCKED)),
        (json!("server_error"), "oops", ProviderError::Server(500)),
        (json!("The service is currently unavailable"), "x", ProviderError::Overloaded { retry_after: None }),
        (Value::Null, "oops", ProviderError::Server(500)),
    ] {
        let error = json!({ "code": code, "message": message });
        let plain = json!({ "type": "error", "code": code, "message": message, "param": null });
        let nested = json!({ "type": "error", "error": error });
        let failed = json!({ "type": "response.failed", "response": { "status": "failed", "error": error } });
        for event in [plain, nested, failed] {
            let body = stream([created(), event.clone()]);
            let said = Api::new(move |_| Answer::new(200, body.clone())).ask("grok-4.7", question("hi"));
            assert_eq!((said.end, said.started), (Err(expected.clone()), false), "{event}");
        }
    }
    let late = json!({ "type": "error", "code": "internal", "message": "oops" });
    let body = stream([delta(0, "half[["), late]);
    let said = Api::new(move |_| Answer::new(200, body.clone())).ask("grok-4.7", question("hi"));
    assert_eq!(
        (said.end, said.started, said.events),
        (Err(ProviderError::Server(500)), true, vec!["text half[[".into()])
    );
}

#[test]
fn a_body_that_is_no_stream_is_an_error() {
    let [json, _] = forms("Some resource has been exhausted", "Too many requests");
    for (body, expected) in [
        (json, ProviderError::Throttled { retry_after: 60 }),
        ("<html>Sign in to the network</html>".to_owned(), ProviderError::Server(502)),
        (String::new(), ProviderError::Empty),
    ] {
        let said = Api::new(move |_| Answer::new(200, body.clone())).ask("grok-4.7", question("hi"));
        assert_eq!((said.end, said.started), (Err(expected), false));
    }
}

#[test]
fn a_connection_that_fails_is_no_fault_of_the_key() {
    for (error, expected) in [
        (SendError::Connection("refused".into()), ProviderError::Connect("refused".into())),
        (SendError::Unresolved("no such host".into()), ProviderError::NoAddress("no such host".into())),
        (SendError::Timeout("slow".into()), ProviderError::Timeout),
    ] {
        let api = Api::new(|_| hello());
        api.host.on_send(move |_| Err(error.clone()));
        assert_eq!(api.ask("grok-4.7", question("hi")).end, Err(expected));
    }
}
