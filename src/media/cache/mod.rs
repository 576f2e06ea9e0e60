//! The cache of files in the key-value store, in parts of 1 MiB: [`read`] serves from it, [`write`] stores what is being
//! served, [`evict`] deletes.

pub mod evict;
pub mod read;
pub mod write;
