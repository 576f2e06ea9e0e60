//! xAI's official API: answers by its Responses, pictures by its images endpoints, with keys as accounts.
//!
//! * [`prices`]: what is held of a budget while an answer runs.

use super::{Answer, Call, ProviderError};

pub mod prices;

/// Sends the prompt to the API and returns when it has accepted it. Fails with the API's error.
pub async fn open(_call: Call<'_>) -> Result<Box<dyn Answer>, ProviderError> {
    Err(ProviderError::ModelNotFound)
}
