//! The audit log.

use std::rc::Rc;

use serde_json::json;

use crate::{
    admin::query,
    app::App,
    auth::AdminSession,
    error::Result,
    host::{Reply, Request},
    http_io,
    store::request_logs,
};

/// `GET /api/logs?limit=&before=`, the latter the id of the last row of the page before.
pub async fn list(app: Rc<App>, _: AdminSession, request: Request) -> Result<Reply> {
    let limit = query::number(request.uri(), "limit", 1000, 1..=5000)?;
    let before = query::number(request.uri(), "before", request_logs::MAX_ID, 1..=request_logs::MAX_ID)?;
    let entries = request_logs::list(&app.db, limit, Some(before)).await?;
    http_io::json(&json!({ "success": true, "data": entries }))
}

/// `POST /api/logs/clear`
pub async fn clear(app: Rc<App>, _: AdminSession, _: Request) -> Result<Reply> {
    request_logs::clear(&app.db).await?;
    http_io::json(&json!({ "success": true, "message": "Log cleared" }))
}
