//! Makes the events of an answer from those of the API.

use std::collections::BTreeSet;

use super::{
    calls::Calls,
    citations::Citations,
    failure,
    names::Names,
    prices::Price,
    sealed,
    wire::{self, Annotation, Content, Event, Item, Response, TextOrNumber, listed, text, ticks, whole},
};
use crate::{
    inference::{
        event::{Events, Finish, Source, ToolCallStart},
        usage::{Tally, Usage},
    },
    json::{self, Field, Object},
    money::MOST_TICKS,
    providers::ProviderError,
};

/// What a reader must know of the request.
#[derive(Debug)]
pub struct Asked {
    pub names: Names,
    pub account_id: i64,
    /// Whether the text has citations, which are no text of the model then.
    pub has_citations: bool,
    /// Whether the text is JSON, to which nothing is added.
    pub is_json: bool,
    pub price: Price,
    /// An estimate of the prompt's language tokens, in case the API does not count.
    pub prompt_tokens: u64,
}

/// Makes the events of one answer.
#[derive(Debug)]
pub struct Assembler {
    asked: Asked,
    calls: Calls,
    citations: Citations,
    /// Whether the text, a call or a refusal has begun: no reasoning follows.
    answering: bool,
    started: bool,
    any_event: bool,
    /// The places of items of which something was passed on.
    passed: BTreeSet<u64>,
    /// The place of the item that was added last.
    last_index: u64,
    /// The item of the text that came last.
    message: Option<u64>,
    /// The item and the part of the reasoning, and whether it is raw, not a summary.
    thought: Option<(u64, u64, bool)>,
    /// Whether sources were passed on, and those that only annotations name.
    has_sources: bool,
    annotated: Vec<Source>,
    /// The text that was passed on.
    given: Tally,
    usage: Option<Usage>,
    finish: Option<Finish>,
}

impl Assembler {
    /// Returns the state before the first event.
    pub fn new(asked: Asked) -> Self {
        Assembler {
            asked,
            calls: Calls::default(),
            citations: Citations::default(),
            answering: false,
            started: false,
            any_event: false,
            passed: BTreeSet::new(),
            last_index: 0,
            message: None,
            thought: None,
            has_sources: false,
            annotated: Vec::new(),
            given: Tally::default(),
            usage: None,
            finish: None,
        }
    }

    /// Returns whether something of the answer has been passed on.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// Returns whether there has been any event.
    pub fn has_events(&self) -> bool {
        self.any_event
    }

    /// Returns why the answer is complete, if it is.
    pub fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// Returns what the answer used, once it is complete.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// Reads the data of one event: an object, or a mark at the end. Lines that were joined are read one by one. Fails with
    /// the error that an event names, and if the answer is empty.
    pub fn data(&mut self, data: &str, events: &mut Events) -> Result<(), ProviderError> {
        if self.finish.is_some() {
            return Ok(());
        }
        if let Ok(event) = serde_json::from_str(data) {
            return self.event(&event, events);
        }
        if let Ok(event) = serde_json::from_str(&json::lossy(data.as_bytes())) {
            return self.event(&event, events);
        }
        if data.contains('\n') {
            return data.split('\n').try_for_each(|line| self.data(line, events));
        }
        Ok(())
    }

