//! The console's page of accounts: what it lists, changes, checks, imports and exports.
//!
//! * [`list`] reads one page and its filter; [`row`] turns an account into the JSON that the console shows, with its
//!   [`state`].
//! * [`edit`] adds, deletes, tags, annotates, enables, limits and reveals accounts; [`named`] finds the ones a request names.
//! * [`import`] and [`export`] move accounts as files; [`file`](mod@file) checks and writes their entries.
//! * [`probe`] tests one account, [`refresh`] all of them, by [`account_readings`](crate::jobs::account_readings).
//!
//! It never writes SQL, which is in [`store::accounts`](crate::store::accounts), and never decides what an outcome does
//! to an account, which [`pool`](crate::pool) does.
//!
//! ```ignore
//! let mut body: Target = request::read_json(request).await?; // {"id": 7}, or {"tokens": ["eyJ…"]}
//! let account = body.find(&app).await?; // 404 if no account has this id or token
//! ```

pub mod edit;
pub mod export;
pub mod file;
pub mod import;
pub mod list;
pub mod named;
pub mod probe;
mod reason;
pub mod refresh;
pub mod row;
pub mod state;

use serde::Deserialize;

use self::named::{TokenName, named};
use crate::{
    admin::budget,
    app::App,
    error::{Error, ErrorKind, Result},
    store::accounts::{self, Account, Named, TagChange, TokenType},
};

/// Most tags of an account, and most characters of each.
const MAX_TAGS: usize = 50;
const MAX_TAG_CHARS: usize = 100;
/// Most characters of a note.
const MAX_NOTE_CHARS: usize = 2_000;
/// Most accounts that one request may name. The store sends them in ten statements of ten thousand.
const MAX_NAMED: usize = 100_000;

/// The body of a request that changes accounts. It names one account by `id` or by `token`, which is an id or the full
/// value; or many by `ids` and `tokens`. The other fields say what to change.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Target {
    id: Option<i64>,
    token: Option<TokenName>,
    ids: Option<Vec<i64>>,
    tokens: Option<Vec<TokenName>>,
    token_type: Option<TokenType>,
    tags: Option<Vec<String>>,
    mode: TagChange,
    note: Option<String>,
    enabled: Option<bool>,
    daily_budget_usd: budget::Sent,
    /// Which accounts to delete, instead of naming them.
    state: Option<String>,
}

impl Target {
    /// Returns whether the request names no account.
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.token.is_none() && self.ids.is_none() && self.tokens.is_none()
    }

    /// Returns the accounts that the request names. Fails with 400 on `field` if it names none, and on `tokens` if it
    /// names more than [`MAX_NAMED`].
    fn named(&mut self, field: &str) -> Result<Named> {
        let many = [&self.ids.as_ref().map(Vec::len), &self.tokens.as_ref().map(Vec::len)];
        if self.is_empty() {
            let message = "Name the accounts: one by `id` or `token`, many by `ids` or `tokens` (ids or full tokens)";
            return Err(Error::invalid(field, message));
        }
        if many.into_iter().flatten().sum::<usize>() > MAX_NAMED {
            return Err(Error::invalid("tokens", format!("Name at most {MAX_NAMED} accounts at a time")));
        }
        let ids = self.ids.take().into_iter().flatten().chain(self.id).map(TokenName::Id);
        let names = self.tokens.take().into_iter().flatten().chain(self.token.take());
        Ok(named(names.chain(ids), self.token_type))
    }

    /// Returns the account that the request names. Fails with 400 if it names none, with 404 if there is none such.
    pub async fn find(&mut self, app: &App) -> Result<Account> {
        accounts::find(&app.db, &self.named("id")?).await?.ok_or_else(unknown)
    }
}

/// Returns the tags without surrounding blanks, empty ones and repeats; `None` if they are too many or too long.
pub fn clean_tags(sent: &[String]) -> Option<Vec<String>> {
    let mut tags: Vec<String> = Vec::new();
    for tag in sent.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    let is_fit = tags.len() <= MAX_TAGS && tags.iter().all(|tag| tag.chars().count() <= MAX_TAG_CHARS);
    is_fit.then_some(tags)
}

/// Returns the note without surrounding blanks; `None` if it has more than [`MAX_NOTE_CHARS`] characters.
pub fn clean_note(note: &str) -> Option<&str> {
    Some(note.trim()).filter(|note| note.chars().count() <= MAX_NOTE_CHARS)
}

/// Returns the 404 for a request whose accounts do not exist.
pub fn unknown() -> Error {
    Error::new(ErrorKind::NotFound, "No account has this id or token: list the accounts, then try again")
}
