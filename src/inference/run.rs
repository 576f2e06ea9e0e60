//! Runs one request: fetches its pictures, tries accounts, and gives the answer that begins to the protocol.
//!
//! ```ignore
//! let request = InferenceRequest { model, prompt, sources, sent_to, .. };
//! run(&app, &key, request, record, &delivery).await // which responds in the protocol's format
//! ```

use std::rc::Rc;

use futures::future::LocalBoxFuture;

use super::{
    asker::Asker,
    attempt::Attempts,
    conversation::Conversation,
    event::Events,
    failure::{client_error, not_entitled},
    media::{Files, SentTo},
    prompt::Prompt,
    record::RequestRecord,
    shape::Shape,
};
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    host::Response,
    media::{
        self,
        input::{self, Resolved, Source},
    },
    providers::{
        Account, ProviderError,
        catalog::{API_PREFIX, Model, Provider},
    },
    store::{
        accounts::reserve::{Budget, Free, Refusal, Reservation, Reserved},
        authenticate::authenticate,
        requests,
    },
};

/// A client's request after the protocol has checked and converted it.
pub struct InferenceRequest {
    pub model: Model,
    /// Without the bytes of its pictures: [`run`] fetches them.
    pub prompt: Prompt,
    /// The prompt's pictures, in the order in which its parts refer to them.
    pub sources: Vec<Source>,
    pub sent_to: Rc<SentTo>,
}

/// An answer whose first content has arrived. Nothing of it has reached the client.
pub struct StartedAnswer {
    pub conversation: Conversation,
    /// What has been read so far.
    pub events: Events,
    /// Gives the answer's pictures and videos their addresses.
    pub files: Files,
}

/// Turns an answer into a response. The protocols share the code of [`run`], of which a copy for each would be large.
pub trait Respond {
    /// Responds with a started answer, as a stream or read to its end. Fails if the answer does, before any of it has
    /// reached the client.
    fn respond<'a>(
        &'a self,
        answer: StartedAnswer,
        record: &'a mut RequestRecord,
    ) -> LocalBoxFuture<'a, Result<Response, Failure>>;
}

/// Why an answer failed.
pub enum Failure {
    /// The provider failed; another account may succeed.
    Provider(ProviderError),
    /// The account has answered, but the files of its answer could not be stored.
    Unstored(Error),
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Failure::Provider(error)
    }
}

/// Answers a request: tries accounts until `respond` has turned an answer into a response. A streamed answer succeeds
/// when it begins, a collected one when `respond` has read it to its end. Fails with the error that the client gets,
/// which is recorded.
pub async fn run(
    app: &Rc<App>,
    key: &PresentedKey,
    mut request: InferenceRequest,
    mut record: RequestRecord,
    respond: &dyn Respond,
) -> Result<Response> {
    let minutes = record.timezone().await?;
    let mut attempts = Attempts::new(&request.model, &request.prompt, &request.sources, minutes);
    let sources = std::mem::take(&mut request.sources);
    let mut prompt = std::mem::take(&mut request.prompt);
    let resolved = pictures(app, key, &request.sent_to, sources, &mut record).await?;
    prompt.pictures = resolved.pictures;
    attempts.preferred = resolved.owner;
    let vault = Rc::new(Vault::open(&*app.host).await?);
    let asking = Asking { app, vault: &vault, sent_to: &request.sent_to, question: prompt.last_question() };
    let prompt = Rc::new(prompt);
    let mut shape = Shaping { prompt: &prompt, last: None };
    let mut last_error: Option<(ProviderError, Model)> = None;
    loop {
        let reservation = match attempts.reserve(app, &key.hash).await? {
            Reserved::Account(reservation) => reservation,
            Reserved::None(refusal) => {
                let error = match &last_error {
                    // The refusal knows when the first account is free again, unless one is free that was tried.
                    Some((error, model)) if !is_limit(error) || refusal.free == Free::default() => {
                        client_error(error, model)
                    }
                    _ => no_account(&refusal, &request.model, app.now_ms()),
                };
                record.authenticated(refusal.opened);
                return Err(record.refused(error));
            }
        };
        let Some(clear) = attempts.unseal(app, &vault, &reservation.token).await else { continue };
        record.reserved(&reservation, attempts.model());
        record.calls = attempts.calls();
        let error = match asking
            .attempt(*reservation, clear, &attempts, shape.of(app, attempts.model().provider), &mut record, respond)
            .await
        {
            Ok(reply) => return Ok(reply),
            Err(Failure::Unstored(error)) => return Err(record.media_unstored(error)),
            Err(Failure::Provider(error)) => error,
        };
        attempts.failed(&error, app.host.monotonic_ms().saturating_sub(app.started));
        // A rate-limited account has the mode. That other accounts lack the mode must not hide the limit from the
        // client.
        let lacks_mode = matches!(error, ProviderError::NotEntitled(_));
        let limited = last_error.take_if(|_| lacks_mode).filter(|(error, _)| is_limit(error));
        let is_last = attempts.left() == 0 || !error.is_retryable_on_another_account();
        let failed_on = attempts.model().clone();
        let is_last = is_last && !attempts.switch_provider(&error);
        if is_last && limited.is_none() {
            return Err(record.failed(&error, client_error(&error, &failed_on)));
        }
        // Stored before the next reservation, so that no other request gets this account in vain.
        if let Some(outcome) = record.outcome(&error) {
            record.reading_due |= outcome.effect.read;
            if let Err(error) = requests::outcome(&app.db, &outcome).await {
                eprintln!("{}: the effect of an attempt on its account is lost: {error}", app.request_id);
            }
        }
        if is_last && let Some((limited, limited_on)) = limited {
            return Err(record.refused(client_error(&limited, &limited_on)));
        }
        // If accounts run out of a mode, the last attempt uses the mode that they still have.
        if matches!(error, ProviderError::RateLimited { .. }) && attempts.left() == 1 {
            attempts.fall_back();
        }
        last_error = limited.or(Some((error, failed_on)));
    }
}

