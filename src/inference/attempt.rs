//! The accounts that one request tries, one after another.

use super::{prompt::Prompt, shape::Shape};
use crate::{
    app::App,
    crypto::vault::Vault,
    error::Result,
    jobs::invalid_tokens::{self, Opened},
    limits::{SUBREQUESTS, UPSTREAM_CONNECTIONS},
    media::input::Source,
    providers::{ProviderError, catalog::Model},
    store::accounts::reserve::{self, Ask, Reserved, ReservedAccount},
};

/// The most accounts that one request tries, besides those whose session has ended.
const MAX_ATTEMPTS: usize = 3;
/// The most accounts with an ended session that one request tries besides, and the milliseconds after which it tries no
/// more of them.
const MAX_DEAD: usize = 8;
const DEAD_TIME: u64 = 15_000;
/// The most entries without a token that one request skips; they do not count as attempts. Each of them starts a
/// check of further entries, so a request meets few.
const MAX_SKIPPED: usize = 4;
/// Subrequests around the attempts: the key is checked, and rows for files are written.
const CALLS_AROUND: usize = 2;
/// Subrequests of an attempt without pictures: it reserves an account (in two modes at worst), asks for the user id in up
/// to two ways, chats, and is recorded. A subrequest beyond [`SUBREQUESTS`] fails like a Grok error and would penalise the
/// account.
const CALLS: usize = 6;
/// Subrequests of an attempt whose session has ended and that has no pictures.
const DEAD_CALLS: usize = 5;
/// Subrequests of such an attempt besides its uploads, of which the first refused one ends those that run beside it.
const DEAD_CALLS_BESIDE_UPLOADS: usize = 2;

/// Prompts of fewer language tokens are sent as one message: the least `max_prompt_chars` is ten times as many
/// characters.
const LONG: u64 = 500;
/// Subrequests of sending a long prompt once more to the same account: a file and a chat.
const REPEAT_CALLS: usize = 2;

/// The accounts that one request tries, and the mode in which it tries them.
pub struct Attempts {
    pub model: Model,
    /// Attempts in either mode that count.
    made: usize,
    /// Attempts whose session had ended, which do not count.
    dead: usize,
    /// Subrequests that are left, those of one attempt, and those of one whose session has ended.
    calls_left: usize,
    calls_each: usize,
    calls_of_dead: usize,
    is_long: bool,
    /// The model in its first mode, set by [`Attempts::fall_back`].
    first: Option<Model>,
    /// Ids of the accounts tried in this mode.
    tried: Vec<i64>,
    /// Entries without a token.
    skipped: usize,
    /// The account that serves if it can.
    pub preferred: Option<i64>,
}

impl Attempts {
    /// Returns the state before the first attempt, in the model's first mode, for a prompt with these pictures.
    pub fn new(model: &Model, prompt: &Prompt, sources: &[Source]) -> Self {
        let fetched: usize = sources.iter().map(Source::calls).sum();
        let is_long = prompt.tokens() >= LONG;
        let uploads = sources.len() + usize::from(is_long);
        // The account has the pictures by then.
        let repair = if Shape::may_repair(prompt) { 1 + usize::from(is_long) } else { 0 };
        Attempts {
            model: *model,
            made: 0,
            dead: 0,
            calls_left: SUBREQUESTS.saturating_sub(CALLS_AROUND + fetched),
            calls_each: CALLS + uploads + repair,
            calls_of_dead: DEAD_CALLS.max(DEAD_CALLS_BESIDE_UPLOADS + uploads.min(UPSTREAM_CONNECTIONS)),
            is_long,
            first: None,
            tried: Vec::new(),
            skipped: 0,
            preferred: None,
        }
    }

    /// Counts an attempt that failed `ms` milliseconds after the request had arrived. An ended session does not count as
    /// one of the attempts, up to a limit.
    pub fn failed(&mut self, error: &ProviderError, ms: u64) {
        if matches!(error, ProviderError::DeadAccount(_)) && self.dead < MAX_DEAD && ms < DEAD_TIME {
            self.dead += 1;
            self.calls_left = self.calls_left.saturating_sub(self.calls_of_dead);
        } else {
            self.made += 1;
            self.calls_left = self.calls_left.saturating_sub(self.calls_of_attempt());
        }
    }

