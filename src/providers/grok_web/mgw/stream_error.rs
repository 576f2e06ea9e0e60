//! Classifies errors inside the WebSocket: those of an answer by their kind, `error` events by code and text.

use super::{
    code::Code,
    wire::{ErrorFields, ErrorValue, StreamError},
};
use crate::{
    json::Field,
    providers::{
        ProviderError,
        grok_web::{classify, rest::wire::UpstreamError},
    },
};

/// The cooldown in seconds after a limit without a window of its own.
const SHORT_WAIT: u64 = 60;

/// Classifies an error inside an answer: by the first of its names that is known, or else by its text.
pub fn from_answer(error: &StreamError) -> ProviderError {
    let name = error.names.first().map(String::as_str).unwrap_or_default();
    let text = if error.message.is_empty() { name } else { &error.message };
    error.names.iter().find_map(|name| from_kind(name, text)).unwrap_or_else(|| from_words(None, text))
}

/// Classifies a kind of error, in any spelling of protobuf's JSON. Returns `None` if the kind is unknown or names no
/// cause.
pub fn from_kind(kind: &str, text: &str) -> Option<ProviderError> {
    let kind = snake_case(kind);
    let kind = kind.trim_start_matches("stream_error_").trim_start_matches("kind_");
    Some(match kind {
        "usage_limit_reached" | "usage_pool_exhausted" => {
            ProviderError::RateLimited { quota_spent: true, retry_after: None }
        }
        "global_rate_limit"
        | "concurrency_limit"
        | "render_tool_rate_limited"
        | "render_per_message_limit_exceeded" => ProviderError::Throttled { retry_after: SHORT_WAIT },
        "model_not_available" => ProviderError::NotEntitled(text.to_owned()),
        "system_kill_switch" => ProviderError::Overloaded { retry_after: None },
        "beyond_context_length" | "user_prompt_too_long" => ProviderError::PromptTooLong,
        "attachment_image_too_large"
        | "attachment_file_too_large"
        | "attachment_too_many_pages"
        | "attachment_load_failed" => ProviderError::CallerError(text.to_owned()),
        "attachment_moderated" | "content_moderated" => ProviderError::Moderated(text.to_owned()),
        "tool_call_failed" | "render_tool_failed" => ProviderError::Server(502),
        // `internal_error` and `request_cancelled` are not here: a reason or the text may name the cause.
        _ => return None,
    })
}

/// Returns `usageLimitReached` or `USAGE_LIMIT_REACHED` as `usage_limit_reached`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if after_lower && c.is_ascii_uppercase() {
            snake.push('_');
        }
        after_lower = c.is_ascii_lowercase();
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Classifies an `error` event, or an error without an event. Returns `None` if the value is not an error.
pub fn from_event(error: Field<ErrorValue>) -> Option<ProviderError> {
    match error.given()? {
        ErrorValue::Text(text) if text.is_empty() => None,
        ErrorValue::Text(text) => Some(from_words(None, &text)),
        ErrorValue::Object(fields) => Some(from_fields(fields)),
    }
}

/// Classifies an error by its code and text.
pub fn from_fields(error: ErrorFields) -> ProviderError {
    let message = error.message.given().unwrap_or_default();
    match error.code.given() {
        None => from_words(None, &message),
        Some(Code::Number(code)) => from_words(Some(code), &message),
        Some(Code::Name(name)) => {
            let words = format!("{}: {message}", name.to_ascii_lowercase().replace('_', " "));
            from_kind(&name, &message).unwrap_or_else(|| from_words(None, &words))
        }
    }
}

fn from_words(code: Option<i64>, message: &str) -> ProviderError {
    let lower = message.to_lowercase();
    if lower.contains("anti_bot") || lower.contains("anti bot") {
        return ProviderError::AntiBot;
    }
    // On this WebSocket a session is a conversation, not the sign-in of an account.
    if code != Some(classify::code::UNAUTHENTICATED) && lower.contains("session not found") {
        return ProviderError::Server(502);
    }
    classify::from_stream(&UpstreamError { code, message: message.into() })
}

