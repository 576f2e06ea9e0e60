//! The blocks of which contents are made, as clients send them, and what of them is text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Text;
use crate::{
    json::{Field, Object, ObjectOrText, TextOrList},
    media::input::ImageInput,
    protocols::fields::{Invalid, invalid, invalid_choice, required},
};

/// A text, or blocks.
pub type Content<'a> = TextOrList<'a, Object<BlockBody<'a>>>;

/// The fields of all kinds of blocks.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct BlockBody<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub text: Text<'a>,
    /// An object, but a text in a search result.
    #[serde(borrow)]
    pub source: Field<ObjectOrText<'a, SourceBody<'a>>>,
    #[serde(borrow)]
    pub title: Text<'a>,
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub name: Text<'a>,
    pub input: Field<Map<String, Value>>,
    #[serde(borrow)]
    pub tool_use_id: Text<'a>,
    #[serde(borrow)]
    pub content: Field<Content<'a>>,
    pub is_error: Field<bool>,
    /// The reasoning of an earlier answer, and its provider's encrypted form.
    #[serde(borrow)]
    pub thinking: Text<'a>,
    #[serde(borrow)]
    pub signature: Text<'a>,
    #[serde(borrow)]
    pub tool_name: Text<'a>,
    /// The tool that is added or removed.
    #[serde(borrow)]
    pub tool: Field<Object<ChangedTool<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ChangedTool<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// Where a picture or document is.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SourceBody<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    media_type: Text<'a>,
    #[serde(borrow)]
    data: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    content: Field<Content<'a>>,
}

impl BlockBody<'_> {
    /// Returns whether the source of a document is text.
    fn is_text_document(&self) -> bool {
        let Field::Given(ObjectOrText::Object(source)) = &self.source else { return false };
        source.kind.as_ref().is_some_and(|kind| matches!(&**kind, "text" | "content"))
    }
}

/// A piece of a content that the model reads.
pub enum Piece<'a> {
    Text(Cow<'a, str>),
    Image(ImageInput<'a>),
}

/// Returns the picture of an `image` block. Fails with the field at fault.
pub fn image<'a>(path: &str, body: BlockBody<'a>) -> Result<ImageInput<'a>, Invalid> {
    let param = format!("{path}.source");
    let source = source(&param, body.source)?;
    let kind = required(source.kind, &format!("{param}.type"), "a string")?;
    match &*kind {
        "base64" => {
            let media_type = required(source.media_type, &format!("{param}.media_type"), "a string")?;
            let data = required(source.data, &format!("{param}.data"), "a string")?;
            Ok(ImageInput { url: format!("data:{media_type};base64,{data}").into(), param })
        }
        "url" => {
            let url = required(source.url, &format!("{param}.url"), "a string")?;
            // A picture in the request has a kind of its own.
            Ok(ImageInput { url, param })
        }
        _ => Err(invalid_choice(&format!("{param}.type"), &kind, "'base64', 'url'")),
    }
}

/// Returns what a `document` block says: its title and text, and its pictures. Fails with the field at fault.
pub fn document<'a>(path: &str, body: BlockBody<'a>) -> Result<Vec<Piece<'a>>, Invalid> {
    let mut pieces: Vec<Piece> =
        body.title.given().map(|title| Piece::Text(format!("{title}\n").into())).into_iter().collect();
    let param = format!("{path}.source");
    let source = source(&param, body.source)?;
    let kind = required(source.kind, &format!("{param}.type"), "a string")?;
    match &*kind {
        "text" => pieces.push(Piece::Text(required(source.data, &format!("{param}.data"), "a string")?)),
        "content" => {
            let path = format!("{param}.content");
            pieces.extend(self::pieces(&path, required(source.content, &path, CONTENT)?)?);
        }
        _ => {
            let message =
                "Documents must be text: send a 'source' of type 'text' or 'content'. PDF files are not read.";
            return Err(invalid(&format!("{param}.type"), "unsupported_value", message.to_owned()));
        }
    }
    Ok(pieces)
}

