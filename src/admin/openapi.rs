//! The OpenAPI document of every route.
//!
//! The router's table says which routes there are and who may ask; `src/http/openapi.json` says what they take and
//! answer. Tests hold the two together, and every answer of the console's tests against its schema.

use std::rc::Rc;

use crate::{
    app::App,
    error::Result,
    host::{Request, Response},
    http::response,
};

pub const DOCUMENT: &str = include_str!("../http/openapi.json");

/// `GET /openapi.json`
pub async fn document(_: Rc<App>, _: Request) -> Result<Response> {
    Ok(response::json_bytes(DOCUMENT.into()))
}
