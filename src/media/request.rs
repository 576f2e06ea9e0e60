//! A request for a file that there is, and what its settings and its age allow.

use std::rc::Rc;

use http::HeaderMap;

use super::{kind::MediaKind, origin::Found};
use crate::{app::App, store::media::File};

/// A request for a file that there is.
pub struct FileRequest {
    pub app: Rc<App>,
    pub file: File,
    pub headers: HeaderMap,
    /// When what is stored now expires.
    pub midnight: i64,
}

impl FileRequest {
    /// What was fetched need not be fetched again before the cache is emptied.
    pub fn max_age(&self) -> i64 {
        (self.midnight - self.app.now_ms()).max(0) / 1000
    }

    /// The source's own tag, or one that says as much: a file never changes under its id.
    pub fn etag(&self, found: &Found) -> String {
        found.etag.clone().unwrap_or_else(|| format!("\"{}\"", self.file.id))
    }

    /// The largest file that is kept, in bytes.
    pub fn storage_limit(&self) -> u64 {
        let settings = &self.file.settings.global;
        settings.cache_max_file_mb.bytes().min(self.cache_limit()) as u64
    }

    /// How much is kept of files of this kind.
    pub fn cache_limit(&self) -> i64 {
        let settings = &self.file.settings.global;
        match self.file.kind {
            MediaKind::Image => settings.image_cache_max_size_mb.bytes(),
            MediaKind::Video => settings.video_cache_max_size_mb.bytes(),
        }
    }
}
