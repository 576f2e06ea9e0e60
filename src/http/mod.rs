//! HTTP: the route table, request bodies, responses, CORS, static files, and where a request came from.
//!
//! * [`router`] answers every request: it finds the route, checks its guard, runs the handler and adds common headers.
//! * [`request`] reads bodies within limits of size and time, [`content_coding`] decodes them; [`response`] builds
//!   answers.
//! * [`client_ip`] finds the client's address, [`origin`] the origin that the request was sent to.
//! * [`assets`] serves the console's files.
//!
//! The room knows no business rules. A handler is a function that the table names with its guard:
//!
//! ```ignore
//! route!(POST "/api/logs/clear" admin logs::clear), // only for a signed-in operator
//! ```

pub mod assets;
pub mod client_ip;
pub mod content_coding;
pub mod origin;
pub mod request;
pub mod response;
pub mod router;
