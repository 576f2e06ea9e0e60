//! One account with all that asking it takes, so that it may be asked again.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::prompt::Prompt;
use crate::{
    app::App,
    crypto::vault::Vault,
    providers::{self, Account, Answer, Call, ProviderError, catalog::Model, learned::Learned},
    settings::Settings,
};

/// The account of one attempt. A clone asks the same account.
#[derive(Clone)]
pub struct Asker {
    pub app: Rc<App>,
    pub vault: Rc<Vault>,
    pub settings: Rc<Settings>,
    pub model: Model,
    pub account: Rc<Account>,
    /// The provider's ids of the request's pictures, once the account has them.
    pub uploads: Rc<RefCell<Vec<String>>>,
    /// Whether the account has refused the request's prompt as too long.
    pub is_too_long: bool,
}

impl Asker {
    /// Sends a prompt to the account. `asked` gets the time at which the account was asked, in milliseconds of the
    /// host's monotonic clock. Fails with the provider's error; `learned` gets what was found out until then.
    pub async fn ask(
        &self,
        prompt: &Prompt,
        asked: &Cell<Option<u64>>,
        learned: &mut Learned,
    ) -> Result<Box<dyn Answer>, ProviderError> {
        let Asker { app, vault, settings, model, account, uploads, is_too_long } = self;
        let (settings, is_too_long) = (&settings.grok, *is_too_long);
        providers::open(Call { app, vault, settings, model, prompt, account, asked, uploads, is_too_long, learned })
            .await
    }
}
