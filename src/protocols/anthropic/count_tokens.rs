//! Counts the tokens of a request without answering it.

use std::rc::Rc;

use serde::Serialize;

use super::{messages::parse, models};
use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::Result,
    host::{Request, Response},
    http::{request, response},
    json,
    store::authenticate::authenticate,
};

#[derive(Serialize)]
struct Count {
    input_tokens: u64,
}

/// Answers `POST /v1/messages/count_tokens` with an estimate of the request's language tokens; pictures do not count.
/// Fails with 401 before 400. Grok is not asked.
pub async fn count(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    authenticate(&app.db, &key.hash, app.now_ms()).await?;
    let body = request::read_body(request).await?;
    let mut repaired = String::new();
    let counted = json::from_client(&body, &mut repaired, parse::count_request)?;
    models::find(&counted.model)?;
    response::json(&Count { input_tokens: counted.prompt.tokens() })
}
