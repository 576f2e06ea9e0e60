//! Turns the stream's events into the answer's: this file decides what belongs to the answer.
//!
//! * Reasoning after the start of the answer is dropped, as Grok's own page does.
//! * Search results that come during the thinking count as reasoning.
//! * [`TagFilter`] removes the elements that the operator filters.
//! * Each picture or video becomes one [`FileRef`].

use super::{
    event::{Event, Image, ModelResponse, SearchResult, Token, Video},
    wire::UpstreamError,
};
use crate::{
    inference::event::{Events, FileRef, Finish, Source},
    media::kind::MediaKind,
    providers::{
        ProviderError,
        grok_web::{classify, file_ref, tag_filter::TagFilter},
    },
};

/// What an answer is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expected {
    /// Text, which may have pictures or a video.
    #[default]
    Text,
    /// Pictures, whose stream may end after the last of them.
    Pictures,
}

/// The state of one answer.
#[derive(Debug, Default)]
pub struct Assembler {
    expected: Expected,
    filter: TagFilter,
    /// Part of the answer itself has arrived, so an account has answered.
    started: bool,
    /// The answer's text has begun: later reasoning is dropped.
    answering: bool,
    /// Text of the answer has arrived, and readable text of any kind has been passed on.
    answered: bool,
    visible: bool,
    /// Grok has marked the answer, or its text, as complete.
    whole: bool,
    text_whole: bool,
    announced: bool,
    moderated: bool,
    /// Why a picture is missing.
    picture_fault: Option<ProviderError>,
    closing: bool,
    message: String,
    /// Pictures finished by frames of their own, and those of the last complete answer.
    finished: Vec<String>,
    listed: Vec<String>,
    videos: Vec<String>,
    progress: Option<u8>,
}

impl Assembler {
    /// Returns the state before an answer. `filtered_tags` are names of elements to remove, separated by commas.
    pub fn new(expected: Expected, filtered_tags: &str) -> Self {
        Assembler { expected, filter: TagFilter::new(filtered_tags), ..Self::default() }
    }

    /// Returns whether the answer has begun, so that no other account is tried. Echoes and announcements do not
    /// count.
    pub fn started(&self) -> bool {
        self.started
    }

    /// Returns whether nothing relevant can follow, so that the stream need not be read to its end.
    pub fn closing(&self) -> bool {
        self.closing
    }

    /// Processes one event. After an error the answer is over, and `events` holds what was read before it.
    pub fn push(&mut self, event: Event, events: &mut Events) -> Result<(), ProviderError> {
        match event {
            Event::Echo => {}
            Event::Token(token) => self.token(&token, events),
            Event::SearchResults { thinking, results } => self.search_results(thinking, results, events),
            Event::ImagesAnnounced => self.announced = true,
            Event::Image(image) => self.image(&image),
            Event::Video(video) => self.video(&video, events),
            Event::ModelResponse(model) => return self.model_response(model, events),
            Event::SoftStop => self.text_whole = true,
            Event::FinalMetadata => {
                self.whole = true;
                self.closing = true;
            }
            Event::Error(error) => {
                self.close(events);
                return Err(classify::from_stream(&error));
            }
        }
        Ok(())
    }

    fn token(&mut self, token: &Token, events: &mut Events) {
        self.started = true;
        if !token.thinking && !token.tool {
            self.begin_answer(events);
            self.answered |= !token.text.trim().is_empty();
        } else if !token.thinking || self.answering {
            return;
        }
        if token.header {
            self.write("\n\n", events);
            self.write(&token.text, events);
            self.write("\n\n", events);
        } else {
            self.write(&token.text, events);
        }
    }

    fn search_results(&mut self, thinking: bool, results: Vec<SearchResult>, events: &mut Events) {
        self.started = true;
        if thinking && self.answering {
            return;
        }
        self.flush(events);
        self.visible = true;
        let owned = |SearchResult { title, url, preview }: SearchResult| Source {
            title: title.into_owned(),
            url: url.into_owned(),
            preview: preview.into_owned(),
        };
        events.sources(results.into_iter().map(owned).collect());
    }

    fn image(&mut self, image: &Image) {
        self.started = true;
        self.moderated |= image.moderated;
        if let Some(error) = &image.error {
            let error = UpstreamError { code: None, message: error.as_ref().into() };
            self.picture_fault = Some(classify::from_stream(&error));
        } else if image.finished && !image.moderated {
            add_file(&mut self.finished, &image.url);
        }
    }

