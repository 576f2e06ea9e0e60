//! Rows that are no tokens: found when they are opened, marked, and never sent to Grok.

use crate::{
    app::App,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    providers::grok_web::token::is_token,
    store::{
        accounts::{Account, invalid as rows},
        database,
        reseal::Stored,
    },
};

pub use rows::NO_TOKEN;

/// Rows that one slice opens: what a Worker does beside other work within its 10 ms of CPU.
pub const SLICE: i64 = 200;
/// Slices that one call of the console goes through, where a call may take longer.
const SLICES: usize = 200;

/// What a stored token turned out to be.
pub enum Opened {
    Token(String),
    NoToken,
    /// Sealed with another encryption key.
    Unreadable,
}

/// Opens a stored token.
pub fn open(vault: &Vault, sealed: &str, hash: &str) -> Opened {
    match vault.unseal(sealed, hash) {
        Some(token) if is_token(&token) => Opened::Token(token),
        Some(_) => Opened::NoToken,
        None => Opened::Unreadable,
    }
}

/// Returns the account's token for a call to Grok.
pub async fn usable(app: &App, vault: &Vault, account: &Account) -> Result<String> {
    match open(vault, &account.sealed, &account.hash) {
        Opened::Token(token) => Ok(token),
        Opened::NoToken => {
            found(app, vault, account.token.id).await?;
            Err(Error::new(ErrorKind::Conflict, "This entry is no session token: it is never sent to Grok"))
        }
        Opened::Unreadable => Err(unreadable()),
    }
}

pub fn unreadable() -> Error {
    let message = "This token cannot be read: it was sealed with another encryption_key (see encryption_key_previous)";
    Error::new(ErrorKind::Conflict, message)
}

/// Marks a row that was met, and looks through a slice of the others: they come in company.
pub async fn found(app: &App, vault: &Vault, id: i64) -> Result<()> {
    look_through(app, vault, Some(id)).await.map(drop)
}

/// Looks through a slice of the rows that were never looked at, and returns whether there may be more.
pub async fn run_batch(app: &App) -> Result<bool> {
    if !rows::has_unseen(&app.db).await? {
        return Ok(false);
    }
    let vault = Vault::open(&*app.host).await?;
    Ok(look_through(app, &vault, None).await?.is_left)
}

/// Looks through all rows, or on Workers through a slice, and returns whether any of them is no token. A database that
/// takes no writes, as on a full disk, can still be read: what cannot be marked now is found again.
pub async fn catch_up(app: &App, vault: &Vault) -> bool {
    look_through_all(app, vault).await.unwrap_or_else(|error| {
        eprintln!("{}: entries that are no tokens could not be marked: {error}", app.request_id);
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
    let is_none = |row: &&Stored| matches!(open(vault, &row.text, &row.hash), Opened::NoToken);
    let mut ids: Vec<i64> = unseen.iter().filter(is_none).map(|row| row.id).collect();
    ids.extend(met.filter(|met| !ids.contains(met)));
    if !ids.is_empty() {
        rows::mark(&app.db, &ids, app.now_ms()).await?;
    }
    let is_left = unseen.len() as i64 == SLICE;
    let last = unseen.last().filter(|_| is_left).map(|row| row.id);
    rows::seen(&app.db, last).await?;
    Ok(Looked { marked: ids.len(), is_left })
}
