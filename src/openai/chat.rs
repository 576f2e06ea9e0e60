//! `POST /v1/chat/completions`: check, choose an account, attempt, answer.

use std::{cell::Cell, rc::Rc};

use crate::{
    app::App,
    auth::api_key::PresentedKey,
    crypto::vault::Vault,
    error::{Error, Kind, Result},
    host::{Reply, Request},
    http::{client_ip, request, response},
    inference::{
        conversation::Conversation,
        prompt::{Part, Prompt},
    },
    invalid_tokens::{self, Opened},
    json,
    media::input::{self, Source},
    providers::{
        Account, Call, ProviderError,
        catalog::{self, Model},
    },
    store::{
        accounts::reserve::{self, Ask, Refusal, Reservation, Reserved, ReservedToken},
        authenticate, requests,
    },
};

use super::{
    answer::{self, Begun, Failure},
    files::{Files, SentTo},
    ledger::Ledger,
    models::does_not_exist,
    prompt,
    render::Renderer,
    types::ChatRequest,
    wire::{FinishReason, Head},
};

/// One request asks at most this many accounts.
const MAX_ATTEMPTS: usize = 3;
/// Workers allow 50 subrequests for one request, storage included. One more fails like a Grok error and would penalise
/// the account.
const MAX_CALLS: usize = 50;
/// Entries that turn out to be no tokens do not count as attempts. Each of them has a slice of the others looked
/// through, so that a request meets few.
const MAX_SKIPPED: usize = 4;

/// Returns how many attempts there are calls for. Each attempt reserves an account, in two modes at worst, asks for its
/// owner's id in up to two ways, uploads the pictures, talks, and is written down; around them the key is checked,
/// `fetched` pictures are fetched, and the files' rows made.
fn attempts(fetched: usize, pictures: usize) -> usize {
    (MAX_CALLS.saturating_sub(2 + fetched) / (6 + pictures)).clamp(1, MAX_ATTEMPTS)
}

/// A checked request, as its attempts need it.
struct Chat {
    /// The model's name, as the client wrote it.
    name: String,
    model: &'static Model,
    prompt: Prompt,
    attempts: usize,
    sent_to: Rc<SentTo>,
    stream: bool,
    include_usage: bool,
}

