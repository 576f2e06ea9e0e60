//! Finds accounts of earlier releases whose token is not a session token, and marks them. They are never sent to Grok.

use crate::{
    app::App,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    providers::{
        catalog::{Provider, TokenType},
        grok_web::token::is_token,
        xai::key::is_key,
    },
    store::{
        accounts::{Account, invalid as rows},
        database,
        reseal::Stored,
    },
};

pub use rows::NO_TOKEN;

/// Rows that one slice decrypts: a Worker manages them within its 10 ms of CPU, next to other work.
pub const SLICE: i64 = 200;
/// Maximum slices of one call of the console, on hosts where a call may take longer.
const SLICES: usize = 200;

/// The result of decrypting a stored token.
pub enum Opened {
    Token(String),
    /// A text that is not a session token, or for a row of the type xai not a key.
    NoToken,
    /// Encrypted with a key that is not available.
    Unreadable,
}

/// Returns whether a stored text may be sent to this provider: a key to xAI's API only, a session token to Grok only.
pub fn is_valid(provider: Provider, text: &str) -> bool {
    match provider {
        Provider::GrokWeb => is_token(text),
        Provider::Xai => is_key(text),
    }
}

/// Decrypts a stored token or key. `hash` is that of its row.
pub fn open(vault: &Vault, provider: Provider, sealed: &str, hash: &str) -> Opened {
    match vault.unseal(sealed, hash) {
        Some(token) if is_valid(provider, &token) => Opened::Token(token),
        Some(_) => Opened::NoToken,
        None => Opened::Unreadable,
    }
}

/// Returns the account's token for a call to its provider. Fails with 409 if it is not a session token or cannot be decrypted.
pub async fn usable(app: &App, vault: &Vault, account: &Account) -> Result<String> {
    match open(vault, account.token.token_type.provider(), &account.sealed, &account.hash) {
        Opened::Token(token) => Ok(token),
        Opened::NoToken => {
            found(app, vault, account.token.id).await?;
            Err(Error::new(
                ErrorKind::Conflict,
                "The token of this account is not a session token and is never sent to Grok: delete the account",
            ))
        }
        Opened::Unreadable => Err(unreadable()),
    }
}

/// Returns the error with status 409 for a token that was encrypted with a key that is not available.
pub fn unreadable() -> Error {
    let message = "This token cannot be decrypted: set the encryption_key that encrypted it as encryption_key_previous";
    Error::new(ErrorKind::Conflict, message)
}

/// Marks a row that was found to be invalid, and checks a slice of the unchecked rows: such rows come in groups.
pub async fn found(app: &App, vault: &Vault, id: i64) -> Result<()> {
    look_through(app, vault, Some(id)).await.map(drop)
}

/// Checks a slice of the unchecked rows. Returns whether there may be more.
pub async fn run_batch(app: &App) -> Result<bool> {
    if !rows::has_unseen(&app.db).await? {
        return Ok(false);
    }
    let vault = Vault::open(&*app.host).await?;
    Ok(look_through(app, &vault, None).await?.is_left)
}

/// Checks all unchecked rows, or one slice of them on Workers. Returns whether it marked any. Returns false if the
/// database cannot be written, as on a full disk: a later call finds those rows again.
pub async fn catch_up(app: &App, vault: &Vault) -> bool {
    look_through_all(app, vault).await.unwrap_or_else(|error| {
        eprintln!("{}: accounts without a session token could not be marked: {error}", app.request_id);
        false
    })
}

async fn look_through_all(app: &App, vault: &Vault) -> Result<bool> {
    let mut looked = look_through(app, vault, None).await?;
    let mut marked = looked.marked;
    if looked.is_left && !database::is_d1(&app.db).await? {
        for _ in 0..SLICES {
            if !looked.is_left {
                break;
            }
            looked = look_through(app, vault, None).await?;
            marked += looked.marked;
        }
    }
    Ok(marked > 0)
}

struct Looked {
    marked: usize,
    is_left: bool,
}

async fn look_through(app: &App, vault: &Vault, met: Option<i64>) -> Result<Looked> {
    let unseen = rows::unseen(&app.db, SLICE).await?;
    let is_none = |(row, token_type): &&(Stored, TokenType)| {
        matches!(open(vault, token_type.provider(), &row.text, &row.hash), Opened::NoToken)
    };
    let mut ids: Vec<i64> = unseen.iter().filter(is_none).map(|(row, _)| row.id).collect();
    ids.extend(met.filter(|met| !ids.contains(met)));
    if !ids.is_empty() {
        rows::mark(&app.db, &ids, app.now_ms()).await?;
    }
    let is_left = unseen.len() as i64 == SLICE;
    let last = unseen.last().filter(|_| is_left).map(|(row, _)| row.id);
    rows::seen(&app.db, last).await?;
    Ok(Looked { marked: ids.len(), is_left })
}
