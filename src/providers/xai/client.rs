//! Every HTTP call to xAI's API. The address is a variable; the key is only ever in the header `Authorization`.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use serde::Serialize;

use super::{
    failure::{self, Refusal},
    key::IS_WRONG,
};
use crate::{
    app::App,
    host::{ByteStream, timeout::timeout},
    providers::{
        ProviderError,
        address::{base_url, uri},
        body::read_up_to,
    },
    variables::table::XAI_BASE_URL,
};

/// The `user-agent` of every call.
pub const USER_AGENT: &str = concat!("grok2api/", env!("CARGO_PKG_VERSION"));
/// The time limit of a call with a short response.
const CALL_LIMIT: Duration = Duration::from_secs(8);
/// The largest response, in bytes, that is read as a whole by [`Client::get`].
const MAX_ANSWER: usize = 1 << 20;

/// xAI's API for one key.
pub struct Client<'a> {
    pub app: &'a App,
    key: &'a str,
    /// The API's address, without a slash at its end.
    base: String,
}

impl<'a> Client<'a> {
    /// Returns a client with the base address of the variable `xai_base_url`. Fails if that is wrong.
    pub async fn new(app: &'a App, key: &'a str) -> Result<Self, ProviderError> {
        Ok(Client { app, key, base: base_url(app, &XAI_BASE_URL).await? })
    }

    /// Sends JSON and returns the body of the response once its head has arrived. Fails if the status is not 2xx.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Result<ByteStream, Refusal> {
        let body = serde_json::to_vec(body).expect("a body always has a JSON form");
        let mut request = self.request(Method::POST, path, body.into())?;
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.send(request).await
    }

    /// Returns the body of the short response to a GET. Fails if the status is not 2xx, or after 8 seconds.
    pub async fn get(&self, path: &str) -> Result<Bytes, ProviderError> {
        let request = self.request(Method::GET, path, Bytes::new())?;
        let exchange = async {
            let body = self.send(request).await.map_err(|refusal| refusal.error)?;
            Ok(read_up_to(body, MAX_ANSWER).await)
        };
        timeout(&*self.app.host, Some(CALL_LIMIT), exchange).await.unwrap_or(Err(ProviderError::Timeout))
    }

    async fn send(&self, request: Request<Bytes>) -> Result<ByteStream, Refusal> {
        let path = request.uri().path().to_owned();
        let sent = self.app.host.send(request).await;
        let response = sent.map_err(|error| {
            eprintln!("{}: {path}: {error}", self.app.request_id);
            ProviderError::from(&error)
        })?;
        if response.status().is_success() { Ok(response.into_body()) } else { Err(refusal(response).await) }
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Bytes>, ProviderError> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri(&self.base, path)?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.key)).map_err(|_| {
            ProviderError::DeadAccount(format!("{IS_WRONG}: it has characters that a header cannot have"))
        })?;
        bearer.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        Ok(request)
    }
}

/// Returns the error of a response with an error status.
async fn refusal(response: Response<ByteStream>) -> Refusal {
    let (head, body) = response.into_parts();
    let retry_after = head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let body = read_up_to(body, failure::LOOKED_AT).await;
    failure::of_response(head.status.as_u16(), retry_after, &body)
}
