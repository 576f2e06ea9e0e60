//! Every HTTP call to Grok. Only this file names its paths; the hosts are variables.

use std::{cell::Cell, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};

use super::{
    classify,
    credentials::Credentials,
    media_quota::{self, Pools},
    quota::{self, Limits},
    rest::payload,
    subscriptions::{self, Tier},
    upload::{self, File, Uploaded},
};
use crate::{
    app::App,
    host::{ByteStream, timeout::timeout},
    limits::UPSTREAM_CONNECTIONS,
    providers::{
        ProviderError,
        address::{base_url, uri},
        body::read_up_to,
        catalog::Model,
    },
    variables::table::{GROK_ASSETS_URL, GROK_BASE_URL},
};

/// The largest response, in bytes, that is read as a whole.
const MAX_ANSWER: usize = 256 * 1024;
/// The time limit of a call with a short response.
const CALL_LIMIT: Duration = Duration::from_secs(8);
/// The time limit of an upload, whose file may have many megabytes.
const UPLOAD_LIMIT: Duration = Duration::from_secs(30);
/// Concurrent uploads.
const UPLOADS_AT_ONCE: usize = UPSTREAM_CONNECTIONS;

/// The request that starts a conversation over HTTP.
pub struct ConversationRequest {
    pub body: Vec<u8>,
    /// The path of the page from which the conversation seems to come; empty for the front page.
    pub page: String,
}

/// Grok's HTTP interface for one account.
pub struct Client<'a> {
    pub app: &'a App,
    pub credentials: &'a Credentials,
    /// Grok's address, without a slash at its end.
    pub base: String,
    /// Whether a call about the account was refused without the signature and answered with it.
    needs_signature: Cell<bool>,
}

impl<'a> Client<'a> {
    /// Returns a client with the base address of the variable `grok_base_url`. Fails if that is wrong.
    pub async fn new(app: &'a App, credentials: &'a Credentials) -> Result<Self, ProviderError> {
        Ok(Client { app, credentials, base: grok_url(app).await?, needs_signature: Cell::new(false) })
    }

    /// Starts a conversation and returns its stream of frames. Fails if the status is not 2xx.
    pub async fn start_conversation(&self, request: ConversationRequest) -> Result<ByteStream, ProviderError> {
        self.post("/rest/app-chat/conversations/new", request.body.into(), &request.page).await
    }

    /// Returns the account's remaining quota in a mode.
    pub async fn rate_limits(&self, mode: &str) -> Result<Limits, ProviderError> {
        let body: Bytes = quota::request_body(mode).into();
        quota::parse(&self.read(Method::POST, "/rest/rate-limits", body).await?)
    }

    /// Returns the account's pools of media; see [`media_quota`].
    pub async fn media_pools(&self) -> Result<Pools, ProviderError> {
        let body = Bytes::from_static(b"{}");
        media_quota::parse(&self.read(Method::POST, "/rest/media/imagine/quota_info", body).await?)
    }

    /// Returns the account's subscriptions; see [`subscriptions`].
    pub async fn subscriptions(&self) -> Result<Tier, ProviderError> {
        subscriptions::parse_subscriptions(&self.read(Method::GET, "/rest/subscriptions", Bytes::new()).await?)
    }