    fn event(&mut self, event: &Event, events: &mut Events) -> Result<(), ProviderError> {
        self.any_event = true;
        let index = whole(&event.output_index).unwrap_or(self.last_index);
        let part = |number| whole(number).unwrap_or_default();
        let delta = text(&event.delta).unwrap_or_default();
        match text(&event.r#type).unwrap_or_default() {
            "response.output_text.delta" => self.text(index, delta, events),
            "response.reasoning_summary_text.delta" => {
                self.reasoning((index, part(&event.summary_index), false), delta, events);
            }
            "response.reasoning_text.delta" => self.reasoning((index, part(&event.content_index), true), delta, events),
            "response.refusal.delta" => self.refusal(index, delta, events),
            "response.function_call_arguments.delta" => self.calls.add(index, delta, events),
            "response.function_call_arguments.done" => {
                self.calls.whole(index, text(&event.arguments).unwrap_or_default(), events);
            }
            "response.output_text.annotation.added" => {
                self.annotated.extend(event.annotation.as_ref().and_then(source))
            }
            "response.output_item.added" => {
                self.last_index = index;
                if let Some(Object(item)) = event.item.as_ref() {
                    self.begin(index, item, events);
                }
            }
            "response.output_item.done" => {
                if let Some(Object(item)) = event.item.as_ref() {
                    self.item(index, item, events);
                }
            }
            "response.completed" | "response.done" | "response.incomplete" => {
                if let Some(Object(response)) = event.response.as_ref() {
                    return self.complete(response, events);
                }
            }
            "response.failed" | "error" => return Err(fault(event)),
            // Of other parts of the stream, or of a newer API.
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, index: u64, piece: &str, events: &mut Events) {
        if piece.is_empty() {
            return;
        }
        self.answer(index);
        self.given.add(piece);
        let before = self.message.replace(index);
        if before.is_some_and(|before| before != index) && !self.asked.is_json {
            self.hold_nothing(events);
            let out = self.calls.place(events);
            out.text(|out| out.push_str("\n\n"));
        }
        let out = self.calls.place(events);
        if self.asked.has_citations {
            self.has_sources |= self.citations.push(piece, out);
        } else {
            out.text(|out| out.push_str(piece));
        }
    }

    fn refusal(&mut self, index: u64, piece: &str, events: &mut Events) {
        if piece.is_empty() {
            return;
        }
        self.answer(index);
        self.given.add(piece);
        let out = self.calls.place(events);
        out.refusal(piece);
    }

    /// Notes that something of the answer itself is passed on.
    fn answer(&mut self, index: u64) {
        self.answering = true;
        self.started = true;
        self.passed.insert(index);
    }

    /// Passes reasoning on, with an empty line between its parts. A service that sends both the reasoning and its summary
    /// is read for the one that comes first.
    fn reasoning(&mut self, part: (u64, u64, bool), piece: &str, events: &mut Events) {
        self.given.add(piece);
        if piece.is_empty() || self.answering || self.thought.is_some_and(|(_, _, is_raw)| is_raw != part.2) {
            return;
        }
        self.started = true;
        self.passed.insert(part.0);
        let before = self.thought.replace(part);
        events.reasoning(|out| {
            if before.is_some_and(|before| before != part) {
                out.push_str("\n\n");
            }
            out.push_str(piece);
        });
    }

    fn begin(&mut self, index: u64, item: &Item, events: &mut Events) {
        if text(&item.r#type) != Some("function_call") || self.passed.contains(&index) {
            return;
        }
        self.hold_nothing(events);
        self.answer(index);
        let (name, is_custom) = self.asked.names.of_api(text(&item.name).unwrap_or_default());
        let id = text(&item.call_id).or(text(&item.id)).map_or_else(|| format!("call_{index}"), str::to_owned);
        let start = ToolCallStart { id, name: name.to_owned(), is_custom };
        self.calls.begin(index, start, events);
        if let Some(arguments) = text(&item.arguments) {
            self.calls.whole(index, arguments, events);
        }
    }

    /// Takes an item that is complete. What its pieces have not brought is taken from it.
    fn item(&mut self, index: u64, item: &Item, events: &mut Events) {
        match text(&item.r#type).unwrap_or_default() {
            "message" => {
                if !self.passed.contains(&index) {
                    for part in listed(&item.content) {
                        self.text(index, text(&part.text).unwrap_or_default(), events);
                        self.refusal(index, text(&part.refusal).unwrap_or_default(), events);
                    }
                }
                self.hold_nothing(events);
            }
            "reasoning" => {
                let parts = |list| listed::<Content>(list).enumerate();
                if !self.passed.contains(&index) {
                    for (at, part) in parts(&item.summary) {
                        self.reasoning((index, at as u64, false), text(&part.text).unwrap_or_default(), events);
                    }
                    for (at, part) in parts(&item.content) {
                        self.reasoning((index, at as u64, true), text(&part.text).unwrap_or_default(), events);
                    }
                }
                if let Some(encrypted) = text(&item.encrypted_content) {
                    let out = self.calls.place(events);
                    out.sealed_reasoning(sealed::seal(self.asked.account_id, encrypted));
                }
            }
            "function_call" => {
                self.begin(index, item, events);
                if self.calls.has(index) {
                    let arguments = text(&item.arguments).unwrap_or_default();
                    self.given.add(arguments);
                    self.calls.whole(index, arguments, events);
                    self.calls.end(index, events);
                }
            }
            "web_search_call" | "x_search_call" => {
                let Some(Object(action)) = item.action.as_ref() else { return };
                let found: Vec<_> = listed(&action.sources).filter_map(source_of).collect();
                if !found.is_empty() {
                    self.has_sources = true;
                    self.started = true;
                    // A list of links separates two paragraphs of reasoning.
                    self.thought = None;
                    let out = self.calls.place(events);
                    out.sources(found);
                }
            }
            _ => {}
        }
    }

    /// Passes on the text that was held back.
    fn hold_nothing(&mut self, events: &mut Events) {
        let out = self.calls.place(events);
        self.has_sources |= self.citations.finish(out);
    }

    /// Passes on all that was held back.
    pub fn flush(&mut self, events: &mut Events) {
        self.hold_nothing(events);
        self.calls.end_all(events);
    }

    fn complete(&mut self, response: &Response, events: &mut Events) -> Result<(), ProviderError> {
        if !self.answering {
            for (at, item) in listed(&response.output).enumerate() {
                if text(&item.r#type) != Some("reasoning") {
                    self.item(at as u64, item, events);
                }
            }
        }
        self.flush(events);
        if !self.has_sources {
            events.sources(std::mem::take(&mut self.annotated));
        }
        self.usage = Some(self.used(&response.usage));
        let reason = response.incomplete_details.as_ref().and_then(|Object(details)| text(&details.reason));
        let is_incomplete = text(&response.status) == Some("incomplete");
        let finish = match reason {
            Some("content_filter") => {
                return Err(ProviderError::Moderated("the answer was withheld by the content filter".to_owned()));
            }
            Some(_) => Finish::Length,
            None if is_incomplete => Finish::Length,
            None if !self.answering => return Err(ProviderError::Empty),
            None if self.calls.any() => Finish::ToolCalls,
            None => Finish::Stop,
        };
        self.finish = Some(finish);
        Ok(())
    }

    /// Returns what the answer used; an estimate for what the API does not say.
    fn used(&self, usage: &wire::Part<wire::Usage>) -> Usage {
        let Some(Object(usage)) = usage.as_ref() else {
            let (prompt, completion) = (self.asked.prompt_tokens, self.given.tokens());
            let cost = self.asked.price.of_tokens(prompt, completion);
            return Usage { cost, ..Usage::estimated(prompt, completion) };
        };
        let prompt_tokens = whole(&usage.input_tokens).unwrap_or(self.asked.prompt_tokens);
        let completion_tokens = whole(&usage.output_tokens).unwrap_or_else(|| self.given.tokens());
        let cached_tokens = usage.input_tokens_details.as_ref().and_then(|Object(of)| whole(&of.cached_tokens));
        let reasoning_tokens = usage.output_tokens_details.as_ref().and_then(|Object(of)| whole(&of.reasoning_tokens));
        let searches = whole(&usage.num_server_side_tools_used).unwrap_or_default();
        let price = &self.asked.price;
        let by_price = || price.of_tokens(prompt_tokens, completion_tokens) + price.of_searches(searches);
        let cost = ticks(&usage.cost_in_usd_ticks).unwrap_or_else(by_price).min(MOST_TICKS);
        Usage { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost }
    }
}

/// Classifies an `error` event, or a response that failed.
fn fault(event: &Event) -> ProviderError {
    let of_response = event.response.as_ref().and_then(|Object(response)| response.error.as_ref());
    let (code, message) = match of_response.or(event.error.as_ref()) {
        Some(Object(failure)) => (&failure.code, &failure.message),
        None => (&event.code, &event.message),
    };
    let code = if let Field::Given(TextOrNumber(code)) = code { code } else { "" };
    failure::of_event(code, text(message).unwrap_or("the API failed without a reason"))
}

fn source(annotation: &Object<Annotation>) -> Option<Source> {
    source_of(&annotation.0)
}

/// Returns a page or post; `None` if it has no address.
fn source_of(annotation: &Annotation) -> Option<Source> {
    let url = text(&annotation.url).filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
    let title = text(&annotation.title).unwrap_or(url);
    Some(Source { title: title.to_owned(), url: url.to_owned(), preview: String::new() })
}
