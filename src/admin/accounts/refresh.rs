//! Refreshes all accounts' quotas: a job in the database. Each request for its progress runs the next slice.
//!
//! A slice runs beside the answer. Nothing is kept between requests, so any instances, and any number of them, may take
//! part; see [`crate::store::refresh_job`].

use std::{rc::Rc, time::Duration};

use futures::{FutureExt, StreamExt, stream};
use http::StatusCode;
use serde::Serialize;

use super::outcome::{Verdict, names, quota};
use crate::{
    admin::query::{self, Paging},
    app::App,
    auth::session::AdminSession,
    crypto::{digest::hex, vault::Vault},
    error::{Error, Result},
    host::{Request, Response},
    http::response,
    jobs::invalid_tokens::{self, NO_TOKEN, Opened},
    limits::CONNECTIONS,
    providers::{
        ProviderError,
        grok_web::{client::Client, credentials::Credentials, quota::Limits},
    },
    settings::Grok,
    store::refresh_job::{self, Checked, Finding, Handed, Outcome, Progress, TRIES},
};

/// Calls of one slice. A Worker has 50 subrequests, storage included, and 10 ms of CPU.
const CALLS_ON_WORKERS: i64 = 10;
const CALLS: i64 = 100;
/// Calls at a time.
const AT_ONCE: usize = CONNECTIONS;
/// The time from a slice's start after which no call begins, so that a slice whose calls all time out ends within its
/// lease.
const LAST_START: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Answer {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<bool>,
    #[serde(flatten)]
    progress: Progress,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<Checked>>,
}

/// Answers `POST /api/tokens/refresh-all` with the progress of a new refresh; with 409 and its progress if one is
/// running.
pub async fn start(app: Rc<App>, session: AdminSession, _: Request) -> Result<Response> {
    let started = refresh_job::start(&app.db, app.now_ms()).await?;
    let progress = refresh_job::progress(&app.db, app.now_ms()).await?;
    move_on(&app, session, &progress);
    let (message, code) = match started {
        true => ("Refresh started", None),
        false => ("A refresh is already running", Some("REFRESH_RUNNING")),
    };
    let data = Data { started: Some(started), progress, results: None };
    let mut reply = response::json(&Answer { success: started, message, code, data })?;
    if !started {
        *reply.status_mut() = StatusCode::CONFLICT;
    }
    Ok(reply)
}

/// Answers `GET /api/tokens/refresh-progress?results=1&outcome=failed&limit=&offset=` with the progress, and runs the
/// next slice of a running job. Fails with 400 if a parameter is not valid.
pub async fn progress(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let uri = request.uri();
    let wants_results = query::number(uri, "results", 0, 0..=1)? == 1;
    let Paging { limit, offset } = Paging::of(uri, 100, 1000)?;
    let outcome = query::text(uri, "outcome").map(|text| parse_outcome(&text)).transpose()?;
    let progress = refresh_job::progress(&app.db, app.now_ms()).await?;
    let results = match wants_results {
        true => Some(refresh_job::results(&app.db, outcome, limit, offset).await?),
        false => None,
    };
    move_on(&app, session, &progress);
    answer("", Data { started: None, progress, results })
}

/// Answers `POST /api/tokens/refresh-cancel` with the progress after cancelling the job. Calls that have begun still
/// count.
pub async fn cancel(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    refresh_job::cancel(&app.db, app.now_ms()).await?;
    let progress = refresh_job::progress(&app.db, app.now_ms()).await?;
    answer("Refresh cancelled", Data { started: None, progress, results: None })
}

fn answer(message: &'static str, data: Data) -> Result<Response> {
    response::json(&Answer { success: true, message, code: None, data })
}

fn parse_outcome(text: &str) -> Result<Outcome> {
    match text {
        "ok" => Ok(Outcome::Ok),
        "expired" => Ok(Outcome::Expired),
        "failed" => Ok(Outcome::Failed),
        _ => Err(Error::invalid("outcome", "outcome must be ok, expired or failed")),
    }
}

