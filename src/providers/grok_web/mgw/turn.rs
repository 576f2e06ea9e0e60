//! One answer on the WebSocket: turns the server's events into the answer's.
//!
//! * Only the first response counts; the server may send a second one to choose from.
//! * Text of `CHANNEL_ASSISTANT_RESPONSE`, or of no channel, is the answer. Text of any other channel is reasoning,
//!   and so is the text of agents that do not lead. Reasoning after the first text is dropped, as over the older
//!   stream.
//! * Text comes as chunks or in the classic form. The chunk form is repeated in the classic one, so the form that
//!   comes first counts, separately for the answer and for the reasoning.
//! * An error inside the answer is kept until the answer ends, because a minor one does not end it.
//! * Finished pictures and videos follow the text, so that one statement stores them all. Previews are skipped.

use super::{
    image::Images,
    media::Media,
    sources, stream_error,
    thoughts::{Place, Thoughts},
    wire::{Chunk, ChunkText, Event, Output, Response, StreamError, VideoChunk},
};
use crate::{
    inference::event::{Citation, Events, Finish, Source},
    json::{Field, Object},
    providers::{ProviderError, grok_web::tag_filter::TagFilter},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Chunks,
    Classic,
}

#[derive(Debug, Default)]
pub struct Turn {
    /// The response's id; empty if it is unknown.
    id: String,
    /// The leading agent, if there are several.
    leader: String,
    filter: TagFilter,
    answer_form: Option<Form>,
    thought_form: Option<Form>,
    /// Part of the answer itself has arrived.
    started: bool,
    /// The answer's text has begun: later reasoning is dropped.
    answering: bool,
    /// Readable text or a file has been passed on.
    visible: bool,
    /// Grok has marked the text as complete, and nothing came after.
    text_whole: bool,
    thoughts: Thoughts,
    cited: Vec<String>,
    /// The citation that the text ends with at the moment.
    just_cited: Option<usize>,
    media: Media,
    /// The error that counts, and whether the answer may continue after it.
    error: Option<(ProviderError, bool)>,
}

impl Turn {
    /// Returns the state before an answer. `filtered_tags` are names of elements to remove, separated by commas.
    pub fn new(filtered_tags: &str) -> Self {
        Turn { filter: TagFilter::new(filtered_tags), ..Self::default() }
    }

    /// Returns whether part of the answer itself has arrived.
    pub fn started(&self) -> bool {
        self.started
    }

