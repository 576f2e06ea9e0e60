//! The list of models and each model's description.

use std::rc::Rc;

use futures::FutureExt;

use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::response,
    jobs::maintenance,
    providers::catalog::{self, Model},
    store::authenticate::authenticate,
};

/// Answers `GET /v1/models` with all models. Fails with 401 if the key is not valid.
pub async fn list(app: Rc<App>, key: PresentedKey, _: Request) -> Result<Response> {
    open(&app, &key).await?;
    response::json(&catalog::list(app.now_seconds()))
}

/// Answers `GET /v1/models/{id}` with one model. Fails with 401 if the key is not valid, with 404 if the model
/// is unknown.
pub async fn get(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    open(&app, &key).await?;
    let id = request.uri().path().rsplit('/').next().unwrap_or_default();
    response::json(&find(id)?.object(app.now_seconds()))
}

/// Returns the model with this id. Fails with the 404 that OpenAI's clients expect.
pub fn find(id: &str) -> Result<&'static Model> {
    let unknown = || Error::new(ErrorKind::ModelNotFound, does_not_exist(id)).with_param("model");
    catalog::find(id).ok_or_else(unknown)
}

/// Checks the key, and starts the day's maintenance if it is due.
async fn open(app: &Rc<App>, key: &PresentedKey) -> Result<()> {
    if authenticate(&app.db, &key.hash, app.now_ms()).await?.maintenance_due {
        let after = app.clone();
        app.host.spawn(async move { maintenance::of_the_day(&after).await }.boxed_local());
    }
    Ok(())
}

/// Returns the error text for an unknown model. A long name is cut.
pub fn does_not_exist(id: &str) -> String {
    let id: String = id.chars().take(100).collect();
    format!("The model '{id}' does not exist: GET /v1/models lists those that do")
}
