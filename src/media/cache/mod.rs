//! The cache of files in the key-value store, in parts of 1 MiB.
//!
//! [`read`] serves from it, [`write`] stores a file while it is served, [`keep`] those that no
//! host serves, [`evict`] deletes. A copy's row says which
//! parts may exist, so that eviction finds every stored part.

pub mod evict;
pub mod keep;
pub mod read;
pub mod write;
