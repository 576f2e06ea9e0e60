//! The console's API: one file a page, each with its bodies, handlers and answers.

mod browser;
pub mod cache;
mod confirm;
pub mod export;
pub mod keys;
pub mod logs;
pub mod openapi;
pub mod query;
pub mod refresh;
pub mod session;
pub mod settings;
pub mod stats;
pub mod storage;
pub mod token_check;
pub mod token_export;
pub mod token_file;
pub mod token_import;
pub mod token_row;
pub mod token_test;
pub mod tokens;
pub mod upstream_advice;
pub mod upstream_check;

#[cfg(test)]
mod tests;