/// Classifies the code of a picture that was not made: a number or `ERR_…`.
pub fn from_picture(code: &Code) -> ProviderError {
    let is_limit = match code {
        Code::Number(number) => matches!(number, 1006 | 1008),
        Code::Name(name) => name.ends_with("RATE_LIMITED") || name.ends_with("LIMIT_EXCEEDED"),
    };
    if is_limit { ProviderError::Throttled { retry_after: SHORT_WAIT } } else { ProviderError::Server(502) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, message: &str) -> ProviderError {
        let names = vec![kind.to_owned()];
        from_answer(&StreamError { names, message: message.to_owned(), is_minor: false })
    }

    #[test]
    fn every_kind_has_its_class() {
        use ProviderError::*;
        let spent = || RateLimited { quota_spent: true, retry_after: None };
        let short = || Throttled { retry_after: 60 };
        for (kind, class) in [
            ("usage_limit_reached", spent()),
            ("usage_pool_exhausted", spent()),
            ("global_rate_limit", short()),
            ("concurrency_limit", short()),
            ("render_tool_rate_limited", short()),
            ("render_per_message_limit_exceeded", short()),
            ("model_not_available", NotEntitled("words".to_owned())),
            ("system_kill_switch", Overloaded { retry_after: None }),
            ("beyond_context_length", PromptTooLong),
            ("user_prompt_too_long", PromptTooLong),
            ("attachment_image_too_large", CallerError("words".to_owned())),
            ("attachment_file_too_large", CallerError("words".to_owned())),
            ("attachment_too_many_pages", CallerError("words".to_owned())),
            ("attachment_load_failed", CallerError("words".to_owned())),
            ("attachment_moderated", Moderated("words".to_owned())),
            ("content_moderated", Moderated("words".to_owned())),
            ("tool_call_failed", Server(502)),
            ("render_tool_failed", Server(502)),
            ("internal_error", Server(500)),
            ("request_cancelled", Server(500)),
            ("a_kind_of_tomorrow", Server(500)),
        ] {
            assert_eq!(of(kind, "words"), class, "{kind}");
        }
    }

    #[test]
    fn the_text_decides_if_the_kind_is_unknown() {
        let spent = ProviderError::RateLimited { quota_spent: true, retry_after: None };
        assert_eq!(of("", "You've reached your usage limit."), spent);
        let busy = ProviderError::Overloaded { retry_after: None };
        assert_eq!(of("internal_error", "Grok is under heavy usage right now."), busy);
    }

    #[test]
    fn a_kind_is_known_in_every_field_and_spelling() {
        let spent = ProviderError::RateLimited { quota_spent: true, retry_after: None };
        for json in [
            r#"{"kind":"usage_limit_reached","message":"words"}"#,
            r#"{"kind":"STREAM_ERROR_KIND_USAGE_LIMIT_REACHED"}"#,
            r#"{"message":"words","usage_limit_reached":{}}"#,
            r#"{"message":"words","model_not_available":null,"usage_limit_reached":{}}"#,
            r#"{"trace":{"id":"x"},"usageLimitReached":{},"severity":"STREAM_ERROR_SEVERITY_FATAL","span":"y"}"#,
            r#"{"kind":"internal_error","details":{"reason":"usage_limit_reached"}}"#,
            r#"{"kind":7,"trace_id":"x","details":{"reason":"usage_limit_reached"}}"#,
        ] {
            let error = serde_json::from_str::<Field<StreamError>>(json).expect("it is JSON").given();
            assert_eq!(from_answer(&error.expect("it is an object")), spent, "{json}");
        }
    }

    #[test]
    fn error_events_are_read_by_code_and_words() {
        let of = |json: &str| from_event(serde_json::from_str(json).expect("it is JSON"));
        let limited = |quota_spent| Some(ProviderError::RateLimited { quota_spent, retry_after: None });
        for (json, class) in [
            (r#"{"code":8,"message":"slow down"}"#, limited(false)),
            (r#"{"code":"8","message":"slow down"}"#, limited(false)),
            (r#"{"code":"rate_limit_exceeded","message":"slow down"}"#, limited(false)),
            (r#"{"code":"usage_limit_reached","message":"wait"}"#, limited(true)),
            (r#"{"code":7,"message":"no"}"#, Some(ProviderError::Policy("no".to_owned()))),
            (r#"{"code":"anti_bot","message":"Request rejected."}"#, Some(ProviderError::AntiBot)),
            (r#"{"message":"anti_bot"}"#, Some(ProviderError::AntiBot)),
            (r#"{"code":"conversation_not_found"}"#, Some(ProviderError::Server(500))),
            (r#"{"code":"session_not_found"}"#, Some(ProviderError::Server(502))),
            (r#"{"code":5,"message":"Session not found"}"#, Some(ProviderError::Server(502))),
            (r#""Request rejected by anti-bot rules.""#, Some(ProviderError::AntiBot)),
            (r#"{}"#, Some(ProviderError::Server(500))),
            (r#""""#, None),
            ("null", None),
            ("7", None),
        ] {
            assert_eq!(of(json), class, "{json}");
        }
    }

    #[test]
    fn a_missing_picture_has_a_reason() {
        let short = ProviderError::Throttled { retry_after: 60 };
        for code in [Code::Number(1006), Code::Number(1008), Code::Name("ERR_RATE_LIMITED".into())] {
            assert_eq!(from_picture(&code), short);
        }
        for code in [Code::Number(1007), Code::Number(1001), Code::Name("ERR_GENERATION_FAILED".into())] {
            assert_eq!(from_picture(&code), ProviderError::Server(502));
        }
    }
}
