//! Serves the console's files, which `build.rs` packed: pages, scripts, styles.
//!
//! On Workers the platform's asset layer serves the same folder, so no request for it comes here. The Worker's module
//! has zeros in place of the archive.

use std::{hint::black_box, rc::Rc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{
    app::App,
    error::{Error, ErrorKind, Result},
    host::{Body, Request, Response},
    http::response,
    media::range,
};

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/console.archive"));

/// The archive, parsed up to its files' bodies. `build.rs` describes the format.
struct Archive {
    headers: &'static str,
    files: &'static str,
    bodies: &'static [u8],
}

struct File {
    content_type: &'static str,
    tag: &'static str,
    plain: &'static [u8],
    gzipped: &'static [u8],
}

impl Archive {
    /// Returns the parsed archive; `None` if zeros replaced it.
    fn read(bytes: &'static [u8]) -> Option<Self> {
        const END: &[u8] = b"\n.\n";
        let end = memchr::memmem::find(bytes, END)?;
        let text = std::str::from_utf8(&bytes[..end]).ok()?.strip_prefix("console\n")?;
        let (headers, files) = text.split_once("\n\n")?;
        Some(Archive { headers, files, bodies: &bytes[end + END.len()..] })
    }

    fn find(&self, path: &str) -> Option<File> {
        let line = self.files.lines().find_map(|line| line.strip_prefix(path)?.strip_prefix('\t'))?;
        let mut fields = line.split('\t');
        let (content_type, tag) = (fields.next()?, fields.next()?);
        let mut place = || fields.next()?.parse::<usize>().ok();
        let (start, between, end) = (place()?, place()?, place()?);
        let (plain, gzipped) = (self.bodies.get(start..between)?, self.bodies.get(between..end)?);
        Some(File { content_type, tag, plain, gzipped })
    }

    /// Adds the headers that `static/_headers` sets on every answer.
    fn add_headers(&self, headers: &mut HeaderMap) {
        let pairs = self.headers.lines().filter_map(|line| line.split_once('\t'));
        headers.extend(pairs.filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?))));
    }
}

impl File {
    fn is_page(&self) -> bool {
        self.content_type.starts_with("text/html")
    }
}

/// Answers `/` with a redirect to the console.
pub async fn home(_: Rc<App>, _: Request) -> Result<Response> {
    redirect(StatusCode::FOUND, "/manage")
}

/// Answers `/favicon.ico` with a redirect to the icon. Browsers ask for this path if no page has named an icon.
pub async fn icon(_: Rc<App>, _: Request) -> Result<Response> {
    redirect(StatusCode::FOUND, "/favicon.svg")
}

/// Answers with a file of the console. Fails with 404 if there is none at the path.
pub async fn file(_: Rc<App>, request: Request) -> Result<Response> {
    // The build of a Worker zeroes the archive, so the compiler must not optimise by its present bytes.
    answer(black_box(ARCHIVE), &request)
}

fn answer(archive: &'static [u8], request: &Request) -> Result<Response> {
    let path = request.uri().path();
    let Some(archive) = Archive::read(archive) else {
        let place = "this build has no console, because its host serves it, such as Workers' static assets";
        return Err(Error::new(ErrorKind::NotFound, format!("There is nothing at {path}: {place}")));
    };
    let page = path
        .strip_suffix(".html")
        .or(path.strip_suffix('/'))
        .filter(|page| archive.find(page).is_some_and(|file| file.is_page()));
    let mut reply = match (archive.find(path), page) {
        (Some(file), _) => send(&file, request),
        (None, Some(page)) => {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            redirect(StatusCode::TEMPORARY_REDIRECT, &format!("{page}{query}"))?
        }
        (None, None) => return Err(Error::new(ErrorKind::NotFound, format!("There is nothing at {path}"))),
    };
    archive.add_headers(reply.headers_mut());
    Ok(reply)
}

fn send(file: &File, request: &Request) -> Response {
    let gzip = takes_gzip(request.headers());
    let content = if gzip { file.gzipped } else { file.plain };
    // The two forms differ in their bytes, so they need different strong tags.
    let etag = if gzip { format!("\"{}-gzip\"", file.tag) } else { format!("\"{}\"", file.tag) };
    let known = range::is_known(request.headers(), &etag);
    let body = if known || request.method() == Method::HEAD { &[] } else { content };
    let mut reply = Response::new(Body::Full(Bytes::from_static(body)));
    let headers = reply.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(HeaderValue::from_str(&etag).ok().map(|etag| (header::ETAG, etag)));
    if known {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        return reply;
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CONTENT_LENGTH, content.len().into());
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    reply
}

/// Returns whether the client accepts gzip: by the coding's own weight, else by that of `*` (RFC 9110 §12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for coding in values.flat_map(|value| value.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        // A weight is a number from 0 to 1. Without a digit from 1 to 9 it is 0.
        let wanted =
            weight.trim().strip_prefix("q=").is_none_or(|weight| weight.contains(|c| ('1'..='9').contains(&c)));
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

fn redirect(status: StatusCode, to: &str) -> Result<Response> {
    let mut reply = response::empty(status);
    let to = HeaderValue::from_str(to).map_err(|_| Error::internal("An address of a redirect is not valid"))?;
    reply.headers_mut().insert(header::LOCATION, to);
    Ok(reply)
}

#[cfg(test)]
mod tests;
