//! Asks for the current password again. A session that was left open or stolen must not be enough to take over the
//! console, and must not be a way to try passwords past the limit of signing in.

use http::HeaderMap;

use crate::{
    app::App,
    auth::{session::AdminSession, throttle},
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
};

/// Checks that `given` is the current password. Fails with 401 on `field` if it is wrong, which counts as a failed
/// sign-in from the client's address. Fails with 429 after too many of them.
pub async fn password(
    app: &App,
    session: &AdminSession,
    headers: &HeaderMap,
    given: &str,
    field: &'static str,
) -> Result<()> {
    let origin = throttle::Origin::of(app, headers).await?;
    let situation = origin.look(app).await?;
    let attempt = origin.admit(app, &situation).await?;
    let vault = Vault::open(&*app.host).await?;
    if session.password().verify(&vault, given)? {
        return Ok(());
    }
    let wrong = Error::new(ErrorKind::BadLogin, "This is not the current password").with_param(field);
    Err(attempt.failed(app, wrong).await?)
}
