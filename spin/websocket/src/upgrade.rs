//! The upgrade from HTTP/1.1 (RFC 6455 §4.1), and the responses of servers that refuse it.

use http::{HeaderName, HeaderValue, header};
use tungstenite::handshake::{client::generate_key, derive_accept_key};

use crate::{
    error::{Error, Refusal},
    target::Target,
};

mod body;
pub use body::Body;

/// The longest accepted head, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 128;

/// Headers that a caller must not set: those that RFC 6455 defines, and those of a body.
const OWN: [HeaderName; 9] = [
    header::HOST,
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

/// An upgrade request that waits for its response.
pub struct Upgrade {
    request: Vec<u8>,
    accept: String,
    received: Vec<u8>,
}

/// The server's response to the upgrade.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The head is incomplete.
    Partial,
    /// 101, with the bytes after the head.
    Accepted(Vec<u8>),
    /// Any other status; its body may be incomplete.
    Refused(Body),
}

impl Upgrade {
    /// Prepares a request. Fails with `Unreachable` if a header is invalid or reserved for the upgrade.
    pub fn new(target: &Target, headers: &[(String, String)]) -> Result<Self, Error> {
        let key = generate_key();
        let mut request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n",
            target.path, target.authority
        );
        for (name, value) in headers {
            let known: Option<HeaderName> = name.parse().ok();
            let is_own = known.as_ref().is_none_or(|name| OWN.contains(name));
            if is_own || HeaderValue::from_str(value).is_err() {
                return Err(Error::Unreachable(format!("the header {name:?} cannot be sent")));
            }
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        Ok(Upgrade { request: request.into_bytes(), accept: derive_accept_key(key.as_bytes()), received: Vec::new() })
    }

    /// Returns the bytes of the request.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Takes bytes of the response. Fails with `Unreachable` if they are not a valid response to an upgrade.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Answer, Error> {
        let invalid = |why: &str| Error::Unreachable(format!("the answer to the upgrade is not valid: {why}"));
        self.received.extend_from_slice(bytes);
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut head = httparse::Response::new(&mut headers);
            let length = match head.parse(&self.received) {
                Ok(httparse::Status::Complete(length)) => length,
                Ok(httparse::Status::Partial) if self.received.len() > LONGEST_HEAD => {
                    return Err(invalid("its head is too long"));
                }
                Ok(httparse::Status::Partial) => return Ok(Answer::Partial),
                Err(error) => return Err(invalid(&error.to_string())),
            };
            let status = head.code.unwrap_or_default();
            match status {
                101 if self.is_accepted(head.headers) => return Ok(Answer::Accepted(self.received.split_off(length))),
                101 => return Err(invalid("its headers do not accept it")),
                // Skip informational responses, such as early hints.
                100..=199 => drop(self.received.drain(..length)),
                _ => {
                    let refusal = Refusal { status, headers: listed(head.headers), body: String::new() };
                    return Ok(Answer::Refused(Body::new(refusal, &self.received[length..])));
                }
            }
        }
    }

    fn is_accepted(&self, headers: &[httparse::Header]) -> bool {
        let has = |name: &str, wanted: &str| {
            let values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
            values
                .filter_map(|header| std::str::from_utf8(header.value).ok())
                .any(|value| value.split(',').any(|token| token.trim().eq_ignore_ascii_case(wanted)))
        };
        let accept = headers.iter().find(|header| header.name.eq_ignore_ascii_case("sec-websocket-accept"));
        // The request offered neither, so a server that chooses one violates the protocol (RFC 6455 §4.1, points 5 and 6).
        let chosen = ["sec-websocket-extensions", "sec-websocket-protocol"];
        let has_chosen = headers.iter().any(|header| chosen.iter().any(|name| header.name.eq_ignore_ascii_case(name)));
        !has_chosen
            && has("upgrade", "websocket")
            && has("connection", "upgrade")
            && accept.is_some_and(|header| header.value == self.accept.as_bytes())
    }
}

fn listed(headers: &[httparse::Header]) -> Vec<(String, String)> {
    let field = |header: &httparse::Header| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    headers.iter().map(field).collect()
}

#[cfg(test)]
mod tests;
