//! The kind of database that stores the data.

use std::rc::Rc;

use serde_json::json;

use crate::{
    app::App,
    auth::session::AdminSession,
    error::Result,
    host::{Request, Response},
    http::response,
    store::database,
};

/// Answers `GET /api/storage/mode` with `D1` or `SQLite`.
pub async fn mode(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    let mode = if database::is_d1(&app.db).await? { "D1" } else { "SQLite" };
    response::json(&json!({ "success": true, "data": { "mode": mode } }))
}
