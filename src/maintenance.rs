//! What is done now and then, whoever asks for it: `POST /internal/maintenance`.
//!
//! Anybody may call it. It does only what is due, a slice at a time, and a lease keeps it from being done twice at
//! once or too often.

use std::rc::Rc;

use http::StatusCode;

use crate::{
    app::App,
    error::Result,
    host::{Reply, Request},
    http_io,
    media::clean,
    settings::Settings,
    store::{leases, media, settings},
};

const LEASE: i64 = 30_000;
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Rows that one slice looks at.
const ROWS: i64 = 500;

pub async fn run(app: Rc<App>, _: Request) -> Result<Reply> {
    let now = app.now();
    if leases::take(&app.db, "maintenance", now, now + LEASE).await? {
        let settings = settings::read(&app.db).await?;
        clean::slice(&app, clean::SLICE).await;
        forget_media(&app, &settings, now).await?;
    }
    Ok(http_io::empty(StatusCode::NO_CONTENT))
}

async fn forget_media(app: &App, settings: &Settings, now: i64) -> Result<()> {
    media::forget(&app.db, now - settings.global.media_retention_days * DAY, ROWS).await
}
