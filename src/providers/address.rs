//! The addresses of providers, which are variables.

use http::Uri;

use super::ProviderError;
use crate::{
    app::App,
    variables::{self, table::Variable},
};

/// Returns the address in a variable, or its default, without a slash at its end. Fails if it is not a URL.
pub async fn base_url(app: &App, variable: &Variable) -> Result<String, ProviderError> {
    variables::url(&*app.host, variable).await.map_err(|error| ProviderError::Variable(error.message))
}

/// Returns the address of a path below a [`base_url`]. Fails if the two make none.
pub fn uri(base: &str, path: &str) -> Result<Uri, ProviderError> {
    format!("{base}{path}").parse().map_err(|error| ProviderError::Connect(format!("the address is wrong: {error}")))
}
