//! The pictures and videos of an answer. Each gets a row and an address of the gateway before the client sees it.

use std::{borrow::Cow, rc::Rc};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, Uri};

use crate::{
    app::App,
    crypto::vault::Vault,
    error::{Error, ErrorKind, Result},
    inference::event::{Event, Events, FileRef, InlinePicture},
    media::{
        self,
        cache::keep::{Picture, keep},
        kind::MediaKind,
        load::load,
    },
    settings::Settings,
    store::{
        authenticate::ApiCaller,
        media as rows,
        media::{Answer, NewMedia},
    },
};

/// The longest prompt that is kept, in characters.
const MAX_PROMPT: usize = 4_000;
/// The largest picture that an answer has inline, in bytes.
const MAX_INLINE: usize = 20 << 20;

/// Where the client sent the request: the base of the addresses of files.
pub struct SentTo {
    pub uri: Uri,
    pub headers: HeaderMap,
}

/// Gives the files of one account's answer their addresses.
pub struct Files {
    pub app: Rc<App>,
    pub settings: Rc<Settings>,
    pub sent_to: Rc<SentTo>,
    /// The account that owns the files; only it may read them.
    pub account_id: i64,
    pub caller: ApiCaller,
    /// The id of the model in the catalogue.
    pub model: Cow<'static, str>,
    /// What the client asked for, for the gallery.
    pub prompt: String,
}

/// A file whose row is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedFile {
    pub kind: MediaKind,
    id: String,
    /// The address of the gateway at which clients get it.
    pub address: String,
    /// Whether the address works: always, unless no host serves the file and the gateway could not store it.
    pub is_served: bool,
}

impl Files {
    /// Returns the address of each file among `events`, in their order. Writes all rows in one statement. Fails if that
    /// fails, or if an address would be dead.
    pub async fn addresses(&self, events: &Events) -> Result<Vec<String>> {
        let files = events.iter().filter_map(|event| if let Event::File(file) = event { Some(file) } else { None });
        let added = self.add(&files.collect::<Vec<_>>()).await?;
        added.into_iter().map(AddedFile::served).collect()
    }

    /// Writes the rows of files in one statement, stores those that no host serves, and returns all in their order.
    pub async fn add(&self, files: &[&FileRef]) -> Result<Vec<AddedFile>> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let app = &self.app;
        let new =
            |file: &&FileRef| NewMedia { id: media::id::new(app.random()), kind: file.kind, url: file.url.clone() };
        let rows: Vec<_> = files.iter().map(new).collect();
        rows::add(&app.db, app.now_ms(), &self.answer().await?, &rows).await?;
        let mut pictures = Vec::new();
        for (row, file) in rows.iter().zip(files).filter(|(_, file)| file.url.is_empty()) {
            let inline = file.inline.as_ref().and_then(|inline| Some((inline, STANDARD.decode(&inline.base64).ok()?)));
            pictures.extend(inline.map(|(inline, bytes)| Picture {
                media_id: row.id.clone(),
                media_type: inline.media_type,
                bytes: bytes.into(),
            }));
        }
        let stored = if pictures.is_empty() { Vec::new() } else { keep(app, &self.settings, &pictures).await };
        let is_stored =
            |id: &str| pictures.iter().zip(&stored).any(|(picture, stored)| picture.media_id == id && *stored);
        let base = media::base(app, &self.settings, &self.sent_to.uri, &self.sent_to.headers).await?;
        let added = rows.into_iter().map(|row| AddedFile {
            kind: row.kind,
            address: media::address(&base, row.kind, &row.id),
            is_served: !row.url.is_empty() || is_stored(&row.id),
            id: row.id,
        });
        Ok(added.collect())
    }

    /// Returns a picture with its bytes: as the provider sent it, else fetched from its host.
    pub async fn inline(&self, file: &FileRef, added: &AddedFile) -> Result<InlinePicture> {
        if let Some(inline) = &file.inline {
            return Ok(inline.clone());
        }
        let loaded = load(&self.app, added.kind, &added.id, MAX_INLINE).await?;
        let base64 = STANDARD.encode(&loaded.bytes).into();
        Ok(InlinePicture { media_type: loaded.media_type, base64, width: 0, height: 0 })
    }

    /// Returns what the gallery shows of the answer, with the prompt encrypted.
    async fn answer(&self) -> Result<Answer> {
        let request_id = self.app.request_id.clone();
        let prompt = if self.settings.global.keep_prompts && !self.prompt.is_empty() {
            Vault::open(&*self.app.host).await?.seal(&*self.app.host, &shortened(&self.prompt), &request_id)
        } else {
            String::new()
        };
        let ApiCaller { key_id, key_name } = self.caller.clone();
        Ok(Answer { token_id: self.account_id, request_id, prompt, model: self.model.to_string(), key_id, key_name })
    }
}

impl AddedFile {
    /// Returns the address. Fails with 503 if it would be dead.
    pub fn served(self) -> Result<String> {
        if self.is_served {
            return Ok(self.address);
        }
        let message = "The picture was made, but no host serves it later and it could not be stored here, so its link would be \
                       dead. Ask POST /v1/images/generations for response_format b64_json, or let the operator free space in \
                       the picture cache; on Workers, the day's writes may be used up";
        Err(Error { code: Some("media_not_stored"), ..Error::new(ErrorKind::Database, message) })
    }
}

/// Returns the first [`MAX_PROMPT`] characters; a shortened prompt ends with `…`.
fn shortened(prompt: &str) -> String {
    match prompt.char_indices().nth(MAX_PROMPT) {
        Some((end, _)) => format!("{}…", &prompt[..prompt[..end].char_indices().next_back().map_or(0, |(at, _)| at)]),
        None => prompt.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_prompt_is_shortened() {
        let long = "é".repeat(MAX_PROMPT + 1);
        assert_eq!(shortened(&long).chars().count(), MAX_PROMPT);
        assert!(shortened(&long).ends_with("é…"));
        assert_eq!(shortened(&long[..2 * MAX_PROMPT]), "é".repeat(MAX_PROMPT));
    }
}
