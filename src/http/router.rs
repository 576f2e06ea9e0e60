//! The whole route table: method, path, guard, handler.
//!
//! A guard is the handler's second parameter, so a handler that names none is public and one that needs an
//! [`AdminSession`](crate::auth::session::AdminSession) cannot be reached without it.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{
    admin::{
        self,
        accounts::{edit, export, import, list, probe, refresh},
        gallery, keys, logs, media as made, openapi, session, settings, stats, storage, upstream_check,
    },
    app::App,
    auth::{api_key::PresentedKey, session::AdminSession},
    error::{Error, ErrorKind, Result},
    host::{Request, Response},
    http::{assets, content_coding, request, response},
    jobs::maintenance,
    media::{self, serve},
    protocols::{
        anthropic::{self, count_tokens, messages},
        openai::{self, chat_completions, images, models, responses},
    },
};

type Answer = LocalBoxFuture<'static, Result<Response>>;

/// A handler behind its guard.
enum Handler {
    Public(fn(Rc<App>, Request) -> Answer),
    /// Public as well, but a file for browsers: `src/http/openapi.json` does not describe it.
    File(fn(Rc<App>, Request) -> Answer),
    /// The client sent an API key; the handler's first statement checks it.
    Key(fn(Rc<App>, PresentedKey, Request) -> Answer),
    /// Signed in, also with the first-run password.
    Session(fn(Rc<App>, AdminSession, Request) -> Answer),
    /// Signed in, with a password that the operator chose.
    Admin(fn(Rc<App>, AdminSession, Request) -> Answer),
}

struct Route {
    methods: &'static [Method],
    /// A segment `{…}` matches any one segment, a last one `{*…}` any number of them.
    path: &'static str,
    handler: Handler,
}

/// Writes a row: `route!(GET "/health" public health)`; `|` separates several methods.
macro_rules! route {
    ($($method:ident)|+ $path:literal public $handler:path) => {
        route!(@ $($method)|+, $path, Handler::Public(|app, r| Box::pin($handler(app, r))))
    };
    ($($method:ident)|+ $path:literal file $handler:path) => {
        route!(@ $($method)|+, $path, Handler::File(|app, r| Box::pin($handler(app, r))))
    };
    ($($method:ident)|+ $path:literal key $handler:path) => {
        route!(@ $($method)|+, $path, Handler::Key(|app, k, r| Box::pin($handler(app, k, r))))
    };
    ($($method:ident)|+ $path:literal session $handler:path) => {
        route!(@ $($method)|+, $path, Handler::Session(|app, s, r| Box::pin($handler(app, s, r))))
    };
    ($($method:ident)|+ $path:literal admin $handler:path) => {
        route!(@ $($method)|+, $path, Handler::Admin(|app, s, r| Box::pin($handler(app, s, r))))
    };
    (@ $($method:ident)|+, $path:literal, $handler:expr) => {
        Route { methods: &[$(Method::$method),+], path: $path, handler: $handler }
    };
}

