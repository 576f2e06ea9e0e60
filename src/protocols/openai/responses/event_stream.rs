//! Writes a streamed response as server-sent events, in OpenAI's order and with its sequence numbers.
//!
//! A response has items: reasoning, messages with parts, calls. One is open at a time. Consecutive text that comes by one
//! read is one event.

use std::rc::Rc;

use futures::future::LocalBoxFuture;

use super::keeper::Keeper;
use super::wire::{Content, Head, State, UsageObject, annotations, text_of};
use crate::{
    error::{Error, ErrorKind},
    inference::{
        event::{Finish, ToolCallStart},
        usage::Tally,
    },
    protocols::{
        answer::{
            message::Message,
            wire::{Cited, Ending, StreamWriter},
        },
        openai::error::ErrorBody,
        sse::KeepAlive,
    },
};

/// The item that is being written.
#[derive(Debug, Default)]
enum Open {
    #[default]
    Nothing,
    Reasoning(String),
    Message(Vec<Part>),
    Call(ToolCallStart, String),
}

/// A part of a message's content. Only the last one of a message grows.
#[derive(Debug)]
struct Part {
    is_refusal: bool,
    text: String,
}

/// The events of one stream. All that are ready go into one buffer, which is sent in one write.
pub struct ResponseStream {
    head: Rc<Head>,
    keeper: Rc<Keeper>,
    /// The number of the next event.
    number: u64,
    open: Open,
    /// Complete items as JSON.
    items: Vec<String>,
    messages: usize,
    /// Text, or reasoning, that is not in the buffer yet; at most one of them.
    content: String,
    reasoning: String,
    /// All that has been written: reasoning, and the rest.
    reasoning_sent: Tally,
    other_sent: Tally,
    buffer: Vec<u8>,
}

impl ResponseStream {
    /// Starts a stream with the two events that announce the response.
    pub fn new(head: Rc<Head>, keeper: Rc<Keeper>) -> Self {
        let mut stream = ResponseStream {
            head,
            keeper,
            number: 0,
            open: Open::Nothing,
            items: Vec::new(),
            messages: 0,
            content: String::new(),
            reasoning: String::new(),
            reasoning_sent: Tally::default(),
            other_sent: Tally::default(),
            buffer: Vec::new(),
        };
        let response = stream.head.response(&State::InProgress, &[]);
        stream.event("response.created", &format!("\"response\":{response}"));
        stream.event("response.in_progress", &format!("\"response\":{response}"));
        stream
    }

