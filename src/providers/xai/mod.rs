//! xAI's official API: answers by its Responses, pictures by its images endpoints, with keys as accounts.
//!
//! Owns every path and JSON field of the API. Only [`client`] uses the network; the rest is pure.
//!
//! - [`request`]: the body, with `items` of the dialogue, `names` and `schema` of tools, and `effort`.
//! - [`answer`]: the answer, which `stream` reads: `sse` finds events (`wire`), `assemble` makes ours, with `calls` and
//!   `citations`; `sealed`: encrypted reasoning.
//! - `images`: pictures.
//! - [`account`]: reads what a key may use; [`check`]: the console's connection check; [`key`]: what a key is.
//! - [`failure`]: failures as [`ProviderError`]s; [`prices`]: what is held of a budget while an answer runs.

use super::{Answer, Call, ProviderError, catalog::PictureModel};

pub mod account;
mod answer;
mod assemble;
mod calls;
pub mod check;
mod citations;
pub mod client;
mod effort;
mod failure;
mod images;
mod items;
pub mod key;
mod names;
pub mod prices;
mod request;
mod schema;
mod sealed;
mod sse;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use client::Client;

/// Sends the prompt to the API and returns when it has accepted it. Fails with the API's error.
pub async fn open(call: Call<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    let client = Client::new(call.app, &call.account.token).await?;
    match call.model.pictures {
        None => answer::open(&call, &client).await,
        Some(PictureModel::Draw { .. }) => images::open(&call, &client, false).await,
        Some(PictureModel::Edit) => images::open(&call, &client, true).await,
    }
}
