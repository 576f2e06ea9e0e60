//! The OpenAPI document of every route.
//!
//! The router's table lists the routes and their guards; `src/http/openapi.json` describes their requests and answers.
//! Tests compare the two, and check every answer of the console's tests against its schema.

use std::rc::Rc;

use crate::{
    app::App,
    error::Result,
    host::{Request, Response},
    http::response,
};

/// The document as JSON.
pub const DOCUMENT: &str = include_str!("../http/openapi.json");

/// Answers `GET /openapi.json` with the document.
pub async fn document(_: Rc<App>, _: Request) -> Result<Response> {
    Ok(response::json_bytes(DOCUMENT.into()))
}
