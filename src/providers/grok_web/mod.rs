//! Grok's web back end: the requests that it gets, and the meaning of its answers.
//!
//! Owns every path, header and JSON field of Grok. Never writes a client's format or chooses an account. Only
//! [`client`], [`dial`], [`check`] and the three transports use the network; the rest is pure.
//!
//! ```ignore
//! let mut answer = grok_web::open(call).await?; // over the WebSocket, or over HTTP
//! ```
//!
//! - [`imagine`]: pictures from text, over their own WebSocket.
//! - [`mgw`]: the WebSocket of Grok's page; [`rest`]: the older HTTP stream. Both take the dialogue as one message
//!   ([`prompt`], with `labels` of roles), of which `dialogue` moves what is too long into a file, and send the account's
//!   cookies ([`credentials`], [`headers`]).
//! - [`client`]: the HTTP calls, with [`upload`], [`quota`], [`media_quota`], [`subscriptions`] and [`identity`]; [`dial`]: opens the
//!   WebSocket; [`account`]: reads whose an account is, its type and its quotas.
//! - [`classify`]: failures as [`ProviderError`]s; [`check`]: the console's connection check.
//! - [`frames`], [`tag_filter`], [`file_ref`]: cut the stream, remove tags, name files.
//! - [`token`]: what a session token is; [`pasted`]: finds tokens in pasted texts.

use super::{Answer, Call, ProviderError, catalog::PictureModel};
use crate::{inference::prompt::Picture, settings::Transport};

pub mod account;
pub mod check;
pub mod classify;
pub mod client;
pub mod credentials;
pub mod dial;
mod dialogue;
pub mod file_ref;
pub mod frames;
pub mod headers;
pub mod identity;
pub mod imagine;
mod labels;
pub mod media_quota;
pub mod mgw;
pub mod pasted;
pub mod prompt;
pub mod quota;
pub mod rest;
pub mod subscriptions;
pub mod tag_filter;
pub mod token;
pub mod upload;

use client::{Client, ConversationRequest};
use credentials::Credentials;
use dialogue::Dialogue;
use mgw::session::Question;
use rest::assemble::Expected;
use upload::{File, Purpose};

/// Sends a prompt to one account: over the WebSockets, or over HTTP for videos and edits, and for chats if the operator
/// chooses it. Fails with the provider's error.
pub async fn open(mut call: Call<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    let credentials = Credentials::new(call.vault, call.settings, call.account.token.clone());
    let client = Client::new(call.app, &credentials).await?;
    if let Some(PictureModel::Draw { is_pro }) = call.model.pictures {
        call.asked.set(Some(call.app.host.monotonic_ms()));
        return imagine::open(&mut call, &client, is_pro).await;
    }
    if call.model.pictures == Some(PictureModel::Edit) {
        return edit(&call, &client).await;
    }
    if let ([picture], true) = (&call.prompt.pictures[..], call.model.is_video) {
        return video(&call, &client, picture).await;
    }
    let Dialogue { message, file } = dialogue(&call)?;
    let file_ids = uploaded(&call, &client, file).await?;
    call.asked.set(Some(call.app.host.monotonic_ms()));
    match call.settings.chat_transport {
        Transport::Websocket => mgw::open(&mut call, &client, Question { text: message, file_ids }).await,
        Transport::Http => {
            let body = rest::payload::chat(call.model, &message, &file_ids, call.settings.temporary);
            let request = ConversationRequest { body, page: String::new() };
            rest::open(&client, request, Expected::Text, &call.settings.filtered_tags.join(",")).await
        }
    }
}

/// Requests a video of a picture.
async fn video(call: &Call<'_>, client: &Client<'_>, picture: &Picture) -> Result<Box<dyn Answer>, ProviderError> {
    if !client.credentials.has_signature() {
        return Err(ProviderError::MissingSignature);
    }
    let picture = client.upload(File::picture(picture, Purpose::Imagine)).await?;
    call.asked.set(Some(call.app.host.monotonic_ms()));
    let question = call.prompt.last_question();
    let request = client.video(call.model, &question, &picture, call.settings.temporary).await?;
    rest::open(client, request, Expected::Text, &call.settings.filtered_tags.join(",")).await
}

/// Requests a change of the prompt's pictures.
async fn edit(call: &Call<'_>, client: &Client<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    if !client.credentials.has_signature() {
        return Err(ProviderError::MissingSignature);
    }
    let pictures = call.prompt.pictures.iter().map(|picture| File::picture(picture, Purpose::Imagine));
    let ids: Vec<_> = client.upload_all(pictures).await?.into_iter().map(|file| file.id).collect();
    call.asked.set(Some(call.app.host.monotonic_ms()));
    let body = rest::payload::edit(&call.prompt.last_question(), &ids, call.prompt.drawing.ratio);
    let request = ConversationRequest { body, page: "imagine".to_owned() };
    rest::open(client, request, Expected::Pictures, &call.settings.filtered_tags.join(",")).await
}

/// Returns the dialogue with a message as long as the setting allows, or shorter if that was refused. Fails if it cannot
/// become shorter.
fn dialogue(call: &Call<'_>) -> Result<Dialogue, ProviderError> {
    let limit = call.settings.max_prompt_chars.max(0) as usize;
    if call.is_too_long {
        return dialogue::divide_shorter(call.prompt, limit).ok_or(ProviderError::PromptTooLong);
    }
    Ok(dialogue::divide(call.prompt, limit))
}

/// Returns the ids of the prompt's pictures, and after them that of the file with the older dialogue, if there is one.
/// Files belong to the account that uploaded them, so each attempt uploads them; pictures once for all its calls.
async fn uploaded(call: &Call<'_>, client: &Client<'_>, older: Option<String>) -> Result<Vec<String>, ProviderError> {
    let mut ids = call.uploads.borrow().clone();
    let pictures = call.prompt.pictures.iter().skip(ids.len()).map(|picture| File::picture(picture, Purpose::Chat));
    let files = pictures.chain(older.map(|text| File::text(dialogue::FILE_NAME, text)));
    ids.extend(client.upload_all(files).await?.into_iter().map(|file| file.id));
    *call.uploads.borrow_mut() = ids.iter().take(call.prompt.pictures.len()).cloned().collect();
    Ok(ids)
}
