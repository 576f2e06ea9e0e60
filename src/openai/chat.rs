//! `POST /v1/chat/completions`: check, choose a token, attempt, answer.

use std::rc::Rc;

use crate::{
    app::App,
    auth::{self, PresentedKey},
    error::{Error, Kind, Result},
    grok::{
        client::{Access, Client, Talk},
        fault::Fault,
        flatten::{flatten, last_question},
        models::{self, Model},
        payload,
        usage::Tally,
    },
    host::{Reply, Request},
    http_io,
    secrets::Vault,
    store::{
        gate, request_logs,
        reserve::{self, Ask, Refusal, Reservation, Reserved},
    },
};

use super::{
    answer::{self, Begun, Failure},
    conversation::Conversation,
    files::{Files, SentTo},
    ledger::Ledger,
    models::does_not_exist,
    pictures::{self, Picture, Source},
    types::ChatRequest,
    wire::{FinishReason, Head},
};

/// One request asks at most this many accounts.
const MAX_ATTEMPTS: usize = 3;
/// What a Worker may call for one request, storage included. A call beyond fails as if Grok had, and would be put
/// down to the account.
const MAX_CALLS: usize = 50;

/// How many accounts there are calls for. Each attempt reserves a token, uploads the pictures, talks, and is written
/// down; around them the key is checked, `fetched` pictures are fetched, and a video's post and the files' rows made.
fn attempts(fetched: usize, pictures: usize) -> usize {
    (MAX_CALLS.saturating_sub(3 + fetched) / (3 + pictures)).clamp(1, MAX_ATTEMPTS)
}

/// A checked request, as its attempts need it.
struct Chat {
    model: &'static Model,
    message: String,
    pictures: Vec<Picture>,
    attempts: usize,
    sent_to: Rc<SentTo>,
    stream: bool,
    include_usage: bool,
}

