//! Outgoing WebSockets as a component of its own: what Spin lacks of `grok2api:websocket/client` (`wit/websocket.wit`).
//!
//! `cargo xtask build` composes it with the gateway into one file. From bytes to messages:
//!
//! | module | what |
//! |---|---|
//! | `component` | the exported interface: addresses, TCP (`wasi:sockets`), time limits; WebAssembly only |
//! | [`target`] | a URL taken apart |
//! | [`wire`] | TLS or none, between two buffers |
//! | [`tls`] | what TLS trusts and computes with |
//! | [`upgrade`] | the HTTP/1.1 upgrade (RFC 6455 §4), and what a server says instead |
//! | [`session`] | messages on an upgraded wire, by tungstenite |
//!
//! All but the first do no I/O: bytes are put in and taken out, and tests put in what they like.

#[cfg(target_family = "wasm")]
mod component;
pub mod error;
pub mod session;
pub mod target;
pub mod tls;
pub mod upgrade;
pub mod wire;
