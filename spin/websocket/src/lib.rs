//! Outgoing WebSockets as a separate component: implements `grok2api:websocket/client` (`wit/websocket.wit`) for Spin.
//!
//! `cargo xtask build` composes it with the gateway into one file.
//!
//! | module | content |
//! |---|---|
//! | `component` | the exported interface: addresses, TCP (`wasi:sockets`), time limits; WebAssembly only |
//! | [`target`] | parsed URLs |
//! | [`wire`] | bytes with or without TLS, between two buffers |
//! | [`tls`] | the cryptography and trusted certificates of TLS |
//! | [`upgrade`] | the HTTP/1.1 upgrade (RFC 6455 §4) and refusals |
//! | [`session`] | messages on an upgraded wire, by tungstenite |
//!
//! Only the first does I/O. The others take and return bytes, so tests can feed them any input.

#[cfg(target_family = "wasm")]
mod component;
pub mod error;
pub mod session;
pub mod target;
pub mod tls;
pub mod upgrade;
pub mod wire;
