//! The fields of a request for pictures, from JSON or from a form. Only their types are checked here.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{IgnoredAny, MapAccess, SeqAccess},
};

use super::multipart::Part;
use crate::{
    error::{Error, Result},
    json::{Field, Kind, Object},
    media::input::{Given, ImageInput},
    protocols::fields,
};

/// A request whose values are not checked yet.
#[derive(Debug, Default)]
pub struct Fields<'a> {
    pub model: Option<Cow<'a, str>>,
    pub prompt: Option<Cow<'a, str>>,
    pub n: Option<f64>,
    pub size: Option<Cow<'a, str>>,
    pub aspect_ratio: Option<Cow<'a, str>>,
    pub quality: Option<Cow<'a, str>>,
    pub response_format: Option<Cow<'a, str>>,
    pub output_format: Option<Cow<'a, str>>,
    pub output_compression: Option<f64>,
    pub background: Option<Cow<'a, str>>,
    pub stream: Option<bool>,
    pub partial_images: Option<f64>,
    pub images: Vec<Given<'a>>,
    pub has_mask: bool,
}

type Text<'a> = Field<Cow<'a, str>>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow)]
    prompt: Text<'a>,
    n: Field<f64>,
    #[serde(borrow)]
    size: Text<'a>,
    #[serde(borrow)]
    aspect_ratio: Text<'a>,
    #[serde(borrow)]
    quality: Text<'a>,
    #[serde(borrow)]
    response_format: Text<'a>,
    #[serde(borrow)]
    output_format: Text<'a>,
    output_compression: Field<f64>,
    #[serde(borrow)]
    background: Text<'a>,
    stream: Field<bool>,
    partial_images: Field<f64>,
    #[serde(borrow)]
    image: Field<Addresses<'a>>,
    #[serde(borrow)]
    images: Field<Addresses<'a>>,
    mask: Option<IgnoredAny>,
}

/// The addresses of pictures: one, or a list; each a string or an object that names it. `None` for one without address.
struct Addresses<'a>(Vec<Option<Cow<'a, str>>>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow, alias = "image_url")]
    url: Field<Url<'a>>,
}

/// An address, or an object with one.
struct Url<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Kind<'de> for Url<'a> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(Url(Some(text.into())))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Url(Some(text.to_owned().into())))
    }
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        let Some(Object(named)) = Object::<Named>::object(entries)? else { return Ok(None) };
        Ok(Some(Url(named.url.given().and_then(|Url(url)| url))))
    }
}

impl<'de: 'a, 'a> Kind<'de> for Addresses<'a> {
    fn borrowed(text: &'de str) -> Option<Self> {
        Some(Addresses(vec![Some(text.into())]))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Addresses(vec![Some(text.to_owned().into())]))
    }
    fn list<A: SeqAccess<'de>>(items: A) -> Result<Option<Self>, A::Error> {
        let urls = Vec::<Field<Url>>::list(items)?;
        Ok(urls.map(|urls| Addresses(urls.into_iter().map(|url| url.given().and_then(|Url(url)| url)).collect())))
    }
    fn object<A: MapAccess<'de>>(entries: A) -> Result<Option<Self>, A::Error> {
        Ok(Url::object(entries)?.map(|Url(url)| Addresses(vec![url])))
    }
}

/// Reads a JSON body. Fails with 400 on a field of the wrong type.
pub fn from_json(body: &[u8]) -> Result<Fields<'_>> {
    let body: Body = fields::body(body)?;
    let mut images = addresses(body.image, "image")?;
    images.extend(addresses(body.images, "images")?);
    Ok(Fields {
        model: value(body.model, "model", "a string")?,
        prompt: value(body.prompt, "prompt", "a string")?,
        n: value(body.n, "n", "an integer")?,
        size: value(body.size, "size", "a string")?,
        aspect_ratio: value(body.aspect_ratio, "aspect_ratio", "a string")?,
        quality: value(body.quality, "quality", "a string")?,
        response_format: value(body.response_format, "response_format", "a string")?,
        output_format: value(body.output_format, "output_format", "a string")?,
        output_compression: value(body.output_compression, "output_compression", "an integer")?,
        background: value(body.background, "background", "a string")?,
        stream: value(body.stream, "stream", "a boolean")?,
        partial_images: value(body.partial_images, "partial_images", "an integer")?,
        images,
        has_mask: body.mask.is_some(),
    })
}

fn value<T>(field: Field<T>, name: &str, expected: &str) -> Result<Option<T>> {
    match field {
        Field::Given(value) => Ok(Some(value)),
        Field::Missing | Field::Null => Ok(None),
        Field::Wrong(found) => Err(wrong_type(name, expected, found)),
    }
}

fn wrong_type(name: &str, expected: &str, found: &str) -> Error {
    let message = format!("Invalid type for '{name}': expected {expected}, but got {found} instead.");
    Error { code: Some("invalid_type"), ..Error::invalid(name, message) }
}

fn addresses<'a>(field: Field<Addresses<'a>>, name: &str) -> Result<Vec<Given<'a>>> {
    let Some(Addresses(urls)) = value(field, name, "an address, an object with an address, or a list of these")? else {
        return Ok(Vec::new());
    };
    let is_one = urls.len() == 1;
    let picture = |(at, url): (usize, Option<Cow<'a, str>>)| {
        let param = if is_one { name.to_owned() } else { format!("{name}.{at}") };
        let missing = "A picture needs an address: send a data: or https: URL, or an object with image_url. Files that were \
                       uploaded elsewhere (file_id) are not known here";
        let url = url.ok_or_else(|| Error::invalid(&param, missing))?;
        Ok(Given::Address(ImageInput { url, param }))
    };
    urls.into_iter().enumerate().map(picture).collect()
}

/// Reads the parts of a form. Fails with 400 on a part that is not of its field's type. Other parts are ignored.
pub fn from_form(parts: &[Part]) -> Result<Fields<'_>> {
    let mut fields = Fields::default();
    for Part { name, is_file, bytes } in parts {
        if matches!(name.as_str(), "image" | "image[]" | "images" | "images[]") && *is_file {
            let param = name.trim_end_matches("[]").to_owned();
            fields.images.push(Given::File { bytes: bytes.clone(), param });
            continue;
        }
        let text = || std::str::from_utf8(bytes).map_err(|_| wrong_type(name, "text", "other bytes"));
        let number = || text()?.trim().parse().map_err(|_| wrong_type(name, "an integer", "a text"));
        match name.as_str() {
            "model" => fields.model = Some(text()?.into()),
            "prompt" => fields.prompt = Some(text()?.into()),
            "n" => fields.n = Some(number()?),
            "size" => fields.size = Some(text()?.into()),
            "aspect_ratio" => fields.aspect_ratio = Some(text()?.into()),
            "quality" => fields.quality = Some(text()?.into()),
            "response_format" => fields.response_format = Some(text()?.into()),
            "output_format" => fields.output_format = Some(text()?.into()),
            "output_compression" => fields.output_compression = Some(number()?),
            "background" => fields.background = Some(text()?.into()),
            "partial_images" => fields.partial_images = Some(number()?),
            "stream" => match text()?.trim() {
                "true" => fields.stream = Some(true),
                "false" => fields.stream = Some(false),
                _ => return Err(wrong_type(name, "true or false", "a text")),
            },
            "image" | "image[]" | "images" | "images[]" => {
                let param = name.trim_end_matches("[]").to_owned();
                fields.images.push(Given::Address(ImageInput { url: text()?.into(), param }));
            }
            "mask" => fields.has_mask = true,
            _ => {}
        }
    }
    Ok(fields)
}
