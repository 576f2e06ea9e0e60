//! The accounts that one request asks, one after the other.

use crate::{
    app::App,
    crypto::vault::Vault,
    error::Result,
    jobs::invalid_tokens::{self, Opened},
    limits::SUBREQUESTS,
    media::input::Source,
    providers::catalog::Model,
    store::accounts::reserve::{self, Ask, Reserved, ReservedToken},
};

/// One request asks at most this many accounts.
const MAX_ATTEMPTS: usize = 3;
/// Entries that turn out to be no tokens do not count as attempts. Each of them has a slice of the others looked
/// through, so that a request meets few.
const MAX_SKIPPED: usize = 4;

/// Returns how many attempts there are subrequests for: one too many fails like a Grok error and would penalise the
/// account. Each attempt reserves an account, in two modes at worst, asks for
/// its owner's id in up to two ways, uploads the pictures, chats, and is recorded; around them the key is checked, remote
/// pictures are fetched, and the files' rows written.
pub fn attempts_for(sources: &[Source]) -> usize {
    let fetched = sources.iter().filter(|source| source.is_remote()).count();
    (SUBREQUESTS.saturating_sub(2 + fetched) / (6 + sources.len())).clamp(1, MAX_ATTEMPTS)
}

/// The accounts that one request asks, and in which mode.
pub struct Attempts {
    pub model: Model,
    /// In any mode.
    pub made: usize,
    /// The model in its first mode, after [`Attempts::fall_back`].
    first: Option<Model>,
    /// Ids of the accounts asked in this mode.
    tried: Vec<i64>,
    /// Entries that were no tokens.
    skipped: usize,
}

impl Attempts {
    pub fn new(model: &Model) -> Self {
        Attempts { model: *model, made: 0, first: None, tried: Vec::new(), skipped: 0 }
    }

    /// Reserves the next account; in the model's second mode if none has any of the first left. Fails with 401 if the
    /// key, given by its SHA-256, is not valid.
    pub async fn reserve(&mut self, app: &App, key_hash: &str) -> Result<Reserved> {
        loop {
            let Attempts { model, first, tried, .. } = &*self;
            let ask = Ask { key_hash, model, tried, now: app.now_ms() };
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
            self.fall_back();
        }
    }

    /// Switches to the model's second mode, if it has one, in which every account may be asked once more.
    pub fn fall_back(&mut self) -> bool {
        let Some(model) = self.model.in_fallback_mode() else { return false };
        self.first = Some(std::mem::replace(&mut self.model, model));
        self.tried.clear();
        true
    }

    /// Returns the account's token in clear, or `Some(None)` if it cannot be opened. `None`: the entry is no token and
    /// has been marked as such; reserve another.
    pub async fn unseal(&mut self, app: &App, vault: &Vault, token: &ReservedToken) -> Option<Option<String>> {
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
