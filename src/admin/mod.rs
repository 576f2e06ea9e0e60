//! The console's API: one file a page, each with its bodies, handlers and answers.

mod browser;
mod confirm;
pub mod error;
pub mod keys;
pub mod logs;
pub mod openapi;
pub mod query;
pub mod session;
pub mod settings;
pub mod stats;
pub mod storage;
pub mod upstream_advice;
pub mod upstream_check;

pub mod accounts;
pub mod csv;
pub mod gallery;
#[cfg(test)]
mod tests;
