//! The pictures a chat brings along: checked, fetched, and made ready for upload.
//!
//! [`Source::read`] checks what can be checked without asking anyone; [`resolve`] fetches what lies elsewhere. Both
//! happen before any token is reserved: a bad picture is the caller's mistake and costs no account anything.

use std::borrow::Cow;

use url::Url;

use crate::{
    error::{Error, Result},
    host::Host,
    inference::prompt::Picture,
};

mod data_url;
mod fetch;
mod sniff;
mod url_policy;

/// The largest picture that is taken, and as much as all of one request may be, in bytes.
const MAX_BYTES: usize = 15 << 20;
/// Each picture is one request upstream, and Workers allow 50 requests to one of ours.
const MAX_PICTURES: usize = 20;
const TOO_LARGE: &str = "The pictures of one request may have 15 MiB in all: send smaller or fewer ones";

/// A picture the client sent along.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageInput<'a> {
    /// A `data:` or `https:` address, unchecked.
    pub url: Cow<'a, str>,
    /// The path to name when the picture is refused.
    pub param: String,
}

/// Where a picture comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It stood in the request.
    Inline(Picture),
    /// It has to be fetched; the path is what to name when it is refused.
    Remote { url: Url, param: String },
}

impl Source {
    /// Checks the pictures of a request without any I/O.
    pub fn read(images: &[ImageInput]) -> Result<Vec<Source>> {
        if let Some(image) = images.get(MAX_PICTURES) {
            let message = format!("One request may carry {MAX_PICTURES} pictures: leave some out");
            return Err(Error::invalid(&image.param, message));
        }
        let mut room = MAX_BYTES;
        images.iter().map(|image| Source::one(image, &mut room)).collect()
    }

    fn one(image: &ImageInput, room: &mut usize) -> Result<Source> {
        let refused = |message: &str| Error::invalid(&image.param, message);
        if let Some(data) = data_url::strip_scheme(&image.url) {
            let picture = data_url::picture(data, *room).map_err(refused)?;
            *room -= picture.bytes.len();
            return Ok(Source::Inline(picture));
        }
        let url = url_policy::check(image.url.trim()).map_err(|refusal| refused(refusal.advice()))?;
        Ok(Source::Remote { url, param: image.param.clone() })
    }

    pub fn is_remote(&self) -> bool {
        matches!(self, Source::Remote { .. })
    }
}

/// Fetches what is remote. The pictures come in the order of their sources.
pub async fn resolve(host: &dyn Host, sources: Vec<Source>) -> Result<Vec<Picture>> {
    let inline: usize =
        sources.iter().map(|source| if let Source::Inline(p) = source { p.bytes.len() } else { 0 }).sum();
    fetch::all(host, sources, MAX_BYTES - inline).await
}