    /// Appends an event. `members` are those besides its type and number, as JSON.
    fn event(&mut self, kind: &str, members: &str) {
        let number = self.number;
        self.number += 1;
        let event = format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number},{members}}}\n\n");
        self.buffer.extend_from_slice(event.as_bytes());
    }

    /// Appends an event about the open item.
    fn item_event(&mut self, kind: &str, prefix: &str, members: &str) {
        let (id, index) = (self.head.item_id(prefix, self.items.len()), self.items.len());
        self.event(kind, &format!("\"item_id\":\"{id}\",\"output_index\":{index},{members}"));
    }

    fn added(&mut self, item: &str) {
        let index = self.items.len();
        self.event("response.output_item.added", &format!("\"output_index\":{index},\"item\":{item}"));
    }

    fn done(&mut self, item: String) {
        let index = self.items.len();
        self.event("response.output_item.done", &format!("\"output_index\":{index},\"item\":{item}"));
        self.items.push(item);
    }

    /// Moves pending text into the buffer.
    fn flush(&mut self) {
        if !self.reasoning.is_empty() {
            let text = std::mem::take(&mut self.reasoning);
            self.reasoning_sent.add(&text);
            self.reason(&text);
        }
        if !self.content.is_empty() {
            let text = std::mem::take(&mut self.content);
            self.other_sent.add(&text);
            self.say(&text, false);
        }
    }

    fn reason(&mut self, text: &str) {
        if !matches!(self.open, Open::Reasoning(_)) {
            self.close("completed", &[]);
            let item = self.head.reasoning(self.items.len(), "", None);
            self.added(&item);
            let members = "\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"\"}";
            self.item_event("response.reasoning_summary_part.added", "rs", members);
            self.open = Open::Reasoning(String::new());
        }
        let members = format!("\"summary_index\":0,\"delta\":{}", text_of(&text));
        self.item_event("response.reasoning_summary_text.delta", "rs", &members);
        if let Open::Reasoning(so_far) = &mut self.open {
            so_far.push_str(text);
        }
    }

    /// Appends to the message, of which each change between text and refusal begins a new part.
    fn say(&mut self, text: &str, is_refusal: bool) {
        if !matches!(self.open, Open::Message(_)) {
            self.close("completed", &[]);
            let item = self.head.message(self.items.len(), &[], "in_progress");
            self.added(&item);
            self.messages += 1;
            self.open = Open::Message(Vec::new());
        }
        let Open::Message(parts) = &mut self.open else { return };
        let mut parts = std::mem::take(parts);
        if parts.last().is_none_or(|part| part.is_refusal != is_refusal) {
            if let Some(last) = parts.last() {
                self.part_done(parts.len() - 1, last, &[]);
            }
            let part = Part { is_refusal, text: String::new() };
            self.part_event("response.content_part.added", parts.len(), &part, &[]);
            parts.push(part);
        }
        let at = parts.len() - 1;
        let (kind, more) = if is_refusal { ("refusal", "") } else { ("output_text", ",\"logprobs\":[]") };
        let members = format!("\"content_index\":{at},\"delta\":{}{more}", text_of(&text));
        self.item_event(&format!("response.{kind}.delta"), "msg", &members);
        parts[at].text.push_str(text);
        self.open = Open::Message(parts);
    }

    fn part_event(&mut self, kind: &str, at: usize, part: &Part, citations: &[Cited]) {
        let annotations = annotations(citations);
        let content = match part.is_refusal {
            true => Content::Refusal { refusal: &part.text },
            false => Content::text(&part.text, &annotations),
        };
        self.item_event(kind, "msg", &format!("\"content_index\":{at},\"part\":{}", text_of(&content)));
    }

    fn part_done(&mut self, at: usize, part: &Part, citations: &[Cited]) {
        for (index, annotation) in annotations(citations).iter().enumerate() {
            let annotation = text_of(annotation);
            let members = format!("\"content_index\":{at},\"annotation_index\":{index},\"annotation\":{annotation}");
            self.item_event("response.output_text.annotation.added", "msg", &members);
        }
        let text = text_of(&part.text);
        if part.is_refusal {
            let members = format!("\"content_index\":{at},\"refusal\":{text}");
            self.item_event("response.refusal.done", "msg", &members);
        } else {
            let members = format!("\"content_index\":{at},\"text\":{text},\"logprobs\":[]");
            self.item_event("response.output_text.done", "msg", &members);
        }
        self.part_event("response.content_part.done", at, part, citations);
    }

    /// Ends the open reasoning, or adds one whose text is hidden.
    fn close_reasoning(&mut self, text: &str, encrypted: Option<&str>) {
        let index = self.items.len();
        if !text.is_empty() {
            let json = text_of(&text);
            let members = format!("\"summary_index\":0,\"text\":{json}");
            self.item_event("response.reasoning_summary_text.done", "rs", &members);
            let members = format!("\"summary_index\":0,\"part\":{{\"type\":\"summary_text\",\"text\":{json}}}");
            self.item_event("response.reasoning_summary_part.done", "rs", &members);
        }
        let item = self.head.reasoning(index, text, encrypted);
        self.done(item);
    }

    /// Ends the open item. `citations` are the sources that its text cites, if it is a message.
    fn close(&mut self, status: &'static str, citations: &[Cited]) {
        let index = self.items.len();
        match std::mem::take(&mut self.open) {
            Open::Nothing => {}
            Open::Reasoning(text) => self.close_reasoning(&text, None),
            Open::Message(parts) => {
                // What is cited is cited by the text, which is one part unless a refusal cuts it.
                let citations = if parts.iter().filter(|part| !part.is_refusal).count() == 1 { citations } else { &[] };
                let of = |part: &Part| if part.is_refusal { &[][..] } else { citations };
                if let Some(last) = parts.last() {
                    self.part_done(parts.len() - 1, last, of(last));
                }
                let annotations = annotations(citations);
                let content = |part| match part {
                    &Part { is_refusal: true, ref text } => Content::Refusal { refusal: text },
                    Part { text, .. } => Content::text(text, &annotations),
                };
                let content: Vec<_> = parts.iter().map(content).collect();
                let item = self.head.message(index, &content, status);
                self.done(item);
            }
            Open::Call(start, input) => {
                let (prefix, kind, member) = names(&start);
                let mut members = format!("\"{member}\":{}", text_of(&input));
                if !start.is_custom {
                    members.push_str(&format!(",\"name\":{}", text_of(&start.name)));
                }
                self.item_event(&format!("response.{kind}.done"), prefix, &members);
                let item = self.head.call(index, &start, &input, "completed");
                self.done(item);
            }
        }
    }

    fn usage(&self, ending: &Ending<'_>) -> UsageObject {
        UsageObject::new(ending.usage, self.reasoning_sent)
    }
}

