//! The error that a client gets for each provider error.

use crate::{
    error::{Error, ErrorKind},
    providers::{
        ProviderError,
        catalog::{Model, Provider},
    },
};

impl From<&ProviderError> for Error {
    /// Returns the error for a failure of Grok.
    fn from(fault: &ProviderError) -> Self {
        failure_of("Grok", fault)
    }
}

/// Returns the client's error for a failure of the provider that was asked for this model.
pub fn client_error(error: &ProviderError, model: &Model) -> Error {
    match (error, model.provider) {
        (ProviderError::NotEntitled(_), Provider::GrokWeb) => not_entitled(model),
        // The text names the operator's team.
        (ProviderError::NotEntitled(_), Provider::Xai) => {
            let message = format!(
                "xAI does not offer {} to the key that was used: ask the operator to check the key's permissions",
                model.id
            );
            Error::new(ErrorKind::NotEntitled, message)
        }
        (ProviderError::ModelNotFound, Provider::Xai) if model.is_only_of_api() => Error::unknown_model(&model.id),
        (ProviderError::CallerError(text), Provider::Xai) => {
            Error::new(ErrorKind::Invalid, format!("xAI's API refused the request: {text}"))
        }
        (ProviderError::DeadAccount(_), Provider::Xai) => {
            let message = "xAI refused the key that was used: ask the operator to check the keys of xAI's API";
            Error::new(ErrorKind::Upstream, message)
        }
        (error, Provider::Xai) => failure_of("xAI", error),
        (error, Provider::GrokWeb) => Error::from(error),
    }
}

/// Returns the error for a model whose mode no account has. It names the type of account that has it.
pub fn not_entitled(model: &Model) -> Error {
    let needs = model.bucket.needs().label();
    let message = format!("{} needs a {needs} account: choose another model, or add such an account", model.id);
    Error::new(ErrorKind::NotEntitled, message)
}

/// Returns the error for a failure of the service with this name.
fn failure_of(name: &str, fault: &ProviderError) -> Error {
    match fault {
        ProviderError::RateLimited { retry_after, .. } => {
            // Other accounts may be free; the next request tries them.
            let seconds = retry_after.unwrap_or(1);
            Error::new(ErrorKind::AllAccountsCooling, format!("{name}'s rate limit is reached: try again later"))
                .with_retry_after(seconds)
        }
        ProviderError::Overloaded { retry_after } => {
            let error =
                Error::new(ErrorKind::UpstreamOverloaded, format!("{name} is under heavy usage: try again later"));
            with_retry(error, *retry_after)
        }
        ProviderError::Throttled { retry_after } => {
            let message = format!("{name} allows no more requests for a short time; retry in {retry_after} seconds");
            Error::new(ErrorKind::AllAccountsCooling, message).with_retry_after(*retry_after)
        }
        ProviderError::NotEntitled(_) => Error::new(
            ErrorKind::NotEntitled,
            "None of the accounts has this mode: choose another model, or add an account that has it",
        ),
        ProviderError::PromptTooLong => Error {
            code: Some("context_length_exceeded"),
            ..Error::invalid(
                "messages",
                format!("The conversation is longer than {name} accepts: shorten the messages"),
            )
        },
        ProviderError::MissingSignature => Error {
            code: Some("missing_x_statsig_id"),
            ..Error::new(
                ErrorKind::NoAccount,
                "Videos and edits of pictures need a signature: the operator must enter the value of x_statsig_id in the \
                 console, under Settings, Access to Grok",
            )
        },
        ProviderError::StaleSignature => Error {
            code: Some("stale_x_statsig_id"),
            ..Error::new(
                ErrorKind::NoAccount,
                "Grok refused the signature x_statsig_id: it is out of date, or Grok distrusts this network. The operator \
                 must enter a new value in the console, under Settings, Access to Grok",
            )
        },
        ProviderError::NoAddress(text) => {
            Error::new(ErrorKind::Upstream, format!("{name}'s address was not found: {text}"))
        }
        ProviderError::DeadAccount(_) => Error::new(
            ErrorKind::Upstream,
            format!("{name} refused the account that was used: ask the operator to check the accounts"),
        ),
        ProviderError::AntiBot => Error::new(
            ErrorKind::UpstreamBlocked,
            format!(
                "{name}'s bot protection refused this gateway's requests: the operator should set user_agent, \
                 cf_clearance or x_statsig_id, or use another network"
            ),
        ),
        ProviderError::Moderated(_) => {
            Error::new(ErrorKind::ContentPolicy, format!("{name} refused this content under its content policy"))
        }
        ProviderError::CallerError(_) => Error::new(
            ErrorKind::Invalid,
            format!("{name} could not read this request: shorten or simplify the messages"),
        )
        .with_param("messages"),
        ProviderError::ModelNotFound => {
            Error::new(ErrorKind::Upstream, format!("{name} no longer knows this model: choose another one"))
        }
        ProviderError::Policy(_) => Error::new(
            ErrorKind::Upstream,
            format!("{name} does not allow this request: change it, or choose another model"),
        ),
        ProviderError::Server(status) => {
            Error::new(ErrorKind::Upstream, format!("{name} failed with status {status}: try again"))
        }
        ProviderError::Connect(_) => Error::new(ErrorKind::Upstream, format!("{name} could not be reached: try again")),
        ProviderError::Timeout => {
            Error::new(ErrorKind::UpstreamTimeout, format!("{name} did not answer in time: try again"))
        }
        ProviderError::Cut => Error::new(ErrorKind::Upstream, format!("{name}'s answer broke off: try again")),
        ProviderError::Empty => Error::new(ErrorKind::Upstream, format!("{name}'s answer was empty: try again")),
        ProviderError::Unreadable => Error::new(
            ErrorKind::NoAccount,
            "The accounts' tokens were encrypted with another encryption_key: the operator must set that key as \
                 encryption_key_previous",
        ),
        ProviderError::Variable(sentence) => Error::internal(sentence),
        ProviderError::Unfit { code, message } => Error {
            code: Some(code),
            ..Error::new(ErrorKind::Upstream, format!("{message} The model was asked twice: try again"))
        },
        ProviderError::TooLong => {
            Error::new(ErrorKind::Upstream, format!("{name}'s answer contains an object that is too large: try again"))
        }
    }
}

fn with_retry(error: Error, seconds: Option<u64>) -> Error {
    match seconds {
        Some(seconds) => error.with_retry_after(seconds),
        None => error,
    }
}
