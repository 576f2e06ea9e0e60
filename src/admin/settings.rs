//! The page of settings. Secrets are write-only: answers say whether they are set.

use std::rc::Rc;

use serde::Serialize;

use crate::{
    admin::confirm,
    app::App,
    auth::{password, session::AdminSession},
    crypto::{password_hash::PasswordHash, vault::Vault},
    error::{Error, Result},
    host::{Request, Response},
    http::{request, response},
    providers::grok_web::credentials::user_agent,
    settings::{ApiKeyChange, Change, Definition, Scalar, Sealed, Values, definitions},
    store::{api_keys, reseal, settings},
    variables,
};

#[derive(Serialize)]
struct Served {
    success: bool,
    data: Sections,
    /// Secrets that were encrypted with an unknown key. The operator must enter them again.
    unreadable: Vec<&'static str>,
    /// Whether `encryption_key` is set. Without it secrets are stored unencrypted and API keys are shown only once.
    encryption_key_set: bool,
    /// Whether the database's file may still hold secrets from before they were encrypted.
    clear_text_may_remain: bool,
    /// Whether the variable `admin_password` sets the password, so that it cannot be changed here.
    password_ruled_by_variable: bool,
    user_agent: UserAgent,
}

/// The `user-agent` that Grok receives.
#[derive(Serialize)]
struct UserAgent {
    sent: String,
    /// `setting`, or `gateway` if the setting is empty.
    source: &'static str,
}

#[derive(Serialize)]
struct Sections {
    global: Values,
    grok: Values,
}

/// Answers `GET /api/settings` with the current settings, secrets left out.
pub async fn read(app: Rc<App>, session: AdminSession, _: Request) -> Result<Response> {
    let vault = Vault::open(&*app.host).await?;
    let settings = session.settings();
    let (mut global, mut grok) = (settings.global.values(), settings.grok.values());
    let serve_secret = |section: &mut Values, name: &str, is_set: bool| {
        section.insert(name.to_owned(), Scalar::Text(String::new()));
        section.insert(format!("{name}_set"), Scalar::Boolean(is_set));
    };
    // The route's guard refuses sessions with the first-run password, so a password is set.
    serve_secret(&mut global, "admin_password", true);
    let stored = reseal::overview(&app.db).await?;
    serve_secret(&mut grok, "api_key", stored.has_global_key);
    let sealed: [(&'static str, &Sealed); 2] =
        [("cf_clearance", &settings.grok.cf_clearance), ("x_statsig_id", &settings.grok.x_statsig_id)];
    let mut unreadable = Vec::new();
    for (name, secret) in sealed {
        serve_secret(&mut grok, name, secret.is_set());
        if secret.is_set() && secret.open(&vault).is_none() {
            unreadable.push(name);
        }
    }
    let (user_agent, source) = user_agent(&settings.grok);
    response::json(&Served {
        success: true,
        data: Sections { global, grok },
        unreadable,
        encryption_key_set: vault.has_key(),
        clear_text_may_remain: stored.clear_text_may_remain,
        password_ruled_by_variable: session.password().is_variable(),
        user_agent: UserAgent { sent: user_agent.to_owned(), source },
    })
}

/// Answers `POST /api/settings` with the names of the settings that changed. Fails with 400 on the first value that
/// is not valid, and changes nothing then. A new password also needs the current one: 401 if that is wrong.
pub async fn write(app: Rc<App>, session: AdminSession, request: Request) -> Result<Response> {
    let headers = request.headers().clone();
    let change: Change = request::read_json(request).await?;
    let vault = Vault::open(&*app.host).await?;
    let checked = change.check(&*app.host, &vault)?;
    if checked.password.is_some() {
        if session.password().is_variable() {
            return Err(password::set_by_variable());
        }
        let field = "current_password";
        let missing = || Error::invalid(field, "A new password needs the current one: send it as current_password");
        let current = checked.current_password.as_deref().ok_or_else(missing)?;
        confirm::password(&app, &session, &headers, current, field).await?;
    }
    let password_hash = match checked.password {
        Some(clear) => Some(
            PasswordHash::new(&*app.host, &vault, &clear, variables::password_iterations(&*app.host).await?)
                .to_string(),
        ),
        None => None,
    };
    let api_key = match &checked.api_key {
        ApiKeyChange::Keep => None,
        ApiKeyChange::Clear => Some(None),
        ApiKeyChange::Set(clear) => Some(Some(api_keys::NewKey::of(&*app.host, &vault, clear, "api_key"))),
    };
    let change = settings::Change { global: checked.global, grok: checked.grok, password_hash, api_key };
    settings::save(&app.db, app.now_ms(), change).await?;
    response::json(&serde_json::json!({
        "success": true, "message": "Settings saved", "data": { "changed": checked.names },
    }))
}

#[derive(Serialize)]
struct Schema {
    success: bool,
    data: Vec<&'static Definition>,
}

/// Answers `GET /api/settings/schema` with every setting's type, range, default and description.
pub async fn schema(_: Rc<App>, _: AdminSession, _: Request) -> Result<Response> {
    response::json(&Schema { success: true, data: definitions().collect() })
}