    /// Returns what the list of modes says about the account's type; see [`subscriptions`].
    pub async fn modes(&self) -> Result<Tier, ProviderError> {
        let body = Bytes::from_static(br#"{"locale":"en"}"#);
        subscriptions::parse_modes(&self.read(Method::POST, "/rest/modes", body).await?)
    }

    /// Returns the body of a response about the account. Cookies are enough for most operators; if Grok refuses them and
    /// there is a signature, sends it too.
    async fn read(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, ProviderError> {
        if !self.needs_signature.get() {
            let headers = self.credentials.unsigned_json_headers(&self.base, self.app.random());
            let answer = self.whole(self.request(method.clone(), path, body.clone(), headers)?, CALL_LIMIT).await;
            let is_refused =
                matches!(answer, Err(ProviderError::AntiBot | ProviderError::Policy(_) | ProviderError::Server(403)));
            if !(is_refused && self.credentials.has_signature()) {
                return answer;
            }
        }
        let headers = self.credentials.json_headers(&self.base, "", self.app.random());
        let answer = self.whole(self.request(method, path, body, headers)?, CALL_LIMIT).await;
        self.needs_signature.set(answer.is_ok());
        answer
    }

    /// Uploads files and returns the uploads in the order of the files. They belong to the account. Fails if any upload
    /// fails.
    pub async fn upload_all(&self, files: impl Iterator<Item = File>) -> Result<Vec<Uploaded>, ProviderError> {
        stream::iter(files).map(|file| self.upload(file)).buffered(UPLOADS_AT_ONCE).try_collect().await
    }

    /// Uploads a file.
    pub async fn upload(&self, file: File) -> Result<Uploaded, ProviderError> {
        let form = upload::form(&file, self.app.random());
        let mut headers = self.credentials.plain_headers(&self.base);
        headers.extend(HeaderValue::try_from(&self.base).map(|origin| (header::ORIGIN, origin)));
        headers.insert(header::CONTENT_TYPE, form.content_type);
        let request = self.request(Method::POST, "/http/upload-file-v2/direct", form.body, headers)?;
        upload::parse(&self.whole(request, UPLOAD_LIMIT).await?)
    }

    /// Creates the post of an uploaded picture and returns the request for the conversation about it.
    pub async fn video(
        &self,
        model: &Model,
        prompt: &str,
        picture: &Uploaded,
        temporary: bool,
    ) -> Result<ConversationRequest, ProviderError> {
        if picture.uri.is_empty() {
            // An upload without a path cannot be linked to.
            return Err(ProviderError::Server(502));
        }
        let assets = assets_url(self.app).await?;
        let post = payload::media_post(&format!("{assets}/{}", picture.uri)).into();
        let post = payload::media_post_id(&self.call("/rest/media/post/create", post).await?)?;
        let (link, page) = match post {
            Some(id) => (format!("{}/imagine/{id}", self.base), format!("imagine/{id}")),
            None => (format!("{assets}/post/{}", picture.uri), String::new()),
        };
        Ok(ConversationRequest { body: payload::video(model, &link, prompt, &picture.id, temporary), page })
    }

    /// Returns the response to a GET with the account's cookies, whatever its status. Redirects are not followed.
    pub async fn get(&self, path: &str) -> Result<Response<Bytes>, ProviderError> {
        let headers = self.credentials.plain_headers(&self.base);
        let request = self.request(Method::GET, path, Bytes::new(), headers)?;
        let exchange = async {
            let (head, body) = self.send(request).await?.into_parts();
            Ok(Response::from_parts(head, read_up_to(body, MAX_ANSWER).await))
        };
        timeout(&*self.app.host, Some(CALL_LIMIT), exchange).await.unwrap_or(Err(ProviderError::Timeout))
    }

    /// Returns the whole body of the short response to a POST of JSON.
    async fn call(&self, path: &str, body: Bytes) -> Result<Bytes, ProviderError> {
        let exchange = async { Ok(read_up_to(self.post(path, body, "").await?, MAX_ANSWER).await) };
        timeout(&*self.app.host, Some(CALL_LIMIT), exchange).await.unwrap_or(Err(ProviderError::Timeout))
    }

    async fn whole(&self, request: Request<Bytes>, limit: Duration) -> Result<Bytes, ProviderError> {
        let exchange = async { Ok(read_up_to(succeeded(self.send(request).await?, false).await?, MAX_ANSWER).await) };
        timeout(&*self.app.host, Some(limit), exchange).await.unwrap_or(Err(ProviderError::Timeout))
    }

    async fn post(&self, path: &str, body: Bytes, page: &str) -> Result<ByteStream, ProviderError> {
        let headers = self.credentials.json_headers(&self.base, page, self.app.random());
        let request = self.request(Method::POST, path, body, headers)?;
        succeeded(self.send(request).await?, self.credentials.has_signature()).await
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<ByteStream>, ProviderError> {
        let path = request.uri().path().to_owned();
        self.app.host.send(request).await.map_err(|error| {
            eprintln!("{}: {path}: {error}", self.app.request_id);
            ProviderError::from(&error)
        })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        headers: HeaderMap,
    ) -> Result<Request<Bytes>, ProviderError> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri(&self.base, path)?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Returns the address of Grok's API, without a slash at its end. Fails if its variable is wrong.
pub async fn grok_url(app: &App) -> Result<String, ProviderError> {
    base_url(app, &GROK_BASE_URL).await
}

/// Returns the address of Grok's file host, without a slash at its end. Fails if its variable is wrong.
pub async fn assets_url(app: &App) -> Result<String, ProviderError> {
    base_url(app, &GROK_ASSETS_URL).await
}

/// Returns the body of a 2xx response. Fails for any other. `is_signed` says whether the request has the operator's
/// signature and needs it.
async fn succeeded(response: Response<ByteStream>, is_signed: bool) -> Result<ByteStream, ProviderError> {
    if response.status().is_success() { Ok(response.into_body()) } else { Err(refusal(response, is_signed).await) }
}

/// Returns the error of a response with an error status.
async fn refusal(response: Response<ByteStream>, is_signed: bool) -> ProviderError {
    let (head, body) = response.into_parts();
    let retry_after = head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let body = read_up_to(body, MAX_ANSWER).await;
    if is_signed && classify::refuses_signature(&body) {
        return ProviderError::StaleSignature;
    }
    classify::from_answer(head.status.as_u16(), retry_after, &body)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;
    use crate::{
        crypto::vault::Vault,
        host::{SendError, native::NativeHost},
        settings::Settings,
    };

    /// Returns the URL of a call, for this value of the variable.
    fn asked(grok_base_url: Option<&str>) -> String {
        let host = NativeHost::new();
        if let Some(url) = grok_base_url {
            host.set_variable("grok_base_url", url);
        }
        let seen = Rc::new(RefCell::new(String::new()));
        let (app, slot) = (host.app(), seen.clone());
        host.on_send(move |request| {
            *slot.borrow_mut() = request.uri().to_string();
            Err(SendError::Connection("no server is there".to_owned()))
        });
        host.run(async move {
            let vault = Vault::open(&*app.host).await.expect("no key is set");
            let credentials = Credentials::new(&vault, &Settings::from_sections(None, None).grok, "token".to_owned());
            assert!(Client::new(&app, &credentials).await.expect("a URL").rate_limits("grok-4").await.is_err());
        });
        seen.take()
    }

    #[test]
    fn the_variable_overrides_groks_default_address() {
        assert_eq!(asked(Some("http://127.0.0.1:9/")), "http://127.0.0.1:9/rest/rate-limits");
        assert_eq!(asked(None), "https://grok.com/rest/rate-limits");
        assert_eq!(asked(Some("")), "https://grok.com/rest/rate-limits");
    }
}
