//! One OpenAI-compatible API over a pool of Grok accounts, as one WASI 0.3 HTTP component.
//!
//! The host passes each request to `entry`. [`http::router`] finds its route and guard, then a handler of
//! [`protocols`], [`admin`] or [`media`] answers it. Handlers call the host only through the port in [`host`], store
//! data through [`store`], and reach Grok through [`providers`]. `ARCHITECTURE.md` describes a request from start to
//! end.
//!
//! ```ignore
//! let app = App::new(Rc::new(WasiHost::begin(&request)));
//! let response = router::route(app, request).await;
//! ```

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
pub mod money;
pub mod pool;
pub mod protocols;
pub mod providers;
pub mod settings;
pub mod spreadsheet;
pub mod store;
pub mod time;
pub mod variables;
#[cfg(target_family = "wasm")]
mod wipe;

/// The component's entry point. It replaces spin-sdk's macro, because the port converts requests itself ([`host`]) and holds
/// the instance for a request.
#[cfg(target_family = "wasm")]
mod entry {
    use spin_sdk::wasip3::{
        exports::http::handler::Guest,
        http::types::{ErrorCode, Request, Response},
    };

    use crate::{app::App, host::wasi, http::router, wipe};

    struct Gateway;
    spin_sdk::wasip3::http::service::export!(Gateway);

    impl Guest for Gateway {
        async fn handle(request: Request) -> Result<Response, ErrorCode> {
            let request = wasi::request(request)?;
            let host = wasi::WasiHost::begin(&request);
            let alone = host.alone();
            wipe::stack();
            let app = App::new(std::rc::Rc::new(host));
            wasi::reply(router::route(app, request).await, alone)
        }
    }
}
