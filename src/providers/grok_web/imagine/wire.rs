//! The server's messages on the Imagine WebSocket.
//!
//! A picture's base64 has megabytes. It is borrowed from the message, so that a preview which no client wants is never
//! copied or decoded.

use std::borrow::Cow;

use serde::Deserialize;

use crate::json::{Field, Number};

type Text<'a> = Field<Cow<'a, str>>;

/// Places of pictures in a request: more than any request has.
const PLACES: usize = 100;

/// A message of any type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message<'a> {
    #[serde(borrow)]
    pub r#type: Text<'a>,
    #[serde(borrow)]
    image_id: Text<'a>,
    #[serde(borrow)]
    job_id: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    pub url: Text<'a>,
    #[serde(borrow)]
    pub blob: Text<'a>,
    percentage_complete: Field<Number>,
    width: Field<Number>,
    height: Field<Number>,
    side_by_side_index: Field<Number>,
    order: Field<Number>,
    grid_index: Field<Number>,
    #[serde(borrow)]
    current_status: Text<'a>,
    moderated: Field<bool>,
    #[serde(borrow)]
    err_code: Text<'a>,
    #[serde(borrow)]
    err_msg: Text<'a>,
    #[serde(borrow)]
    err_message: Text<'a>,
    #[serde(borrow)]
    error: Text<'a>,
}

impl Message<'_> {
    /// Returns the picture that the message is about; `None` if it is about none.
    pub fn picture(&self) -> Option<&str> {
        let named = [&self.image_id, &self.job_id, &self.id].into_iter().find_map(filled);
        named.or_else(|| filled(&self.url).and_then(name_in))
    }

    /// Returns the picture's place among those of the request, from 0, if the message names one that can be true.
    pub fn place(&self) -> Option<usize> {
        let place = [&self.side_by_side_index, &self.order, &self.grid_index].into_iter().find_map(Field::count);
        place.map(|place| place as usize).filter(|place| *place < PLACES)
    }

    /// Returns width and height in pixels; 0 if unknown.
    pub fn size(&self) -> (u32, u32) {
        (self.width.count().unwrap_or_default(), self.height.count().unwrap_or_default())
    }

    /// Returns whether the picture is a preview.
    pub fn is_preview(&self) -> bool {
        self.percentage_complete.as_ref().is_some_and(|Number(percent)| *percent < 100.0)
    }

    /// Returns whether the picture has its last state.
    pub fn is_completed(&self) -> bool {
        self.current_status.as_ref().is_some_and(|status| status == "completed")
    }

    /// Returns whether the picture was withheld.
    pub fn is_moderated(&self) -> bool {
        self.moderated.is_true()
    }

    /// Returns the code and the text of an error; `None` if the message is none.
    pub fn error(&self) -> Option<String> {
        let texts = [&self.err_code, &self.err_msg, &self.err_message, &self.error];
        let texts: Vec<_> = texts.into_iter().filter_map(filled).collect();
        let is_error = self.r#type.as_ref().is_some_and(|name| name == "error") || !texts.is_empty();
        is_error.then(|| texts.join(": "))
    }
}

/// Returns the id in the address of a picture: `…/images/ID.jpg`.
fn name_in(url: &str) -> Option<&str> {
    let file = url.split(['?', '#']).next()?.rsplit('/').next()?;
    file.split('.').next().filter(|name| !name.is_empty())
}

fn filled<'m>(text: &'m Text) -> Option<&'m str> {
    text.as_ref().map(|text| &**text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_one_id_in_all_messages() {
        for json in [
            r#"{"type":"json","job_id":"a","id":"x"}"#,
            r#"{"type":"json","image_id":"a","job_id":"y"}"#,
            r#"{"type":"image","url":"/images/a.jpg"}"#,
            r#"{"type":"image","job_id":"","url":"https://imagine-public.x.ai/imagine-public/images/a.png?cache=1"}"#,
        ] {
            let message: Message = serde_json::from_str(json).expect("it is JSON");
            assert_eq!(message.picture(), Some("a"), "{json}");
        }
        let session: Message = serde_json::from_str(r#"{"type":"session","conversation_id":"c"}"#).expect("it is JSON");
        assert_eq!((session.picture(), session.error()), (None, None));
    }

    #[test]
    fn a_blob_is_borrowed() {
        let json = r#"{"type":"image","blob":"QUJD","percentage_complete":50.0,"width":"8","order":1}"#;
        let message: Message = serde_json::from_str(json).expect("it is JSON");
        assert!(matches!(message.blob, Field::Given(Cow::Borrowed("QUJD"))));
        assert_eq!((message.is_preview(), message.size(), message.place()), (true, (8, 0), Some(1)));
    }

    #[test]
    fn a_place_that_cannot_be_true_is_none() {
        for (order, place) in [("0", Some(0)), ("99", Some(99)), ("100", None), ("4294967295", None), ("1e300", None)] {
            let json = format!(r#"{{"order":{order}}}"#);
            let message: Message = serde_json::from_str(&json).expect("it is JSON");
            assert_eq!(message.place(), place, "{order}");
        }
    }
}
