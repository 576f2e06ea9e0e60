//! The pictures and videos of an answer. Each gets a row and an address of the gateway before the client sees it.

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
}

impl Files {
    /// Returns the address of each file among `events`, in their order. Writes all rows in one statement; fails if
    /// that fails.
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
