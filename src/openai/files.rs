//! The pictures and videos of an answer: each gets a row and an address of our own before a client hears of it.

use std::rc::Rc;

use http::{HeaderMap, Uri};

use crate::{
    app::App,
    error::Result,
    grok::out::{Out, Piece},
    media,
    settings::Settings,
    store::media::{self as rows, NewMedia},
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
    pub token_id: i64,
}

impl Files {
    /// Hands on the text of `out`, its files as links. The rows of all files are one statement; when they cannot be
    /// written, nothing is handed on, for the links would lead nowhere.
    pub async fn write(&self, out: &mut Out, mut each: impl FnMut(&str)) -> Result<()> {
        let mut addresses = self.keep(out).await?.into_iter();
        for piece in out.pieces() {
            match piece {
                Piece::Text(text) => each(text),
                Piece::Media(file) => each(&file.kind.markup(&addresses.next().expect("every file was kept"))),
            }
        }
        out.clear();
        Ok(())
    }

    /// The addresses of the files, in order.
    async fn keep(&self, out: &Out) -> Result<Vec<String>> {
        let new = |piece| match piece {
            Piece::Text(_) => None,
            Piece::Media(file) => Some(NewMedia {
                id: media::id::new(self.app.random()),
                kind: file.kind,
                url: file.url.clone(),
                token_id: self.token_id,
            }),
        };
        let files: Vec<_> = out.pieces().filter_map(new).collect();
        if files.is_empty() {
            return Ok(Vec::new());
        }
        rows::add(&self.app.db, self.app.now(), &files).await?;
        let base = media::base(&self.app, &self.settings, &self.sent_to.uri, &self.sent_to.headers).await;
        Ok(files.iter().map(|file| media::address(&base, file.kind, &file.id)).collect())
    }
}