    /// Returns the most subrequests that the request has used when the running attempt has ended.
    pub fn calls(&self) -> usize {
        SUBREQUESTS - self.calls_left + self.calls_of_attempt()
    }

    /// Returns whether the running attempt may send a prompt once more that its account refused as too long.
    pub fn may_repeat(&self) -> bool {
        self.is_long && self.calls_left >= self.calls_each + REPEAT_CALLS
    }

    fn calls_of_attempt(&self) -> usize {
        self.calls_each + if self.may_repeat() { REPEAT_CALLS } else { 0 }
    }

    /// Returns how many more accounts may be tried.
    pub fn left(&self) -> usize {
        let affordable = self.calls_left / self.calls_each;
        MAX_ATTEMPTS.saturating_sub(self.made).min(affordable)
    }

    /// Reserves the next account. If none has the first mode left, reserves one in the model's second mode. Fails
    /// with 401 if the key, given by its SHA-256, is not valid.
    pub async fn reserve(&mut self, app: &App, key_hash: &str) -> Result<Reserved> {
        loop {
            let Attempts { model, first, tried, .. } = &*self;
            let ask = Ask { key_hash, model, tried, preferred: self.preferred, now: app.now_ms() };
            if model.fallback.is_none() {
                let mut reserved = reserve::reserve(&app.db, &ask).await?;
                if let (Reserved::None(refusal), Some(first)) = (&mut reserved, first) {
                    // An account may become free in the first mode sooner.
                    let free = reserve::first_free(&app.db, &Ask { model: first, tried: &[], ..ask }).await?;
                    refusal.free.first_at = [refusal.free.first_at, free.first_at].into_iter().flatten().min();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        inference::prompt::{Message, Part, Role},
        providers::catalog,
    };

    fn attempts() -> Attempts {
        of_prompt("hi", 0)
    }

    /// Returns the state for a prompt of this text and as many pictures to fetch.
    fn of_prompt(text: &str, pictures: usize) -> Attempts {
        let url: url::Url = "https://example.org/a.png".parse().expect("an address");
        let sources = vec![Source::Remote { url, param: String::new() }; pictures];
        let message = Message { role: Role::User, parts: vec![Part::Text(text.to_owned())] };
        let prompt = Prompt { messages: vec![message], ..Prompt::default() };
        Attempts::new(catalog::find("grok-fast").expect("it exists"), &prompt, &sources)
    }

    #[test]
    fn long_prompts_are_repeated_while_subrequests_are_left() {
        let long = "x".repeat(4 * LONG as usize);
        for (text, pictures, attempts, may_repeat) in
            [("hi", 0, 3, false), (&long, 0, 3, true), (&long, 8, 2, true), (&long, 20, 1, false), ("hi", 20, 1, false)]
        {
            let mut tried = of_prompt(text, pictures);
            assert_eq!((tried.left(), tried.may_repeat()), (attempts, may_repeat), "{} {pictures}", text.len());
            while tried.left() > 0 {
                assert!(tried.calls() <= SUBREQUESTS, "{} {pictures}: {}", text.len(), tried.calls());
                tried.failed(&ProviderError::Timeout, 0);
            }
        }
    }

    #[test]
    fn three_accounts_are_tried() {
        let mut attempts = attempts();
        for left in [3, 2, 1, 0] {
            assert_eq!(attempts.left(), left);
            attempts.failed(&ProviderError::Timeout, 0);
        }
    }

    #[test]
    fn ended_sessions_do_not_count_within_the_limits() {
        let dead = ProviderError::DeadAccount("invalid-credentials".to_owned());
        let mut attempts = attempts();
        for n in 0..MAX_DEAD {
            assert!(attempts.left() > 0, "after {n}");
            attempts.failed(&dead, 1_000);
        }
        assert_eq!((attempts.made, attempts.left()), (0, 1), "the subrequests allow one more");
        let mut late = super::tests::attempts();
        late.failed(&dead, DEAD_TIME);
        assert_eq!((late.made, late.left()), (1, 2));
    }
}
