//! Records the operator's own browser as the setting `user_agent` when the console adds the first account. Grok then
//! sees the account's session continue in the browser that it began in.

use http::{HeaderMap, header};

use crate::{app::App, auth::session::AdminSession, store::settings};

/// The beginning of every browser's `User-Agent`, and that of the gateway's own.
const BROWSER: &str = "Mozilla/5.0 (";
const OWN: &str = "Mozilla/5.0 (compatible; grok2api/";
/// Most bytes of a recorded `User-Agent`; browsers send shorter ones.
const MAX_BYTES: usize = 512;

/// Returns the `User-Agent` to record: a browser's, in a session by cookie, while the setting is empty; otherwise
/// `None`.
pub fn candidate(session: &AdminSession, headers: &HeaderMap) -> Option<String> {
    let sent = headers.get(header::USER_AGENT)?.to_str().ok()?.trim();
    let is_browser = sent.starts_with(BROWSER) && !sent.starts_with(OWN);
    let is_fit = sent.len() <= MAX_BYTES && sent.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let is_wanted = session.is_by_cookie() && session.settings().grok.user_agent.is_empty();
    (is_browser && is_fit && is_wanted).then(|| sent.to_owned())
}

/// Records the candidate if the `added` accounts of Grok are the first ones. Returns it if it was recorded. Only logs a
/// database error, because the accounts were added all the same.
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
