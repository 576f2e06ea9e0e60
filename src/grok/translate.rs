//! Events in, the answer's text out: the one place that decides what of the upstream's talk a client gets to read.
//!
//! * Thinking stands in one `<think>` element in front of the answer; it always closes, also when the answer fails.
//!   Thinking that comes after the answer has begun is dropped, as the service's own page does.
//! * What a search found is shown inside the thinking.
//! * Elements the operator filters are removed by [`TagFilter`].
//! * Pictures and videos come out as [`MediaRef`]s; a video's progress is shown as thinking.

use std::fmt::Write;

use super::event::{Event, Image, ModelResponse, SearchResult, Token, UpstreamError, Video};
use super::fault::{self, Fault};
use super::media::{self, MediaKind, MediaRef};
use super::out::Out;
use super::tags::TagFilter;

/// The operator's settings that shape an answer.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    pub show_thinking: bool,
    /// Names of elements to remove, separated by commas.
    pub filtered_tags: &'a str,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Phase {
    #[default]
    Start,
    /// Inside `<think>`.
    Thinking,
    /// Inside a `<think>` whose last line is a video's progress.
    Progress,
    Answer,
}

/// What a finished answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finish {
    pub pictures: u32,
    pub videos: u32,
}

/// The state of one answer.
#[derive(Debug, Default)]
pub struct Translator {
    show_thinking: bool,
    filter: TagFilter,
    phase: Phase,
    /// Something of the answer itself has come, so an account has answered.
    started: bool,
    /// Text that can be read has gone out; and text of the answer proper has come.
    visible: bool,
    answered: bool,
    /// The upstream has said that the answer, or its text, is whole.
    whole: bool,
    text_whole: bool,
    announced: bool,
    moderated: bool,
    /// Why a picture did not come.
    picture_fault: Option<Fault>,
    closing: bool,
    message: String,
    /// Pictures that frames of their own finished, and those of the last complete answer.
    finished: Vec<String>,
    listed: Vec<String>,
    videos: Vec<String>,
    progress: Option<u8>,
}

impl Translator {
    pub fn new(options: &Options) -> Self {
        Translator {
            show_thinking: options.show_thinking,
            filter: TagFilter::new(options.filtered_tags),
            ..Self::default()
        }
    }

    /// Whether the answer has begun: from here on it is this account's. Echoes and announcements do not count.
    pub fn started(&self) -> bool {
        self.started
    }

    /// Whether nothing that matters can follow: the upstream need not be read to its end.
    pub fn closing(&self) -> bool {
        self.closing
    }

    /// Takes one event. After an error the answer is over, and `out` holds what still closes it.
    pub fn push(&mut self, event: Event, out: &mut Out) -> Result<(), Fault> {
        match event {
            Event::Echo => {}
            Event::Token(token) => self.token(&token, out),
            Event::SearchResults { thinking, results } => self.search_results(thinking, &results, out),
            Event::ImagesAnnounced => self.announced = true,
            Event::Image(image) => self.image(&image),
            Event::Video(video) => self.video(&video, out),
            Event::ModelResponse(model) => return self.model_response(model, out),
            Event::SoftStop => self.text_whole = true,
            Event::FinalMetadata => {
                self.whole = true;
                self.closing = true;
            }
            Event::Error(error) => {
                self.close(out);
                return Err(fault::from_stream(&error));
            }
        }
        Ok(())
    }

    fn token(&mut self, token: &Token, out: &mut Out) {
        self.started = true;
        if token.thinking {
            if !self.open_thinking(out) {
                return;
            }
        } else if token.tool {
            return;
        } else {
            self.begin_answer(out);
            self.answered |= !token.text.trim().is_empty();
        }
        if token.header {
            self.write("\n\n", out);
            self.write(&token.text, out);
            self.write("\n\n", out);
        } else {
            self.write(&token.text, out);
        }
    }

    fn search_results(&mut self, thinking: bool, results: &[SearchResult], out: &mut Out) {
        self.started = true;
        if !thinking || !self.open_thinking(out) {
            return;
        }
        let mut lines = String::new();
        for SearchResult { title, url, preview } in results {
            let (title, url, preview) = (link_text(title), link_address(url), link_title(preview));
            let _ = write!(lines, "\n- [{title}]({url} \"{preview}\")");
        }
        lines.push('\n');
        self.write(&lines, out);
    }

    fn image(&mut self, image: &Image) {
        self.started = true;
        self.moderated |= image.moderated;
        if let Some(error) = &image.error {
            let error = UpstreamError { code: None, message: error.as_ref().into() };
            self.picture_fault = Some(fault::from_stream(&error));
        } else if image.finished && !image.moderated {
            add_file(&mut self.finished, &image.url);
        }
    }

