//! The list of accounts: its filter, its order and its pages.

use std::rc::Rc;

use http::Uri;
use serde_json::json;

use super::{MAX_TAG_CHARS, row::Row, state::Status};
use crate::{
    admin::{
        budget,
        query::{self, Paging},
    },
    app::App,
    auth::session::AdminSession,
    crypto::{digest::sha256_hex, vault::Vault},
    error::{Error, Result},
    host::{Request, Response},
    http::response,
    jobs::{account_readings, invalid_tokens},
    providers::{grok_web::pasted::normalise_token, xai::key::is_key},
    store::{
        accounts::{
            self, TokenType,
            list::{self, Filter, Order},
        },
        spending::Today,
    },
};

/// Most characters of a searched text. No note and no token is longer.
const MAX_SEARCHED: usize = 8_000;
/// The largest id. JSON's numbers are exact up to 2^53 only.
const MAX_ID: i64 = (1 << 53) - 1;

/// Answers `GET /api/tokens?id=&type=&state=&tag=&text=&sort=&order=&limit=&offset=` with one page of accounts. If accounts
/// are due to be read from Grok, reads some after the answer. Fails with 400 if a parameter is not valid.
pub async fn list(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let Paging { limit, offset } = Paging::of(request.uri(), 1000, 1000)?;
    let vault = Vault::open(&*app.host).await?;
    let filter = read_filter(request.uri(), &vault, budget::today(&app).await?)?;
    let order = read_order(request.uri())?;
    let mut page = list::list(&app.db, &filter, order, limit, offset).await?;
    if page.has_unseen && invalid_tokens::catch_up(&app, &vault).await {
        page = list::list(&app.db, &filter, order, limit, offset).await?;
    }
    let data: Vec<Row> = page.tokens.into_iter().map(|token| Row::of(token, &vault, filter.today)).collect();
    let reads = session.settings().grok.read_accounts;
    if page.reading_due && reads {
        account_readings::spawn(&app, app.db.meter().calls as usize);
    }
    let has_more = offset + (data.len() as i64) < page.total;
    response::json(&json!({
        "success": true, "data": data, "total": page.total, "limit": limit, "offset": offset, "has_more": has_more,
        "unread": if reads { page.unread } else { 0 },
    }))
}

/// Answers `GET /api/tokens/tags/all` with every tag in use.
pub async fn all_tags(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    response::json(&json!({ "success": true, "data": accounts::all_tags(&app.db).await? }))
}

/// Returns the filter of a query, as of `today`. Fails with 400 if a parameter is not valid.
pub fn read_filter(uri: &Uri, vault: &Vault, today: Today) -> Result<Filter> {
    let token_type = match query::text(uri, "type").as_deref() {
        None => None,
        Some(word) => Some(TokenType::of(word).ok_or_else(|| {
            Error::invalid(
                "type",
                "type must be sso (Basic), ssoSuper (SuperGrok), ssoHeavy (SuperGrok Heavy) or xai (xAI API)",
            )
        })?),
    };
    let state = query::text(uri, "state").map(|name| Status::named(&name)).transpose()?;
    let id = query::optional_number(uri, "id", 1..=MAX_ID)?;
    let text = query::text(uri, "text");
    let tag = query::text(uri, "tag");
    for (name, text, most) in [("text", &text, MAX_SEARCHED), ("tag", &tag, MAX_TAG_CHARS)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            return Err(Error::invalid(name, format!("{name} must have at most {most} characters")));
        }
    }
    // A full token finds its row.
    let token = text.as_ref().and_then(|text| normalise_token(text).ok());
    if token.as_deref().is_some_and(is_key) {
        let message = "text must not be a key of xAI's API, because addresses are logged: send the key as token in the body of \
                       POST /api/tokens/reveal, which returns its id";
        return Err(Error::invalid("text", message));
    }
    let hash = token.as_deref().map(sha256_hex);
    Ok(Filter { today, key_ids: vault.key_ids(), token_type, state: state.map(Status::name), tag, text, hash, id })
}

fn read_order(uri: &Uri) -> Result<Order> {
    let sort = query::text(uri, "sort").unwrap_or_else(|| "created".to_owned());
    let descending = match query::text(uri, "order").as_deref() {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => return Err(Error::invalid("order", "order must be asc or desc")),
    };
    let names = || Order::names().collect::<Vec<_>>().join(", ");
    Order::by(&sort, descending).ok_or_else(|| Error::invalid("sort", format!("sort must be one of {}", names())))
}
