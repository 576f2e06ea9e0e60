//! The pictures of a request: checks and fetches them before they are uploaded.
//!
//! [`Source::read`] checks them without I/O; [`resolve`] fetches the remote ones. Both run before an account is
//! reserved: the client gets 400 for a bad picture, and no account is used. A link of this gateway is read from the cache or
//! from its source, never by a request to the gateway itself.

use std::{borrow::Cow, rc::Rc};

use bytes::Bytes;
use url::Url;

use crate::{
    app::App,
    error::{Error, Result},
    inference::prompt::Picture,
};

use super::{
    folder, id,
    kind::MediaKind,
    load::load,
    media_type::{SNIFFED, sniffed},
};

mod data_url;
mod fetch;
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

/// A picture of a request, in one of the forms in which clients send it.
#[derive(Debug, Clone, PartialEq)]
pub enum Given<'a> {
    Address(ImageInput<'a>),
    /// A file of a form.
    File {
        bytes: Bytes,
        param: String,
    },
}

/// Where a picture comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The request contains it.
    Inline(Picture),
    /// It must be fetched. The error names `param` if the picture is refused.
    Remote { url: Url, param: String },
    /// Its address ends as those of this gateway's pictures do. Whether it begins so, too, is known with the settings.
    Own { url: String, id: String, param: String },
}

/// The pictures of a request.
#[derive(Debug, Default)]
pub struct Resolved {
    pub pictures: Vec<Picture>,
    /// The account that made the first picture of this gateway among them.
    pub owner: Option<i64>,
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

    /// Checks pictures as [`Source::read`] does, files among them.
    pub fn read_given(images: &[Given]) -> Result<Vec<Source>> {
        let mut room = MAX_BYTES;
        let source = |given: &Given| match given {
            Given::Address(image) => Source::one(image, &mut room),
            Given::File { bytes, param } => Source::of_file(bytes, param, &mut room),
        };
        images.iter().map(source).collect()
    }

    fn of_file(bytes: &Bytes, param: &str, room: &mut usize) -> Result<Source> {
        const UNKNOWN: &str = "The file is not a picture: send PNG, JPEG, GIF, WebP, BMP, AVIF or HEIC";
        *room = room.checked_sub(bytes.len()).ok_or_else(|| Error::invalid(param, TOO_LARGE))?;
        let head = &bytes[..bytes.len().min(SNIFFED)];
        let media_type = sniffed(head).ok_or_else(|| Error::invalid(param, UNKNOWN))?;
        Ok(Source::Inline(Picture { mime_type: media_type.as_str(), bytes: bytes.clone() }))
    }

    fn one(image: &ImageInput, room: &mut usize) -> Result<Source> {
        let refused = |message: &str| Error::invalid(&image.param, message);
        if let Some(data) = data_url::strip_scheme(&image.url) {
            let picture = data_url::picture(data, *room).map_err(refused)?;
            *room -= picture.bytes.len();
            return Ok(Source::Inline(picture));
        }
        if let Some(id) = own_id(&image.url) {
            return Ok(Source::Own { url: image.url.trim().to_owned(), id, param: image.param.clone() });
        }
        Source::remote(&image.url, &image.param)
    }

    fn remote(url: &str, param: &str) -> Result<Source> {
        let url = url_policy::check(url.trim()).map_err(|refusal| Error::invalid(param, refusal.advice()))?;
        Ok(Source::Remote { url, param: param.to_owned() })
    }

    /// Returns whether the picture must be fetched.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Source::Inline(_))
    }

    /// Returns the subrequests that the picture takes: for one of this gateway its row, and its parts or its source.
    pub fn calls(&self) -> usize {
        match self {
            Source::Inline(_) => 0,
            Source::Remote { .. } => 1,
            Source::Own { .. } => 4,
        }
    }
}

/// Returns the id in an address that ends as those of this gateway's pictures do.
fn own_id(url: &str) -> Option<String> {
    let (rest, id) = url.trim().rsplit_once('/')?;
    let is_own = rest.ends_with(&format!("/{}", folder(MediaKind::Image))) && id::is_possible(id);
    is_own.then(|| id.to_owned())
}

/// Fetches the remote pictures and returns all in the order of their sources. `bases` are the addresses of this gateway.
/// Fails with 400 on the first picture that cannot be fetched or is not a picture.
pub async fn resolve(app: &Rc<App>, bases: &[String], sources: Vec<Source>) -> Result<Resolved> {
    let size = |source: &Source| if let Source::Inline(picture) = source { picture.bytes.len() } else { 0 };
    let mut room = MAX_BYTES - sources.iter().map(size).sum::<usize>();
    let mut owner = None;
    let mut found = Vec::with_capacity(sources.len());
    for source in sources {
        found.push(match source {
            Source::Own { url, id, param } => {
                let path = format!("/{}/{id}", folder(MediaKind::Image));
                let is_own = url.strip_suffix(&path).is_some_and(|base| bases.iter().any(|known| known == base));
                if is_own {
                    let loaded = load(app, MediaKind::Image, &id, room).await;
                    let loaded = loaded.map_err(|error| {
                        if error.status().is_server_error() { error } else { Error::invalid(&param, error.message) }
                    })?;
                    room -= loaded.bytes.len();
                    owner = owner.or(Some(loaded.account_id));
                    Source::Inline(Picture { mime_type: loaded.media_type.as_str(), bytes: loaded.bytes })
                } else {
                    Source::remote(&url, &param)?
                }
            }
            other => other,
        });
    }
    Ok(Resolved { pictures: fetch::all(&*app.host, found, room).await?, owner })
}
