//! A request for a known file, with the limits that the settings set.

use std::rc::Rc;

use http::HeaderMap;

use super::{kind::MediaKind, origin::Found};
use crate::{app::App, store::media::File};

/// A request for a known file.
pub struct FileRequest {
    pub app: Rc<App>,
    pub file: File,
    pub headers: HeaderMap,
    /// When a copy that is stored now expires, in Unix milliseconds.
    pub midnight: i64,
}

impl FileRequest {
    /// Returns the seconds until the cache is emptied, for which clients may keep the file.
    pub fn max_age(&self) -> i64 {
        (self.midnight - self.app.now_ms()).max(0) / 1000
    }

    /// Returns the source's tag, or one made of the id: a file never changes under its id.
    pub fn etag(&self, found: &Found) -> String {
        found.etag.clone().unwrap_or_else(|| format!("\"{}\"", self.file.id))
    }

    /// Returns the size of the largest file that is cached, in bytes.
    pub fn storage_limit(&self) -> u64 {
        let settings = &self.file.settings.global;
        settings.cache_max_file_mb.bytes().min(self.cache_limit()) as u64
    }

    /// Returns how much of this kind is cached in all, in bytes.
    pub fn cache_limit(&self) -> i64 {
        let settings = &self.file.settings.global;
        match self.file.kind {
            MediaKind::Image => settings.image_cache_max_size_mb.bytes(),
            MediaKind::Video => settings.video_cache_max_size_mb.bytes(),
        }
    }
}
