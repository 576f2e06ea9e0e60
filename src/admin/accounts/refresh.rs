//! Refreshes all accounts' quotas: a job in the database. Each request for its progress runs the next slice.
//!
//! A slice runs beside the answer. Nothing is kept between requests, so any instances, and any number of them, may take
//! part; see [`crate::store::refresh_job`].

use std::rc::Rc;

use futures::FutureExt;
use http::StatusCode;
use serde::Serialize;

use crate::{
    admin::query::{self, Paging},
    app::App,
    auth::session::AdminSession,
    crypto::{digest::hex, vault::Vault},
    error::{Error, Result},
    host::{Request, Response},
    http::response,
    jobs::account_readings::{self, PER_SLICE, PER_SLICE_ON_WORKERS},
    settings::Settings,
    store::{
        accounts::reading::{Asked, Outcome, Reading},
        refresh_job::{self, Checked, Progress, TRIES},
    },
    time::HOUR,
};

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
    let (worker, count) = (app.clone(), if progress.is_d1 { PER_SLICE_ON_WORKERS } else { PER_SLICE });
    let work = async move {
        if let Err(error) = work_on_slice(&worker, session.settings(), count).await {
            eprintln!("{}: the refresh stopped, the next poll continues it: {error}", worker.request_id);
        }
    };
    app.host.spawn(work.boxed_local());
}

async fn work_on_slice(app: &App, settings: &Settings, count: usize) -> Result<()> {
    let vault = Vault::open(&*app.host).await?;
    let lease = hex(&app.random::<16>());
    let Some(slice) = refresh_job::claim(&app.db, app.now_ms(), &lease, count as i64).await? else { return Ok(()) };
    let readings = if slice.tries > TRIES {
        let reason = "asked twice, and the gateway was stopped both times";
        let now = app.now_ms();
        let given_up =
            |account: &Asked| Reading::without_answer(account.id, Outcome::Failed, reason.to_owned(), now, now + HOUR);
        slice.accounts.iter().map(given_up).collect()
    } else {
        let read = account_readings::read_all(app, &vault, settings, &slice.accounts).await;
        read.into_iter().map(|read| read.reading.by_operator()).collect::<Vec<_>>()
    };
    refresh_job::report(&app.db, &lease, app.now_ms(), &readings).await
}