const ROUTES: &[Route] = &[
    route!(GET | HEAD "/" file assets::home),
    route!(GET | HEAD "/favicon.ico" file assets::icon),
    route!(GET | HEAD "/favicon.svg" file assets::file),
    route!(GET | HEAD "/login" file assets::file),
    route!(GET | HEAD "/login/" file assets::file),
    route!(GET | HEAD "/login.html" file assets::file),
    route!(GET | HEAD "/manage" file assets::file),
    route!(GET | HEAD "/manage/" file assets::file),
    route!(GET | HEAD "/manage.html" file assets::file),
    route!(GET | HEAD "/console/{*file}" file assets::file),
    route!(GET | HEAD "/vendor/{*file}" file assets::file),
    route!(GET "/health" public health),
    route!(GET "/openapi.json" public openapi::document),
    route!(GET "/v1/models" key models::list),
    route!(GET "/v1/models/{id}" key models::get),
    route!(GET "/v1/models/xai/{id}" key models::get),
    route!(POST "/v1/chat/completions" key chat_completions::completions),
    route!(POST "/v1/responses" key responses::create),
    route!(GET "/v1/responses/{id}" key responses::stored::get),
    route!(DELETE "/v1/responses/{id}" key responses::stored::delete),
    route!(GET "/v1/responses/{id}/input_items" key responses::stored::input_items),
    route!(POST "/v1/images/generations" key images::generations),
    route!(POST "/v1/images/edits" key images::edits),
    route!(POST "/v1/messages" key messages::create),
    route!(POST "/v1/messages/count_tokens" key count_tokens::count),
    route!(GET | HEAD "/images/{id}" public serve::image),
    route!(GET | HEAD "/videos/{id}" public serve::video),
    route!(POST "/internal/maintenance" public maintenance::run),
    route!(POST "/api/login" public session::login),
    route!(GET "/api/session" session session::show),
    route!(POST "/api/sessions/end-others" admin session::end_others),
    route!(POST "/api/logout" session session::logout),
    route!(POST "/api/password" session session::change_password),
    route!(GET "/api/settings" admin settings::read),
    route!(POST "/api/settings" admin settings::write),
    route!(GET "/api/settings/schema" admin settings::schema),
    route!(GET "/api/tokens" admin list::list),
    route!(POST "/api/tokens/add" admin edit::add),
    route!(POST "/api/tokens/delete" admin edit::delete),
    route!(POST "/api/tokens/tags" admin edit::set_tags),
    route!(POST "/api/tokens/note" admin edit::set_note),
    route!(POST "/api/tokens/status" admin edit::set_enabled),
    route!(POST "/api/tokens/budget" admin edit::set_budget),
    route!(POST "/api/tokens/reveal" admin edit::reveal),
    route!(POST "/api/tokens/test" admin probe::test),
    route!(POST "/api/tokens/refresh-all" admin refresh::start),
    route!(GET "/api/tokens/refresh-progress" admin refresh::progress),
    route!(POST "/api/tokens/refresh-cancel" admin refresh::cancel),
    route!(GET "/api/tokens/export" admin export::export),
    route!(POST "/api/tokens/import" admin import::import),
    route!(GET "/api/tokens/tags/all" admin list::all_tags),
    route!(POST "/api/upstream/check" admin upstream_check::check_upstream),
    route!(GET "/api/storage/mode" admin storage::mode),
    route!(GET "/api/stats" admin stats::pool),
    route!(GET "/api/request-stats" admin stats::requests),
    route!(GET "/api/logs" admin logs::list),
    route!(POST "/api/logs/clear" admin logs::clear),
    route!(GET "/api/media" admin made::list),
    route!(POST "/api/media/delete" admin made::delete),
    route!(GET "/api/cache/size" admin gallery::size),
    route!(GET "/api/cache/list" admin gallery::list),
    route!(POST "/api/cache/delete" admin gallery::delete),
    route!(POST "/api/cache/clear" admin gallery::clear),
    route!(POST "/api/cache/clear/images" admin gallery::clear_images),
    route!(POST "/api/cache/clear/videos" admin gallery::clear_videos),
    route!(GET "/api/keys" admin keys::list),
    route!(POST "/api/keys/add" admin keys::add),
    route!(POST "/api/keys/delete" admin keys::delete),
    route!(POST "/api/keys/status" admin keys::set_active),
    route!(POST "/api/keys/name" admin keys::rename),
    route!(POST "/api/keys/budget" admin keys::set_budget),
    route!(POST "/api/keys/reveal" admin keys::reveal),
    route!(POST "/api/keys/batch-add" admin keys::batch_add),
    route!(POST "/api/keys/batch-delete" admin keys::batch_delete),
    route!(POST "/api/keys/batch-status" admin keys::batch_set_active),
];

