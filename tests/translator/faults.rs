//! Grok's failures, each with its class.

use grok2api::providers::ProviderError;
use grok2api::providers::grok_web::classify::{from_answer, from_stream};
use grok2api::providers::grok_web::rest::wire::UpstreamError;

fn limited(quota_spent: bool) -> ProviderError {
    ProviderError::RateLimited { quota_spent, retry_after: None }
}

fn grpc(code: i64, message: &str) -> String {
    format!(r#"{{"error":{{"code":{code},"message":"{message}","details":[]}}}}"#)
}

const PAGE: &str = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>";
const DEAD: &str = "Failed to look up session ID. [WKE=unauthenticated:invalid-credentials]";
const BLOCKED: &str = "User is blocked [WKE=unauthorized:blocked-user]";
const BUSY: &str = "Grok is under heavy usage right now. Please try again soon.";
const MODERATED: &str = "Content moderated [WKE=grok:content-moderated]";

#[test]
fn answers_are_classified() {
    let dead = |marker: &str| ProviderError::DeadAccount(marker.to_owned());
    let bare = r#"{"code":8,"message":"Too many requests","details":[]}"#;
    for (status, body, fault) in [
        (401, grpc(16, DEAD), dead(DEAD)),
        (400, grpc(16, DEAD), dead(DEAD)),
        (403, grpc(16, "[WKE=unauthenticated:bad-credentials]"), dead("[WKE=unauthenticated:bad-credentials]")),
        (403, grpc(16, "[WKE=unauthenticated:expired]"), dead("[WKE=unauthenticated:expired]")),
        (403, grpc(7, BLOCKED), dead(BLOCKED)),
        (400, grpc(7, "account suspended"), dead("account suspended")),
        (403, grpc(7, "email-domain-rejected"), dead("email-domain-rejected")),
        (401, grpc(0, "nothing known"), dead("nothing known")),
        (403, grpc(7, "Request rejected by anti-bot rules."), ProviderError::AntiBot),
        (403, PAGE.to_owned(), ProviderError::AntiBot),
        (503, PAGE.to_owned(), ProviderError::AntiBot),
        (429, PAGE.to_owned(), ProviderError::AntiBot),
        (401, "<html></html>".to_owned(), ProviderError::AntiBot),
        (403, String::new(), ProviderError::AntiBot),
        (403, "Forbidden".to_owned(), ProviderError::AntiBot),
        (403, BLOCKED.to_owned(), dead(BLOCKED)),
        (429, "error code: 1015".to_owned(), ProviderError::AntiBot),
        (401, "Unauthorized".to_owned(), dead("Unauthorized")),
        (403, grpc(7, "not allowed"), ProviderError::Policy("not allowed".to_owned())),
        (403, r#"{"a":1}"#.to_owned(), ProviderError::Policy(r#"{"a":1}"#.to_owned())),
        (429, grpc(8, "Too many requests"), limited(false)),
        (429, bare.to_owned(), limited(false)),
        (429, r#"{"error":"Too many requests"}"#.to_owned(), limited(false)),
        (429, String::new(), limited(false)),
        (429, grpc(8, "You've reached your usage limit for this model."), limited(true)),
        (429, grpc(8, "Message limit reached"), limited(true)),
        (429, grpc(8, BUSY), ProviderError::Overloaded { retry_after: None }),
        (503, grpc(8, BUSY), ProviderError::Overloaded { retry_after: None }),
        (400, grpc(3, MODERATED), ProviderError::Moderated(MODERATED.to_owned())),
        (403, grpc(7, MODERATED), ProviderError::Moderated(MODERATED.to_owned())),
        (404, grpc(5, "Model is not found"), ProviderError::ModelNotFound),
        (404, grpc(5, "Source post not found [WKE=imagine:invalid-parent-post]"), ProviderError::Server(404)),
        (404, grpc(5, "no such route"), ProviderError::Policy("no such route".to_owned())),
        (400, grpc(3, "invalid argument"), ProviderError::CallerError("invalid argument".to_owned())),
        (500, grpc(13, "internal error"), ProviderError::Server(500)),
        (500, grpc(8, "internal error"), ProviderError::Server(500)),
        (503, grpc(14, "unavailable"), ProviderError::Server(503)),
        (502, "<html><body>502 Bad Gateway</body></html>".to_owned(), ProviderError::Server(502)),
        (302, String::new(), ProviderError::Server(302)),
    ] {
        assert_eq!(from_answer(status, None, body.as_bytes()), fault, "{status} {body}");
    }
}

#[test]
fn the_wait_is_kept_if_it_is_in_seconds() {
    for (header, retry_after) in
        [("37", Some(37)), (" 5 ", Some(5)), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
    {
        let fault = from_answer(429, Some(header), grpc(8, "Too many requests").as_bytes());
        assert_eq!(fault, ProviderError::RateLimited { quota_spent: false, retry_after });
        let fault = from_answer(503, Some(header), grpc(8, BUSY).as_bytes());
        assert_eq!(fault, ProviderError::Overloaded { retry_after });
    }
}

#[test]
fn errors_inside_a_stream_are_classified() {
    for (code, message, fault) in [
        (Some(8), "Too many requests", limited(false)),
        (Some(8), "", limited(false)),
        (None, "rate limit", limited(false)),
        (None, "You've reached your usage limit", limited(true)),
        (Some(8), BUSY, ProviderError::Overloaded { retry_after: None }),
        (Some(16), "", ProviderError::DeadAccount(String::new())),
        (Some(7), BLOCKED, ProviderError::DeadAccount(BLOCKED.to_owned())),
        (Some(7), "no", ProviderError::Policy("no".to_owned())),
        (Some(3), "bad", ProviderError::CallerError("bad".to_owned())),
        (None, MODERATED, ProviderError::Moderated(MODERATED.to_owned())),
        (Some(13), PAGE, ProviderError::AntiBot),
        (Some(13), "internal", ProviderError::Server(500)),
        (Some(14), "unavailable", ProviderError::Server(503)),
        (None, "", ProviderError::Server(500)),
    ] {
        let error = UpstreamError { code, message: message.into() };
        assert_eq!(from_stream(&error), fault, "{code:?} {message}");
    }
}

#[test]
fn kept_texts_are_short_single_lines() {
    let message = format!("a\\nb{}", "x".repeat(1000));
    let ProviderError::CallerError(kept) = from_answer(400, None, grpc(3, &message).as_bytes()) else {
        panic!("a caller's error")
    };
    assert_eq!(kept.len(), 200);
    assert!(kept.starts_with("a bx"));
    // Only the start of a long body is searched.
    assert_eq!(from_answer(500, None, &vec![b'x'; 1 << 20]), ProviderError::Server(500));
}
