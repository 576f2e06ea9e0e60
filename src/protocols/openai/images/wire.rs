//! The JSON of OpenAI's Images API. Base64 needs no escapes, so it is copied as it is.

use bytes::Bytes;
use serde::Serialize;

use super::{
    Wanted,
    check::{Form, Operation},
};
use crate::{
    error::Error,
    inference::event::{FileRef, InlinePicture},
    protocols::openai::error::ErrorBody,
};

/// What is said of a picture beside its bytes.
#[derive(Debug, Serialize)]
struct About {
    background: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_format: Option<&'static str>,
    quality: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<String>,
}

impl About {
    fn of(wanted: &Wanted, picture: Option<&InlinePicture>) -> Self {
        let has_size = |picture: &&InlinePicture| picture.width > 0 && picture.height > 0;
        About {
            background: "opaque",
            output_format: picture.and_then(|picture| picture.media_type.as_str().strip_prefix("image/")),
            quality: wanted.quality,
            size: picture.filter(has_size).map(|picture| format!("{}x{}", picture.width, picture.height)),
        }
    }
}

/// Returns the object with all pictures: their addresses, or their base64. `first` is one of them.
pub fn pictures(created: u64, wanted: &Wanted, first: Option<&FileRef>, delivered: &[Bytes]) -> Vec<u8> {
    let about = About::of(wanted, first.and_then(|file| file.inline.as_ref()));
    let name = match wanted.form {
        Form::Address => "url",
        Form::Base64 => "b64_json",
    };
    let size: usize = delivered.iter().map(|text| text.len() + 16).sum();
    let mut json = Vec::with_capacity(size + 256);
    json.extend_from_slice(format!("{{\"created\":{created},\"data\":[").as_bytes());
    for (at, text) in delivered.iter().enumerate() {
        json.extend_from_slice(if at == 0 { b"{\"" } else { b",{\"" });
        json.extend_from_slice(name.as_bytes());
        json.extend_from_slice(b"\":\"");
        // Neither an address of ours nor base64 has a character that JSON escapes.
        json.extend_from_slice(text);
        json.extend_from_slice(b"\"}");
    }
    json.extend_from_slice(b"],");
    append_fields(&about, &mut json);
    json
}

/// An event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Partial { index: usize },
    Completed,
}

/// Appends the event of one picture.
pub fn event(kind: Kind, created: u64, wanted: &Wanted, picture: &InlinePicture, out: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Fields {
        #[serde(skip_serializing_if = "Option::is_none")]
        partial_image_index: Option<usize>,
        created_at: u64,
        #[serde(flatten)]
        about: About,
    }
    let operation = match wanted.operation {
        Operation::Generate => "image_generation",
        Operation::Edit => "image_edit",
    };
    let (name, index) = match kind {
        Kind::Partial { index } => ("partial_image", Some(index)),
        Kind::Completed => ("completed", None),
    };
    let about = About::of(wanted, Some(picture));
    let fields = Fields { partial_image_index: index, created_at: created, about };
    out.reserve(picture.base64.len() + 512);
    out.extend_from_slice(format!("event: {operation}.{name}\ndata: {{\"type\":\"{operation}.{name}\",").as_bytes());
    out.extend_from_slice(b"\"b64_json\":\"");
    out.extend_from_slice(&picture.base64);
    out.extend_from_slice(b"\",");
    append_fields(&fields, out);
    out.extend_from_slice(b"\n\n");
}

/// Appends the event that ends a stream which failed.
pub fn error(error: &Error, out: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Failed<'a> {
        r#type: &'static str,
        #[serde(flatten)]
        body: ErrorBody<'a>,
    }
    out.extend_from_slice(b"event: error\ndata: ");
    let failed = Failed { r#type: "error", body: ErrorBody::from(error) };
    out.extend_from_slice(&serde_json::to_vec(&failed).expect("strings always have a JSON form"));
    out.extend_from_slice(b"\n\n");
}

/// Appends the fields of an object, and its end.
fn append_fields(fields: &impl Serialize, out: &mut Vec<u8>) {
    let json = serde_json::to_vec(fields).expect("plain data always has a JSON form");
    out.extend_from_slice(&json[1..]);
}