    fn video(&mut self, video: &Video, events: &mut Events) {
        self.started = true;
        if let Some(progress) = video.progress
            && self.progress.is_none_or(|before| progress > before)
        {
            self.progress = Some(progress);
            self.flush(events);
            events.progress(progress);
        }
        match video.url.as_deref().and_then(file_ref::file_name) {
            Some(url) => {
                let before = self.videos.len();
                add_file(&mut self.videos, url);
                if self.videos.len() > before {
                    self.begin_answer(events);
                    let thumbnail = video.thumbnail.as_deref().and_then(file_ref::file_name).map(str::to_owned);
                    events.file(FileRef { kind: MediaKind::Video, url: url.to_owned(), thumbnail, inline: None });
                }
            }
            None => self.moderated |= video.moderated,
        }
    }

    fn model_response(&mut self, model: ModelResponse, events: &mut Events) -> Result<(), ProviderError> {
        if let Some(error) = model.error {
            self.close(events);
            return Err(classify::from_stream(&error));
        }
        let mut listed = Vec::new();
        for url in &model.image_urls {
            add_file(&mut listed, url);
        }
        if model.partial && self.whole {
            return Ok(());
        }
        self.whole |= !model.partial;
        if !model.message.is_empty() {
            self.message = model.message.into_owned();
        }
        self.started |= !self.message.trim().is_empty() || !listed.is_empty();
        if !listed.is_empty() {
            self.listed = listed;
        }
        Ok(())
    }

    /// Ends the answer and returns its `Finish`. Fails if it is not complete. If the connection broke, the answer may
    /// have been complete before.
    pub fn finish(&mut self, events: &mut Events) -> Result<Finish, ProviderError> {
        let pictures = if self.listed.is_empty() { &self.finished } else { &self.listed };
        let files = pictures.len() + self.videos.len();
        // Pictures come after the text, so the end of the text does not mean that all have come.
        let text_whole = self.text_whole && (!self.announced || files > 0);
        if files == 0 && self.moderated {
            self.picture_fault = Some(ProviderError::Moderated("the media was moderated".to_owned()));
        }
        if let Some(fault) = self.picture_fault.take().filter(|_| files == 0) {
            self.close(events);
            return Err(fault);
        }
        let has_all = self.expected == Expected::Pictures && files > 0;
        if !(self.whole || text_whole || has_all || !self.videos.is_empty()) {
            self.close(events);
            return Err(if self.started { ProviderError::Cut } else { ProviderError::Empty });
        }
        if !self.answered && self.videos.is_empty() && !self.message.trim().is_empty() {
            self.begin_answer(events);
            let message = std::mem::take(&mut self.message);
            self.write(&message, events);
            self.answered = true;
        }
        let pictures = std::mem::take(if self.listed.is_empty() { &mut self.finished } else { &mut self.listed });
        for url in pictures {
            self.begin_answer(events);
            self.flush(events);
            events.file(FileRef { kind: MediaKind::Image, url, thumbnail: None, inline: None });
        }
        self.close(events);
        if files == 0 && !self.visible { Err(ProviderError::Empty) } else { Ok(Finish::Stop) }
    }

    /// Ends the text early and appends what was held back.
    pub fn close(&mut self, events: &mut Events) {
        self.flush(events);
        self.answering = true;
    }

    fn begin_answer(&mut self, events: &mut Events) {
        if !self.answering {
            self.close(events);
        }
    }

    fn write(&mut self, text: &str, events: &mut Events) {
        self.filtered(events, |filter, out| filter.push(text, out));
    }

    /// Appends what the filter holds back.
    fn flush(&mut self, events: &mut Events) {
        self.filtered(events, TagFilter::finish);
    }

    fn filtered(&mut self, events: &mut Events, run: impl FnOnce(&mut TagFilter, &mut String)) {
        let added = match self.answering {
            true => events.text(|out| run(&mut self.filter, out)),
            false => events.reasoning(|out| run(&mut self.filter, out)),
        };
        self.visible = self.visible || !added.trim().is_empty();
    }
}

/// Adds a file's name unless it is a placeholder or already listed.
fn add_file(files: &mut Vec<String>, url: &str) {
    if let Some(url) = file_ref::file_name(url)
        && !files.iter().any(|known| file_ref::same_file(known, url))
    {
        files.push(url.to_owned());
    }
}
