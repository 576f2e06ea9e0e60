//! One OpenAI-compatible API over a pool of Grok accounts, as one WASI 0.3 HTTP component.
//!
//! A request enters here, [`router`] finds its route and guard, a handler of [`openai`] or [`admin`] answers
//! it. Handlers reach the machine only through the port in [`host`], keep things through [`store`] and speak
//! with Grok through [`providers`]. `ARCHITECTURE.md` tells the life of a request.

pub mod admin;
pub mod app;
pub mod auth;
pub mod crypto;
pub mod error;
pub mod host;
pub mod http;
pub mod inference;
pub mod jobs;
pub mod json;
pub mod limits;
pub mod media;
pub mod pool;
pub mod protocols;
pub mod providers;
pub mod settings;
pub mod spreadsheet;
pub mod store;
pub mod time;
pub mod variables;

/// The component's entry. Not spin-sdk's macro: that one fails the request when it cannot read `Content-Length`, which
/// hosts answer with 500.
#[cfg(target_family = "wasm")]
mod entry {
    use spin_sdk::wasip3::{
        exports::http::handler::Guest,
        http::types::{ErrorCode, Request, Response},
    };

    use crate::{app::App, host::wasi, http::router};

    struct Gateway;
    spin_sdk::wasip3::http::service::export!(Gateway);

    impl Guest for Gateway {
        async fn handle(request: Request) -> Result<Response, ErrorCode> {
            if let Err(error) = wasi::check(&request) {
                let path = request.get_path_with_query().unwrap_or_default();
                return wasi::reply(router::error_reply(&error, &path));
            }
            let app = App::new(std::rc::Rc::new(wasi::WasiHost::default()));
            wasi::reply(router::route(app, wasi::request(request)?).await)
        }
    }
}