/// Runs the next slice beside the answer, if the job is running and no other request holds a slice.
fn move_on(app: &Rc<App>, session: AdminSession, progress: &Progress) {
    if !progress.is_free {
        return;
    }
    let (worker, calls) = (app.clone(), if progress.is_d1 { CALLS_ON_WORKERS } else { CALLS });
    let work = async move {
        if let Err(error) = work_on_slice(&worker, &session.settings().grok, calls).await {
            eprintln!("{}: the refresh stopped, the next poll continues it: {error}", worker.request_id);
        }
    };
    app.host.spawn(work.boxed_local());
}

async fn work_on_slice(app: &App, settings: &Grok, calls: i64) -> Result<()> {
    let vault = Vault::open(&*app.host).await?;
    let lease = hex(&app.random::<16>());
    let Some(slice) = refresh_job::claim(&app.db, app.now_ms(), &lease, calls).await? else { return Ok(()) };
    let findings = if slice.tries > TRIES {
        let reason = "asked twice, and the gateway was stopped both times";
        slice.tokens.iter().map(|token| Finding::failed(token.id, reason.to_owned())).collect()
    } else {
        ask(app, &vault, settings, &slice.tokens).await
    };
    refresh_job::report(&app.db, &lease, app.now_ms(), &findings).await
}

/// Asks Grok for the quotas of the accounts, as many as there is time for.
async fn ask(app: &App, vault: &Vault, settings: &Grok, tokens: &[Handed]) -> Vec<Finding> {
    let last_start = app.host.monotonic_ms() + LAST_START.as_millis() as u64;
    let credentials = |token: &Handed| match invalid_tokens::open(vault, &token.sealed, &token.hash) {
        Opened::Token(clear) => Ok(Credentials::new(vault, settings, clear)),
        Opened::NoToken => Err(NO_TOKEN.to_owned()),
        Opened::Unreadable => Err(ProviderError::Unreadable.to_string()),
    };
    let all: Vec<Result<Credentials, String>> = tokens.iter().map(credentials).collect();
    let readable = tokens.iter().zip(&all).enumerate().filter_map(|(n, (t, a))| Some((n, t, a.as_ref().ok()?)));
    let calls = readable.flat_map(|(n, token, credentials)| {
        let (normal, heavy) = names(token.token_type);
        [Some(normal), heavy]
            .into_iter()
            .enumerate()
            .filter_map(move |(which, name)| Some((n, credentials, which, name?)))
    });
    let call = async |(n, credentials, which, name)| {
        let is_late = app.host.monotonic_ms() > last_start;
        let answer = if is_late { None } else { Some(Client::new(app, credentials).await.rate_limits(name).await) };
        (n, which, answer)
    };
    let mut answers: Vec<[Option<Result<Limits, ProviderError>>; 2]> = tokens.iter().map(|_| [None, None]).collect();
    let mut asked = stream::iter(calls).map(call).buffer_unordered(AT_ONCE).boxed_local();
    while let Some((n, which, answer)) = asked.next().await {
        answers[n][which] = answer;
    }
    let now = app.now_ms();
    let finding = |((token, credentials), [normal, heavy]): ((&Handed, &Result<Credentials, String>), [_; 2])| match (
        credentials,
        normal,
    ) {
        (Err(reason), _) => Some(Finding::failed(token.id, reason.clone())),
        // An account whose first call did not begin stays in the slice.
        (_, None) => None,
        (_, Some(normal)) => Some(found(token, Verdict::of(normal, heavy), now)),
    };
    tokens.iter().zip(&all).zip(answers).filter_map(finding).collect()
}

fn found(token: &Handed, verdict: Verdict, now: i64) -> Finding {
    match verdict {
        Verdict::Alive { normal, heavy } => {
            let stored = |limits| quota(limits, token.token_type, now);
            Finding::ok(token.id, stored(&normal), stored(&heavy))
        }
        Verdict::Dead(fault) => Finding::expired(token.id, fault.to_string()),
        Verdict::Unknown(fault) => Finding::failed(token.id, fault.to_string()),
    }
}
