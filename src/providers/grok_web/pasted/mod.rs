//! Finds accounts in pasted or dropped texts: lines with an e-mail, a password and a token, cookie files, commands, tables, JSON.
//! A key of xAI's API is an account, too.
//!
//! Pure. The reader of a format finds candidates, and [`token`](super::token) decides which are tokens. An error names the
//! line of a refused value, in a JSON document the number of the entry.
//! Reasons are fixed texts, so that none repeats a password or an address.
//!
//! ```ignore
//! let reading = pasted::read("mail----password----eyJ…", None)?;
//! ```
//!
//! - `line`, `cookies`, `json`, `table`: one reader for each form.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::token::{PastedAccount, TokenError};
use crate::{
    money::Usd,
    providers::{catalog::TokenType, xai::key::is_key},
};

mod cookies;
mod json;
pub(super) mod line;
mod table;
#[cfg(test)]
mod tests;

use cookies::Cookies;

/// Returns the bare session token in a text with one account, in any form. Fails with the reason if there is not
/// exactly one token.
pub fn normalise_token(pasted: &str) -> Result<String, TokenError> {
    one_account(pasted).map(|account| account.token)
}

/// Reads one account: a bare token, a cookie line, or a line of a ledger.
fn one_account(pasted: &str) -> Result<PastedAccount, TokenError> {
    let mut accounts = line::accounts(pasted)?;
    match accounts.len() {
        1 => Ok(accounts.remove(0)),
        _ => Err(TokenError::Several),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    Text,
    Csv,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Active,
    Disabled,
    Expired,
}

impl State {
    /// Returns the word in files and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Disabled => "disabled",
            State::Expired => "expired",
        }
    }

    fn named(word: &str) -> Option<Self> {
        [State::Active, State::Disabled, State::Expired].into_iter().find(|state| state.as_str() == word)
    }
}

/// A token with its fields. `None` means that the text does not name the field.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub token: String,
    pub token_type: Option<TokenType>,
    pub state: Option<State>,
    pub tags: Option<Vec<String>>,
    pub note: Option<String>,
    pub remaining_queries: Option<i64>,
    pub quota_until: Option<i64>,
    pub heavy_remaining_queries: Option<i64>,
    pub heavy_quota_until: Option<i64>,
    /// What a key of xAI's API may spend in a day. Exports have no keys.
    #[serde(skip)]
    pub daily_budget_usd: Option<Usd>,
    /// The user id from a cookie beside the token; empty if there is none. Files have no such field.
    #[serde(skip)]
    pub user_id: String,
}

impl Entry {
    fn of(account: PastedAccount) -> Self {
        Entry { token: account.token, user_id: account.user_id, ..Entry::default() }
    }

    /// Returns the entry with the type xai if its token is a key of xAI's API, whatever type it names. Fails if it is none and
    /// has what only a key has.
    fn typed(self) -> Result<Self, &'static str> {
        match (self.token_type, self.daily_budget_usd) {
            // The id of a Grok user says nothing of a key.
            _ if is_key(&self.token) => Ok(Entry { token_type: Some(TokenType::Xai), user_id: String::new(), ..self }),
            (Some(TokenType::Xai), _) => Err(NOT_A_KEY),
            (_, Some(_)) => Err(ONLY_KEYS_HAVE_BUDGETS),
            _ => Ok(self),
        }
    }
}

const BAD_TYPE: &str = "token_type is sso (Basic), ssoSuper (Super), ssoHeavy (Heavy) or xai (a key of xAI's API)";
const BAD_STATE: &str = "state is active, disabled or expired";
const BAD_TAGS: &str = "tags is not a list of texts";
const BAD_BUDGET: &str = "daily_budget_usd is a number from 0 to 100000 with at most 6 decimals";
const ONLY_KEYS_HAVE_BUDGETS: &str = "daily_budget_usd is for keys of xAI's API only";
/// The reason against a token of the type xai that is not a key.
pub const NOT_A_KEY: &str = "the type xai needs a key of xAI's API: xai- and 20 or more letters, digits, - and _";
const BAD_NUMBER: &str = "a quota or its end is not a whole number";

/// The entries found, in the order of the lines.
#[derive(Debug, Default)]
pub struct Reading {
    pub entries: Vec<(usize, Entry)>,
    pub refused: Vec<(usize, &'static str)>,
    /// Cookies without a session: the first one's line, and how many there are.
    pub left_out: Option<(usize, usize)>,
}

impl Reading {
    fn accounts(&mut self, line: usize, found: Result<Vec<PastedAccount>, TokenError>, of: impl Fn(Entry) -> Entry) {
        match found {
            Ok(accounts) => self.entries.extend(accounts.into_iter().map(|account| (line, of(Entry::of(account))))),
            Err(error) => self.refused.push((line, error.words())),
        }
    }

    /// Returns the number of lines or entries.
    pub fn len(&self) -> usize {
        self.entries.len() + self.refused.len()
    }

    /// Returns whether no line or entry was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads a text of any form, or of the given one. Fails with a message if the text as a whole cannot be read.
pub fn read(content: &str, format: Option<FileFormat>) -> Result<Reading, String> {
    let content = plain(content.trim_start_matches(['\u{feff}', '\u{fffd}', '\0']));
    let content = content.as_ref();
    let (mut reading, mut cookies) = (Reading::default(), Cookies::default());
    match format.unwrap_or_else(|| form_of(content)) {
        FileFormat::Text => line::read(content, &mut reading, &mut cookies),
        FileFormat::Csv => table::read(content, &mut reading, &mut cookies)?,
        FileFormat::Json => json::read(content, &mut reading, &mut cookies)?,
    }
    cookies.finish(&mut reading);
    for (line, entry) in std::mem::take(&mut reading.entries) {
        match entry.typed() {
            Ok(entry) => reading.entries.push((line, entry)),
            Err(reason) => reading.refused.push((line, reason)),
        }
    }
    reading.entries.sort_by_key(|(line, _)| *line);
    reading.refused.sort_by_key(|(line, _)| *line);
    Ok(reading)
}

/// Returns a text without the zeros of 16-bit characters that were read as 8-bit ones. Single carriage returns, the
/// line ends of old Macs, become newlines.
fn plain(content: &str) -> Cow<'_, str> {
    let has_return = |text: &str| text.split('\r').skip(1).any(|rest| !rest.starts_with('\n'));
    if !content.contains('\0') && !has_return(content) {
        return Cow::Borrowed(content);
    }
    let text = content.replace('\0', "");
    Cow::Owned(if has_return(&text) { text.replace("\r\n", "\n").replace('\r', "\n") } else { text })
}

/// Returns the form that a text has after its first comments.
fn form_of(content: &str) -> FileFormat {
    let mut trimmed = content.trim_start();
    while line::is_comment(trimmed) {
        trimmed = trimmed.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    match trimmed.chars().next() {
        Some('{') => FileFormat::Json,
        // Without quotes it is a list in brackets, read line by line.
        Some('[') if trimmed.contains('"') || trimmed.trim_end() == "[]" => FileFormat::Json,
        _ if table::has_header(content) => FileFormat::Csv,
        _ => FileFormat::Text,
    }
}
