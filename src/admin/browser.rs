//! Entering the operator's own browser as the setting `user_agent`, with the first account that the console adds: the
//! session that Grok sees then goes on in the browser that it began in.

use http::{HeaderMap, header};

use crate::{app::App, auth::session::AdminSession, store::settings};

/// How the `User-Agent` of every browser begins, and how the gateway's own does.
const BROWSER: &str = "Mozilla/5.0 (";
const OWN: &str = "Mozilla/5.0 (compatible; grok2api/";
/// No browser's is longer.
const MAX_BYTES: usize = 512;

/// Returns the `User-Agent` that may be recorded: a browser's, in a session by cookie, while the setting is empty.
pub fn candidate(session: &AdminSession, headers: &HeaderMap) -> Option<String> {
    let sent = headers.get(header::USER_AGENT)?.to_str().ok()?.trim();
    let is_browser = sent.starts_with(BROWSER) && !sent.starts_with(OWN);
    let is_fit = sent.len() <= MAX_BYTES && sent.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let is_wanted = session.is_by_cookie() && session.settings().grok.user_agent.is_empty();
    (is_browser && is_fit && is_wanted).then(|| sent.to_owned())
}

/// Records it when the accounts that were just added are the first, and returns it when it was recorded. A database
/// error is only logged: the accounts are there.
pub async fn record(app: &App, candidate: Option<String>, added: usize) -> Option<String> {
    let user_agent = candidate.filter(|_| added > 0)?;
    match settings::record_user_agent(&app.db, &user_agent, added).await {
        Ok(is_recorded) => is_recorded.then_some(user_agent),
        Err(error) => {
            eprintln!("{}: the user agent could not be recorded: {error}", app.request_id);
            None
        }
    }
}
