//! `GET /v1/models` and `GET /v1/models/{id}`.

use std::rc::Rc;

use crate::{
    app::App,
    auth::PresentedKey,
    error::{Error, Kind, Result},
    grok::models,
    host::{Reply, Request},
    http_io,
    store::gate,
};

pub async fn list(app: Rc<App>, key: PresentedKey, _: Request) -> Result<Reply> {
    gate::open(&app.db, &key).await?;
    http_io::json(&models::list(app.now_seconds()))
}

pub async fn get(app: Rc<App>, key: PresentedKey, request: Request) -> Result<Reply> {
    gate::open(&app.db, &key).await?;
    let id = request.uri().path().rsplit('/').next().unwrap_or_default();
    match models::find(id) {
        Some(model) => http_io::json(&model.object(app.now_seconds())),
        // The 404 that OpenAI's clients know.
        None => Err(Error::new(Kind::ModelNotFound, does_not_exist(id)).with_param("model")),
    }
}

pub fn does_not_exist(id: &str) -> String {
    format!("The model '{id}' does not exist: GET /v1/models lists those that do")
}