/// Returns the request's pictures; fetches the remote ones only for a client with a valid key. Fails with 401 without one,
/// and with 400 if a picture cannot be fetched.
async fn pictures(
    app: &Rc<App>,
    key: &PresentedKey,
    sent_to: &SentTo,
    sources: Vec<Source>,
    record: &mut RequestRecord,
) -> Result<Resolved> {
    let mut bases = Vec::new();
    if sources.iter().any(Source::is_remote) {
        let opened = authenticate(&app.db, &key.hash, app.now_ms()).await?;
        bases = media::bases(app, &opened.settings, &sent_to.uri, &sent_to.headers).await?;
        record.authenticated(opened);
    }
    input::resolve(app, &bases, sources).await.map_err(|error| record.clone().refused(error))
}

/// Returns whether the account may be tried again later.
fn is_limit(error: &ProviderError) -> bool {
    matches!(error, ProviderError::RateLimited { .. } | ProviderError::Throttled { .. })
}

/// The state that all attempts of a request share.
struct Asking<'a> {
    app: &'a Rc<App>,
    vault: &'a Rc<Vault>,
    sent_to: &'a Rc<SentTo>,
    /// What the gallery shows of the prompt.
    question: String,
}

/// The shape of the answer, for the provider that is asked.
struct Shaping<'a> {
    prompt: &'a Rc<Prompt>,
    last: Option<(Provider, Rc<Shape>)>,
}

impl Shaping<'_> {
    fn of(&mut self, app: &App, provider: Provider) -> Rc<Shape> {
        match &self.last {
            Some((last, shape)) if *last == provider => shape.clone(),
            _ => {
                let shape = Rc::new(Shape::new(self.prompt.clone(), provider, app.random()));
                self.last = Some((provider, shape.clone()));
                shape
            }
        }
    }
}

impl Asking<'_> {
    /// Tries one account and lets the protocol respond. `token` is the decrypted token, `None` if it cannot be
    /// decrypted.
    async fn attempt(
        &self,
        reservation: Reservation,
        token: Option<String>,
        attempts: &Attempts,
        shape: Rc<Shape>,
        record: &mut RequestRecord,
        respond: &dyn Respond,
    ) -> Result<Response, Failure> {
        let Reservation { settings, token: reserved, names, .. } = reservation;
        let token = token.ok_or(ProviderError::Unreadable)?;
        let account = Account { id: reserved.id, token, user_id: reserved.user_id, names };
        let settings = Rc::new(settings);
        let asker = Asker {
            app: self.app.clone(),
            vault: self.vault.clone(),
            settings: settings.clone(),
            model: attempts.model().clone(),
            account: Rc::new(account),
            uploads: Rc::default(),
            is_too_long: false,
        };
        let (conversation, events) =
            Conversation::open(asker, &shape, attempts.may_repeat(), &mut record.learned).await?;
        record.first_content();
        let files = Files {
            app: self.app.clone(),
            settings,
            sent_to: self.sent_to.clone(),
            account_id: reserved.id,
            caller: record.caller.clone(),
            model: attempts.model().id.clone(),
            prompt: self.question.clone(),
        };
        respond.respond(StartedAnswer { conversation, events, files }, record).await
    }
}

/// Returns the error for a request that no account serves, with the seconds until one may.
fn no_account(refusal: &Refusal, model: &Model, now: i64) -> Error {
    let Free { first_at, not_granted, over_budget } = refusal.free;
    let seconds = first_at.map(|until| ((until - now).max(0) as u64).div_ceil(1000).max(1));
    match (seconds, over_budget) {
        (Some(seconds), Some(budget)) => {
            let whose = match budget {
                Budget::Key => "daily budget of this API key",
                Budget::Accounts => "daily budget of the keys of xAI's API",
            };
            let message =
                format!("The {whose} is used up; retry in {seconds} seconds, or ask the operator to raise it");
            Error::new(ErrorKind::BudgetReached, message).with_retry_after(seconds)
        }
        (Some(seconds), None) => {
            let message = format!("All accounts are rate-limited; retry in {seconds} seconds");
            Error::new(ErrorKind::AllAccountsCooling, message).with_retry_after(seconds)
        }
        (None, _) if not_granted => not_entitled(model),
        // The name may be a mistake, because only xAI knows all of its models.
        (None, _) if model.is_only_of_api() && !refusal.opened.has_api && !model.id.starts_with(API_PREFIX) => {
            Error::unknown_model(&model.id)
        }
        (None, _) if model.is_only_of_api() => {
            let message = "This model needs a key of xAI's API: add one in the console, or enable one";
            Error::new(ErrorKind::NoAccount, message)
        }
        (None, _) => {
            Error::new(ErrorKind::NoAccount, "No account can serve this model: add one in the console, or enable one")
        }
    }
}
