//! Finds the user id of an account, a UUID that the WebSocket needs. The id never changes, and the session token does
//! not contain it, so it is requested once.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use serde::Deserialize;

use super::{classify, client::Client};
use crate::{
    json::{Field, Object},
    providers::ProviderError,
};

/// The cookie that holds the user id.
const COOKIE: &str = "x-userid";

/// Returns the user id of the client's account from the session's description, or else from the cookie that the front
/// page sets. Fails if neither has it.
pub async fn find(client: &Client<'_>) -> Result<String, ProviderError> {
    match by_session(client).await {
        Ok(id) => Ok(id),
        Err(error @ ProviderError::DeadAccount(_)) => Err(error),
        Err(error) => {
            let by_cookie = client.get("/").await.and_then(|answer| from_page(&answer));
            by_cookie.map_err(|other| if let ProviderError::DeadAccount(_) = other { other } else { error })
        }
    }
}

/// Returns the user id from the session's description alone, in one call.
pub async fn by_session(client: &Client<'_>) -> Result<String, ProviderError> {
    client.get("/api/auth/session").await.and_then(|answer| from_session(&answer))
}

/// Returns whether the text is a UUID in its usual form.
pub fn is_user_id(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Session {
    status: Field<String>,
    session: Field<Object<User>>,
    user: Field<Object<User>>,
    #[serde(rename = "userId")]
    user_id: Field<String>,
    sub: Field<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    #[serde(rename = "userId")]
    user_id: Field<String>,
    id: Field<String>,
}

/// Reads the response of `GET /api/auth/session`; the id is in one of four places.
fn from_session(answer: &Response<Bytes>) -> Result<String, ProviderError> {
    succeeded(answer)?;
    let body = answer.body();
    let read: Option<Field<Object<Session>>> = serde_json::from_slice(body).ok();
    let Object(read) = read.and_then(Field::given).ok_or_else(|| classify::from_body(body))?;
    if let Some(status @ ("blocked" | "unauthenticated")) = read.status.as_ref().map(String::as_str) {
        return Err(ProviderError::DeadAccount(format!("the session is {status}")));
    }
    let inner = [read.session, read.user].into_iter().filter_map(Field::given);
    let ids = inner.flat_map(|Object(user)| [user.user_id, user.id]).chain([read.user_id, read.sub]);
    ids.filter_map(Field::given).find(|id| is_user_id(id)).ok_or(ProviderError::Server(502))
}

/// Reads the response of the front page, requested without following redirects.
fn from_page(answer: &Response<Bytes>) -> Result<String, ProviderError> {
    if let Some(id) = cookie(answer.headers()) {
        return Ok(id);
    }
    succeeded(answer)?;
    Err(ProviderError::Server(502))
}

fn succeeded(answer: &Response<Bytes>) -> Result<(), ProviderError> {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    match answer.status() {
        status if status.is_success() => Ok(()),
        status if status.is_redirection() => Err(classify::from_redirect(header(header::LOCATION))),
        StatusCode::UNAUTHORIZED => Err(ProviderError::DeadAccount("the session is unknown".to_owned())),
        status => Err(classify::from_answer(status.as_u16(), header(header::RETRY_AFTER), answer.body())),
    }
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let values = cookies.filter_map(|cookie| {
        let (name, value) = cookie.split(';').next()?.split_once('=')?;
        (name.trim() == COOKIE).then(|| value.trim().to_owned())
    });
    values.into_iter().find(|id| is_user_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8f1c1e0a-9f3e-4a5f-8f7f-2b0b5a8e4f10";

    fn answer(status: u16, header: Option<(&str, &str)>, body: &str) -> Response<Bytes> {
        let mut response = Response::builder().status(status);
        if let Some((name, value)) = header {
            response = response.header(name, value);
        }
        response.body(Bytes::from(body.to_owned())).expect("it is valid")
    }

    #[test]
    fn the_id_is_found_in_every_place_of_the_session() {
        for body in [
            format!(r#"{{"status":"authenticated","session":{{"userId":"{ID}","email":"a@b"}}}}"#),
            format!(r#"{{"user":{{"id":"{ID}"}}}}"#),
            format!(r#"{{"userId":"{ID}"}}"#),
            format!(r#"{{"sub":"{ID}","session":null}}"#),
        ] {
            assert_eq!(from_session(&answer(200, None, &body)).as_deref(), Ok(ID), "{body}");
        }
        assert_eq!(from_session(&answer(200, None, r#"{"userId":"7"}"#)), Err(ProviderError::Server(502)));
    }

    #[test]
    fn a_dead_session_is_recognised_in_every_form() {
        let dead = |result: Result<String, ProviderError>| matches!(result, Err(ProviderError::DeadAccount(_)));
        assert!(dead(from_session(&answer(200, None, r#"{"status":"blocked"}"#))));
        assert!(dead(from_session(&answer(200, None, r#"{"status":"unauthenticated"}"#))));
        assert!(dead(from_session(&answer(401, None, ""))));
        assert!(dead(from_page(&answer(307, Some(("location", "https://accounts.x.ai/sign-in")), ""))));
        assert!(!dead(from_page(&answer(302, Some(("location", "https://grok.com/maintenance")), ""))));
        let challenge = from_session(&answer(403, None, "<html>Just a moment...</html>"));
        assert_eq!(challenge, Err(ProviderError::AntiBot));
    }

    #[test]
    fn the_front_page_sets_the_id_as_a_cookie() {
        let cookie = format!("x-userid={ID}; Path=/; Secure");
        assert_eq!(from_page(&answer(200, Some(("set-cookie", &cookie)), "")).as_deref(), Ok(ID));
        assert!(from_page(&answer(200, Some(("set-cookie", "x-userid=me")), "")).is_err());
    }
}
