//! The page of API keys.

use std::rc::Rc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    admin::query::Paging,
    app::App,
    auth::session::AdminSession,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::{request, response},
    store::api_keys::{self, KeyName, Named, NewKey, StoredKey},
};

const MAX_NAME_CHARS: usize = 100;
const MAX_BATCH_ADD: i64 = 100;
/// One statement's list stays below a megabyte.
const MAX_BATCH: usize = 10_000;

/// A key as it is served: the clear one only where it has just been made.
#[derive(Serialize)]
struct Row {
    id: i64,
    key: String,
    display_key: String,
    name: String,
    /// Unix seconds.
    created_at: i64,
    is_active: u8,
    /// Whether `POST /api/keys/reveal` can show it.
    revealable: bool,
}

impl From<StoredKey> for Row {
    fn from(key: StoredKey) -> Self {
        Row {
            id: key.id,
            key: key.display.clone(),
            display_key: key.display,
            name: key.name,
            created_at: key.created_at / 1000,
            is_active: key.is_active.into(),
            revealable: key.is_kept,
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

/// `GET /api/keys?limit=&offset=`
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let Paging { limit, offset } = Paging::of(request.uri(), 1000, 1000)?;
    let page = api_keys::list(&app.db, limit, offset).await?;
    let data: Vec<Row> = page.keys.into_iter().map(Row::from).collect();
    let has_more = offset + (data.len() as i64) < page.total;
    let (total, global_key_set) = (page.total, page.has_global);
    response::json(&Page { success: true, data, total, limit, offset, has_more, global_key_set })
}

#[derive(Deserialize)]
struct Add {
    name: String,
}

/// `POST /api/keys/add`
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

/// `POST /api/keys/batch-add`
pub async fn batch_add(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: BatchAdd = request::read_json(request).await?;
    let prefix = checked_name("name_prefix", &body.name_prefix)?;
    let names = match body.count {
        1 => vec![prefix],
        2..=MAX_BATCH_ADD => (1..=body.count).map(|number| format!("{prefix}-{number}")).collect(),
        _ => return Err(Error::invalid("count", format!("count is a whole number from 1 to {MAX_BATCH_ADD}"))),
    };
    let rows = create(&app, names).await?;
    let message = format!("{} keys created", rows.len());
    response::json(&json!({ "success": true, "data": rows, "message": message }))
}

/// One key of the table: `{"id"}` or `{"key"}`, the latter the full value.
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
            name.ok_or_else(|| Error::invalid("key", "Name the key: by `id`, or by `key` with its full value"))?
        ]))
    }
}

/// `POST /api/keys/delete`
pub async fn delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    one_of(api_keys::delete(&app.db, &body.named()?).await?, "Key deleted")
}

/// `POST /api/keys/status`
pub async fn set_active(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    let is_active = required_flag(body.is_active)?;
    let done = api_keys::set_active(&app.db, &body.named()?, is_active).await?;
    one_of(done, if is_active { "Key enabled" } else { "Key disabled" })
}

/// `POST /api/keys/name`
pub async fn rename(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    let name = checked_name("name", body.name.as_deref().unwrap_or_default())?;
    one_of(api_keys::rename(&app.db, &body.named()?, &name).await?, "Key renamed")
}

/// `POST /api/keys/reveal`
pub async fn reveal(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let mut body: One = request::read_json(request).await?;
    let (hash, sealed) = api_keys::sealed(&app.db, &body.named()?).await?.ok_or_else(unknown)?;
    let conflict = |message| Error::new(ErrorKind::Conflict, message);
    let sealed = sealed.ok_or_else(|| {
        conflict("This key was made without an encryption_key, so only its hash is kept: make a new one to see it")
    })?;
    let key = Vault::open(&*app.host).await?.unseal(&sealed, &hash).ok_or_else(|| {
        conflict("This key cannot be read: it was sealed with another encryption_key (see encryption_key_previous)")
    })?;
    response::json(&json!({ "success": true, "data": { "key": key } }))
}

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
            0 => Err(Error::invalid("keys", "Name the keys: `ids`, or `keys` with their full values")),
            1..=MAX_BATCH => Ok(self.keys.into_iter().chain(self.ids.into_iter().map(KeyName::Id)).collect()),
            _ => Err(Error::invalid("keys", format!("At most {MAX_BATCH} keys at a time"))),
        }
    }
}

/// `POST /api/keys/batch-delete`
pub async fn batch_delete(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: Many = request::read_json(request).await?;
    let deleted = api_keys::delete(&app.db, &body.named()?).await?;
    let message = format!("{deleted} keys deleted");
    response::json(&json!({ "success": true, "message": message, "data": { "deleted": deleted } }))
}

/// `POST /api/keys/batch-status`
pub async fn batch_set_active(app: Rc<App>, _: AdminSession, request: Request) -> Result<Response> {
    let body: Many = request::read_json(request).await?;
    let is_active = required_flag(body.is_active)?;
    let updated = api_keys::set_active(&app.db, &body.named()?, is_active).await?;
    let message = format!("{updated} keys {}", if is_active { "enabled" } else { "disabled" });
    response::json(&json!({ "success": true, "message": message, "data": { "updated": updated } }))
}

/// Makes a key for each name.
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
    };
    Ok(ids.into_iter().zip(keys).zip(clear).map(row).collect())
}

fn checked_name(field: &str, name: &str) -> Result<String> {
    let name = name.trim();
    let is_fit = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let fault = || Error::invalid(field, format!("{field} has 1 to {MAX_NAME_CHARS} characters, on one line"));
    is_fit.then(|| name.to_owned()).ok_or_else(fault)
}

fn required_flag(flag: Option<bool>) -> Result<bool> {
    flag.ok_or_else(|| Error::invalid("is_active", "is_active is true or false"))
}

fn one_of(done: usize, message: &str) -> Result<Response> {
    if done == 0 {
        return Err(unknown());
    }
    response::json(&json!({ "success": true, "message": message }))
}

fn unknown() -> Error {
    Error::new(ErrorKind::NotFound, "There is no such key")
}
