//! The console's API: one file a page, each with its request bodies, its handlers and its answers.
//!
//! * Pages: [`accounts`], [`keys`], [`logs`], [`stats`], [`gallery`] (the cache), [`settings`], [`session`], [`storage`],
//!   [`media`] (the gallery), [`upstream_check`].
//! * Shared: [`query`] reads lists' parameters, [`budget`] reads budgets, [`csv`] writes files, [`error`] writes the error body.
//! * [`openapi`] serves the description of every route.
//!
//! Answers are `{"success":true,…}`; errors name the field at fault. The room never writes SQL and never decides what
//! an outcome does to an account. A handler whose second parameter is an
//! [`AdminSession`](crate::auth::session::AdminSession) runs only for a signed-in operator:
//!
//! ```ignore
//! pub async fn clear(app: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
//!     requests::clear(&app.db).await?;
//!     response::json(&json!({ "success": true, "message": "Log cleared" }))
//! }
//! ```

mod browser;
pub mod budget;
mod confirm;
pub mod error;
mod key_check;
pub mod keys;
pub mod logs;
pub mod media;
pub mod openapi;
pub mod query;
pub mod session;
pub mod settings;
pub mod stats;
pub mod storage;
pub mod upstream_advice;
pub mod upstream_check;

pub mod accounts;
pub mod csv;
pub mod gallery;
#[cfg(test)]
mod tests;
