//! What goes wrong inside the socket: errors of an answer by their kind, and error events by code and words.

use super::wire::StreamError;
use crate::providers::{
    ProviderError,
    grok_web::{classify, rest::event::UpstreamError},
};

/// Seconds to wait after a limit that has no window of its own.
const SHORT_WAIT: u64 = 60;

/// Classifies an error inside an answer.
pub fn from_answer(error: &StreamError) -> ProviderError {
    let text = || match error.message.as_str() {
        "" => error.kind.clone(),
        message => message.to_owned(),
    };
    match error.kind.trim_start_matches("STREAM_ERROR_").to_ascii_lowercase().as_str() {
        "usage_limit_reached" | "usage_pool_exhausted" => {
            ProviderError::RateLimited { quota_spent: true, retry_after: None }
        }
        "global_rate_limit"
        | "concurrency_limit"
        | "render_tool_rate_limited"
        | "render_per_message_limit_exceeded" => ProviderError::Throttled { retry_after: SHORT_WAIT },
        "model_not_available" => ProviderError::NotEntitled(text()),
        "system_kill_switch" => ProviderError::Overloaded { retry_after: None },
        "beyond_context_length" | "user_prompt_too_long" => ProviderError::PromptTooLong,
        "attachment_image_too_large"
        | "attachment_file_too_large"
        | "attachment_too_many_pages"
        | "attachment_load_failed" => ProviderError::CallerError(text()),
        "attachment_moderated" | "content_moderated" => ProviderError::Moderated(text()),
        "tool_call_failed" | "render_tool_failed" => ProviderError::Server(502),
        // These two name no cause: the words may.
        "internal_error" | "request_cancelled" => from_words(None, &text()),
        _ => from_words(None, &text()),
    }
}

/// Classifies an `error` event, or an error without an event.
pub fn from_event(error: &UpstreamError) -> ProviderError {
    from_words(error.code, &error.message)
}

fn from_words(code: Option<i64>, message: &str) -> ProviderError {
    let lower = message.to_lowercase();
    if lower.contains("anti_bot") {
        return ProviderError::AntiBot;
    }
    classify::from_stream(&UpstreamError { code, message: message.into() })
}

/// Classifies the code of a picture that was not made.
pub fn from_picture(code: u32) -> ProviderError {
    match code {
        1006 | 1008 => ProviderError::Throttled { retry_after: SHORT_WAIT },
        _ => ProviderError::Server(502),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, message: &str) -> ProviderError {
        from_answer(&StreamError { kind: kind.to_owned(), message: message.to_owned() })
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
    fn words_decide_where_the_kind_does_not() {
        let spent = ProviderError::RateLimited { quota_spent: true, retry_after: None };
        assert_eq!(of("", "You've reached your usage limit."), spent);
        let busy = ProviderError::Overloaded { retry_after: None };
        assert_eq!(of("internal_error", "Grok is under heavy usage right now."), busy);
    }

    #[test]
    fn error_events_are_read_by_code_and_words() {
        let of = |code, message: &str| from_event(&UpstreamError { code, message: message.into() });
        assert_eq!(of(Some(8), "slow down"), ProviderError::RateLimited { quota_spent: false, retry_after: None });
        assert_eq!(of(Some(7), "no"), ProviderError::Policy("no".to_owned()));
        assert_eq!(of(None, "anti_bot"), ProviderError::AntiBot);
        assert_eq!(of(None, "conversation_not_found"), ProviderError::Server(500));
    }
}
