//! The gallery: everything that was made, opened or not, with its prompts.

use std::rc::Rc;

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{gallery, query};
use crate::{
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::{Error, Result},
    host::{Request, Response},
    http::{request, response},
    media::{address, id, kind::MediaKind},
    store::gallery::{self as rows, Filter, Item, Page},
};

/// Most files of a page, and of one deletion.
const MAX_PAGE: i64 = 200;
const MAX_DELETED: usize = 1_000;
/// Most files that one call looks at; fewer if their prompts must be decrypted, which takes the CPU time of a Worker.
const LOOKED_AT: i64 = 2_000;
const SEARCHED: i64 = 200;
/// The longest text of a parameter, in characters.
const MAX_TEXT: usize = 200;
/// Numbers that D1 takes.
const ANY: std::ops::RangeInclusive<i64> = 0..=(1 << 53) - 1;
const STATES: [&str; 5] = ["stored", "not_fetched", "cleared", "kept", "gone"];

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    kind: &'a str,
    url: &'a str,
    thumbnail: Option<&'a str>,
    prompt: Option<String>,
    model: &'a str,
    key_id: Option<i64>,
    key_name: &'a str,
    account_id: i64,
    account_deleted: bool,
    token_suffix: &'a str,
    created_at: i64,
    request_id: &'a str,
    state: &'a str,
    content_type: Option<&'a str>,
    size_bytes: Option<i64>,
    stored_at: Option<i64>,
    expires_at: Option<i64>,
}

/// Answers `GET /api/media` with one page of what was made, newest first. Fails with 400 if a parameter is not valid.
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let uri = request.uri();
    let filter = filter(uri)?;
    let text = short(uri, "text")?.map(|text| text.to_lowercase());
    if text.is_some() && filter.from.is_none() {
        return Err(Error::invalid("from", "A search for text needs a time range: set from"));
    }
    let limit = query::number(uri, "limit", 50, 1..=MAX_PAGE)?;
    let before = query::optional_number(uri, "before", ANY)?;
    let now = app.now_ms();
    let (looked_at, read) = if text.is_some() { (SEARCHED, SEARCHED) } else { (LOOKED_AT, limit) };
    let page = Page { before: before.unwrap_or(*ANY.end()), looked_at, limit: read };
    let mut listed = rows::list(&app.db, &filter, page, now).await?;
    let is_counted = before.is_none() && text.is_none() && filter.state.is_none();
    let total = if is_counted { Some(rows::count(&app.db, &filter).await?) } else { None };
    let vault = Vault::open(&*app.host).await?;
    let mut items = Vec::new();
    for item in &listed.items {
        let prompt = prompt(&vault, item);
        let is_found = |text: &String| prompt.as_ref().is_some_and(|prompt| prompt.to_lowercase().contains(text));
        if text.as_ref().is_none_or(is_found) {
            items.push((item, prompt));
            if items.len() as i64 == limit {
                break;
            }
        }
    }
    if text.is_some() && items.len() as i64 == limit {
        listed.next = items.last().map(|(item, _)| item.seq);
    }
    let addresses: Vec<_> = items.iter().map(|(item, _)| address("", kind_of(&item.kind), &item.id)).collect();
    let rows: Vec<_> = items.into_iter().zip(&addresses).map(|((item, prompt), url)| row(item, prompt, url)).collect();
    let next = listed.next.map(|next| next.to_string());
    response::json(&json!({ "success": true, "data": { "items": rows, "next": next, "total": total, "limit": limit } }))
}

fn short(uri: &Uri, name: &str) -> Result<Option<String>> {
    let text = query::text(uri, name);
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
        return Err(Error::invalid(name, format!("{name} may have {MAX_TEXT} characters")));
    }
    Ok(text)
}

fn filter(uri: &Uri) -> Result<Filter> {
    let kind = match query::text(uri, "kind").as_deref() {
        None => None,
        Some("image") => Some(MediaKind::Image),
        Some("video") => Some(MediaKind::Video),
        Some(_) => return Err(Error::invalid("kind", "kind must be image or video")),
    };
    let state = query::text(uri, "state");
    if state.as_deref().is_some_and(|state| !STATES.contains(&state)) {
        return Err(Error::invalid("state", format!("state must be one of {}", STATES.join(", "))));
    }
    Ok(Filter {
        kind,
        state,
        model: short(uri, "model")?,
        account_id: query::optional_number(uri, "account", ANY)?,
        key_id: query::optional_number(uri, "key", ANY)?,
        from: query::optional_number(uri, "from", ANY)?,
        to: query::optional_number(uri, "to", ANY)?,
    })
}

/// Returns the prompt in clear; `None` if none was kept, or if it cannot be decrypted.
fn prompt(vault: &Vault, item: &Item) -> Option<String> {
    vault.unseal(&item.prompt, &item.request_id).filter(|prompt| !prompt.is_empty())
}

fn kind_of(name: &str) -> MediaKind {
    if name == MediaKind::Video.name() { MediaKind::Video } else { MediaKind::Image }
}

fn row<'a>(item: &'a Item, prompt: Option<String>, url: &'a str) -> Row<'a> {
    Row {
        id: &item.id,
        kind: &item.kind,
        url,
        thumbnail: (kind_of(&item.kind) == MediaKind::Image).then_some(url),
        prompt,
        model: &item.model,
        key_id: item.key_id,
        key_name: &item.key_name,
        account_id: item.account_id,
        account_deleted: item.account_deleted,
        token_suffix: &item.token_suffix,
        created_at: item.created_at,
        request_id: &item.request_id,
        state: &item.state,
        content_type: item.content_type.as_deref(),
        size_bytes: item.size,
        stored_at: item.stored_at,
        expires_at: item.expires_at,
    }
}

#[derive(Deserialize)]
struct Named {
    ids: Vec<String>,
}

/// Answers `POST /api/media/delete` with how many of the named files were deleted, with their prompts and copies; their
/// links answer 404 from now on. Fails with 400 if the request names none, or more than [`MAX_DELETED`].
pub async fn delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let Named { mut ids } = request::read_json(request).await?;
    if !(1..=MAX_DELETED).contains(&ids.len()) {
        return Err(Error::invalid("ids", format!("Name the files by their ids, 1 to {MAX_DELETED} at a time")));
    }
    ids.retain(|id| id::is_possible(id));
    let deleted = rows::delete(&app.db, &ids).await?;
    gallery::cleared(app, format!("Deleted: {deleted} files"), json!({ "deleted": deleted })).await
}