    fn video(&mut self, video: &Video, out: &mut Out) {
        self.started = true;
        if let Some(progress) = video.progress
            && self.progress.is_none_or(|before| progress > before)
        {
            self.progress = Some(progress);
            self.show_progress(progress, out);
        }
        match video.url.as_deref().and_then(media::file_name) {
            Some(url) => {
                let before = self.videos.len();
                add_file(&mut self.videos, url);
                if self.videos.len() > before {
                    self.begin_answer(out);
                    let thumbnail = video.thumbnail.as_deref().and_then(media::file_name).map(str::to_owned);
                    self.emit(MediaRef { kind: MediaKind::Video, url: url.to_owned(), thumbnail }, out);
                    out.text.push('\n');
                }
            }
            None => self.moderated |= video.moderated,
        }
    }

    fn show_progress(&mut self, progress: u8, out: &mut Out) {
        if !self.show_thinking || self.phase == Phase::Answer {
            return;
        }
        match self.phase {
            Phase::Start => out.text.push_str("<think>"),
            Phase::Thinking => {
                self.filter.finish(&mut out.text);
                out.text.push('\n');
            }
            Phase::Progress | Phase::Answer => {}
        }
        self.phase = Phase::Progress;
        let _ = write!(out.text, "视频已生成{progress}%");
        if progress == 100 {
            self.close_thinking(out);
            self.phase = Phase::Answer;
        } else {
            out.text.push('\n');
        }
    }

    fn model_response(&mut self, model: ModelResponse, out: &mut Out) -> Result<(), Fault> {
        if let Some(error) = model.error {
            self.close(out);
            return Err(fault::from_stream(&error));
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

    /// Ends the answer; also right when the connection broke, for the answer may have been whole by then.
    pub fn finish(&mut self, out: &mut Out) -> Result<Finish, Fault> {
        let pictures = if self.listed.is_empty() { &self.finished } else { &self.listed };
        let files = pictures.len() + self.videos.len();
        // Pictures come after the text: its end alone does not say that they were all.
        let text_whole = self.text_whole && (!self.announced || files > 0);
        if files == 0 && self.moderated {
            self.picture_fault = Some(Fault::Moderated("the media was moderated".to_owned()));
        }
        if let Some(fault) = self.picture_fault.take().filter(|_| files == 0) {
            self.close(out);
            return Err(fault);
        }
        if !(self.whole || text_whole || !self.videos.is_empty()) {
            self.close(out);
            return Err(if self.started { Fault::Cut } else { Fault::Empty });
        }
        if !self.answered && self.videos.is_empty() && !self.message.trim().is_empty() {
            self.begin_answer(out);
            let message = std::mem::take(&mut self.message);
            self.write(&message, out);
            self.answered = true;
        }
        let pictures = std::mem::take(if self.listed.is_empty() { &mut self.finished } else { &mut self.listed });
        let finish = Finish { pictures: pictures.len() as u32, videos: self.videos.len() as u32 };
        for (index, url) in pictures.into_iter().enumerate() {
            self.begin_answer(out);
            self.filter.finish(&mut out.text);
            if index > 0 || self.answered {
                out.text.push('\n');
            }
            self.emit(MediaRef { kind: MediaKind::Image, url, thumbnail: None }, out);
        }
        self.close(out);
        if files == 0 && !self.visible { Err(Fault::Empty) } else { Ok(finish) }
    }

    /// Ends the text where it stands: what was held back comes out and `<think>` closes.
    pub fn close(&mut self, out: &mut Out) {
        let from = out.text.len();
        self.filter.finish(&mut out.text);
        self.see(from, out);
        self.close_thinking(out);
        self.phase = Phase::Answer;
    }

    /// Whether thinking may be written now.
    fn open_thinking(&mut self, out: &mut Out) -> bool {
        if !self.show_thinking || self.phase == Phase::Answer {
            return false;
        }
        if self.phase == Phase::Start {
            out.text.push_str("<think>\n");
        }
        self.phase = Phase::Thinking;
        true
    }

    fn begin_answer(&mut self, out: &mut Out) {
        if self.phase != Phase::Answer {
            self.close(out);
        }
    }

    fn close_thinking(&mut self, out: &mut Out) {
        match self.phase {
            Phase::Thinking => out.text.push_str("\n</think>\n"),
            Phase::Progress => out.text.push_str("</think>\n"),
            Phase::Start | Phase::Answer => {}
        }
    }

    fn write(&mut self, text: &str, out: &mut Out) {
        let from = out.text.len();
        self.filter.push(text, &mut out.text);
        self.see(from, out);
    }

    fn see(&mut self, from: usize, out: &Out) {
        self.visible = self.visible || !out.text[from..].trim().is_empty();
    }

    fn emit(&mut self, media: MediaRef, out: &mut Out) {
        out.media.push((out.text.len(), media));
    }
}

/// The three parts of a Markdown link, each without what would end it early.
fn link_text(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn link_address(url: &str) -> String {
    url.replace(['\n', '\r'], "").replace(' ', "%20").replace('(', "%28").replace(')', "%29")
}

fn link_title(text: &str) -> String {
    text.replace(['\n', '\r'], "").replace('\\', "\\\\").replace('"', "'")
}

/// Adds a file's name unless it is a placeholder or known.
fn add_file(files: &mut Vec<String>, url: &str) {
    if let Some(url) = media::file_name(url)
        && !files.iter().any(|known| media::same_file(known, url))
    {
        files.push(url.to_owned());
    }
}
