//! Exports accounts as a file with unencrypted tokens, which [`super::import`] reads. A file has no keys of xAI's API.

use std::rc::Rc;

use bytes::Bytes;
use futures::{FutureExt, SinkExt, channel::mpsc};
use http::{HeaderName, HeaderValue, header};

use super::{file::FileFormat, list::read_filter, state::Status};
use crate::{
    admin::{budget, csv::Format, query},
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::{Error, Result},
    host::{Body, Request, Response},
    jobs::invalid_tokens,
    providers::{
        catalog::QuotaBucket,
        grok_web::pasted::{Entry, State},
        xai::key::is_key,
    },
    store::accounts::{
        Account, TokenType,
        list::{self, Filter},
    },
};

/// Accounts that one statement reads; memory holds one page at a time.
const PAGE: i64 = 1_000;

/// The header that says how many keys of xAI's API the filter selects, which the file leaves out.
const KEYS_LEFT_OUT: HeaderName = HeaderName::from_static("x-keys-left-out");

/// Answers `GET /api/tokens/export?format=` with a file of the accounts that the list's filter selects. Leaves out keys of
/// xAI's API, accounts that cannot be decrypted, and rows that do not hold a token unless the state is `invalid`. Fails
/// with 400 if a parameter is not valid, or the type is `xai`.
pub async fn export(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let format = match query::text(request.uri(), "format").as_deref() {
        None | Some("json") => FileFormat::Json,
        Some("csv") => FileFormat::Csv,
        Some("text") => FileFormat::Text,
        Some(_) => return Err(Error::invalid("format", "format must be text, csv or json")),
    };
    let vault = Vault::open(&*app.host).await?;
    let filter = read_filter(request.uri(), &vault, budget::today(&app).await?)?;
    if filter.token_type == Some(TokenType::Xai) {
        let message = "Keys of xAI's API are not exported: keep them where you got them, console.x.ai, and add them again on \
                       the other gateway";
        return Err(Error::invalid("type", message));
    }
    let left_out = list::count_keys(&app.db, &filter).await?;
    let (pages, body) = mpsc::channel(1);
    let host = app.host.clone();
    host.spawn(write(app, vault, filter, format, pages).boxed_local());
    let mut reply = match format {
        FileFormat::Text => text_reply(body),
        FileFormat::Csv => Format::Csv.reply("grok2api-tokens", body),
        FileFormat::Json => Format::Json.reply("grok2api-tokens", body),
    };
    let headers = reply.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(KEYS_LEFT_OUT, left_out.into());
    Ok(reply)
}

fn text_reply(body: mpsc::Receiver<Bytes>) -> Response {
    let mut reply = Response::new(Body::Stream(body.into()));
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let disposition = HeaderValue::from_static("attachment; filename=\"grok2api-tokens.txt\"");
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    reply
}

/// Writes the file page by page while it reads the accounts.
async fn write(app: Rc<App>, vault: Vault, filter: Filter, format: FileFormat, mut pages: mpsc::Sender<Bytes>) {
    let (mut behind, mut is_first) = (0, true);
    loop {
        let accounts = match list::accounts(&app.db, &filter, behind, PAGE).await {
            Ok(accounts) => accounts,
            Err(error) => {
                // A JSON file without its end does not parse; the others end with a line that is not a token.
                let note = match format {
                    FileFormat::Text => format!("error=The export is incomplete: {error}\n"),
                    FileFormat::Csv => Format::Csv.broken(&error),
                    FileFormat::Json => Format::Json.broken(&error),
                };
                let _ = pages.send(note.into()).await;
                return;
            }
        };
        let is_last = (accounts.len() as i64) < PAGE;
        behind = accounts.last().map_or(behind, |account| account.token.id);
        let entries: Vec<Entry> = accounts.iter().filter_map(|account| entry(account, &vault, &filter)).collect();
        if entries.is_empty() && !is_last {
            continue;
        }
        let page = match format {
            FileFormat::Text => entries.iter().map(|entry| format!("{}\n", entry.token)).collect(),
            FileFormat::Csv => Format::Csv.page(&entries, is_first, is_last),
            FileFormat::Json => Format::Json.page(&entries, is_first, is_last),
        };
        is_first = false;
        if pages.send(page.into()).await.is_err() || is_last {
            return;
        }
    }
}

fn entry(account: &Account, vault: &Vault, filter: &Filter) -> Option<Entry> {
    let (token, now) = (&account.token, filter.today.now);
    let clear = vault.unseal(&account.sealed, &account.hash)?;
    if is_key(&clear) {
        return None;
    }
    if !invalid_tokens::is_valid(token.token_type.provider(), &clear) && filter.state != Some(Status::Invalid.name()) {
        return None;
    }
    let state = match (token.is_expired, token.is_active) {
        (true, _) => State::Expired,
        (_, true) => State::Active,
        _ => State::Disabled,
    };
    let (fast, heavy) = (token.quota(QuotaBucket::Fast), token.quota(QuotaBucket::Heavy));
    Some(Entry {
        token: clear,
        token_type: Some(token.token_type),
        state: Some(state),
        tags: Some(token.tags.clone()),
        note: Some(token.note.clone()),
        remaining_queries: fast.known_at(now),
        quota_until: fast.known_at(now).and(fast.until),
        heavy_remaining_queries: heavy.known_at(now),
        heavy_quota_until: heavy.known_at(now).and(heavy.until),
        ..Entry::default()
    })
}
