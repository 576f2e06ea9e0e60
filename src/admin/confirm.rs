//! Asking for the current password once more. A session that was left open, or stolen, must not be enough to take the
//! console over, nor be a way to try passwords past the limit of signing in.

use http::HeaderMap;

use crate::{
    app::App,
    auth::AdminSession,
    error::{Error, Kind, Result},
    peer,
    secrets::Vault,
    store::login_attempts,
};

/// Returns when `given` is the current password. A wrong one counts like a failed sign-in from the caller's address:
/// 401 with the name of the `field` it came from, 429 once there were too many.
pub async fn password(
    app: &App,
    session: &AdminSession,
    headers: &HeaderMap,
    given: &str,
    field: &'static str,
) -> Result<()> {
    let address = peer::party(&peer::client_address(app, headers).await);
    if let Some(until) = login_attempts::look(&app.db, app.now(), &address).await?.barred_until {
        return Err(too_many(app, until));
    }
    let vault = Vault::open(app).await?;
    if session.password().verify(&vault, given)? {
        return Ok(());
    }
    let barred_until = login_attempts::count_failure(&app.db, app.now(), &address).await?;
    let wrong = || Error::new(Kind::BadLogin, "This is not the current password").with_param(field);
    Err(barred_until.map_or_else(wrong, |until| too_many(app, until)))
}

/// Returns the 429 of an address that has sent too many wrong passwords and may try again at `until`, in Unix
/// milliseconds.
pub fn too_many(app: &App, until: i64) -> Error {
    let seconds = u64::try_from(until - app.now()).unwrap_or_default().div_ceil(1000).max(1);
    let message = format!("Too many wrong passwords from your address: try again in {} minutes", seconds.div_ceil(60));
    Error::new(Kind::TooManyLogins, message).with_retry_after(seconds)
}
