//! The steps of a check of a provider's connection, as the console shows them.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    Failed,
    Skipped,
}

/// One step; its name is of the provider's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step<Name> {
    pub name: Name,
    pub state: State,
    /// Milliseconds; `None` if the step was not measured separately.
    pub ms: Option<u64>,
    /// What was found, or the reason of a failure or skip.
    pub message: String,
}
