//! Checks a request for pictures. Errors name the field, and say what is supported.

use std::borrow::Cow;

use super::{fields::Fields, ratio};
use crate::{
    error::{Error, Result},
    inference::prompt::Drawing,
    protocols::openai::chat_completions::pictures::MAX_EDITED,
    providers::catalog::{self, Model, PictureModel},
};

/// The most pictures of one request.
const MAX_COUNT: usize = 10;
/// The most previews of a picture.
const MAX_PREVIEWS: usize = 3;
/// The longest prompt, in characters, as in OpenAI's API.
const MAX_PROMPT: usize = 32_000;

/// The two operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Generate,
    Edit,
}

/// How the client gets its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Address,
    Base64,
}

/// A checked request.
#[derive(Debug)]
pub struct Checked {
    pub model: Model,
    pub prompt: String,
    pub drawing: Drawing,
    pub form: Form,
    pub stream: bool,
    /// In OpenAI's words.
    pub quality: &'static str,
}

/// Checks the fields. Fails with 400 on the first one that is not supported, with 404 if the model is unknown.
pub fn check(fields: &Fields, operation: Operation) -> Result<Checked> {
    let model = model(fields, operation)?;
    let prompt = prompt(fields)?;
    let count = count(fields, operation)?;
    let ratio = match (&fields.aspect_ratio, &fields.size) {
        (Some(name), _) => ratio::named(name).ok_or_else(|| unsupported("aspect_ratio", name, &ratio::names()))?,
        (None, Some(size)) => {
            let choices = format!("'auto', a size such as '1024x1024', or one of {}", ratio::names());
            ratio::nearest(size).ok_or_else(|| unsupported("size", size, &choices))?
        }
        (None, None) => "auto",
    };
    let stream = fields.stream.unwrap_or_default();
    let form = match (fields.response_format.as_deref(), stream) {
        (None | Some("b64_json"), true) | (Some("b64_json"), false) => Form::Base64,
        (None | Some("url"), false) => Form::Address,
        (Some("url"), true) => {
            let message = "A stream has its pictures as b64_json, as in OpenAI's API: leave response_format out";
            return Err(refused("response_format", message));
        }
        (Some(other), _) => return Err(unsupported("response_format", other, "'url', 'b64_json'")),
    };
    check_output(fields)?;
    let previews = whole(fields.partial_images, "partial_images", 0, MAX_PREVIEWS)?.unwrap_or_default();
    if previews > 0 && !stream {
        return Err(refused("partial_images", "Partial images need a stream: set stream to true"));
    }
    let model = at_quality(fields, model)?;
    let quality = if model.pictures == Some(PictureModel::Draw { is_pro: true }) { "high" } else { "medium" };
    Ok(Checked {
        model,
        prompt,
        drawing: Drawing { count, ratio, previews, bytes: form == Form::Base64 },
        form,
        stream,
        quality,
    })
}

fn model(fields: &Fields, operation: Operation) -> Result<Model> {
    const DRAW: &str = "grok-imagine-image";
    const EDIT: &str = "grok-imagine-image-edit";
    let default = if operation == Operation::Edit { EDIT } else { DRAW };
    let id = fields.model.as_deref().map(str::trim).filter(|id| !id.is_empty()).unwrap_or(default);
    let found = catalog::find(id).ok_or_else(|| Error::unknown_model(id))?;
    match (found.pictures, operation) {
        (Some(PictureModel::Draw { .. }), Operation::Generate) => Ok(found),
        (Some(_), Operation::Edit) => Ok(found.for_edits()),
        (Some(PictureModel::Edit), Operation::Generate) => {
            Err(refused("model", format!("{id} changes pictures: send them to POST /v1/images/edits")))
        }
        (None, _) => Err(refused("model", format!("{id} does not make pictures here: use {default}"))),
    }
}

