//! Stored responses: reads, deletes, lists the items of their requests.

use std::rc::Rc;

use http::Uri;
use serde::Serialize;
use serde_json::{Value, json};

use super::history::{History, Kept};
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::response,
    store::{authenticate::authenticate, responses},
};

/// Answers `GET /v1/responses/{id}` with the response. Fails with 404 if it is not stored for this key.
pub async fn get(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let key_id = authenticate(&app.db, &key.hash, app.now_ms()).await?.caller.key_id;
    let id = id_in(request.uri());
    if parameter(request.uri(), "stream").is_some_and(|on| on == "true") {
        let message = "Stored responses are not streamed: leave 'stream' out.";
        return Err(Error::invalid("stream", message));
    }
    let sealed = responses::get(&app.db, key_id, id).await?.ok_or_else(|| not_found(id))?;
    let kept = Kept::open(&Vault::open(&*app.host).await?, id, &sealed).ok_or_else(|| not_found(id))?;
    response::json(&kept.response)
}

/// Answers `DELETE /v1/responses/{id}`. Fails with 404 if it is not stored for this key.
pub async fn delete(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let key_id = authenticate(&app.db, &key.hash, app.now_ms()).await?.caller.key_id;
    let id = id_in(request.uri());
    if !responses::delete(&app.db, key_id, id).await? {
        return Err(not_found(id));
    }
    response::json(&json!({ "id": id, "object": "response", "deleted": true }))
}

#[derive(Serialize)]
struct ItemList<'a> {
    object: &'static str,
    data: &'a [Value],
    first_id: Option<&'a str>,
    last_id: Option<&'a str>,
    has_more: bool,
}

/// Answers `GET /v1/responses/{id}/input_items` with a page of the items that the answer was made from, those of the
/// dialogue before it included. Fails with 404 if the response is not stored for this key.
pub async fn input_items(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    authenticate(&app.db, &key.hash, app.now_ms()).await?;
    let id = id_in(request.uri());
    let History { dialogue, .. } = History::read(&app, &key.hash, Some(id), &[])
        .await
        .map_err(|error| if error.kind == ErrorKind::NotFound { not_found(id) } else { error })?;
    let Some((last, before)) = dialogue.split_last() else { return Err(not_found(id)) };
    let earlier = before.iter().flat_map(|kept| kept.input_items().chain(kept.output_items().iter().cloned()));
    let mut items: Vec<Value> = earlier.chain(last.input_items()).collect();
    let limit = match parameter(request.uri(), "limit") {
        None => 20,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=100).contains(limit))
            .ok_or_else(|| Error::invalid("limit", "'limit' must be a whole number from 1 to 100"))?,
    };
    match parameter(request.uri(), "order").as_deref() {
        Some("asc") => {}
        None | Some("desc") => items.reverse(),
        Some(_) => return Err(Error::invalid("order", "'order' must be 'asc' or 'desc'")),
    }
    let of = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
    let after = parameter(request.uri(), "after");
    let from = match &after {
        None => 0,
        Some(after) => {
            1 + items
                .iter()
                .position(|item| of(item).as_ref() == Some(after))
                .ok_or_else(|| Error::invalid("after", "'after' must be the id of one of these items"))?
        }
    };
    let page = &items[from..items.len().min(from + limit)];
    let id_of = |item: Option<&'_ Value>| item.and_then(of);
    let (first, last) = (id_of(page.first()), id_of(page.last()));
    response::json(&ItemList {
        object: "list",
        data: page,
        first_id: first.as_deref(),
        last_id: last.as_deref(),
        has_more: from + page.len() < items.len(),
    })
}

/// Returns the segment after `/v1/responses/`.
fn id_in(uri: &Uri) -> &str {
    uri.path().split('/').nth(3).unwrap_or_default()
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, text)| text.into_owned()).filter(|text| !text.is_empty())
}

fn not_found(id: &str) -> Error {
    let id: String = id.chars().take(100).collect();
    let message = format!("Response with id '{id}' not found: it was not stored, has expired or was deleted.");
    Error::new(ErrorKind::NotFound, message)
}
