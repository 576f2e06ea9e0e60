//! The providers of answers, each in its folder, behind the contract on this page.
//!
//! A provider turns a [`Prompt`] into a stream of [`Events`]. It never knows a client's protocol, SQL, or the effect
//! of an error on an account: it fails with a [`ProviderError`], and [`crate::pool::outcome`] decides the rest.
//!
//! ```ignore
//! let mut answer = providers::open(call).await?;
//! while answer.advance(&mut events).await?.is_none() {}
//! ```
//!
//! - [`catalog`]: which provider serves a model, and under which name.
//! - [`error`]: the ways in which a provider fails; [`learned`]: facts that the store keeps.
//! - [`grok_web`]: Grok's web back end.
//!
//! To add a provider, write a folder with `open` and an [`Answer`], its arm in [`open`], and rows in the catalogue.
//! CONTRIBUTING.md has the whole list.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    rc::Rc,
};

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
        usage::{Repairs, Usage},
    },
    settings::Grok,
};

mod address;
mod body;
pub mod catalog;
pub mod check;
mod error;
pub mod grok_web;
pub mod learned;
pub mod xai;

pub use error::{ProviderError, wait_of};

/// One attempt: a prompt for one account.
pub struct Call<'a> {
    pub app: &'a Rc<App>,
    pub vault: &'a Vault,
    pub settings: &'a Grok,
    pub model: &'a catalog::Model,
    pub prompt: &'a Prompt,
    pub account: &'a Account,
    /// When the account was asked, in milliseconds of the host's monotonic clock. The provider sets it once the
    /// prompt's files are uploaded; from then on the first part of the answer is awaited.
    pub asked: &'a Cell<Option<u64>>,
    /// The provider's ids of the prompt's pictures, for further calls to this account. The provider fills it.
    pub uploads: &'a RefCell<Vec<String>>,
    /// Whether the account has refused the prompt as too long. The provider sends it in a shorter form, or fails with
    /// [`ProviderError::PromptTooLong`] at once.
    pub is_too_long: bool,
    /// Facts that the attempt finds out; stored even if it fails.
    pub learned: &'a mut Learned,
}

/// An account, as a provider sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub id: i64,
    /// The decrypted session token.
    pub token: String,
    /// The provider's user id of the account; empty if it is unknown.
    pub user_id: String,
    /// Known addresses of the provider's host names, from [`Learned::names`].
    pub names: Vec<ResolvedName>,
}

/// A running answer. Dropping it ends the provider's work.
pub trait Answer {
    /// Reads the next part and appends it to `events`; returns `Finish` when the answer is complete. Dropping the
    /// future loses nothing. After an error the answer is over, and `events` holds what was read before it.
    fn advance<'a>(&'a mut self, events: &'a mut Events) -> LocalBoxFuture<'a, Result<Option<Finish>, ProviderError>>;

    /// Keeps the connection alive while the answer is not read. Dropping the future loses nothing.
    fn keep_alive(&mut self) -> LocalBoxFuture<'_, Infallible> {
        future::pending().boxed_local()
    }

    /// Returns whether part of the answer itself has arrived. From then on no other account is tried.
    fn started(&self) -> bool;

    /// Ends the answer early for a reason of the caller, and appends the text that was held back.
    fn close(&mut self, events: &mut Events);

    /// Returns what the answer used, once it is complete, if the provider reports it.
    fn usage(&self) -> Option<Usage> {
        None
    }

    /// Returns what turns before the last one have cost.
    fn repairs(&self) -> Repairs {
        Repairs::default()
    }
}

/// Sends the prompt to the account and returns when the provider has accepted it. The answer comes later. Fails with
/// the provider's error.
pub async fn open(call: Call<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    match call.model.provider {
        catalog::Provider::GrokWeb => grok_web::open(call).await,
        catalog::Provider::Xai => xai::open(call).await,
    }
}