/// Answers any request: finds the route, checks its guard, runs its handler, adds the common headers. Errors become
/// responses.
pub async fn route(app: Rc<App>, request: Request) -> Response {
    let path = plain_path(request.uri().path());
    let is_head = request.method() == Method::HEAD;
    let may_have_body = !is_head && ![Method::GET, Method::OPTIONS].contains(request.method());
    let (request, unread) = request::watch_body(&app, request);
    let mut reply = match dispatch(app.clone(), request, &path).await {
        Ok(reply) => reply,
        Err(error) => error_reply(&error, &path, &app.request_id),
    };
    if may_have_body {
        unread.drain(&app).await;
    }
    if is_head {
        reply = response::without_body(reply);
    }
    common_headers(reply.headers_mut(), &app, &path);
    reply
}

/// Returns the response to a failed request, with the body of the API that the path belongs to. `cloudflare/refusals.mjs`
/// has the same forms, for errors outside of the component.
fn error_reply(error: &Error, path: &str, request_id: &str) -> Response {
    let (status, body) = match path {
        path if path.starts_with("/api/") => (error.status(), admin::error::body(error)),
        path if anthropic::error::is_path(path) => {
            (anthropic::error::status(error), anthropic::error::body(error, request_id))
        }
        _ => (error.status(), openai::error::body(error)),
    };
    let mut reply = response::json_bytes(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    if let Some(seconds) = error.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if error.kind == ErrorKind::UnsupportedCoding {
        // RFC 9110 §15.5.16: the codings that the next request may have.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(content_coding::ACCEPTED));
    }
    if let Some(methods) = error.allow.as_ref().and_then(|methods| HeaderValue::from_str(methods).ok()) {
        headers.insert(header::ALLOW, methods);
    }
    reply
}

/// Returns the path. Below `/v1` it loses doubled and trailing slashes, which clients make when they join addresses.
fn plain_path(path: &str) -> String {
    if path.split('/').find(|segment| !segment.is_empty()) != Some("v1") {
        return path.to_owned();
    }
    let mut plain = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        plain.push('/');
        plain.push_str(segment);
    }
    plain
}

async fn dispatch(app: Rc<App>, mut request: Request, path: &str) -> Result<Response> {
    if request.method() == Method::OPTIONS && is_open(path) {
        return Ok(preflight(request.headers()));
    }
    if path != request.uri().path() {
        set_path(&mut request, path);
    }
    let mut allowed = Vec::new();
    for route in ROUTES.iter().filter(|route| matches(route.path, path)) {
        // HEAD is answered wherever GET is (RFC 9110 §9.1).
        let as_get = request.method() == Method::HEAD && route.methods.contains(&Method::GET);
        if !as_get && !route.methods.contains(request.method()) {
            allowed.extend(route.methods.iter().map(Method::as_str));
            let adds_head = route.methods.contains(&Method::GET) && !route.methods.contains(&Method::HEAD);
            allowed.extend(adds_head.then_some("HEAD"));
            continue;
        }
        return match route.handler {
            Handler::Public(handler) | Handler::File(handler) => handler(app, request).await,
            Handler::Key(handler) => {
                let key = PresentedKey::from_headers(request.headers())?;
                handler(app, key, request).await
            }
            Handler::Session(handler) => {
                let session = AdminSession::open(&app, &request).await?;
                handler(app, session, request).await
            }
            Handler::Admin(handler) => {
                let session = AdminSession::open(&app, &request).await?.with_own_password()?;
                handler(app, session, request).await
            }
        };
    }
    Err(not_routed(request.headers(), path, &allowed)?)
}

