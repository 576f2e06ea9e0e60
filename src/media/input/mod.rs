//! The pictures of a request: checks and fetches them before they are uploaded.
//!
//! [`Source::read`] checks them without I/O; [`resolve`] fetches the remote ones. Both run before an account is
//! reserved: the client gets 400 for a bad picture, and no account is used.

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

/// Most bytes of a picture, and of all pictures of a request together.
const MAX_BYTES: usize = 15 << 20;
/// Most pictures of a request: each is one subrequest, and Workers allow 50.
const MAX_PICTURES: usize = 20;
const TOO_LARGE: &str = "The pictures of one request may have 15 MiB in all: send smaller or fewer ones";

/// A picture of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageInput<'a> {
    /// A `data:` or `https:` address, unchecked.
    pub url: Cow<'a, str>,
    /// The path of the field, which the error names if the picture is refused.
    pub param: String,
}

/// Where a picture comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The request contains it.
    Inline(Picture),
    /// It must be fetched. The error names `param` if the picture is refused.
    Remote { url: Url, param: String },
}

impl Source {
    /// Checks the pictures of a request without I/O and returns their sources in order. Fails with 400 on the first
    /// picture that is refused.
    pub fn read(images: &[ImageInput]) -> Result<Vec<Source>> {
        if let Some(image) = images.get(MAX_PICTURES) {
            let message = format!("One request may have {MAX_PICTURES} pictures: send fewer");
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

    /// Returns whether the picture must be fetched.
    pub fn is_remote(&self) -> bool {
        matches!(self, Source::Remote { .. })
    }
}

/// Fetches the remote pictures and returns all in the order of their sources. Fails with 400 on the first one that
/// cannot be fetched or is not a picture.
pub async fn resolve(host: &dyn Host, sources: Vec<Source>) -> Result<Vec<Picture>> {
    let inline: usize =
        sources.iter().map(|source| if let Source::Inline(p) = source { p.bytes.len() } else { 0 }).sum();
    fetch::all(host, sources, MAX_BYTES - inline).await
}