/// Returns the prefix of a call's id, the name of its events, and the member that has its input.
fn names(start: &ToolCallStart) -> (&'static str, &'static str, &'static str) {
    if start.is_custom {
        ("ctc", "custom_tool_call_input", "input")
    } else {
        ("fc", "function_call_arguments", "arguments")
    }
}

impl Message for ResponseStream {
    fn content(&mut self) -> &mut String {
        if !self.reasoning.is_empty() {
            self.flush();
        }
        &mut self.content
    }

    fn content_length(&self) -> u64 {
        let mut length = Tally::of(&self.content);
        if let Open::Message(parts) = &self.open {
            parts.iter().filter(|part| !part.is_refusal).for_each(|part| length.add(&part.text));
        }
        length.characters()
    }

    fn reasoning(&mut self) -> &mut String {
        if !self.content.is_empty() {
            self.flush();
        }
        &mut self.reasoning
    }

    fn reasoning_sealed(&mut self, sealed: &str) {
        if !self.head.includes_encrypted {
            return;
        }
        self.flush();
        if let Open::Reasoning(text) = &mut self.open {
            let text = std::mem::take(text);
            self.open = Open::Nothing;
            return self.close_reasoning(&text, Some(sealed));
        }
        self.close("completed", &[]);
        let item = self.head.reasoning(self.items.len(), "", None);
        self.added(&item);
        self.close_reasoning("", Some(sealed));
    }

    fn refusal(&mut self, text: &str) {
        self.flush();
        self.other_sent.add(text);
        self.say(text, true);
    }

    fn tool_call_start(&mut self, start: &ToolCallStart) {
        self.flush();
        self.close("completed", &[]);
        let item = self.head.call(self.items.len(), start, "", "in_progress");
        self.added(&item);
        self.open = Open::Call(start.clone(), String::new());
    }

    fn tool_call_input(&mut self, input: &str) {
        self.other_sent.add(input);
        let Open::Call(start, so_far) = &mut self.open else { return };
        so_far.push_str(input);
        let (prefix, kind, _) = names(start);
        self.item_event(&format!("response.{kind}.delta"), prefix, &format!("\"delta\":{}", text_of(&input)));
    }

    fn tool_call_end(&mut self) {
        self.close("completed", &[]);
    }
}

impl StreamWriter for ResponseStream {
    fn take(&mut self) -> Vec<u8> {
        self.flush();
        std::mem::take(&mut self.buffer)
    }

    fn keep_alive(&mut self) {
        self.flush();
        self.buffer.extend_from_slice(KeepAlive::COMMENT);
    }

    fn finish(&mut self, ending: &Ending<'_>) {
        self.flush();
        let is_cut = ending.finish == Finish::Length;
        // A message that a call has ended is complete, and the places of citations belong to one text.
        let citations = if self.messages == 1 { ending.citations } else { &[] };
        self.close(if is_cut { "incomplete" } else { "completed" }, citations);
        let usage = self.usage(ending);
        let (kind, state) = match is_cut {
            true => ("response.incomplete", State::Incomplete(usage)),
            false => ("response.completed", State::Completed(usage)),
        };
        let response = self.keeper.complete(&self.head, &state, &self.items);
        self.event(kind, &format!("\"response\":{response}"));
    }

    fn error(&mut self, error: &Error) {
        self.flush();
        let body = text_of(&ErrorBody::from(error));
        // The members of the reference, and the object that clients look for.
        let (code, message, param) = (error.code(), text_of(&error.shown_message()), text_of(&error.shown_param()));
        let object = &body[1..body.len() - 1];
        let members = format!("\"code\":\"{code}\",\"message\":{message},\"param\":{param},{object}");
        self.event("error", &members);
        let code = match error.kind {
            ErrorKind::AllAccountsCooling => "rate_limit_exceeded",
            _ => "server_error",
        };
        let failed = State::Failed { code, message: error.shown_message() };
        let response = self.head.response(&failed, &self.items);
        self.event("response.failed", &format!("\"response\":{response}"));
    }

    fn keep(&self) -> Option<LocalBoxFuture<'static, ()>> {
        self.keeper.keep()
    }

    fn completion_tokens(&self) -> u64 {
        let mut tally = self.other_sent;
        tally.add_tally(self.reasoning_sent);
        tally.add(&self.content);
        tally.add(&self.reasoning);
        tally.tokens()
    }
}