/// Returns whether pages of any origin may call the path: all paths but those of the console's API.
fn is_open(path: &str) -> bool {
    !["/api", "/internal"]
        .iter()
        .any(|own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn set_path(request: &mut Request, path: &str) {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = format!("{path}{query}").parse().ok();
    if let Ok(uri) = http::Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// Returns the path that a client most likely meant: the end of the path after one `/v1`.
fn meant(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.rsplit('/').filter(|segment| !segment.is_empty()).take(LONGEST_MEANT).collect();
    let ends = (1..=segments.len()).rev().map(|count| {
        let end: Vec<&str> = segments[..count].iter().rev().copied().collect();
        format!("/v1/{}", end.join("/"))
    });
    let is_route = |end: &String| end != path && ROUTES.iter().any(|route| matches(route.path, end));
    ends.into_iter().find(is_route)
}

/// Most segments of a path below `/v1`.
const LONGEST_MEANT: usize = 3;

/// Returns 405 with the allowed methods, or 404. Fails with 401 below `/v1` if the client sent no key.
fn not_routed(headers: &HeaderMap, path: &str, allowed: &[&str]) -> Result<Error> {
    if path.starts_with("/v1/") {
        PresentedKey::from_headers(headers)?;
    }
    Ok(match (allowed, meant(path)) {
        ([], Some(meant)) => Error::new(ErrorKind::NotFound, format!("There is nothing at {path}: call {meant}")),
        ([], None) => Error::new(ErrorKind::NotFound, format!("There is nothing at {path}")),
        (methods, _) => {
            let methods = methods.join(", ");
            let message = format!("{path} takes {methods}");
            Error { allow: Some(methods), ..Error::new(ErrorKind::MethodNotAllowed, message) }
        }
    })
}

/// Returns whether the path matches the pattern of a [`Route`].
fn matches(pattern: &str, path: &str) -> bool {
    let Some((before, parameter)) = pattern.split_once('{') else { return pattern == path };
    let Some(rest) = path.strip_prefix(before).filter(|rest| !rest.is_empty()) else { return false };
    let after = parameter.split_once('}').map_or("", |(_, after)| after);
    let (segment, behind) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    parameter.starts_with('*') || (!segment.is_empty() && behind == after)
}

/// Allows the headers that the page asks for, because SDKs send many of their own. Cookies never count on these paths.
fn preflight(asked: &HeaderMap) -> Response {
    let mut reply = response::empty(StatusCode::NO_CONTENT);
    let headers = reply.headers_mut();
    let asked = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let allowed = asked.unwrap_or(HeaderValue::from_static("Authorization,Content-Type,X-Api-Key"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,HEAD,POST,DELETE,OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    reply
}

fn common_headers(headers: &mut HeaderMap, app: &App, path: &str) {
    let mut insert = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    insert("x-request-id", &app.request_id);
    if anthropic::error::is_path(path) {
        insert("request-id", &app.request_id);
    }
    insert("server-timing", &app.server_timing());
    insert("x-content-type-options", "nosniff");
    if path.starts_with("/api/") {
        insert("cache-control", "no-store");
    }
    if is_open(path) {
        insert("access-control-allow-origin", "*");
        insert(
            "access-control-expose-headers",
            "x-request-id,request-id,server-timing,retry-after,x-aspect-ratio,x-images-missing",
        );
    }
    if media::is_file_path(path) {
        media::shield(headers);
    }
}

async fn health(_: Rc<App>, _: Request) -> Result<Response> {
    response::json(
        &serde_json::json!({ "status": "healthy", "service": "Grok2API", "version": env!("CARGO_PKG_VERSION") }),
    )
}

/// Who may call a route.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    Public,
    /// Public, a file for browsers.
    File,
    Key,
    Session,
    Admin,
}

/// A row of the table, as tests see it.
#[cfg(test)]
pub struct Entry {
    pub method: &'static Method,
    pub path: &'static str,
    pub guard: Guard,
}

#[cfg(test)]
pub fn table() -> impl Iterator<Item = Entry> {
    ROUTES.iter().flat_map(|route| {
        let guard = match route.handler {
            Handler::Public(_) => Guard::Public,
            Handler::File(_) => Guard::File,
            Handler::Key(_) => Guard::Key,
            Handler::Session(_) => Guard::Session,
            Handler::Admin(_) => Guard::Admin,
        };
        route.methods.iter().map(move |method| Entry { method, path: route.path, guard })
    })
}
