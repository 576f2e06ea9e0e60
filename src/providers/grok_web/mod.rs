//! Grok's web back end: what is sent to it, and what its answers mean.
//!
//! [`mgw`] is the WebSocket that its page chats over, [`rest`] the older HTTP stream. Both take the dialogue as one
//! message ([`prompt`]) and show the account's cookies ([`credentials`], [`headers`]). [`client`] makes the HTTP calls:
//! [`upload`] of pictures, [`quota`], [`identity`]; [`dial`] opens the socket. What goes wrong becomes a
//! [`ProviderError`] in [`classify`]. [`token`] says what a session token is, and [`pasted`] finds them in what people
//! have. All but `client`, `dial` and the two transports is pure.

use super::{Answer, Call, ProviderError};
use crate::settings::Transport;

pub mod check;
pub mod classify;
pub mod client;
pub mod credentials;
pub mod dial;
pub mod file_ref;
pub mod frames;
pub mod headers;
pub mod identity;
pub mod mgw;
pub mod pasted;
pub mod prompt;
pub mod quota;
pub mod rest;
pub mod tag_filter;
pub mod token;
pub mod upload;

use client::{Client, ConversationRequest};
use credentials::Credentials;

/// Puts a prompt to one account: over the socket, or, for videos and where the operator says so, over HTTP.
pub async fn open(mut call: Call<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    let credentials = Credentials::new(call.vault, call.settings, call.account.token.clone());
    let client = Client::new(call.app, &credentials).await;
    if call.model.is_video && !credentials.has_signature() {
        return Err(ProviderError::MissingSignature);
    }
    // Files belong to the account that uploaded them: each attempt uploads them again.
    let uploaded = client.upload(&call.prompt.pictures).await?;
    call.asked.set(Some(call.app.host.monotonic_ms()));
    let temporary = call.settings.temporary;
    let filtered_tags = call.settings.filtered_tags.join(",");
    if let ([picture], true) = (&uploaded[..], call.model.is_video) {
        let question = prompt::last_question(call.prompt);
        let request = client.video(call.model, &question, picture, temporary).await?;
        return rest::open(&client, request, &filtered_tags).await;
    }
    let file_ids: Vec<_> = uploaded.into_iter().map(|file| file.id).collect();
    match call.settings.chat_transport {
        Transport::Websocket => mgw::open(&mut call, &client, file_ids).await,
        Transport::Http => {
            let message = prompt::flatten(call.prompt);
            let body = rest::payload::chat(call.model, &message, &file_ids, temporary);
            rest::open(&client, ConversationRequest { body, page: String::new() }, &filtered_tags).await
        }
    }
}