fn prompt(fields: &Fields) -> Result<String> {
    let prompt = fields.prompt.as_deref().unwrap_or_default().trim();
    if fields.prompt.is_none() {
        let message = "Missing required parameter: 'prompt'.";
        return Err(Error { code: Some("missing_required_parameter"), ..Error::invalid("prompt", message) });
    }
    if prompt.is_empty() {
        return Err(Error::invalid("prompt", "'prompt' must not be empty."));
    }
    if prompt.chars().nth(MAX_PROMPT).is_some() {
        return Err(Error::invalid("prompt", format!("'prompt' may have {MAX_PROMPT} characters: shorten it.")));
    }
    Ok(prompt.to_owned())
}

fn count(fields: &Fields, operation: Operation) -> Result<usize> {
    let most = if operation == Operation::Edit { 1 } else { MAX_COUNT };
    let count = whole(fields.n, "n", 1, most)?.unwrap_or(1);
    if operation == Operation::Generate {
        return Ok(count);
    }
    match fields.images.len() {
        _ if fields.has_mask => Err(refused("mask", "Grok edits without a mask: say in the prompt what to change")),
        0 => Err(Error {
            code: Some("missing_required_parameter"),
            ..Error::invalid("image", "Missing required parameter: 'image'. Send at least one picture.")
        }),
        1..=MAX_EDITED => Ok(count),
        _ => Err(refused("image", format!("Grok edits up to {MAX_EDITED} pictures at a time: send fewer"))),
    }
}

/// Grok sends JPEG, and nothing here encodes pictures.
fn check_output(fields: &Fields) -> Result<()> {
    match fields.output_format.as_deref() {
        None | Some("jpeg" | "jpg") => {}
        Some(other) => return Err(unsupported("output_format", other, "'jpeg', which is what Grok makes")),
    }
    if fields.output_compression.is_some_and(|percent| percent != 100.0) {
        return Err(refused("output_compression", "Pictures are not compressed again: leave output_compression out"));
    }
    match fields.background.as_deref() {
        None | Some("auto" | "opaque") => Ok(()),
        Some(other) => Err(unsupported("background", other, "'auto', 'opaque'")),
    }
}

/// Returns the model that draws in the quality that was asked for.
fn at_quality(fields: &Fields, model: Model) -> Result<Model> {
    let quality = fields.quality.as_deref().unwrap_or("auto");
    match quality {
        "auto" | "standard" | "low" | "medium" => Ok(model),
        "high" | "hd" => Ok(model.in_high_quality()),
        other => Err(unsupported("quality", other, "'auto', 'low', 'medium', 'high', 'standard', 'hd'")),
    }
}

fn whole(number: Option<f64>, name: &str, least: usize, most: usize) -> Result<Option<usize>> {
    let Some(number) = number else { return Ok(None) };
    let is_whole = number.fract() == 0.0 && number >= least as f64 && number <= most as f64;
    if is_whole {
        return Ok(Some(number as usize));
    }
    let range =
        if least == most { format!("must be {least}") } else { format!("must be an integer from {least} to {most}") };
    Err(refused(name, format!("'{name}' {range}, not {number}.")))
}

fn unsupported(name: &str, found: &str, choices: &str) -> Error {
    let found: Cow<str> = found.chars().take(64).collect::<String>().into();
    let message = format!("Invalid value for '{name}': '{found}'. Supported values are: {choices}.");
    Error { code: Some("unsupported_value"), ..Error::invalid(name, message) }
}

