//! The pictures and videos of an answer: each gets a row and an address of our own before a client hears of it.

use std::rc::Rc;

use http::{HeaderMap, Uri};

use crate::{
    app::App,
    error::Result,
    inference::event::{Event, Events},
    media,
    settings::Settings,
    store::{media as rows, media::NewMedia},
};

/// Where the request was sent to, as far as an address of our own depends on it.
pub struct SentTo {
    pub uri: Uri,
    pub headers: HeaderMap,
}

/// Writes an answer with the files that one account made for it.
pub struct Files {
    pub app: Rc<App>,
    pub settings: Settings,
    pub sent_to: Rc<SentTo>,
    /// The owner, the only account that may read them.
    pub account_id: i64,
}

impl Files {
    /// Returns the address of each file among `events`, in their order. Writes the rows of all in one statement; fails if
    /// they cannot be written.
    pub async fn addresses(&self, events: &Events) -> Result<Vec<String>> {
        let new = |event| match event {
            Event::File(file) => Some(NewMedia {
                id: media::id::new(self.app.random()),
                kind: file.kind,
                url: file.url.clone(),
                token_id: self.account_id,
            }),
            _ => None,
        };
        let files: Vec<_> = events.iter().filter_map(new).collect();
        if files.is_empty() {
            return Ok(Vec::new());
        }
        rows::add(&self.app.db, self.app.now_ms(), &files).await?;
        let base = media::base(&self.app, &self.settings, &self.sent_to.uri, &self.sent_to.headers).await;
        Ok(files.iter().map(|file| media::address(&base, file.kind, &file.id)).collect())
    }
}
