//! Grok's web back end: the requests that it gets, and the meaning of its answers.
//!
//! Owns every path, header and JSON field of Grok. Never writes a client's format or chooses an account. Only
//! [`client`], [`dial`], [`check`] and the two transports use the network; the rest is pure.
//!
//! ```ignore
//! let mut answer = grok_web::open(call).await?; // over the WebSocket, or over HTTP
//! ```
//!
//! - [`mgw`]: the WebSocket of Grok's page; [`rest`]: the older HTTP stream. Both take the dialogue as one message
//!   ([`prompt`]) and send the account's cookies ([`credentials`], [`headers`]).
//! - [`client`]: the HTTP calls, with [`upload`], [`quota`], [`subscriptions`] and [`identity`]; [`dial`]: opens the
//!   WebSocket; [`account`]: reads whose an account is, its type and its quotas.
//! - [`classify`]: failures as [`ProviderError`]s; [`check`]: the console's connection check.
//! - [`frames`], [`tag_filter`], [`file_ref`]: cut the stream, remove tags, name files.
//! - [`token`]: what a session token is; [`pasted`]: finds tokens in pasted texts.

use super::{Answer, Call, ProviderError};
use crate::settings::Transport;

pub mod account;
pub mod check;
pub mod classify;
pub mod client;
pub mod credentials;
pub mod dial;
pub mod file_ref;
pub mod frames;
pub mod headers;
pub mod identity;
mod labels;
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

/// Sends a prompt to one account: over the WebSocket, or over HTTP for videos and if the operator chooses it. Fails
/// with the provider's error.
pub async fn open(mut call: Call<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    let credentials = Credentials::new(call.vault, call.settings, call.account.token.clone());
    let client = Client::new(call.app, &credentials).await;
    if call.model.is_video && !credentials.has_signature() {
        return Err(ProviderError::MissingSignature);
    }
    // Files belong to the account that uploaded them, so each attempt uploads them again.
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
