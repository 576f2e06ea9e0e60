//! The accounts that one request tries, one after another.

use std::collections::VecDeque;

use super::{prompt::Prompt, shape::Shape};
use crate::{
    app::App,
    crypto::vault::Vault,
    error::Result,
    jobs::invalid_tokens::{self, Opened},
    limits::{SUBREQUESTS, UPSTREAM_CONNECTIONS},
    media::input::Source,
    money::MOST_TICKS,
    providers::{
        ProviderError,
        catalog::{Model, Provider, Route},
        xai::prices::Price,
    },
    store::{
        accounts::reserve::{self, Ask, Hold, Refusal, Reservation, Reserved, ReservedAccount},
        authenticate::AuthenticatedKey,
    },
    time::{local_day, next_midnight},
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
/// Subrequests of looking for an account of another provider when none is left: the key's settings, the reservation, and
/// when accounts are free.
const CALLS_OF_SWITCH: usize = 4;
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

/// The accounts that one request tries, one route of its model after the other.
pub struct Attempts {
    route: Route,
    /// The routes that may follow, and those that were tried before.
    next: VecDeque<Route>,
    earlier: Vec<Route>,
    /// Attempts that count, on any route.
    made: usize,
    /// Attempts whose session had ended, which do not count.
    dead: usize,
    /// Subrequests that are left, those of one attempt, and those of one whose session has ended.
    calls_left: usize,
    calls_each: usize,
    calls_of_dead: usize,
    is_long: bool,
    estimate: Estimate,
    /// The operator's time zone, whose days the budgets have.
    timezone_offset_minutes: i64,
    /// Ids of the accounts tried on this route.
    tried: Vec<i64>,
    /// Entries without a token.
    skipped: usize,
    /// The account that serves if it can.
    pub preferred: Option<i64>,
}

impl Attempts {
    /// Returns the state before the first attempt, on the model's first route, for a prompt with these pictures.
    pub fn new(model: &Model, prompt: &Prompt, sources: &[Source], timezone_offset_minutes: i64) -> Self {
        let fetched: usize = sources.iter().map(Source::calls).sum();
        let is_long = prompt.tokens() >= LONG;
        let uploads = sources.len() + usize::from(is_long);
        // The account has the pictures by then.
        let repair = if Shape::may_repair(prompt, model.provider) { 1 + usize::from(is_long) } else { 0 };
        let pictures = u32::try_from(prompt.drawing.count).unwrap_or(u32::MAX);
        let of_pictures = |route: Route| Route { model: route.model.times(pictures), ..route };
        let mut next: VecDeque<Route> = model.routes().into_iter().map(of_pictures).collect();
        let route = next.pop_front().expect("a model has a route");
        Attempts {
            route,
            next,
            earlier: Vec::new(),
            made: 0,
            dead: 0,
            calls_left: SUBREQUESTS.saturating_sub(CALLS_AROUND + fetched),
            calls_each: CALLS + uploads + repair,
            calls_of_dead: DEAD_CALLS.max(DEAD_CALLS_BESIDE_UPLOADS + uploads.min(UPSTREAM_CONNECTIONS)),
            is_long,
            estimate: Estimate::of(prompt),
            timezone_offset_minutes,
            tried: Vec::new(),
            skipped: 0,
            preferred: None,
        }
    }

    /// Returns the model on the route that is tried.
    pub fn model(&self) -> &Model {
        &self.route.model
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

    /// Reserves the next account, on the next route that has one. Fails with 401 if the key, given by its SHA-256, is not
    /// valid.
    pub async fn reserve(&mut self, app: &App, key_hash: &str) -> Result<Reserved> {
        let mut opened = None;
        loop {
            let changes_provider =
                self.next.front().is_some_and(|next| next.model.provider != self.route.model.provider);
            if self.next.is_empty() || (changes_provider && opened.is_none()) {
                let ask = self.ask(app, key_hash, &self.route);
                let refusal = match reserve::reserve(&app.db, &ask, opened.take()).await? {
                    Reserved::None(refusal) => refusal,
                    Reserved::Account(reservation) => return Ok(self.taken(reservation)),
                };
                let setting = refusal.opened.settings.grok.xai_route.name();
                self.next.retain(|route| route.is_open(setting, refusal.opened.has_api));
                if self.next.is_empty() {
                    return Ok(Reserved::None(self.refused(app, key_hash, refusal).await?));
                }
                opened = Some(refusal.opened);
            } else {
                let ask = self.ask(app, key_hash, &self.route);
                if let Some(reservation) = reserve::take(&app.db, &ask).await? {
                    return Ok(self.taken(Box::new(reservation)));
                }
            }
            self.take_next_route();
        }
    }

    /// Leaves out the routes that the settings, known now, do not allow.
    fn taken(&mut self, reservation: Box<Reservation>) -> Reserved {
        let setting = reservation.settings.grok.xai_route.name();
        self.next.retain(|route| route.is_open(setting, reservation.has_api));
        Reserved::Account(reservation)
    }

    /// Returns the refusal with what the earlier routes that are open add to it: an account may become free there sooner.
    async fn refused(&self, app: &App, key_hash: &str, mut refusal: Box<Refusal>) -> Result<Box<Refusal>> {
        let AuthenticatedKey { settings, has_api, .. } = &refusal.opened;
        let setting = settings.grok.xai_route.name();
        for route in self.earlier.iter().filter(|route| route.is_open(setting, *has_api)) {
            let ask = Ask { tried: &[], ..self.ask(app, key_hash, route) };
            refusal.free = refusal.free.or(reserve::first_free(&app.db, &ask).await?);
        }
        Ok(refusal)
    }

    fn ask<'a>(&'a self, app: &App, key_hash: &'a str, route: &'a Route) -> Ask<'a> {
        let now = app.now_ms();
        let hold = match route.model.provider {
            Provider::GrokWeb => None,
            Provider::Xai => {
                let minutes = self.timezone_offset_minutes;
                Some(self.estimate.hold(&route.model, local_day(now, minutes), next_midnight(now, minutes)))
            }
        };
        Ask { key_hash, route, hold, tried: &self.tried, preferred: self.preferred, now }
    }

    /// Switches to the model's second mode, in which every account may be tried again. Returns false if the model has
    /// none.
    pub fn fall_back(&mut self) -> bool {
        let provider = self.route.model.provider;
        self.next.front().is_some_and(|next| next.model.provider == provider) && self.take_next_route()
    }

    /// Switches to another provider after an error that it may not have. Returns false if there is none, or no
    /// subrequests are left for it.
    pub fn switch_provider(&mut self, error: &ProviderError) -> bool {
        let provider = self.route.model.provider;
        let Some(at) = self.next.iter().position(|route| route.model.provider != provider) else { return false };
        if !error.is_retryable_on_another_provider() || self.calls_left < self.calls_each + CALLS_OF_SWITCH {
            return false;
        }
        self.next.drain(..at);
        // One attempt at least.
        self.made = self.made.min(MAX_ATTEMPTS - 1);
        self.take_next_route()
    }

    fn take_next_route(&mut self) -> bool {
        let Some(next) = self.next.pop_front() else { return false };
        if next.model.provider != self.route.model.provider {
            self.calls_left = self.calls_left.saturating_sub(CALLS_OF_SWITCH);
        }
        self.earlier.push(std::mem::replace(&mut self.route, next));
        self.tried.clear();
        true
    }

    /// Returns the decrypted token of the account. `Some(None)`: it cannot be decrypted. `None`: the entry does not
    /// hold a token and has been marked invalid; reserve another account.
    pub async fn unseal(&mut self, app: &App, vault: &Vault, token: &ReservedAccount) -> Option<Option<String>> {
        self.tried.push(token.id);
        match invalid_tokens::open(vault, self.route.model.provider, &token.sealed, &token.hash) {
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

/// What an answer may cost, whichever model gives it.
struct Estimate {
    prompt_tokens: u64,
    /// `None` without a limit.
    max_tokens: Option<u64>,
    pictures: u64,
}

impl Estimate {
    fn of(prompt: &Prompt) -> Self {
        // A picture that is sent counts like a long text.
        let prompt_tokens = prompt.tokens() + TOKENS_OF_PICTURE * prompt.pictures.len() as u64;
        Estimate { prompt_tokens, max_tokens: prompt.limits.max_tokens, pictures: prompt.drawing.count as u64 }
    }

    /// Returns what an answer of this model is to hold of the budgets.
    fn hold(&self, model: &Model, day: i64, tomorrow: i64) -> Hold {
        let ticks = |amount: u64| amount.min(MOST_TICKS) as i64;
        let price = Price::of(&model.upstream_name);
        if model.pictures.is_some() {
            return Hold {
                prompt: ticks(price.picture.saturating_mul(self.pictures)),
                tokens: 0,
                per_token: 0,
                day,
                tomorrow,
            };
        }
        Hold {
            prompt: ticks(price.input.saturating_mul(self.prompt_tokens)),
            tokens: self.max_tokens.and_then(|most| most.try_into().ok()).unwrap_or(u32::MAX).into(),
            per_token: ticks(price.output),
            day,
            tomorrow,
        }
    }
}

/// The language tokens that a picture in a prompt is estimated to have.
const TOKENS_OF_PICTURE: u64 = 1_500;

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
        Attempts::new(&catalog::find("grok-fast").expect("it exists"), &prompt, &sources, 0)
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
    fn what_is_held_is_exact_in_any_database() {
        let model = catalog::find("xai/grok-4.6").expect("any name of the API is a model");
        let estimate = Estimate { prompt_tokens: u64::MAX, max_tokens: Some(u64::MAX), pictures: 0 };
        let hold = estimate.hold(&model, 0, 0);
        assert_eq!((hold.prompt, hold.tokens), (MOST_TICKS as i64, u32::MAX.into()));
        assert!(hold.prompt + hold.tokens * hold.per_token < 1 << 53);
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