    /// Processes an event of the answer; returns `Finish` if it was the last. Other events are skipped. Fails with
    /// the error that ends the answer.
    pub fn push(&mut self, event: Event, events: &mut Events) -> Result<Option<Finish>, ProviderError> {
        let name = event.r#type.as_ref().map(|name| &**name).unwrap_or_default();
        if !name.starts_with("response.") || !self.is_ours(&event) {
            return Ok(None);
        }
        match name {
            "response.chunk" => {
                if let Field::Given(Object(chunk)) = event.chunk {
                    self.chunk(chunk, events);
                }
            }
            "response.output_text.delta" => {
                let reasoning = event.x_grok.given().is_some_and(|Object(mark)| mark.is_thinking.is_true());
                self.classic(&event.delta.given().unwrap_or_default(), reasoning, events);
            }
            "response.reasoning_text.delta" => self.classic(&event.delta.given().unwrap_or_default(), true, events),
            "response.output_text.done" => {
                if self.answer_form.is_none() {
                    self.classic(&event.text.given().unwrap_or_default(), false, events);
                }
                self.text_whole = self.answer_form.is_some();
            }
            "response.search.result" => {
                for Object(result) in [event.result, event.search_result].into_iter().filter_map(Field::given) {
                    self.sources(sources::of_search(result), events);
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

    /// Returns whether an event belongs to the response that counts. Some events name none.
    pub fn is_ours(&mut self, event: &Event) -> bool {
        let of_response = match &event.response {
            Field::Given(Object(response)) => response.id.as_ref(),
            _ => None,
        };
        let ids = [event.response_id.as_ref(), of_response];
        let Some(id) = ids.into_iter().flatten().find(|id| !id.is_empty()) else { return true };
        if self.id.is_empty() {
            self.id = id.to_string();
        }
        **id == self.id
    }

    /// Ends the answer because the connection is over. Fails unless only the end marker of the answer is missing.
    pub fn broken(&mut self, events: &mut Events) -> Result<Finish, ProviderError> {
        let has_failed = self.error.as_ref().is_some_and(|(_, is_minor)| !is_minor);
        if self.text_whole && !self.media.is_pending() && !has_failed {
            return self.finish(events);
        }
        self.close(events);
        match self.error.take() {
            Some((error, is_minor)) if !is_minor || !self.started => Err(error),
            _ => Err(self.cut()),
        }
    }

    fn cut(&self) -> ProviderError {
        if self.started { ProviderError::Cut } else { ProviderError::Empty }
    }

    /// Ends the text early and appends what was held back.
    pub fn close(&mut self, events: &mut Events) {
        self.filtered(events, TagFilter::finish);
        self.answering = true;
    }

    fn chunk(&mut self, chunk: Chunk, events: &mut Events) {
        let place = match &chunk.metadata {
            Field::Given(Object(metadata)) => Place::of(metadata),
            _ => Place::default(),
        };
        let is_leader = place.is_led_by(&self.leader);
        if let Field::Given(Object(text)) = chunk.text {
            return self.text(&text, place, events);
        }
        if let Field::Given(Object(layout)) = chunk.ui_layout
            && self.leader.is_empty()
        {
            let first = layout.rollout_ids.given().into_iter().flatten().find_map(Field::given);
            self.leader = first.unwrap_or_default().into_owned();
        }
        if let Field::Given(Object(result)) = chunk.tool_result {
            self.sources(sources::of_tool(result), events);
        }
        // Reasoning has citations too, but the answer has no place for them.
        if let Field::Given(Object(citation)) = chunk.render_citation
            && self.answering
            && is_leader
        {
            self.cite(&citation.url.given().unwrap_or_default(), events);
        }
        if let Field::Given(Object(found)) = chunk.render_searched_image
            && let Field::Given(Object(image)) = found.image
        {
            self.cite(&image.link.given().unwrap_or_default(), events);
        }
        self.images(chunk.render_generated_image);
        self.images(chunk.render_edited_image);
        if let Field::Given(Object(card)) = chunk.render_generated_video
            && let Field::Given(Object(video)) = card.video_chunk
        {
            self.video(video, events);
        }
        if let Field::Given(Object(report)) = chunk.progress_report {
            self.report(&report.message.given().unwrap_or_default(), events);
        }
    }

    fn text(&mut self, chunk: &ChunkText, place: Place, events: &mut Events) {
        let text = chunk.text.as_ref().map(|text| &**text).unwrap_or_default();
        if text.is_empty() {
            return;
        }
        match chunk.channel.as_ref().map(|name| &**name).unwrap_or_default() {
            "" | "CHANNEL_ASSISTANT_RESPONSE" if place.is_led_by(&self.leader) => {
                if *self.answer_form.get_or_insert(Form::Chunks) == Form::Chunks {
                    self.answer(text, events);
                }
            }
            channel => {
                if *self.thought_form.get_or_insert(Form::Chunks) == Form::Chunks {
                    self.reasoning(text, channel.ends_with("_HEADER"), place, events);
                }
            }
        }
    }

    fn classic(&mut self, text: &str, reasoning: bool, events: &mut Events) {
        if text.is_empty() {
            return;
        }
        let form = if reasoning { &mut self.thought_form } else { &mut self.answer_form };
        match (*form.get_or_insert(Form::Classic), reasoning) {
            (Form::Chunks, _) => {}
            (Form::Classic, true) => self.reasoning(text, false, Place::default(), events),
            (Form::Classic, false) => self.answer(text, events),
        }
    }

    fn answer(&mut self, text: &str, events: &mut Events) {
        self.started = true;
        self.text_whole = false;
        if !self.answering {
            self.close(events);
        }
        self.just_cited = None;
        self.filtered(events, |filter, out| filter.push(text, out));
    }

    fn reasoning(&mut self, text: &str, is_heading: bool, place: Place, events: &mut Events) {
        self.started = true;
        if self.answering {
            return;
        }
        let Some(separator) = self.thoughts.next(text, is_heading, place) else { return };
        self.filtered(events, |filter, out| {
            filter.push(separator, out);
            filter.push(text, out);
        });
    }

    fn report(&mut self, message: &str, events: &mut Events) {
        if !message.is_empty() {
            self.reasoning(message, true, Place::default(), events);
        }
    }

    fn filtered(&mut self, events: &mut Events, run: impl FnOnce(&mut TagFilter, &mut String)) {
        let added = match self.answering {
            true => events.text(|out| run(&mut self.filter, out)),
            false => events.reasoning(|out| run(&mut self.filter, out)),
        };
        self.visible = self.visible || !added.trim().is_empty();
    }

    fn sources(&mut self, found: Vec<Source>, events: &mut Events) {
        if found.is_empty() {
            return;
        }
        self.started = true;
        self.visible = true;
        self.text_whole = false;
        if !self.answering {
            // A list of sources separates two paragraphs of reasoning. It does not interrupt the answer's text.
            self.filtered(events, TagFilter::finish);
            self.thoughts.interrupt();
        }
        events.sources(found);
    }

    fn cite(&mut self, url: &str, events: &mut Events) {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return;
        }
        if self.answering && self.filter.is_inside() {
            // The citation is inside an element that is removed.
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
        self.text_whole = false;
        self.close(events);
        events.citation(Citation { number: index + 1, url: url.to_owned() });
    }

    fn output(&mut self, output: Output, events: &mut Events) {
        if let Field::Given(error) = output.stream_error {
            self.keep(&error);
        }
        self.images(output.card_attachment);
        self.images(output.generated_image.given().map_or(Field::Missing, |image| Field::Given(Images(vec![image]))));
        if let Field::Given(Object(result)) = output.tool_result {
            self.sources(sources::of_tool(result), events);
        }
        if let Field::Given(Object(report)) = output.progress_report {
            self.report(&report.message.given().unwrap_or_default(), events);
        }
    }

    /// Keeps the first major error, which is the cause; later errors follow from it.
    fn keep(&mut self, error: &StreamError) {
        if self.error.as_ref().is_none_or(|(_, is_minor)| *is_minor && !error.is_minor) {
            self.error = Some((stream_error::from_answer(error), error.is_minor));
        }
    }

    fn images(&mut self, images: Field<Images>) {
        for image in images.given().unwrap_or_default().0 {
            self.started |= self.media.picture(image);
        }
    }

    fn video(&mut self, video: VideoChunk, events: &mut Events) {
        self.started |= !video.moderated.is_true();
        if let Some(percent) = self.media.video(video) {
            if !self.answering {
                self.filtered(events, TagFilter::finish);
            }
            events.progress(percent);
        }
    }

    fn done(&mut self, response: &Response, events: &mut Events) -> Result<Finish, ProviderError> {
        let status = response.status.as_ref().map(|status| &**status).unwrap_or("completed");
        if status == "completed" {
            return self.finish(events);
        }
        self.close(events);
        let kept = self.error.take();
        if let Some((error, false)) = kept {
            return Err(error);
        }
        let reason = match &response.status_details {
            Field::Given(Object(details)) => details.reason.as_ref().map(|reason| &**reason).unwrap_or_default(),
            _ => "",
        };
        if reason == "content_filter" {
            return Err(ProviderError::Moderated(reason.to_owned()));
        }
        // An error after which the answer can continue explains its end only if nothing else does.
        let minor = || kept.map(|(error, _)| error);
        Err(stream_error::from_kind(reason, reason).or_else(minor).unwrap_or_else(|| self.cut()))
    }

    /// Ends an answer that has arrived completely.
    fn finish(&mut self, events: &mut Events) -> Result<Finish, ProviderError> {
        self.close(events);
        if let Some(error) = self.media.failure() {
            return Err(error);
        }
        if self.media.is_empty() && (self.answer_form.is_none() || !self.visible) {
            // Reasoning alone is an answer, unless an error is known.
            match self.error.take() {
                Some((error, _)) => return Err(error),
                None if !self.visible => return Err(ProviderError::Empty),
                None => {}
            }
        }
        self.media.write(events);
        Ok(Finish::Stop)
    }
}
