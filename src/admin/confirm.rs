//! Asking for the current password once more. A session that was left open, or stolen, must not be enough to take the
//! console over, nor be a way to try passwords past the limit of signing in.

use http::HeaderMap;

use crate::{
    app::App,
    auth::{session::AdminSession, throttle},
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
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
    let origin = throttle::Origin::of(app, headers).await;
    let situation = origin.look(app).await?;
    let attempt = origin.admit(app, &situation).await?;
    let vault = Vault::open(&*app.host).await?;
    if session.password().verify(&vault, given)? {
        return Ok(());
    }
    let wrong = Error::new(ErrorKind::BadLogin, "This is not the current password").with_param(field);
    Err(attempt.failed(app, wrong).await?)
}
