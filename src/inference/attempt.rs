//! The accounts that one request tries, one after another.

use crate::{
    app::App,
    crypto::vault::Vault,
    error::Result,
    jobs::invalid_tokens::{self, Opened},
    limits::SUBREQUESTS,
    media::input::Source,
    providers::catalog::Model,
    store::accounts::reserve::{self, Ask, Reserved, ReservedAccount},
};

/// The most accounts that one request tries.
const MAX_ATTEMPTS: usize = 3;
/// The most entries without a token that one request skips; they do not count as attempts. Each of them starts a
/// check of further entries, so a request meets few.
const MAX_SKIPPED: usize = 4;

/// Returns how many attempts fit into the subrequests of one request: 1 to 3. Each attempt reserves an account (in
/// two modes at worst), asks for the user id in up to two ways, uploads the pictures, chats, and is recorded. Around
/// the attempts the key is checked, remote pictures are fetched, and rows for files are written. A subrequest beyond
/// [`SUBREQUESTS`] fails like a Grok error and would penalise the account.
pub fn attempts_for(sources: &[Source]) -> usize {
    let fetched = sources.iter().filter(|source| source.is_remote()).count();
    (SUBREQUESTS.saturating_sub(2 + fetched) / (6 + sources.len())).clamp(1, MAX_ATTEMPTS)
}

/// The accounts that one request tries, and the mode in which it tries them.
pub struct Attempts {
    pub model: Model,
    /// Attempts in either mode.
    pub made: usize,
    /// The model in its first mode, set by [`Attempts::fall_back`].
    first: Option<Model>,
    /// Ids of the accounts tried in this mode.
    tried: Vec<i64>,
    /// Entries without a token.
    skipped: usize,
}

impl Attempts {
    /// Returns the state before the first attempt, in the model's first mode.
    pub fn new(model: &Model) -> Self {
        Attempts { model: *model, made: 0, first: None, tried: Vec::new(), skipped: 0 }
    }

    /// Reserves the next account. If none has the first mode left, reserves one in the model's second mode. Fails
    /// with 401 if the key, given by its SHA-256, is not valid.
    pub async fn reserve(&mut self, app: &App, key_hash: &str) -> Result<Reserved> {
        loop {
            let Attempts { model, first, tried, .. } = &*self;
            let ask = Ask { key_hash, model, tried, now: app.now_ms() };
            if model.fallback.is_none() {
                let mut reserved = reserve::reserve(&app.db, &ask).await?;
                if let (Reserved::None(refusal), Some(first)) = (&mut reserved, first) {
                    // An account may become free in the first mode sooner.
                    let free = reserve::first_free_at(&app.db, &Ask { model: first, tried: &[], ..ask }).await?;
                    refusal.cooling_until = [refusal.cooling_until, free].into_iter().flatten().min();
                }
                return Ok(reserved);
            }
            if let Some(reservation) = reserve::take(&app.db, &ask).await? {
                return Ok(Reserved::Account(Box::new(reservation)));
            }
            self.fall_back();
        }
    }

    /// Switches to the model's second mode, in which every account may be tried again. Returns false if the model has
    /// none.
    pub fn fall_back(&mut self) -> bool {
        let Some(model) = self.model.in_fallback_mode() else { return false };
        self.first = Some(std::mem::replace(&mut self.model, model));
        self.tried.clear();
        true
    }

    /// Returns the decrypted token of the account. `Some(None)`: it cannot be decrypted. `None`: the entry does not
    /// hold a token and has been marked invalid; reserve another account.
    pub async fn unseal(&mut self, app: &App, vault: &Vault, token: &ReservedAccount) -> Option<Option<String>> {
        self.tried.push(token.id);
        match invalid_tokens::open(vault, &token.sealed, &token.hash) {
            Opened::Token(clear) => Some(Some(clear)),
            Opened::NoToken if self.skipped < MAX_SKIPPED => {
                self.skipped += 1;
                if let Err(error) = invalid_tokens::found(app, vault, token.id).await {
                    eprintln!("{}: an entry without a token could not be marked invalid: {error}", app.request_id);
                }
                None
            }
            Opened::NoToken | Opened::Unreadable => Some(None),
        }
    }
}
