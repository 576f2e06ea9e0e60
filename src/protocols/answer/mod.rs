//! What protocols share: from a request's body to the answer in the protocol's form.
//!
//! * [`exchange`]: checks the key, reads the request, has [`inference`](crate::inference) run it, and responds.
//! * [`wire`]: what a protocol provides: its JSON, and its server-sent events. [`message`]: what it writes.
//! * [`render`] writes the answer's events as a message. [`stream`] sends it as it comes; [`collect`] gathers it, and
//!   `blanks` keeps the connection open meanwhile.
//!
//! ```ignore
//! exchange(app, key, request, async |body, record| read(&body, record)).await // its JSON → prompt and delivery
//! ```

mod blanks;
pub mod collect;
pub mod exchange;
pub mod message;
pub mod render;
pub mod stream;
pub mod wire;
