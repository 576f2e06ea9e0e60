//! Who answers: one folder a provider, behind the contract on this page.
//!
//! A provider turns a [`Prompt`] into a stream of [`Events`]. It knows no protocol of clients and no SQL. Its failures
//! are [`ProviderError`]s; what they do to an account is decided in [`crate::pool::outcome`]. Which provider serves a model, and
//! by what name it knows it, is data: [`catalog`].
//!
//! To add a provider: a folder with `open` and an [`Answer`], and rows in the catalogue.

use std::{cell::Cell, convert::Infallible, rc::Rc};

use futures::{
    FutureExt,
    future::{self, LocalBoxFuture},
};

use self::learned::{Learned, ResolvedName};
use crate::{
    app::App,
    crypto::vault::Vault,
    inference::{
        event::{Events, Finish},
        prompt::Prompt,
    },
    settings::Grok,
};

pub mod catalog;
mod error;
pub mod grok_web;
pub mod learned;

pub use error::ProviderError;

/// One attempt: a prompt, put to one account.
pub struct Call<'a> {
    pub app: &'a Rc<App>,
    pub vault: &'a Vault,
    pub settings: &'a Grok,
    pub model: &'a catalog::Model,
    pub prompt: &'a Prompt,
    pub account: &'a Account,
    /// When the account is asked, on the host's monotonic clock. The provider sets it once the prompt's pictures are
    /// there: from then on the first part of the answer is waited for.
    pub asked: &'a Cell<Option<u64>>,
    /// What the attempt finds out; kept also when it fails.
    pub learned: &'a mut Learned,
}

/// An account, as a provider needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub id: i64,
    /// The session token, in clear.
    pub token: String,
    /// The provider's id of the account's owner; empty while it is unknown.
    pub user_id: String,
    /// Known addresses of the provider's host names, as [`Learned::names`] brought them.
    pub names: Vec<ResolvedName>,
}

/// An answer under way. Dropping it ends the provider's work.
pub trait Answer {
    /// Waits for the next part and appends what it means to `events`; `Finish` when the answer is whole. Dropping the
    /// future loses nothing. After an error the answer is over, and `events` holds what still belongs to it.
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>>;

    /// Keeps the connection alive while nothing is read of it. Dropping the future loses nothing.
    fn keep_alive(&mut self) -> LocalBoxFuture<'_, Infallible> {
        future::pending().boxed_local()
    }

    /// Whether something of the answer itself has come: from then on the request is this account's.
    fn started(&self) -> bool;

    /// Ends the answer where it stands, for a reason of the caller: appends what was held back.
    fn close(&mut self, events: &mut Events);
}

/// Puts the prompt to the account. Returns when the provider has taken it; the answer itself is still to come.
pub async fn open(call: Call<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    match call.model.provider {
        catalog::Provider::GrokWeb => grok_web::open(call).await,
    }
}
