//! Every call to Grok. The one place that names its paths; its hosts are variables.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};

use crate::{
    app::App,
    deadline::within,
    host::{ByteStream, SendError},
    secrets::Vault,
    settings::Grok,
};

use super::{
    fault::{self, Fault},
    headers::{self, Operator},
    limits::{self, Limits},
    models::Model,
    payload::{self, Uploaded},
};

/// No answer that is read as a whole is larger than this.
const MAX_ANSWER: usize = 256 * 1024;
/// How long a call that answers at once may take.
const CALL_LIMIT: Duration = Duration::from_secs(8);
/// How long a picture of many megabytes may take.
const UPLOAD_LIMIT: Duration = Duration::from_secs(30);
/// Uploads at once: a Worker may have six connections open, and one is the client's own.
const UPLOADS_AT_ONCE: usize = 5;
/// What the variables name by default.
const GROK: &str = "https://grok.com";
const ASSETS: &str = "https://assets.grok.com";

/// What Grok is shown: an account's token and the operator's own values, in clear.
pub struct Access {
    token: String,
    user_agent: String,
    x_statsig_id: String,
    cf_clearance: String,
}

impl Access {
    pub fn new(vault: &Vault, settings: &Grok, token: String) -> Self {
        Access {
            token,
            user_agent: settings.user_agent.clone(),
            x_statsig_id: settings.x_statsig_id.open(vault).unwrap_or_default(),
            cf_clearance: settings.cf_clearance.open(vault).unwrap_or_default(),
        }
    }

    /// The headers of a GET for one of the account's files; `base_url` is the service's own address.
    pub fn asset_headers(&self, base_url: &str) -> HeaderMap {
        header_map(headers::asset_request(&self.operator(), base_url, &self.token))
    }

    fn operator(&self) -> Operator<'_> {
        Operator { user_agent: &self.user_agent, x_statsig_id: &self.x_statsig_id, cf_clearance: &self.cf_clearance }
    }
}

/// What begins a conversation.
pub struct Talk {
    pub body: Vec<u8>,
    /// The path of the page that the conversation seems to come from; empty for the front page.
    pub page: String,
}

/// Grok, as one account sees it.
pub struct Client<'a> {
    app: &'a App,
    access: &'a Access,
    base: String,
}

impl<'a> Client<'a> {
    pub async fn new(app: &'a App, access: &'a Access) -> Self {
        Client { app, access, base: grok_url(app).await }
    }

    /// Starts a conversation. The answer is a stream of frames; any status but 2xx is a fault.
    pub async fn converse(&self, talk: Talk) -> Result<ByteStream, Fault> {
        self.post("/rest/app-chat/conversations/new", talk.body.into(), &talk.page).await
    }

    /// What is left of the account's quota for a rate-limit model name.
    pub async fn rate_limits(&self, rate_limit_name: &str) -> Result<Limits, Fault> {
        let body = limits::request_body(rate_limit_name).into();
        limits::parse(&self.call("/rest/rate-limits", body, CALL_LIMIT).await?)
    }

    /// Uploads pictures, each given as its request's body; the answers come in the order of the pictures.
    pub async fn upload(&self, pictures: impl Iterator<Item = Bytes>) -> Result<Vec<Uploaded>, Fault> {
        let upload =
            |body| async { payload::uploaded(&self.call("/rest/app-chat/upload-file", body, UPLOAD_LIMIT).await?) };
        stream::iter(pictures).map(upload).buffered(UPLOADS_AT_ONCE).try_collect().await
    }

    /// What makes a video of an uploaded picture: its post is made, and then talked about.
    pub async fn video(&self, model: &Model, prompt: &str, picture: &Uploaded, temporary: bool) -> Result<Talk, Fault> {
        if picture.uri.is_empty() {
            // An upload without a path cannot be linked to: as good as none.
            return Err(Fault::Server(502));
        }
        let assets = assets_url(self.app).await;
        let post = payload::media_post(&format!("{assets}/{}", picture.uri)).into();
        let post = payload::media_post_id(&self.call("/rest/media/post/create", post, CALL_LIMIT).await?)?;
        let (link, page) = match post {
            Some(id) => (format!("{}/imagine/{id}", self.base), format!("imagine/{id}")),
            None => (format!("{assets}/post/{}", picture.uri), String::new()),
        };
        Ok(Talk { body: payload::video(model, &link, prompt, &picture.id, temporary), page })
    }

