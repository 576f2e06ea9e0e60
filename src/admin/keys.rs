//! The page of API keys.

use std::rc::Rc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    admin::{budget, query::Paging},
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::{request, response},
    money::Usd,
    store::{
        api_keys::{self, KeyName, Named, NewKey, StoredKey},
        spending::Today,
    },
};

const MAX_NAME_CHARS: usize = 100;
const MAX_BATCH_ADD: i64 = 100;
/// Most keys of one request: their list in a statement stays below 1 MB.
const MAX_BATCH: usize = 10_000;

/// A key in an answer. `key` is masked, except in the answer that created the key.
#[derive(Serialize)]
struct Row {
    id: i64,
    key: String,
    display_key: String,
    name: String,
    /// Unix seconds.
    created_at: i64,
    is_active: u8,
    /// Whether `POST /api/keys/reveal` can return the key.
    revealable: bool,
    /// What it may spend in a day at xAI's API; `null` without a limit.
    daily_budget_usd: Option<Usd>,
    /// Since local midnight, and since the first of the local month.
    spent_today_usd: Usd,
    spent_month_usd: Usd,
}

impl Row {
    fn of(key: StoredKey, today: Today) -> Self {
        Row {
            id: key.id,
            key: key.display.clone(),
            display_key: key.display,
            name: key.name,
            created_at: key.created_at / 1000,
            is_active: key.is_active.into(),
            revealable: key.is_kept,
            daily_budget_usd: key.spending.daily_budget(),
            spent_today_usd: key.spending.today(today),
            spent_month_usd: key.spending.this_month(today),
        }
    }
}

#[derive(Serialize)]
struct Page {
    success: bool,
    data: Vec<Row>,
    total: i64,
    limit: i64,
    offset: i64,
    has_more: bool,
    global_key_set: bool,
}

/// Answers `GET /api/keys?limit=&offset=` with one page of keys, newest first. Fails with 400 if a parameter is not
/// valid.
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let Paging { limit, offset } = Paging::of(request.uri(), 1000, 1000)?;
    let page = api_keys::list(&app.db, limit, offset).await?;
    let today = budget::today(&app).await?;
    let data: Vec<Row> = page.keys.into_iter().map(|key| Row::of(key, today)).collect();
    let has_more = offset + (data.len() as i64) < page.total;
    let (total, global_key_set) = (page.total, page.has_global);
    response::json(&Page { success: true, data, total, limit, offset, has_more, global_key_set })
}

#[derive(Deserialize)]
struct Add {
    name: String,
}

/// Answers `POST /api/keys/add` with the new key, unencrypted. Fails with 400 if the name is empty or too long.
pub async fn add(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: Add = request::read_json(request).await?;
    let name = checked_name("name", &body.name)?;
    let row = create(&app, vec![name]).await?.pop();
    response::json(&json!({ "success": true, "data": row, "message": "Key created" }))
}

#[derive(Deserialize)]
struct BatchAdd {
    name_prefix: String,
    #[serde(default = "one")]
    count: i64,
}

fn one() -> i64 {
    1
}

/// Answers `POST /api/keys/batch-add` with new keys, unencrypted. Fails with 400 if the prefix is empty or too long,
/// or if `count` is not from 1 to [`MAX_BATCH_ADD`].
pub async fn batch_add(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: BatchAdd = request::read_json(request).await?;
    let prefix = checked_name("name_prefix", &body.name_prefix)?;
    let names = match body.count {
        1 => vec![prefix],
        2..=MAX_BATCH_ADD => (1..=body.count).map(|number| format!("{prefix}-{number}")).collect(),
        _ => return Err(Error::invalid("count", format!("count must be a whole number from 1 to {MAX_BATCH_ADD}"))),
    };
    let rows = create(&app, names).await?;
    let message = format!("{} keys created", rows.len());
    response::json(&json!({ "success": true, "data": rows, "message": message }))
}

/// A request about one key, named by `id` or by `key`, its full value.
#[derive(Deserialize)]
struct One {
    id: Option<i64>,
    key: Option<KeyName>,
    name: Option<String>,
    is_active: Option<bool>,
}

impl One {
    fn named(&mut self) -> Result<Named> {
        let name = self.key.take().or(self.id.map(KeyName::Id));
        Ok(Named::from_iter([
            name.ok_or_else(|| Error::invalid("key", "Name the key by `id`, or by `key` with its full value"))?
        ]))
    }
}

/// Answers `POST /api/keys/delete` after deleting the key. Fails with 404 if no key matches.
pub async fn delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    one_of(api_keys::delete(&app.db, &body.named()?).await?, "Key deleted")
}

/// Answers `POST /api/keys/status` after enabling or disabling the key. Fails with 404 if no key matches.
pub async fn set_active(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    let is_active = required_flag(body.is_active)?;
    let done = api_keys::set_active(&app.db, &body.named()?, is_active).await?;
    one_of(done, if is_active { "Key enabled" } else { "Key disabled" })
}

/// Answers `POST /api/keys/name` after renaming the key. Fails with 400 if the name is empty or too long, with 404 if
/// no key matches.
pub async fn rename(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    let name = checked_name("name", body.name.as_deref().unwrap_or_default())?;
    one_of(api_keys::rename(&app.db, &body.named()?, &name).await?, "Key renamed")
}

