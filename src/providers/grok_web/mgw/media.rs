//! The pictures and videos of one answer: which are finished, which were withheld, and why one is missing.

use super::{
    image::{Address, Image},
    stream_error,
    wire::VideoChunk,
};
use crate::{
    inference::event::{Events, FileRef},
    json::{Field, Number},
    media::kind::MediaKind,
    providers::{ProviderError, grok_web::file_ref},
};

#[derive(Debug, Default)]
pub struct Media {
    pictures: Vec<Finished>,
    videos: Vec<Finished>,
    /// Ids of withheld files. A file without an id counts each time.
    withheld: Vec<(MediaKind, String)>,
    /// Ids of files that have begun to arrive and are not finished.
    begun: Vec<String>,
    /// The last progress of a video, in percent.
    progress: u8,
    error: Option<ProviderError>,
}

#[derive(Debug)]
struct Finished {
    id: String,
    name: String,
}

impl Media {
    /// Processes the state of a picture; returns whether one is in progress. The same state may come several times.
    pub fn picture(&mut self, image: Image) -> bool {
        if is_known(&self.pictures, &image.id) {
            return true;
        }
        if image.is_moderated {
            self.withhold(MediaKind::Image, &image.id, image.is_finished());
            return false;
        }
        if let Some(code) = &image.error {
            self.settle(&image.id);
            self.error = Some(stream_error::from_picture(code));
            return false;
        }
        match &image.address {
            Address::File(url) if image.is_finished() => {
                let Some(name) = file_ref::file_name(url) else { return true };
                self.settle(&image.id);
                add(&mut self.pictures, image.id, name);
            }
            _ => self.begin(image.id),
        }
        true
    }

    /// Processes the state of a video; returns its progress in percent if it has grown.
    pub fn video(&mut self, video: VideoChunk) -> Option<u8> {
        let id = video.video_uuid.given().unwrap_or_default();
        let progress = match video.progress {
            Field::Given(Number(percent)) => Some(percent.clamp(0.0, 100.0) as u8),
            _ => None,
        };
        if is_known(&self.videos, &id) {
            return None;
        }
        if video.moderated.is_true() {
            self.withhold(MediaKind::Video, &id, progress.is_none_or(|percent| percent == 100));
        } else if let Some(name) = video.video_url.as_ref().and_then(|url| file_ref::file_name(url)) {
            self.settle(&id);
            add(&mut self.videos, id.into_owned(), name);
        } else {
            self.begin(id.into_owned());
        }
        let grown = progress.filter(|percent| *percent > self.progress)?;
        self.progress = grown;
        Some(grown)
    }

    fn begin(&mut self, id: String) {
        if !self.begun.contains(&id) {
            self.begun.push(id);
        }
    }

    fn withhold(&mut self, kind: MediaKind, id: &str, is_finished: bool) {
        self.settle(id);
        if !id.is_empty() || is_finished {
            self.withheld.push((kind, id.to_owned()));
        }
    }

    /// Removes the earlier state of a file.
    fn settle(&mut self, id: &str) {
        self.begun.retain(|known| known != id);
        if !id.is_empty() {
            self.withheld.retain(|(_, known)| known != id);
        }
    }

    /// Returns whether nothing is finished.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.videos.is_empty()
    }

    /// Returns whether a file has begun to arrive and is not finished.
    pub fn is_pending(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Returns why nothing is finished, if a file was requested.
    pub fn failure(&mut self) -> Option<ProviderError> {
        if !self.is_empty() {
            return None;
        }
        let withheld = !self.withheld.is_empty();
        let moderated = || ProviderError::Moderated("the media was moderated".to_owned());
        self.error.take().or_else(|| withheld.then(moderated))
    }

    /// Appends the files, then the withheld ones.
    pub fn write(&mut self, events: &mut Events) {
        for (kind, files) in [(MediaKind::Image, &mut self.pictures), (MediaKind::Video, &mut self.videos)] {
            for Finished { name, .. } in files.drain(..) {
                events.file(FileRef { kind, url: name, thumbnail: None, inline: None });
            }
        }
        for (kind, _) in self.withheld.drain(..) {
            events.withheld(kind);
        }
    }
}

fn is_known(files: &[Finished], id: &str) -> bool {
    !id.is_empty() && files.iter().any(|known| known.id == id)
}

fn add(files: &mut Vec<Finished>, id: String, name: &str) {
    if !files.iter().any(|known| file_ref::same_file(&known.name, name)) {
        files.push(Finished { id, name: name.to_owned() });
    }
}
