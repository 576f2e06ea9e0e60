//! One answer on the socket: the server's events in, the answer's events out.
//!
//! * Text of `CHANNEL_ASSISTANT_RESPONSE`, or of no channel, is the answer; text of any other channel is reasoning.
//!   Reasoning after the first text is dropped, as over the older stream.
//! * Text comes as chunks or in the classic form; the chunk form repeats it once more in the classic one, so the form
//!   that comes first is the one that counts.
//! * An error inside the answer is kept until the answer ends: one of little weight does not end it.
//! * Finished pictures and videos follow the text, so that one statement stores them all. Previews are passed over.

use super::{
    stream_error,
    wire::{
        Card, Chunk, ChunkText, Event, ImageCard, ImageChunk, Output, Response, SearchResult, ToolResult, VideoChunk,
        Webpage,
    },
};
use crate::{
    inference::event::{Citation, Events, FileRef, Finish, Source},
    json::{Field, Number, Object},
    media::kind::MediaKind,
    providers::{
        ProviderError,
        grok_web::{file_ref, tag_filter::TagFilter},
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Chunks,
    Classic,
}

#[derive(Debug, Default)]
pub struct Turn {
    filter: TagFilter,
    form: Option<Form>,
    /// Something of the answer itself has come.
    started: bool,
    /// Its text has begun: no more reasoning is passed on.
    answering: bool,
    /// Something that can be read has been passed on.
    visible: bool,
    /// The last text was a heading of the reasoning.
    in_heading: bool,
    cited: Vec<String>,
    /// The citation that the text ends with at the moment.
    just_cited: Option<usize>,
    pictures: Vec<String>,
    videos: Vec<String>,
    /// The last progress of a video that was passed on.
    progress: u8,
    withheld: u32,
    picture_error: Option<ProviderError>,
    error: Option<ProviderError>,
}

impl Turn {
    /// `filtered_tags` are names of elements to remove, separated by commas.
    pub fn new(filtered_tags: &str) -> Self {
        Turn { filter: TagFilter::new(filtered_tags), ..Self::default() }
    }

    pub fn started(&self) -> bool {
        self.started
    }

    /// Takes an event of the answer; `Finish` when it was the last. Other events are passed over.
    pub fn push(&mut self, event: Event, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        match event.r#type.as_ref().map(|name| &**name).unwrap_or_default() {
            "response.chunk" => {
                if let Field::Given(Object(chunk)) = event.chunk {
                    self.chunk(chunk, events);
                }
            }
            "response.output_text.delta" if self.form != Some(Form::Chunks) => {
                let reasoning = event.x_grok.given().is_some_and(|Object(mark)| mark.is_thinking.is_true());
                self.classic(&event.delta.given().unwrap_or_default(), reasoning, events);
            }
            "response.reasoning_text.delta" if self.form != Some(Form::Chunks) => {
                self.classic(&event.delta.given().unwrap_or_default(), true, events);
            }
            "response.output_text.done" if !self.answering => {
                self.classic(&event.text.given().unwrap_or_default(), false, events);
            }
            "response.search.result" => {
                if let Field::Given(Object(result)) = event.result {
                    self.search_result(result, events);
                }
            }
            "response.grok.output" => {
                if let Field::Given(Object(output)) = event.output {
                    self.output(output, events);
                }
            }
            "response.done" | "response.completed" => {
                let Object(response) = event.response.given().unwrap_or_default();
                return self.done(&response, events).map(Some);
            }
            _ => {}
        }
        Ok(None)
    }

    /// The connection is over before the answer was: returns the error that it is.
    pub fn broken(&mut self, events: &mut Events) -> ProviderError {
        self.close(events);
        let cut = if self.started { ProviderError::Cut } else { ProviderError::Empty };
        self.error.take().unwrap_or(cut)
    }

    /// Ends the text where it stands: what was held back comes out.
    pub fn close(&mut self, events: &mut Events) {
        self.filtered(events, TagFilter::finish);
        self.answering = true;
    }

    fn chunk(&mut self, chunk: Chunk, events: &mut Events) {
        if let Field::Given(Object(text)) = chunk.text {
            return self.text(&text, events);
        }
        if let Field::Given(Object(result)) = chunk.tool_result {
            self.tool_result(result, events);
        }
        if let Field::Given(Object(citation)) = chunk.render_citation {
            self.cite(&citation.url.given().unwrap_or_default(), events);
        }
        if let Field::Given(Object(found)) = chunk.render_searched_image
            && let Field::Given(Object(image)) = found.image
        {
            self.cite(&image.link.given().unwrap_or_default(), events);
        }
        if let Field::Given(Object(card)) = chunk.render_generated_image {
            self.card(card);
        }
        if let Field::Given(Object(card)) = chunk.render_generated_video
            && let Field::Given(Object(video)) = card.video_chunk
        {
            self.video(&video, events);
        }
        if let Field::Given(Object(report)) = chunk.progress_report {
            self.report(&report.message.given().unwrap_or_default(), events);
        }
    }

    fn text(&mut self, chunk: &ChunkText, events: &mut Events) {
        let text = chunk.text.as_ref().map(|text| &**text).unwrap_or_default();
        if text.is_empty() || self.form == Some(Form::Classic) {
            return;
        }
        self.form = Some(Form::Chunks);
        match chunk.channel.as_ref().map(|name| &**name).unwrap_or_default() {
            "" | "CHANNEL_ASSISTANT_RESPONSE" => self.answer(text, events),
            channel => self.reasoning(text, channel.ends_with("_HEADER"), events),
        }
    }

    fn classic(&mut self, text: &str, reasoning: bool, events: &mut Events) {
        if text.is_empty() {
            return;
        }
        self.form = Some(Form::Classic);
        if reasoning { self.reasoning(text, false, events) } else { self.answer(text, events) }
    }

    fn answer(&mut self, text: &str, events: &mut Events) {
        self.started = true;
        if !self.answering {
            self.close(events);
        }
        self.just_cited = None;
        self.filtered(events, |filter, out| filter.push(text, out));
    }

    /// A heading stands in a paragraph of its own.
    fn reasoning(&mut self, text: &str, heading: bool, events: &mut Events) {
        self.started = true;
        if self.answering {
            return;
        }
        let paragraph = std::mem::replace(&mut self.in_heading, heading) != heading;
        self.filtered(events, |filter, out| {
            if paragraph {
                filter.push("\n\n", out);
            }
            filter.push(text, out);
        });
    }

    fn report(&mut self, message: &str, events: &mut Events) {
        if !message.is_empty() {
            self.reasoning(message, true, events);
        }
    }

    fn filtered(&mut self, events: &mut Events, run: impl FnOnce(&mut TagFilter, &mut String)) {
        let added = match self.answering {
            true => events.text(|out| run(&mut self.filter, out)),
            false => events.reasoning(|out| run(&mut self.filter, out)),
        };
        self.visible = self.visible || !added.trim().is_empty();
    }

    fn tool_result(&mut self, result: ToolResult, events: &mut Events) {
        let mut found = Vec::new();
        if let Field::Given(Object(pages)) = result.web_search {
            found.extend(pages.webpages.given().unwrap_or_default().into_iter().filter_map(page));
        }
        if let Field::Given(Object(posts)) = result.x_post {
            for Object(post) in posts.posts.given().unwrap_or_default().into_iter().filter_map(Field::given) {
                if let (Some(user), Some(id)) = (post.userhandle.given(), post.post_id.given()) {
                    found.push(Source {
                        title: format!("@{user}"),
                        url: format!("https://x.com/{user}/status/{id}"),
                        preview: post.text.given().unwrap_or_default().into_owned(),
                    });
                }
            }
        }
        self.sources(found, events);
    }

    fn search_result(&mut self, result: SearchResult, events: &mut Events) {
        let single = Webpage { url: result.url, title: result.title, snippet: Field::Missing };
        let mut found: Vec<Source> = page(Field::Given(Object(single))).into_iter().collect();
        found.extend(result.web_results.given().unwrap_or_default().into_iter().filter_map(page));
        self.sources(found, events);
    }

    fn sources(&mut self, found: Vec<Source>, events: &mut Events) {
        if found.is_empty() {
            return;
        }
        self.started = true;
        self.visible = true;
        self.filtered(events, TagFilter::finish);
        events.sources(found);
    }

    fn cite(&mut self, url: &str, events: &mut Events) {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return;
        }
        let index = self.cited.iter().position(|known| known == url).unwrap_or_else(|| {
            self.cited.push(url.to_owned());
            self.cited.len() - 1
        });
        if self.just_cited.replace(index) == Some(index) {
            return;
        }
        self.started = true;
        self.visible = true;
        self.close(events);
        events.citation(Citation { number: index + 1, url: url.to_owned() });
    }

    fn output(&mut self, output: Output, events: &mut Events) {
        if let Field::Given(error) = output.stream_error {
            self.error = Some(stream_error::from_answer(&error));
        }
        match output.card_attachment {
            Field::Given(Card::Object(card)) => self.card(*card),
            Field::Given(Card::Json(json)) => {
                if let Ok(Field::Given(Object(card))) = serde_json::from_str::<Field<Object<ImageCard>>>(&json) {
                    self.card(card);
                }
            }
            _ => {}
        }
        if let Field::Given(Object(image)) = output.generated_image {
            self.picture(&image);
        }
        if let Field::Given(Object(result)) = output.tool_result {
            self.tool_result(result, events);
        }
        if let Field::Given(Object(report)) = output.progress_report {
            self.report(&report.message.given().unwrap_or_default(), events);
        }
    }

    fn card(&mut self, card: ImageCard) {
        if let Field::Given(Object(image)) = card.image_chunk {
            self.picture(&image);
        }
    }

    fn picture(&mut self, image: &ImageChunk) {
        self.started = true;
        let url = [&image.image_url, &image.url].into_iter().find_map(Field::as_ref);
        let finished = image.progress.as_ref().is_none_or(|Number(progress)| *progress >= 100.0);
        if image.moderated.is_true() || image.rejection_reason.as_ref().is_some_and(|reason| !reason.is_empty()) {
            self.withheld += u32::from(finished);
        } else if let Field::Given(Number(code)) = image.system_err_code
            && code > 0.0
        {
            self.picture_error = Some(stream_error::from_picture(code as u32));
        } else if let Some(url) = url
            && finished
            && !url.starts_with("data:")
            && let Some(name) = file_ref::file_name(url)
            && !self.pictures.iter().any(|known| file_ref::same_file(known, name))
        {
            self.pictures.push(name.to_owned());
        }
    }

    fn video(&mut self, video: &VideoChunk, events: &mut Events) {
        self.started = true;
        if let Field::Given(Number(percent)) = video.progress
            && percent.clamp(0.0, 100.0) as u8 > self.progress
        {
            self.progress = percent.clamp(0.0, 100.0) as u8;
            self.filtered(events, TagFilter::finish);
            events.progress(self.progress);
        }
        if video.moderated.is_true() {
            self.withheld += 1;
        } else if let Some(name) = video.video_url.as_ref().and_then(|url| file_ref::file_name(url))
            && !self.videos.iter().any(|known| file_ref::same_file(known, name))
        {
            self.videos.push(name.to_owned());
        }
    }

    fn done(&mut self, response: &Response, events: &mut Events) -> Result<Finish, ProviderError> {
        let status = response.status.as_ref().map(|status| &**status).unwrap_or("completed");
        if status != "completed" {
            let reason = match &response.status_details {
                Field::Given(Object(details)) => details.reason.as_ref().map(|reason| &**reason).unwrap_or_default(),
                _ => "",
            };
            let moderated = matches!(reason, "content_filter" | "content_moderated");
            let error = self.broken(events);
            return Err(match error {
                ProviderError::Cut | ProviderError::Empty if moderated => ProviderError::Moderated(reason.to_owned()),
                error => error,
            });
        }
        self.close(events);
        let files = self.pictures.len() + self.videos.len();
        if files == 0 && (self.withheld > 0 || self.picture_error.is_some()) {
            let moderated = ProviderError::Moderated("the media was moderated".to_owned());
            return Err(self.picture_error.take().unwrap_or(moderated));
        }
        if files == 0 && !self.visible {
            return Err(self.error.take().unwrap_or(ProviderError::Empty));
        }
        let finish = Finish { pictures: self.pictures.len() as u32, videos: self.videos.len() as u32 };
        for (kind, urls) in [(MediaKind::Image, &mut self.pictures), (MediaKind::Video, &mut self.videos)] {
            for url in std::mem::take(urls) {
                events.file(FileRef { kind, url, thumbnail: None });
            }
        }
        for _ in 0..self.withheld {
            events.withheld();
        }
        Ok(finish)
    }
}

/// A page that was found; without an address it is none.
fn page(page: Field<Object<Webpage>>) -> Option<Source> {
    let Object(page) = page.given()?;
    let url = page.url.given().filter(|url| !url.is_empty())?.into_owned();
    let title = page.title.given().filter(|title| !title.is_empty()).map_or_else(|| url.clone(), Into::into);
    Some(Source { title, url, preview: page.snippet.given().unwrap_or_default().into_owned() })
}
