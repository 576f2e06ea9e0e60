//! One request for pictures on the Imagine WebSocket, as a state machine without I/O.
//!
//! Each picture has a start, previews, a finished state, and at last a status that says whether it was withheld. The
//! messages of several pictures are mixed, and a status may come before its picture. A picture is passed on once both are
//! there.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;

use super::wire::Message;
use crate::{
    inference::event::{Events, FileRef, Finish, InlinePicture, Preview},
    json,
    media::{
        kind::MediaKind,
        media_type::{MediaType, SNIFFED, sniffed},
    },
    providers::{
        ProviderError,
        grok_web::{
            classify,
            frames::{FrameBytes, each_object},
            rest::wire::UpstreamError,
        },
    },
};

/// The host that serves pictures of the Imagine WebSocket to everybody.
const PUBLIC: &str = "https://imagine-public.x.ai/";

/// What the client asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Number of pictures.
    pub count: usize,
    /// The most previews of each picture.
    pub previews: usize,
    /// Whether pictures that a host serves are wanted inline, too.
    pub bytes: bool,
    /// The address of Grok's file host, without a slash at its end.
    pub assets: String,
}

#[derive(Debug)]
pub struct Session {
    wanted: Wanted,
    pictures: Vec<Picture>,
    /// Pictures that were passed on, and those that were withheld.
    passed_on: usize,
    withheld: usize,
}

/// The state of one picture.
#[derive(Debug)]
struct Picture {
    id: String,
    place: Option<usize>,
    previews: usize,
    size: (u32, u32),
    /// The finished picture and its address.
    finished: Option<(String, Option<InlinePicture>)>,
    is_completed: bool,
    is_moderated: bool,
    is_over: bool,
}

impl Session {
    /// Returns the state before the first message.
    pub fn new(wanted: Wanted) -> Self {
        Session { wanted, pictures: Vec::new(), passed_on: 0, withheld: 0 }
    }

    /// Returns whether Grok has begun to draw.
    pub fn started(&self) -> bool {
        !self.pictures.is_empty()
    }

    /// Processes one message of the server. Returns `Finish` when all pictures are settled, or when an error ends the
    /// request after some of them. Fails with the error otherwise.
    pub fn receive(&mut self, text: &str, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        // A message of megabytes is one object, whose parser finds its end.
        if let Ok(message) = serde_json::from_str(text) {
            return self.take(&message, events);
        }
        let mut finish = None;
        each_object(text, |bytes| {
            let FrameBytes::Whole(bytes) = bytes else { return Ok(None) };
            if let Ok(message) = serde_json::from_str(&json::lossy(bytes)) {
                finish = finish.or(self.take(&message, events)?);
            }
            Ok::<_, ProviderError>(None)
        })?;
        Ok(finish)
    }

    /// Ends the request because the connection is over. Fails unless pictures have come.
    pub fn broken(&mut self) -> Result<Finish, ProviderError> {
        match (self.passed_on, self.started()) {
            (0, false) => Err(ProviderError::Empty),
            (0, true) => Err(ProviderError::Cut),
            _ => Ok(Finish::Stop),
        }
    }