pub async fn completions(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Reply> {
    let mut ledger = Ledger::open(&app, client_ip::client_address(&app, request.headers()).await);
    // A long body is held in memory only for callers with a good key.
    if !request::has_short_body(&request) {
        ledger.opened(authenticate::authenticate(&app.db, &key.hash, app.now()).await?);
    }
    match read(request, &mut ledger).await {
        Ok((mut chat, sources)) => {
            chat.prompt.pictures = pictures_of(&app, &key, sources, &mut ledger).await?;
            answer(&app, &key, &chat, ledger).await
        }
        Err(error) => {
            // Return 401 before 400; log only requests with a valid key.
            ledger.opened(authenticate::authenticate(&app.db, &key.hash, app.now()).await?);
            Err(ledger.refused(error))
        }
    }
}

/// Reads and checks the request; the ledger learns what it can even of a bad one.
async fn read(request: Request, ledger: &mut Ledger) -> Result<(Chat, Vec<Source>)> {
    let sent_to = Rc::new(SentTo { uri: request.uri().clone(), headers: request.headers().clone() });
    let body = request::read_body(request).await?;
    let mut repaired = String::new();
    let request = json::from_client(&body, &mut repaired, ChatRequest::parse)?;
    ledger.model = request.model.to_string();
    ledger.stream = request.stream;
    let model = catalog::find(&request.model).ok_or_else(|| no_such_model(&request.model))?;
    let (name, stream, include_usage) = (request.model.to_string(), request.stream, request.include_usage);
    let (messages, mut images) = prompt::convert(request);
    let mut prompt = Prompt { messages, pictures: Vec::new() };
    if model.is_video {
        if images.is_empty() {
            let message = format!("{} makes a video of a picture: send one as an image_url part", model.id);
            return Err(Error::invalid("messages", message));
        }
        // The service animates one picture; further ones are not even looked at.
        images.truncate(1);
        for message in &mut prompt.messages {
            message.parts.retain(|part| !matches!(part, Part::Picture(1..)));
        }
    }
    let sources = Source::read(&images)?;
    ledger.prompt_tokens = prompt.tokens();
    let attempts = attempts(sources.iter().filter(|source| source.is_remote()).count(), sources.len());
    Ok((Chat { name, model, prompt, attempts, sent_to, stream, include_usage }, sources))
}

/// Fetches what pictures have to be fetched, for callers with a good key only.
async fn pictures_of(
    app: &App,
    key: &PresentedKey,
    sources: Vec<Source>,
    ledger: &mut Ledger,
) -> Result<Vec<crate::inference::prompt::Picture>> {
    if sources.iter().any(Source::is_remote) {
        ledger.opened(authenticate::authenticate(&app.db, &key.hash, app.now()).await?);
    }
    input::resolve(&*app.host, sources).await.map_err(|error| ledger.clone().refused(error))
}

/// The accounts that one request asks, and in which mode.
struct Attempts {
    model: Model,
    /// The model in the mode that was gone from, if any.
    first: Option<Model>,
    /// Ids of the accounts asked in this mode.
    tried: Vec<i64>,
    /// In any mode.
    made: usize,
    /// Entries that were no tokens.
    skipped: usize,
}

impl Attempts {
    /// Goes over to the model's second mode, if it has one, in which every account may be asked once more.
    fn fall_back(&mut self) -> bool {
        let Some(model) = self.model.in_fallback_mode() else { return false };
        self.first = Some(std::mem::replace(&mut self.model, model));
        self.tried.clear();
        true
    }
}

impl Attempts {
    /// Returns the account's token in clear, or `Some(None)` when it cannot be opened. `None`: the entry is no token and
    /// has been marked as such; another is to be reserved.
    async fn unseal(&mut self, app: &App, vault: &Vault, token: &ReservedToken) -> Option<Option<String>> {
        self.tried.push(token.id);
        match invalid_tokens::open(vault, &token.sealed, &token.hash) {
            Opened::Token(clear) => Some(Some(clear)),
            Opened::NoToken if self.skipped < MAX_SKIPPED => {
                self.skipped += 1;
                if let Err(error) = invalid_tokens::found(app, vault, token.id).await {
                    eprintln!("{}: an entry that is no token could not be marked: {error}", app.request_id);
                }
                None
            }
            Opened::NoToken | Opened::Unreadable => Some(None),
        }
    }
}

/// Tries up to [`attempts`] accounts, as long as nothing has reached the client.
async fn answer(app: &Rc<App>, key: &PresentedKey, chat: &Chat, mut ledger: Ledger) -> Result<Reply> {
    let vault = Vault::open(&*app.host).await?;
    let mut attempts = Attempts { model: *chat.model, first: None, tried: Vec::new(), made: 0, skipped: 0 };
    let mut last_error = None;
    loop {
        let reservation = match reserve(app, key, &mut attempts).await? {
            Reserved::Token(reservation) => reservation,
            Reserved::None(refusal) => {
                let error = match &last_error {
                    // The refusal knows for how long the last of them rests.
                    Some(error) if !is_limit(error) => Error::from(error),
                    _ => no_account(&refusal, app.now()),
                };
                ledger.opened(refusal.opened);
                return Err(ledger.refused(error));
            }
        };
        let Some(clear) = attempts.unseal(app, &vault, &reservation.token).await else { continue };
        ledger.reserved(&reservation, &attempts.model);
        attempts.made += 1;
        let error = match attempt(app, &vault, *reservation, clear, chat, &attempts.model, &mut ledger).await {
            Ok(reply) => return Ok(reply),
            Err(Failure::Unkept(error)) => return Err(ledger.unkept(error)),
            Err(Failure::Provider(error)) => error,
        };
        // An account that is limited has the mode: that others do not have it is not the answer.
        let limit = last_error.take_if(|_| matches!(error, ProviderError::NotEntitled(_))).filter(is_limit);
        let is_last = attempts.made == chat.attempts || !error.is_retryable_on_another_account();
        if is_last && limit.is_none() {
            return Err(ledger.failed(&error));
        }
        // Stored before the next choice, so that no request from now on is given this account for nothing.
        if let Some(outcome) = ledger.outcome(&error)
            && let Err(error) = requests::outcome(&app.db, &outcome).await
        {
            eprintln!("{}: what an attempt did to its account is lost: {error}", app.request_id);
        }
        if is_last && let Some(limit) = limit {
            return Err(ledger.refused(Error::from(&limit)));
        }
        // Where accounts run out of a mode, the last attempt is better made in the one that they still have.
        if matches!(error, ProviderError::RateLimited { .. }) && attempts.made + 1 == chat.attempts {
            attempts.fall_back();
        }
        last_error = limit.or(Some(error));
    }
}

/// Whether an account may be asked again later.
fn is_limit(error: &ProviderError) -> bool {
    matches!(error, ProviderError::RateLimited { .. } | ProviderError::Throttled { .. })
}

/// Reserves the next account; in the model's second mode when none has any of the first left.
async fn reserve(app: &App, key: &PresentedKey, attempts: &mut Attempts) -> Result<Reserved> {
    loop {
        let Attempts { model, first, tried, .. } = &*attempts;
        let ask = Ask { key_hash: &key.hash, model, tried, now: app.now() };
        if model.fallback.is_none() {
            let mut reserved = reserve::reserve(&app.db, &ask).await?;
            if let (Reserved::None(refusal), Some(first)) = (&mut reserved, first) {
                // The first mode may be free again sooner.
                let free = reserve::first_free_at(&app.db, &Ask { model: first, tried: &[], ..ask }).await?;
                refusal.cooling_until = [refusal.cooling_until, free].into_iter().flatten().min();
            }
            return Ok(reserved);
        }
        if let Some(reservation) = reserve::take(&app.db, &ask).await? {
            return Ok(Reserved::Token(Box::new(reservation)));
        }
        attempts.fall_back();
    }
}

/// Asks one account. A streamed answer counts as given when it has begun, a collected one when it is whole.
async fn attempt(
    app: &Rc<App>,
    vault: &Vault,
    reservation: Reservation,
    clear: Option<String>,
    chat: &Chat,
    model: &Model,
    ledger: &mut Ledger,
) -> Result<Reply, Failure> {
    let Reservation { settings, token, names, .. } = reservation;
    let account =
        Account { id: token.id, token: clear.ok_or(ProviderError::Unreadable)?, user_id: token.user_id, names };
    let (grok, prompt) = (&settings.grok, &chat.prompt);
    let (asked, learned) = (&Cell::new(None), &mut ledger.learned);
    let call = Call { app, vault, settings: grok, model, prompt, account: &account, asked, learned };
    let (conversation, events) = Conversation::open(call).await?;
    ledger.first_content();
    let renderer = Renderer::new(settings.grok.show_thinking);
    let files = Files { app: app.clone(), settings, sent_to: chat.sent_to.clone(), account_id: account.id };
    let head = Head::new(app.random(), app.now_seconds(), &chat.name);
    if chat.stream {
        let ledger = ledger.clone();
        return Ok(Begun { conversation, events, renderer, files, head, ledger }.stream(chat.include_usage));
    }
    let collected = answer::collect(conversation, events, renderer, &files, ledger).await?;
    ledger.completion_tokens = collected.completion_tokens();
    ledger.clone().completed();
    let body = collected.finish(&head, FinishReason::Stop, ledger.prompt_tokens);
    Ok(response::json_bytes(body))
}

/// The 404 that OpenAI's clients know.
fn no_such_model(id: &str) -> Error {
    Error::new(Kind::ModelNotFound, does_not_exist(id)).with_param("model")
}

/// Why there is no token for this request, and when there may be one again.
fn no_account(refusal: &Refusal, now: i64) -> Error {
    match refusal.cooling_until {
        Some(until) => {
            let seconds = ((until - now).max(0) as u64).div_ceil(1000).max(1);
            Error::new(Kind::AllTokensCooling, format!("Every token is resting: try again in {seconds} s"))
                .with_retry_after(seconds)
        }
        None => Error::new(
            Kind::NoToken,
            "There is no token that can serve this model: add one in the console, or enable one",
        ),
    }
}
