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
    sealing,
    settings::{Global, Settings},
    store::{leases, media, request_logs, request_stats, settings},
};

const LEASE: i64 = 30_000;
/// Between two runs of what looks at whole tables: they cost reads, and anybody may ask for them.
const RARELY: i64 = 60 * 60 * 1000;
/// The same for sealing, which has a slice to do each time until all is sealed.
const SEALING: i64 = 10 * 60 * 1000;
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Stored parts that one slice deletes: with all the rest still below the 50 calls that Workers allow.
const PARTS: usize = 25;
/// Rows that one slice looks at.
const ROWS: i64 = 500;

pub async fn run(app: Rc<App>, _: Request) -> Result<Reply> {
    let now = app.now();
    if leases::take(&app.db, "maintenance", now, now + LEASE).await? {
        let settings = settings::read(&app.db).await?;
        clean::slice(&app, PARTS).await;
        forget_media(&app, &settings, now).await?;
        if leases::take(&app.db, "requests", now, now + RARELY).await? {
            forget_requests(&app, &settings, now).await?;
        }
        if leases::take(&app.db, "sealing", now, now + SEALING).await? {
            sealing::slice(&app, &settings).await?;
        }
    }
    Ok(http_io::empty(StatusCode::NO_CONTENT))
}

/// Counters first: they outlive the log.
async fn forget_requests(app: &App, settings: &Settings, now: i64) -> Result<()> {
    let hour = request_stats::local_hour(now, app.timezone_offset_minutes().await);
    request_stats::age(&app.db, hour).await?;
    let Global { log_retention_days, log_retention_rows, .. } = settings.global;
    request_logs::prune(&app.db, now, log_retention_days, log_retention_rows).await.map(drop)
}

async fn forget_media(app: &App, settings: &Settings, now: i64) -> Result<()> {
    media::forget(&app.db, now - settings.global.media_retention_days * DAY, ROWS).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::{FutureExt, StreamExt};
    use http::Method;

    use super::*;
    use crate::{
        host::{Host, native::NativeHost},
        router,
    };

    fn wake(host: &Rc<NativeHost>) -> StatusCode {
        let mut request = http::Request::new(futures::stream::empty().boxed_local());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = "http://gateway.test/internal/maintenance".parse().expect("a valid address");
        let status = host.run(router::route(host.app(), request).boxed_local()).status();
        host.settle();
        status
    }

    /// Requests logged so many days ago.
    fn log(host: &NativeHost, days: &[i64]) {
        for ago in days {
            let id = (host.now() - ago * DAY) * 2048;
            host.sql(
                "INSERT INTO request_logs (id, request_id, ip, key_id, key_name, model, stream, status, error_code,
                   error, duration_ms, attempts, token_suffix, prompt_tokens, completion_tokens)
                 VALUES (?, '', '', 1, '', 'grok-4', 0, 200, '', '', 1, 1, '', 1, 1)",
                vec![id.into()],
            );
        }
    }

    #[test]
    fn old_requests_go_by_the_settings_and_strangers_cannot_hurry_it() {
        let host = NativeHost::new();
        assert_eq!(wake(&host), StatusCode::NO_CONTENT);
        let logged = || host.number("SELECT count(*) FROM request_logs");
        log(&host, &[0, 10, 29, 31, 40]);
        host.advance(Duration::from_secs(60));
        assert_eq!((wake(&host), logged()), (StatusCode::NO_CONTENT, 5), "an hour has not passed");
        host.advance(Duration::from_secs(3600));
        assert_eq!((wake(&host), logged()), (StatusCode::NO_CONTENT, 3));
        host.sql("INSERT INTO settings VALUES ('global', '{\"log_retention_days\":20}')", vec![]);
        host.advance(Duration::from_secs(3600));
        assert_eq!((wake(&host), logged()), (StatusCode::NO_CONTENT, 2));
    }

    #[test]
    fn tokens_stored_in_clear_are_sealed_when_there_is_a_key() {
        let host = NativeHost::new();
        wake(&host);
        let add =
            "INSERT INTO tokens (hash, sealed, suffix, token_type, created_at) VALUES ('h', 'clear', 'x', 'sso', 0)";
        host.sql(add, vec![]);
        host.set_variable("encryption_key", "a key of sixteen or more characters");
        host.advance(Duration::from_secs(600));
        wake(&host);
        assert_eq!(host.number("SELECT count(*) FROM tokens WHERE substr(sealed, 1, 3) = 'v1.'"), 1);
    }
}