    fn take(&mut self, message: &Message, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        if let Some(error) = message.error() {
            return match self.passed_on {
                0 => Err(classified(&error)),
                _ => Ok(Some(Finish::Stop)),
            };
        }
        let is_image = match message.r#type.as_ref().map(|name| &**name) {
            Some("image") => true,
            Some("json") => false,
            _ => return Ok(None),
        };
        let Some(id) = message.picture() else { return Ok(None) };
        let at = self.pictures.iter().position(|known| known.id == id).unwrap_or_else(|| {
            self.pictures.push(Picture::new(id));
            self.pictures.len() - 1
        });
        let picture = &mut self.pictures[at];
        picture.place = picture.place.or(message.place());
        let (width, height) = message.size();
        if width > 0 && height > 0 {
            picture.size = (width, height);
        }
        if is_image && message.is_preview() {
            if picture.previews < self.wanted.previews && !picture.is_over {
                picture.previews += 1;
                let place = picture.place.unwrap_or(at);
                if let Some(picture) = inline(message, picture.size) {
                    events.preview(Preview { place, picture });
                }
            }
            return Ok(None);
        }
        picture.is_moderated |= message.is_moderated();
        picture.is_completed |= message.is_completed();
        if picture.finished.is_none() && (is_image || picture.is_completed) {
            let url = lasting(message, &self.wanted.assets);
            let is_wanted = self.wanted.bytes || url.is_none();
            let inline = if is_wanted { inline(message, picture.size) } else { None };
            picture.finished = (url.is_some() || inline.is_some()).then(|| (url.unwrap_or_default(), inline));
        }
        self.settle(at, events)
    }

    /// Passes a picture on if all of it is known.
    fn settle(&mut self, at: usize, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        let picture = &mut self.pictures[at];
        if picture.is_over || !picture.is_completed {
            return Ok(None);
        }
        if picture.is_moderated {
            self.withheld += 1;
            events.withheld(MediaKind::Image);
        } else if let Some((url, inline)) = picture.finished.take() {
            self.passed_on += 1;
            events.file(FileRef { kind: MediaKind::Image, url, thumbnail: None, inline });
        } else {
            return Ok(None);
        }
        picture.is_over = true;
        if self.passed_on + self.withheld < self.wanted.count {
            return Ok(None);
        }
        match self.passed_on {
            0 => Err(ProviderError::Moderated("all pictures were moderated".to_owned())),
            _ => Ok(Some(Finish::Stop)),
        }
    }
}

impl Picture {
    fn new(id: &str) -> Self {
        Picture {
            id: id.to_owned(),
            place: None,
            previews: 0,
            size: (0, 0),
            finished: None,
            is_completed: false,
            is_moderated: false,
            is_over: false,
        }
    }
}

/// Returns the picture inside the message; `None` if it has none, or no picture that browsers show.
fn inline(message: &Message, (width, height): (u32, u32)) -> Option<InlinePicture> {
    let blob = message.blob.as_ref()?;
    // Older messages have a `data:` URL.
    let base64 = match blob.strip_prefix("data:") {
        Some(data) => data.split_once(";base64,")?.1,
        None => blob,
    };
    let has_escapes = matches!(blob, Cow::Owned(_));
    let media_type = media_type(base64, has_escapes)?;
    Some(InlinePicture { media_type, base64: Bytes::copy_from_slice(base64.as_bytes()), width, height })
}

/// Returns the type of a picture in base64; `None` if it is not base64, or not a picture. Megabytes are not read for that:
/// text without escapes is copied into other JSON as it is, and decoding checks the rest.
fn media_type(base64: &str, has_escapes: bool) -> Option<MediaType> {
    const HEAD: usize = SNIFFED.div_ceil(3) * 4;
    let head = STANDARD.decode(base64.as_bytes().get(..HEAD)?).ok()?;
    let is_whole = base64.len().is_multiple_of(4)
        && !has_escapes
        && STANDARD.decode(&base64.as_bytes()[base64.len() - 4..]).is_ok();
    sniffed(&head).filter(|_| is_whole)
}

/// Returns the address of the picture, if a host serves it later. A path such as `/images/ID.jpg` leads nowhere.
fn lasting(message: &Message, assets: &str) -> Option<String> {
    let url = message.url.as_ref()?;
    let is_on_assets = url.strip_prefix(assets).is_some_and(|rest| rest.starts_with('/'));
    (is_on_assets || url.starts_with(PUBLIC)).then(|| url.to_string())
}

/// Classifies an error message: its code and its text.
fn classified(error: &str) -> ProviderError {
    let words = error.replace('_', " ");
    let lower = words.to_lowercase();
    if lower.contains("moderat") || lower.contains("content policy") {
        return ProviderError::Moderated(words);
    }
    classify::from_stream(&UpstreamError { code: None, message: words.into() })
}

#[cfg(test)]
mod tests;
