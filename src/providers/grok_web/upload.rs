//! Uploads (v2): a multipart form as the request, the file's ids in the response.

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderValue;
use serde::Deserialize;

use super::classify;
use crate::{
    inference::prompt::Picture,
    json::{Field, Object},
    providers::ProviderError,
};

/// The body of an upload and its `Content-Type`.
pub struct Form {
    pub content_type: HeaderValue,
    pub body: Bytes,
}

/// What a file is uploaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A chat that sees it.
    Chat,
    /// An edit, or a video.
    Imagine,
}

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// ASCII without quotes.
    name: String,
    mime_type: &'static str,
    bytes: Bytes,
    purpose: Purpose,
}

impl File {
    /// Returns a picture as a file.
    pub fn picture(picture: &Picture, purpose: Purpose) -> Self {
        let extension = picture.mime_type.rsplit('/').next().unwrap_or_default();
        let (name, bytes) = (format!("image.{extension}"), picture.bytes.clone());
        File { name, mime_type: picture.mime_type, bytes, purpose }
    }

    /// Returns a text file.
    pub fn text(name: &str, text: String) -> Self {
        File { name: name.to_owned(), mime_type: "text/plain", bytes: text.into(), purpose: Purpose::Chat }
    }
}

/// Returns a file as `multipart/form-data` (RFC 7578). `random` makes the boundary.
pub fn form(file: &File, random: [u8; 16]) -> Form {
    let boundary = format!("grok2api-{:032x}", u128::from_be_bytes(random));
    let File { name, mime_type, bytes, purpose } = file;
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {mime_type}\r\n\r\n"
    );
    let source = match purpose {
        Purpose::Chat => String::new(),
        Purpose::Imagine => format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file_source\"\r\n\r\nIMAGINE_SELF_UPLOAD_FILE_SOURCE\r\n"
        ),
    };
    let head = source + &head;
    let tail = format!("\r\n--{boundary}--\r\n");
    let mut body = BytesMut::with_capacity(head.len() + bytes.len() + tail.len());
    body.put_slice(head.as_bytes());
    body.put_slice(bytes);
    body.put_slice(tail.as_bytes());
    let content_type = format!("multipart/form-data; boundary={boundary}");
    Form { content_type: HeaderValue::try_from(content_type).expect("it is ASCII"), body: body.freeze() }
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The id for a chat's attachments.
    pub id: String,
    /// The path on the asset host, without leading slash.
    pub uri: String,
}

/// Reads the response of an upload. Fails if it has no id, or has a `terminalError`.
pub fn parse(body: &[u8]) -> Result<Uploaded, ProviderError> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Answer {
        upload_id: Field<String>,
        terminal_error: Field<String>,
        file_metadata: Field<Object<Metadata>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Metadata {
        file_metadata_id: Field<String>,
        file_id: Field<String>,
        file_uri: Field<String>,
    }
    let filled = |text: Field<String>| text.given().filter(|text| !text.is_empty());
    let answer: Option<Field<Object<Answer>>> = serde_json::from_slice(body).ok();
    let Object(answer) = answer.and_then(Field::given).ok_or_else(|| classify::from_body(body))?;
    if let Some(error) = filled(answer.terminal_error) {
        return Err(classify::from_upload(&error));
    }
    let Object(file) = answer.file_metadata.given().unwrap_or_default();
    let id = filled(file.file_metadata_id).or_else(|| filled(file.file_id)).or_else(|| filled(answer.upload_id));
    let id = id.ok_or_else(|| classify::from_body(body))?;
    let uri = filled(file.file_uri).unwrap_or_default();
    Ok(Uploaded { id, uri: uri.trim_start_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_one_part_with_its_name_and_type() {
        let picture = Picture { mime_type: "image/png", bytes: Bytes::from_static(b"PNG\r\n\0") };
        let form = form(&File::picture(&picture, Purpose::Chat), [0xab; 16]);
        let boundary = "grok2api-abababababababababababababababab";
        assert_eq!(form.content_type, format!("multipart/form-data; boundary={boundary}"));
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image.png\"\r\n\
             Content-Type: image/png\r\n\r\nPNG\r\n\0\r\n--{boundary}--\r\n"
        );
        assert_eq!(form.body, expected);
        let form = super::form(&File::picture(&picture, Purpose::Imagine), [0xab; 16]);
        let source = "Content-Disposition: form-data; name=\"file_source\"\r\n\r\nIMAGINE_SELF_UPLOAD_FILE_SOURCE\r\n";
        let body = String::from_utf8(form.body.to_vec()).expect("it is text");
        assert!(body.starts_with(&format!("--{boundary}\r\n{source}--{boundary}\r\n")), "{body}");
    }

    #[test]
    fn the_preferred_id_is_taken_first() {
        let body = br#"{"uploadId":"u","terminalError":"",
            "fileMetadata":{"fileMetadataId":"m","fileId":"f","fileUri":"/users/u/m/content"}}"#;
        assert_eq!(parse(body), Ok(Uploaded { id: "m".to_owned(), uri: "users/u/m/content".to_owned() }));
        assert_eq!(parse(br#"{"fileMetadata":{"fileId":"f"}}"#).map(|file| file.id), Ok("f".to_owned()));
        assert_eq!(parse(br#"{"uploadId":"u"}"#).map(|file| file.id), Ok("u".to_owned()));
    }

    #[test]
    fn a_failed_upload_is_an_error() {
        assert!(parse(b"{}").is_err());
        assert_eq!(parse(b"<html>"), Err(ProviderError::AntiBot));
        let refused = parse(br#"{"uploadId":"u","terminalError":"Image dimensions are insufficient"}"#);
        assert_eq!(refused, Err(ProviderError::CallerError("Image dimensions are insufficient".to_owned())));
    }
}
