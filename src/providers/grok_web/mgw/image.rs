//! Pictures in progress, in all the forms in which Grok describes them.
//!
//! A picture is in a chunk or in a card: an object, its JSON text, or a list of either. Previews are inline and may
//! have megabytes, so only the name of the finished file is kept.

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use super::code::Code;
use crate::json::{self, Field, Kind, Number};

/// The pictures that one value describes.
#[derive(Debug, Default)]
pub struct Images(pub Vec<Image>);

/// The state of one picture.
#[derive(Debug, Default, PartialEq)]
pub struct Image {
    /// Empty if Grok sends none.
    pub id: String,
    pub address: Address,
    /// In percent.
    pub progress: Option<f64>,
    pub is_moderated: bool,
    /// Why the picture was not made.
    pub error: Option<Code<'static>>,
}

/// The place of a picture.
#[derive(Debug, Default, PartialEq)]
pub enum Address {
    #[default]
    Nowhere,
    /// The picture is in the message itself.
    Inline,
    /// A path on the file host, or an absolute URL.
    File(String),
}

impl Kind<'_> for Address {
    fn text(text: &str) -> Option<Self> {
        Some(match text {
            "" => Address::Nowhere,
            _ if text.starts_with("data:") => Address::Inline,
            _ => Address::File(text.to_owned()),
        })
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum CardKey {
    #[serde(alias = "imageChunk")]
    ImageChunk,
    #[serde(alias = "jsonData")]
    JsonData,
    #[serde(other)]
    Unknown,
}

impl<'de> Kind<'de> for Images {
    /// Reads JSON in a string. Text that is not JSON describes nothing.
    fn text(text: &str) -> Option<Self> {
        if !text.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let read = serde_json::from_str::<Field<Images>>(text);
        read.or_else(|_| serde_json::from_str(&json::without_lone_surrogates(text))).ok()?.given()
    }

    fn list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut images = Vec::new();
        while let Some(item) = items.next_element::<Field<Images>>()? {
            images.extend(item.given().unwrap_or_default().0);
        }
        Ok(Some(Images(images)))
    }

    /// Reads a card. Cards of other things have fields of the same names.
    fn object<A: MapAccess<'de>>(mut entries: A) -> Result<Option<Self>, A::Error> {
        let mut images = Vec::new();
        while let Some(key) = entries.next_key()? {
            match key {
                CardKey::ImageChunk => images.extend(entries.next_value::<Field<Image>>()?.given()),
                CardKey::JsonData => {
                    images.extend(entries.next_value::<Field<Images>>()?.given().unwrap_or_default().0);
                }
                CardKey::Unknown => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(Images(images)))
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    #[serde(alias = "imageUuid")]
    ImageUuid,
    #[serde(alias = "imageUrl", alias = "url")]
    ImageUrl,
    Progress,
    Moderated,
    #[serde(alias = "systemErrCode")]
    SystemErrCode,
    #[serde(alias = "rejectionReason")]
    RejectionReason,
    #[serde(other)]
    Unknown,
}

impl<'de> Kind<'de> for Image {
    fn object<A: MapAccess<'de>>(mut entries: A) -> Result<Option<Self>, A::Error> {
        let mut image = Image::default();
        while let Some(key) = entries.next_key()? {
            match key {
                Key::ImageUuid => image.id = entries.next_value::<Field<String>>()?.given().unwrap_or_default(),
                Key::ImageUrl => {
                    let address = entries.next_value::<Field<Address>>()?.given().unwrap_or_default();
                    if address != Address::Nowhere {
                        image.address = address;
                    }
                }
                Key::Progress => image.progress = entries.next_value::<Field<Number>>()?.given().map(|Number(n)| n),
                Key::Moderated => image.is_moderated |= entries.next_value::<Field<bool>>()?.is_true(),
                Key::SystemErrCode => image.error = entries.next_value::<Field<Code>>()?.given().and_then(fault),
                Key::RejectionReason => {
                    image.is_moderated |= entries.next_value::<Field<Code>>()?.given().and_then(fault).is_some();
                }
                Key::Unknown => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(image))
    }
}

impl Image {
    /// Returns whether this describes the picture's last state.
    pub fn is_finished(&self) -> bool {
        self.progress.is_none_or(|progress| progress >= 100.0)
    }
}

/// Returns the code, unless it means "no error".
fn fault(code: Code) -> Option<Code<'static>> {
    match code {
        Code::Number(0) => None,
        Code::Number(number) => Some(Code::Number(number)),
        Code::Name(name) if name.is_empty() || name.ends_with("UNSPECIFIED") => None,
        Code::Name(name) => Some(Code::Name(name.into_owned().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(json: &str) -> Vec<Image> {
        serde_json::from_str::<Field<Images>>(json).expect("it is JSON").given().unwrap_or_default().0
    }

    #[test]
    fn a_picture_is_the_same_in_every_form_of_a_card() {
        let chunk = r#"{"imageUuid":"i","imageUrl":"users/u/i.jpg","progress":100,"moderated":false}"#;
        let text = serde_json::to_string(&format!(r#"{{"id":"c","image_chunk":{chunk}}}"#)).expect("a string has one");
        let address = Address::File("users/u/i.jpg".to_owned());
        let expected = Image { id: "i".to_owned(), address, progress: Some(100.0), ..Image::default() };
        for json in [
            r#"{"image_chunk":{"image_uuid":"i","image_url":"users/u/i.jpg","progress":"100"}}"#.to_owned(),
            format!(r#"{{"image_chunk":{chunk}}}"#),
            format!(r#"{{"imageChunk":{chunk},"url":""}}"#),
            format!(r#"{{"json_data":{text}}}"#),
            format!(r#"{{"jsonData":{{"image_chunk":{chunk}}}}}"#),
            format!("[{text}]"),
            text,
        ] {
            assert_eq!(images(&json).as_slice(), std::slice::from_ref(&expected), "{json}");
        }
        let citation = r#"{"id":"k","cardType":"citation_card","url":"https://example.org/ebro"}"#;
        for json in ["7", "null", "{}", "\"text\"", "\"{\"", "[1]", r#"{"image_chunk":"x"}"#, citation] {
            assert_eq!(images(json), [], "{json}");
        }
    }

    #[test]
    fn a_code_that_means_no_error_is_none() {
        for json in [
            r#"{"systemErrCode":0,"rejection_reason":""}"#,
            r#"{"systemErrCode":"ERR_CODE_UNSPECIFIED","rejection_reason":0}"#,
            r#"{"rejection_reason":"MEDIA_REJECTION_REASON_UNSPECIFIED"}"#,
        ] {
            assert_eq!(images(&format!(r#"{{"image_chunk":{json}}}"#)), [Image::default()], "{json}");
        }
        let json = r#"{"systemErrCode":"ERR_RATE_LIMITED","rejection_reason":"MEDIA_REJECTION_REASON_IP"}"#;
        let image = &images(&format!(r#"{{"image_chunk":{json}}}"#))[0];
        assert_eq!(image.error, Some(Code::Name("ERR_RATE_LIMITED".into())));
        assert!(image.is_moderated);
    }
}
