//! Signing in, signing out and changing the password.

use std::rc::Rc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    admin::confirm,
    app::App,
    auth::{
        password::{self, Password},
        sender::{self, Sender},
        session::{self, AdminSession},
        throttle,
    },
    crypto::{
        digest::sha256_hex,
        password_hash::{self, PasswordHash},
        vault::Vault,
    },
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::{origin, request, response},
    store::{self, admin_sessions, settings},
    variables,
};

/// How long a session lasts, in seconds.
const SESSION_SECONDS: i64 = 8 * 60 * 60;

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Serialize)]
struct SignedIn<'a> {
    success: bool,
    message: &'static str,
    token: &'a str,
    expires_at: i64,
    must_change_password: bool,
}

/// Answers `POST /api/login` with a session, as a token and as a cookie. Fails with 401 if the name or the password is
/// wrong, with 403 if a page of another origin sent it, with 429 after too many attempts.
pub async fn login(app: Rc<App>, request: Request) -> Result<Response> {
    let from = throttle::Origin::of(&app, request.headers()).await?;
    let origin = origin::own_origin(&app, request.uri(), request.headers()).await?;
    let headers = request.headers().clone();
    let given: Credentials = request::read_small_json(request).await?;
    let situation = from.look(&app).await?;
    // Checked before the attempt counts: otherwise a foreign page could lock the operator out with guesses from the
    // operator's own browser.
    if sender::sent_from(&headers, origin.as_deref(), &situation.settings) == Sender::ForeignPage {
        return Err(sender::foreign_origin());
    }
    let attempt = from.admit(&app, &situation).await?;
    let vault = Vault::open(&*app.host).await?;
    let password = Password::current(&app, situation.password_hash.as_deref()).await?;
    // Both are always compared, so that the duration does not reveal which of them was wrong.
    let is_password = password.verify(&vault, &given.password)?;
    let digest = |text: &str| Sha256::digest(text);
    let is_user = bool::from(digest(&situation.settings.global.admin_username).ct_eq(&digest(&given.username)));
    if !(is_password & is_user) {
        let wrong = Error::new(ErrorKind::BadLogin, "Wrong user name or password");
        return Err(attempt.failed(&app, wrong).await.map_err(unstored)?);
    }
    if let Password::Stored(hash) = &password {
        strengthen(&app, &vault, hash, &given.password).await?;
    }
    let token = BASE64URL.encode(app.random::<32>());
    let expires_at = app.now_ms() + SESSION_SECONDS * 1000;
    let session = admin_sessions::NewSession {
        hash: &sha256_hex(&token),
        proof: &password.proof(&token),
        address: attempt.address(),
        expires_at,
        in_turn: attempt.is_in_turn(),
    };
    if !admin_sessions::add(&app.db, app.now_ms(), session).await.map_err(unstored)? {
        return Err(attempt.refused(&app));
    }
    let mut reply = response::json(&SignedIn {
        success: true,
        message: "Signed in",
        token: &token,
        expires_at,
        must_change_password: password.is_default(),
    })?;
    set_cookie(&mut reply, origin.as_deref(), &token, SESSION_SECONDS);
    Ok(reply)
}

/// Returns the error for a sign-in that cannot be stored, with what to do. A wrong password gets the same one,
/// because the database cannot count failures either.
fn unstored(error: Error) -> Error {
    if !store::is_full(&error) {
        return error;
    }
    let message = "You cannot sign in while the database's disk is full, because a session must be stored: free space on \
                   the disk of the machine that runs the gateway, then try again. Open sessions stay valid";
    Error { message: message.to_owned(), ..error }
}

/// Answers `GET /api/session` with the signed-in user, also with the first-run password: the console asks this first.
pub async fn show(_: Rc<App>, session: AdminSession, _: Request) -> Result<Response> {
    response::json(&serde_json::json!({
        "success": true,
        "data": {
            "username": session.settings().global.admin_username,
            "expires_at": session.expires_at(),
            "must_change_password": session.password().is_default(),
            "version": env!("CARGO_PKG_VERSION"),
        },
    }))
}

/// Answers `POST /api/sessions/end-others` with how many other sessions ended.
pub async fn end_others(app: Rc<App>, session: AdminSession, _: Request) -> Result<Response> {
    let ended = session.end_others(&app).await?;
    let message = format!("Other sessions ended: {ended}");
    response::json(&serde_json::json!({ "success": true, "message": message, "data": { "ended": ended } }))
}

/// Answers `POST /api/logout` after ending the session and clearing its cookie.
pub async fn logout(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let origin = origin::own_origin(&app, request.uri(), request.headers()).await?;
    session.end(&app).await?;
    let mut reply = response::json(&serde_json::json!({ "success": true, "message": "Signed out" }))?;
    set_cookie(&mut reply, origin.as_deref(), "", 0);
    Ok(reply)
}

#[derive(Deserialize)]
struct NewPassword {
    current: String,
    new: String,
}

/// Answers `POST /api/password` after changing the password, which ends all sessions, the caller's included. Fails
/// with 400 if the new one is not acceptable, 401 if the current one is wrong, 409 if the variable `admin_password`
/// sets it.
pub async fn change_password(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let headers = request.headers().clone();
    let given: NewPassword = request::read_json(request).await?;
    if session.password().is_variable() {
        return Err(password::set_by_variable());
    }
    password_hash::check_new(&given.new, "new")?;
    confirm::password(&app, &session, &headers, &given.current, "current").await?;
    let vault = Vault::open(&*app.host).await?;
    let hash = PasswordHash::new(&*app.host, &vault, &given.new, variables::password_iterations(&*app.host).await?);
    let change = settings::Change { password_hash: Some(hash.to_string()), ..settings::Change::default() };
    settings::save(&app.db, app.now_ms(), change).await?;
    response::json(&serde_json::json!({ "success": true, "message": "Password changed: sign in again" }))
}

/// Hashes the password again if the variables now ask for more iterations than its stored hash has.
async fn strengthen(app: &App, vault: &Vault, hash: &PasswordHash, clear: &str) -> Result<()> {
    let iterations = variables::password_iterations(&*app.host).await?;
    if !hash.is_weaker_than(vault, iterations) {
        return Ok(());
    }
    let stronger = hash.renewed(vault, clear, iterations);
    // Signing in does not depend on this: the next sign-in tries again.
    if let Err(error) = settings::renew_password(&app.db, &hash.to_string(), &stronger.to_string()).await {
        eprintln!("the password's hash was not renewed: {error}");
    }
    Ok(())
}

fn set_cookie(reply: &mut Response, origin: Option<&str>, token: &str, seconds: i64) {
    let secure = if origin.is_some_and(|origin| origin.starts_with("https:")) { "; Secure" } else { "" };
    let name = session::session_cookie(origin);
    let cookie = format!("{name}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    let cookie = HeaderValue::from_str(&cookie).expect("a token is base64url");
    reply.headers_mut().append(header::SET_COOKIE, cookie);
}