fn refused(name: &str, message: impl Into<String>) -> Error {
    Error { code: Some("unsupported_value"), ..Error::invalid(name, message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::openai::images::fields::from_json;

    fn checked(operation: Operation, json: &str) -> Result<Checked, (Option<String>, &'static str)> {
        let fields = from_json(json.as_bytes()).and_then(|fields| check(&fields, operation));
        fields.map_err(|error| (error.param.clone(), error.code()))
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let checked = checked(Operation::Generate, r#"{"prompt":" a moon "}"#).expect("it is complete");
        assert_eq!((&*checked.model.id, checked.prompt.as_str()), ("grok-imagine-image", "a moon"));
        assert_eq!(checked.drawing, Drawing { count: 1, ratio: "auto", previews: 0, bytes: false });
        assert_eq!((checked.form, checked.stream), (Form::Address, false));
        let edit =
            super::tests::checked(Operation::Edit, r#"{"prompt":"x","image":"data:,"}"#).expect("it is complete");
        assert_eq!(edit.model.id, "grok-imagine-image-edit");
    }

    #[test]
    fn values_are_mapped() {
        let of = |more: &str| checked(Operation::Generate, &format!(r#"{{"prompt":"x",{more}}}"#)).expect(more);
        assert_eq!(of(r#""n":10"#).drawing.count, 10);
        assert_eq!(of(r#""size":"1792x1024""#).drawing.ratio, "16:9");
        assert_eq!(of(r#""size":"1x1","aspect_ratio":"2:3""#).drawing.ratio, "2:3");
        assert_eq!(of(r#""quality":"high""#).model.id, "grok-imagine-image-2.0");
        assert_eq!(of(r#""quality":"low","model":"grok-imagine-image-2.0""#).model.id, "grok-imagine-image-2.0");
        assert_eq!(of(r#""response_format":"b64_json""#).form, Form::Base64);
        let streamed = of(r#""stream":true,"partial_images":2"#);
        assert_eq!((streamed.form, streamed.drawing.previews), (Form::Base64, 2));
    }

    #[test]
    fn an_error_names_the_field() {
        for (json, param) in [
            (r#"{}"#, "prompt"),
            (r#"{"prompt":7}"#, "prompt"),
            (r#"{"prompt":" "}"#, "prompt"),
            (r#"{"prompt":"x","n":0}"#, "n"),
            (r#"{"prompt":"x","n":11}"#, "n"),
            (r#"{"prompt":"x","n":1.5}"#, "n"),
            (r#"{"prompt":"x","n":"1"}"#, "n"),
            (r#"{"prompt":"x","size":"large"}"#, "size"),
            (r#"{"prompt":"x","aspect_ratio":"5:2"}"#, "aspect_ratio"),
            (r#"{"prompt":"x","quality":"best"}"#, "quality"),
            (r#"{"prompt":"x","response_format":"jpg"}"#, "response_format"),
            (r#"{"prompt":"x","response_format":"url","stream":true}"#, "response_format"),
            (r#"{"prompt":"x","output_format":"png"}"#, "output_format"),
            (r#"{"prompt":"x","output_compression":50}"#, "output_compression"),
            (r#"{"prompt":"x","background":"transparent"}"#, "background"),
            (r#"{"prompt":"x","partial_images":1}"#, "partial_images"),
            (r#"{"prompt":"x","partial_images":4,"stream":true}"#, "partial_images"),
            (r#"{"prompt":"x","stream":"yes"}"#, "stream"),
            (r#"{"prompt":"x","model":"grok-4"}"#, "model"),
            (r#"{"prompt":"x","model":"grok-imagine-image-edit"}"#, "model"),
            (r#"{"prompt":"x","model":"dall-e-3"}"#, "model"),
        ] {
            let (found, _) = checked(Operation::Generate, json).expect_err(json);
            assert_eq!(found.as_deref(), Some(param), "{json}");
        }
        let picture = r#""data:,""#;
        for (more, param) in [
            ("\"n\":2,\"image\":\"x\"".to_owned(), "n"),
            ("\"n\":1".to_owned(), "image"),
            (format!("\"image\":[{}]", [picture; 9].join(",")), "image"),
            (format!("\"image\":{picture},\"mask\":{picture}"), "mask"),
            ("\"images\":[{\"file_id\":\"f\"}]".to_owned(), "images"),
            ("\"images\":[{\"image_url\":\"x\"},{}]".to_owned(), "images.1"),
            ("\"image\":7".to_owned(), "image"),
        ] {
            let (found, _) = checked(Operation::Edit, &format!(r#"{{"prompt":"x",{more}}}"#)).expect_err(&more);
            assert_eq!(found.as_deref(), Some(param), "{more}");
        }
    }
}