    /// A call with a short answer, read whole.
    async fn call(&self, path: &str, body: Bytes, limit: Duration) -> Result<Bytes, Fault> {
        let exchange = async { Ok(read_up_to(self.post(path, body, "").await?, MAX_ANSWER).await) };
        within(&*self.app.host, Some(limit), exchange).await.unwrap_or(Err(Fault::Timeout))
    }

    async fn post(&self, path: &str, body: Bytes, page: &str) -> Result<ByteStream, Fault> {
        let request = self.request(path, body, page).map_err(|e| {
            eprintln!("the variable grok_base_url gives no address: {e}");
            Fault::Connect
        })?;
        let response = self.app.host.send(request).await.map_err(|error| {
            eprintln!("{}: {path}: {error}", self.app.request_id);
            connection_fault(&error)
        })?;
        if response.status().is_success() { Ok(response.into_body()) } else { Err(refusal(response).await) }
    }

    fn request(&self, path: &str, body: Bytes, page: &str) -> Result<Request<Bytes>, http::uri::InvalidUri> {
        let referer = format!("{}/{page}", self.base);
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{}{path}", self.base).parse()?;
        let headers =
            headers::json_request(&self.access.operator(), &self.base, &self.access.token, &referer, self.app.random());
        *request.headers_mut() = header_map(headers);
        Ok(request)
    }
}

/// A variable that names one of the service's hosts, without a slash at its end.
/// The address of Grok's API, without a slash at its end.
pub async fn grok_url(app: &App) -> String {
    base(app, "grok_base_url", GROK).await
}

/// The address that files come from, without a slash at its end.
pub async fn assets_url(app: &App) -> String {
    base(app, "grok_assets_url", ASSETS).await
}

async fn base(app: &App, variable: &str, otherwise: &str) -> String {
    let value = app.host.variable(variable).await.filter(|value| !value.trim().is_empty());
    value.as_deref().unwrap_or(otherwise).trim().trim_end_matches('/').to_owned()
}

fn header_map(headers: Vec<(&'static str, String)>) -> HeaderMap {
    let value = |text: String| HeaderValue::try_from(text).ok();
    headers.into_iter().filter_map(|(name, text)| Some((name.parse().ok()?, value(text)?))).collect()
}

/// The fault behind an answer with an error status.
async fn refusal(response: Response<ByteStream>) -> Fault {
    let (head, body) = response.into_parts();
    let retry_after = head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let body = read_up_to(body, MAX_ANSWER).await;
    fault::from_answer(head.status.as_u16(), retry_after, &body)
}

/// No connection, or one that broke, before there was an answer.
fn connection_fault(error: &SendError) -> Fault {
    match error {
        SendError::Timeout(_) => Fault::Timeout,
        SendError::Denied(_) | SendError::Connection(_) => Fault::Connect,
    }
}

/// The body up to a limit; what was read before it broke off counts.
async fn read_up_to(mut body: ByteStream, limit: usize) -> Bytes {
    let mut whole = BytesMut::new();
    while let Some(Ok(chunk)) = body.next().await {
        let room = limit - whole.len();
        whole.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if whole.len() == limit {
            break;
        }
    }
    whole.freeze()
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;
    use crate::{host::native::NativeHost, settings::Settings};

    /// Where a call goes, given the variable.
    fn asked(grok_base_url: Option<&str>) -> String {
        let host = NativeHost::new();
        if let Some(url) = grok_base_url {
            host.set_variable("grok_base_url", url);
        }
        let seen = Rc::new(RefCell::new(String::new()));
        let (app, slot) = (host.app(), seen.clone());
        host.on_send(move |request| {
            *slot.borrow_mut() = request.uri().to_string();
            Err(SendError::Connection("nobody is there".to_owned()))
        });
        host.run(async move {
            let vault = Vault::open(&app).await.expect("there is no key that could be too short");
            let access = Access::new(&vault, &Settings::from_sections(None, None).grok, "token".to_owned());
            assert!(Client::new(&app, &access).await.rate_limits("grok-4").await.is_err());
        });
        seen.take()
    }

    #[test]
    fn grok_is_where_the_variable_says_or_else_where_it_always_was() {
        assert_eq!(asked(Some("http://127.0.0.1:9/")), "http://127.0.0.1:9/rest/rate-limits");
        assert_eq!(asked(None), "https://grok.com/rest/rate-limits");
        assert_eq!(asked(Some("")), "https://grok.com/rest/rate-limits");
    }
}