/// A request about one key or many.
#[derive(Deserialize)]
struct Budget {
    id: Option<i64>,
    key: Option<KeyName>,
    #[serde(default)]
    ids: Vec<i64>,
    #[serde(default)]
    keys: Vec<KeyName>,
    #[serde(default)]
    daily_budget_usd: budget::Sent,
}

/// Answers `POST /api/keys/budget` with how many keys have a new daily budget. Fails with 400 if the budget is not allowed or the
/// request names no key, with 404 if no key matches.
pub async fn set_budget(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: Budget = request::read_json(request).await?;
    let budget = body.daily_budget_usd.checked()?;
    let keys = body.keys.into_iter().chain(body.key).collect();
    let many = Many { ids: body.ids.into_iter().chain(body.id).collect(), keys, is_active: None };
    let updated = api_keys::set_budget(&app.db, &many.named()?, budget).await?;
    if updated == 0 {
        return Err(unknown());
    }
    response::json(&json!({ "success": true, "message": "Budget updated", "data": { "updated": updated } }))
}

/// Answers `POST /api/keys/reveal` with the key, unencrypted. Fails with 404 if no key matches, with 409 if only its
/// hash is stored or if it was encrypted with another key.
pub async fn reveal(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    let (hash, sealed) = api_keys::sealed(&app.db, &body.named()?).await?.ok_or_else(unknown)?;
    let conflict = |message| Error::new(ErrorKind::Conflict, message);
    let sealed = sealed.ok_or_else(|| {
        conflict("This key was created without encryption_key, so only its hash is stored: create a new key")
    })?;
    let key = Vault::open(&*app.host).await?.unseal(&sealed, &hash).ok_or_else(|| {
        conflict("This key was encrypted with another encryption_key: set that one as encryption_key_previous")
    })?;
    response::json(&json!({ "success": true, "data": { "key": key } }))
}

/// A request about many keys, named by `ids` or by `keys`, their full values.
#[derive(Deserialize)]
struct Many {
    #[serde(default)]
    ids: Vec<i64>,
    #[serde(default)]
    keys: Vec<KeyName>,
    is_active: Option<bool>,
}

impl Many {
    fn named(self) -> Result<Named> {
        match self.ids.len() + self.keys.len() {
            0 => Err(Error::invalid("keys", "Name the keys by `ids`, or by `keys` with their full values")),
            1..=MAX_BATCH => Ok(self.keys.into_iter().chain(self.ids.into_iter().map(KeyName::Id)).collect()),
            _ => Err(Error::invalid("keys", format!("Name at most {MAX_BATCH} keys at a time"))),
        }
    }
}

/// Answers `POST /api/keys/batch-delete` with how many keys were deleted. Fails with 400 if the request names none.
pub async fn batch_delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: Many = request::read_json(request).await?;
    let deleted = api_keys::delete(&app.db, &body.named()?).await?;
    let message = format!("{deleted} keys deleted");
    response::json(&json!({ "success": true, "message": message, "data": { "deleted": deleted } }))
}

/// Answers `POST /api/keys/batch-status` with how many keys were enabled or disabled. Fails with 400 if the request
/// names none.
pub async fn batch_set_active(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: Many = request::read_json(request).await?;
    let is_active = required_flag(body.is_active)?;
    let updated = api_keys::set_active(&app.db, &body.named()?, is_active).await?;
    let message = format!("{updated} keys {}", if is_active { "enabled" } else { "disabled" });
    response::json(&json!({ "success": true, "message": message, "data": { "updated": updated } }))
}

/// Creates a key for each name and returns their rows, in the order of the names.
async fn create(app: &App, names: Vec<String>) -> Result<Vec<Row>> {
    let vault = Vault::open(&*app.host).await?;
    let clear: Vec<String> = names.iter().map(|_| format!("sk-{}", BASE64URL.encode(app.random::<24>()))).collect();
    let keys: Vec<NewKey> =
        names.iter().zip(&clear).map(|(name, clear)| NewKey::of(&*app.host, &vault, clear, name)).collect();
    let now = app.now_ms();
    let ids = api_keys::add(&app.db, now, &keys).await?;
    let row = |((id, key), clear): ((i64, NewKey), String)| Row {
        id,
        key: clear,
        display_key: key.display,
        name: key.name,
        created_at: now / 1000,
        is_active: 1,
        revealable: key.sealed.is_some(),
        daily_budget_usd: None,
        spent_today_usd: Usd::default(),
        spent_month_usd: Usd::default(),
    };
    Ok(ids.into_iter().zip(keys).zip(clear).map(row).collect())
}

fn checked_name(field: &str, name: &str) -> Result<String> {
    let name = name.trim();
    let is_fit = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let fault = || Error::invalid(field, format!("{field} must have 1 to {MAX_NAME_CHARS} characters, on one line"));
    is_fit.then(|| name.to_owned()).ok_or_else(fault)
}

fn required_flag(flag: Option<bool>) -> Result<bool> {
    flag.ok_or_else(|| Error::invalid("is_active", "is_active must be true or false"))
}

fn one_of(done: usize, message: &str) -> Result<Response> {
    if done == 0 {
        return Err(unknown());
    }
    response::json(&json!({ "success": true, "message": message }))
}

fn unknown() -> Error {
    Error::new(ErrorKind::NotFound, "No key has this id or value: list the keys, then try again")
}