fn source<'a>(path: &str, field: Field<ObjectOrText<'a, SourceBody<'a>>>) -> Result<SourceBody<'a>, Invalid> {
    match required(field, path, "an object")? {
        ObjectOrText::Object(source) => Ok(source),
        ObjectOrText::Text(_) => Err(crate::protocols::fields::wrong_type(Some(path), "an object", "a string")),
    }
}

pub const CONTENT: &str = "a string or an array of blocks";

/// Returns the texts and pictures of a content without calls or results. Fails with the field at fault.
pub fn pieces<'a>(path: &str, content: Content<'a>) -> Result<Vec<Piece<'a>>, Invalid> {
    each(path, content, |path, kind, body| {
        plain(path, kind, body)?.ok_or_else(|| {
            let choices = "'text', 'image', 'document', 'search_result'";
            invalid_choice(&format!("{path}.type"), kind, choices)
        })
    })
}

/// Returns the texts and pictures of a tool's result. A note stands for each block that Grok cannot read, so that the model
/// can look for another way: a client cannot change what its tool has returned. Fails with the field at fault.
pub fn result_pieces<'a>(path: &str, content: Content<'a>) -> Result<Vec<Piece<'a>>, Invalid> {
    each(path, content, |path, kind, body| {
        let note = format!("(A {kind} block of this result was left out, because it cannot be read.)").into();
        if kind == "document" && !body.is_text_document() {
            return Ok(vec![Piece::Text(note)]);
        }
        Ok(plain(path, kind, body)?.unwrap_or_else(|| vec![Piece::Text(note)]))
    })
}

/// Returns what `read` makes of each block, given its path and kind.
fn each<'a>(
    path: &str,
    content: Content<'a>,
    read: impl Fn(&str, &str, BlockBody<'a>) -> Result<Vec<Piece<'a>>, Invalid>,
) -> Result<Vec<Piece<'a>>, Invalid> {
    let bodies = match content {
        Content::Text(text) => return Ok(vec![Piece::Text(text)]),
        Content::List(bodies) => bodies,
    };
    let mut pieces = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        let path = format!("{path}.{index}");
        let Object(body) = required(body, &path, "an object")?;
        let kind = required(body.kind.clone(), &format!("{path}.type"), "a string")?;
        pieces.extend(read(&path, &kind, body)?);
    }
    Ok(pieces)
}

/// Returns what a block says that needs no context, and `None` for one of another kind. Fails with the field at fault.
pub fn plain<'a>(path: &str, kind: &str, body: BlockBody<'a>) -> Result<Option<Vec<Piece<'a>>>, Invalid> {
    Ok(Some(match kind {
        "text" => vec![Piece::Text(required(body.text, &format!("{path}.text"), "a string")?)],
        "image" => vec![Piece::Image(image(path, body)?)],
        "document" => document(path, body)?,
        "search_result" => {
            let address = match body.source {
                Field::Given(ObjectOrText::Text(address)) => address,
                _ => Cow::Borrowed(""),
            };
            let title = body.title.given().unwrap_or_default();
            let mut said = vec![Piece::Text(format!("{title} {address}\n").into())];
            let path = format!("{path}.content");
            said.extend(pieces(&path, required(body.content, &path, CONTENT)?)?);
            said
        }
        // What a server's search found, in a dialogue that began elsewhere.
        "web_search_result" => {
            let (title, url) = (body.title.given().unwrap_or_default(), body.url.given().unwrap_or_default());
            vec![Piece::Text(format!("{title} {url}\n").into())]
        }
        // Clients look tools up by themselves, and refer to those that they found.
        "tool_reference" => {
            let name = required(body.tool_name, &format!("{path}.tool_name"), "a string")?;
            vec![Piece::Text(format!("The tool {name} is available now.\n").into())]
        }
        _ => return Ok(None),
    }))
}
