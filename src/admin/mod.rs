//! The console's API: one file a page, each with its bodies, handlers and answers.

pub mod session;
pub mod settings;
