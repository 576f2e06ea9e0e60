//! The floor on Spin: the least component that does the gateway's work, the twin of `tests/bench/floor.mjs`.
//!
//! It hashes the key, runs the gateway's own two statements, sends the gateway's own request to Grok, parses each line, and
//! writes each token. It checks and handles nothing else. The environment variable `RECORDED` is what `recorder.mjs` noted.
//! The gateway itself fills the tables: it has the paths of the admin API in the same application (`spin.mjs`).
//!
//! Without a recording it answers everything with a word: what Spin itself costs a request.

#[cfg(target_family = "wasm")]
mod chat;
#[cfg(target_family = "wasm")]
mod recorded;
#[cfg(target_family = "wasm")]
mod wasi;

#[cfg(target_family = "wasm")]
mod entry {
    use spin_sdk::wasip3::{
        exports::http::handler::Guest,
        http::{
            service,
            types::{ErrorCode, Request, Response},
        },
    };

    use crate::{chat, recorded, wasi};

    struct Floor;
    service::export!(Floor);

    impl Guest for Floor {
        async fn handle(request: Request) -> Result<Response, ErrorCode> {
            let Some(recorded) = recorded::get() else { return Ok(wasi::whole("text/plain", "hello".into())) };
            let path = request.get_path_with_query().unwrap_or_default();
            Ok(match path.as_str() {
                "/health" => wasi::whole("application/json", r#"{"status":"ok"}"#.into()),
                "/v1/models" => chat::models(recorded, request).await,
                _ => chat::chat(recorded, request).await,
            })
        }
    }
}
