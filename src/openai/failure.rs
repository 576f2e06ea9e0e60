//! What a client is told of a fault of the upstream.

use crate::{
    error::{Error, Kind},
    grok::fault::Fault,
};

impl From<&Fault> for Error {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::RateLimited { retry_after, .. } => {
                let error = Error::new(Kind::AllTokensCooling, "Grok's rate limit is reached: try again later");
                with_retry(error, *retry_after)
            }
            Fault::Overloaded { retry_after } => {
                let error = Error::new(Kind::UpstreamOverloaded, "Grok is under heavy usage: try again later");
                with_retry(error, *retry_after)
            }
            Fault::DeadAccount(_) => Error::new(
                Kind::Upstream,
                "Grok refused the account that was used: ask the operator to check the tokens",
            ),
            Fault::AntiBot => Error::new(
                Kind::UpstreamBlocked,
                "Grok's front door refused this gateway's requests: the operator may have to set user_agent, \
                 cf_clearance or x_statsig_id, or send from another network",
            ),
            Fault::Moderated(_) => {
                Error::new(Kind::ContentPolicy, "Grok refused this content under its content policy")
            }
            Fault::CallerError(_) => {
                Error::new(Kind::Invalid, "Grok could not read this request: shorten or simplify the messages")
                    .with_param("messages")
            }
            Fault::ModelNotFound => {
                Error::new(Kind::Upstream, "Grok does not know this model any more: choose another one")
            }
            Fault::Policy(_) => Error::new(Kind::Upstream, "Grok does not allow this request"),
            Fault::Server(status) => Error::new(Kind::Upstream, format!("Grok failed with status {status}: try again")),
            Fault::Connect => Error::new(Kind::Upstream, "Grok could not be reached: try again"),
            Fault::Timeout => Error::new(Kind::UpstreamTimeout, "Grok did not answer in time: try again"),
            Fault::Cut => Error::new(Kind::Upstream, "Grok's answer broke off: try again"),
            Fault::Empty => Error::new(Kind::Upstream, "Grok's answer was empty: try again"),
            Fault::Unreadable => Error::new(
                Kind::NoToken,
                "The tokens were sealed with another encryption_key: the operator must set that one as \
                 encryption_key_previous",
            ),
            Fault::TooLong => Error::new(Kind::Upstream, "Grok's answer held an object that is too large"),
        }
    }
}

fn with_retry(error: Error, seconds: Option<u64>) -> Error {
    match seconds {
        Some(seconds) => error.with_retry_after(seconds),
        None => error,
    }
}
