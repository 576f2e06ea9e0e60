//! The HTTP side: route table, bodies, responses, CORS, static files, and where a request came from.
//!
//! [`router::route`] answers every request. It finds the route, asks its guard, runs the handler of a protocol, the
//! admin API or the media room, and adds the headers that all responses carry. Handlers read bodies with [`request`]
//! and build responses with [`response`]; both know no route.

pub mod assets;
pub mod client_ip;
pub mod content_coding;
pub mod origin;
pub mod request;
pub mod response;
pub mod router;
