//! The list of models and each model's description.

use std::rc::Rc;

use futures::FutureExt;

use crate::{
    app::App,
    auth::api_key::PresentedKey,
    error::{Error, Result},
    host::{Request, Response},
    http::response,
    jobs::maintenance,
    providers::catalog::{self, Model},
    store::authenticate::{AuthenticatedKey, authenticate_and_list},
};

/// Answers `GET /v1/models` with all models. Fails with 401 if the key is not valid.
pub async fn list(app: Rc<App>, key: PresentedKey, _: Request) -> Result<Response> {
    let (opened, of_api) = authenticate_and_list(&app.db, &key.hash, app.now_ms()).await?;
    maintain(&app, &opened);
    response::json(&catalog::list(app.now_seconds(), &of_api))
}

/// Answers `GET /v1/models/{id}` with one model. Fails with 401 if the key is not valid, with 404 if the model
/// is unknown.
pub async fn get(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Response> {
    let (opened, of_api) = authenticate_and_list(&app.db, &key.hash, app.now_ms()).await?;
    maintain(&app, &opened);
    let path = request.uri().path();
    let id = path.split_once("/models/").map_or("", |(_, id)| id).replace("%2F", "/").replace("%2f", "/");
    // A name of xAI's API exists if a key has the model.
    let exists = |model: &Model| !model.is_only_of_api() || of_api.iter().any(|id| *id == model.upstream_name);
    let model = catalog::find(&id).filter(exists).ok_or_else(|| Error::unknown_model(&id))?;
    response::json(&model.object(app.now_seconds()))
}

/// Returns the model with this id. Fails with the 404 that OpenAI's clients expect.
pub fn find(id: &str) -> Result<Model> {
    catalog::find(id).ok_or_else(|| Error::unknown_model(id))
}

/// Starts the day's maintenance if it is due.
fn maintain(app: &Rc<App>, opened: &AuthenticatedKey) {
    if opened.maintenance_due {
        let after = app.clone();
        app.host.spawn(async move { maintenance::of_the_day(&after).await }.boxed_local());
    }
}