pub async fn completions(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Reply> {
    let mut ledger = Ledger::open(&app, auth::client_address(&app, request.headers()).await);
    match read(request, &mut ledger).await {
        Ok((mut chat, sources)) => {
            chat.pictures = pictures_of(&app, &key, sources, &mut ledger).await?;
            answer(&app, &key, &chat, ledger).await
        }
        Err(error) => {
            // A bad key is told before a bad request, and only a good key's requests are logged.
            ledger.opened(gate::open(&app.db, &key, app.now()).await?);
            Err(ledger.refused(error))
        }
    }
}

/// Reads and checks the request; the ledger learns what it can even of a bad one.
async fn read(request: Request, ledger: &mut Ledger) -> Result<(Chat, Vec<Source>)> {
    let sent_to = Rc::new(SentTo { uri: request.uri().clone(), headers: request.headers().clone() });
    let body = http_io::read_body(request).await?;
    let request = ChatRequest::parse(&body)?;
    ledger.model = request.model.to_string();
    ledger.stream = request.stream;
    let model = models::find(&request.model).ok_or_else(|| no_such_model(&request.model))?;
    let mut flat = flatten(&request.messages);
    if model.is_video {
        if flat.images.is_empty() {
            let message = format!("{} makes a video of a picture: send one as an image_url part", model.id);
            return Err(Error::invalid("messages", message));
        }
        // The service animates one picture; further ones are not even looked at.
        flat.images.truncate(1);
        flat.message = last_question(&request.messages);
    }
    let sources = Source::read(&flat.images)?;
    ledger.prompt_tokens = Tally::of(&flat.message).tokens();
    let chat = Chat {
        model,
        message: flat.message,
        pictures: Vec::new(),
        attempts: attempts(sources.iter().filter(|source| source.is_remote()).count(), sources.len()),
        sent_to,
        stream: request.stream,
        include_usage: request.include_usage,
    };
    Ok((chat, sources))
}

/// Fetches what pictures have to be fetched, for callers with a good key only.
async fn pictures_of(app: &App, key: &PresentedKey, sources: Vec<Source>, ledger: &mut Ledger) -> Result<Vec<Picture>> {
    if sources.iter().any(Source::is_remote) {
        ledger.opened(gate::open(&app.db, key, app.now()).await?);
    }
    pictures::resolve(&*app.host, sources).await.map_err(|error| ledger.clone().refused(error))
}

/// Tries up to [`attempts`] different tokens, as long as nothing has reached the client.
async fn answer(app: &Rc<App>, key: &PresentedKey, chat: &Chat, mut ledger: Ledger) -> Result<Reply> {
    let vault = Vault::open(app).await?;
    let mut tried = Vec::new();
    let mut last_fault = None;
    loop {
        let ask = Ask { key, model: chat.model, tried: &tried, now: app.now() };
        let reservation = match reserve::reserve(&app.db, &ask).await? {
            Reserved::Token(reservation) => reservation,
            Reserved::None(refusal) => {
                let error = match &last_fault {
                    // The refusal knows for how long the last of them rests.
                    None | Some(Fault::RateLimited { .. }) => no_token(&refusal, ask.now),
                    Some(fault) => Error::from(fault),
                };
                ledger.opened(refusal.opened);
                return Err(ledger.refused(error));
            }
        };
        ledger.reserved(&reservation, chat.model);
        tried.push(reservation.token.id);
        let fault = match attempt(app, &vault, *reservation, chat, &mut ledger).await {
            Ok(reply) => return Ok(reply),
            Err(Failure::Unkept(error)) => return Err(ledger.unkept(error)),
            Err(Failure::Fault(fault)) => fault,
        };
        if tried.len() == chat.attempts || !fault.another_account_may_help() {
            return Err(ledger.failed(&fault));
        }
        // Stored before the next choice, so that no request from now on is given this token for nothing.
        if let Some(outcome) = ledger.outcome(&fault)
            && let Err(error) = request_logs::outcome(&app.db, &outcome).await
        {
            eprintln!("{}: what an attempt did to its token is lost: {error}", app.request_id);
        }
        last_fault = Some(fault);
    }
}

/// Asks one account. A streamed answer counts as given when it has begun, a collected one when it is whole.
async fn attempt(
    app: &Rc<App>,
    vault: &Vault,
    reservation: Reservation,
    chat: &Chat,
    ledger: &mut Ledger,
) -> Result<Reply, Failure> {
    let Reservation { settings, token, .. } = reservation;
    let clear = vault.unseal(&token.sealed, &token.hash).ok_or(Fault::Unreadable)?;
    let access = Access::new(vault, &settings.grok, clear);
    let client = Client::new(app, &access).await;
    let talk = talk(&client, chat, settings.grok.temporary).await?;
    let (conversation, out) = Conversation::open(app, &settings.grok, &client, talk).await?;
    ledger.first_content();
    let files = Files { app: app.clone(), settings, sent_to: chat.sent_to.clone(), token_id: token.id };
    let head = Head::new(app.random(), app.now_seconds(), chat.model.id);
    if chat.stream {
        return Ok(Begun { conversation, out, files, head, ledger: ledger.clone() }.stream(chat.include_usage));
    }
    let collected = answer::collect(conversation, out, &files, ledger).await?;
    ledger.completion_tokens = collected.completion_tokens();
    ledger.clone().completed();
    let body = collected.finish(&head, FinishReason::Stop, ledger.prompt_tokens);
    Ok(http_io::json_bytes(body))
}

/// A 400 as for any other wrong field, with the code that OpenAI's clients know.
fn no_such_model(id: &str) -> Error {
    Error { code: Some("model_not_found"), ..Error::invalid("model", does_not_exist(id)) }
}

/// Uploads the pictures to the account and says what its conversation begins with. Files belong to the account that
/// uploaded them: the next attempt uploads them again.
async fn talk(client: &Client<'_>, chat: &Chat, temporary: bool) -> Result<Talk, Fault> {
    let uploaded = client.upload(chat.pictures.iter().map(|picture| picture.upload.clone())).await?;
    if let ([picture], true) = (&uploaded[..], chat.model.is_video) {
        return client.video(chat.model, &chat.message, picture, temporary).await;
    }
    let ids: Vec<_> = uploaded.into_iter().map(|file| file.id).collect();
    Ok(Talk { body: payload::chat(chat.model, &chat.message, &ids, temporary), page: String::new() })
}

/// Why there is no token for this request, and when there may be one again.
fn no_token(refusal: &Refusal, now: i64) -> Error {
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
