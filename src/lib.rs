//! One OpenAI-compatible API over a pool of Grok accounts, as one WASI 0.3 HTTP component.
//!
//! A request enters here, [`router`] finds its route and guard, a handler of [`openai`] or [`admin`] answers
//! it. Handlers reach the machine only through the port in [`host`], keep things through [`store`] and speak
//! with Grok through [`providers`]. `ARCHITECTURE.md` tells the life of a request.

pub mod admin;
pub mod app;
pub mod assets;
pub mod auth;
pub mod deadline;
pub mod dns;
pub mod error;
pub mod host;
pub mod http_io;
pub mod inference;
pub mod invalid_tokens;
pub mod json;
pub mod maintenance;
pub mod media;
pub mod openai;
pub mod password;
pub mod peer;
pub mod pool;
pub mod providers;
pub mod router;
pub mod sealing;
pub mod secrets;
pub mod settings;
pub mod store;

/// The component's entry.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
#[cfg(target_family = "wasm")]
async fn handle(
    request: spin_sdk::http::Request,
) -> Result<spin_sdk::wasip3::http::types::Response, spin_sdk::wasip3::http::types::ErrorCode> {
    let app = app::App::new(std::rc::Rc::new(host::wasi::WasiHost::default()));
    host::wasi::reply(router::route(app, host::wasi::request(request)).await)
}
