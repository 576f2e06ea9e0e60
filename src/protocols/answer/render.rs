//! Writes an answer's events as the fields of a message: text, reasoning, calls, refusal.
//!
//! * Reasoning (setting `reasoning_format`) is one `<think>` element in front of the text, which always closes, also when
//!   the answer fails; or a field of its own; or nowhere.
//! * Sources of a search are a list of links in the reasoning, or at the end of the text if they came after it. A citation
//!   is a numbered link in the text, and an annotation.
//! * Pictures are Markdown, videos an HTML element. A video's progress is written as reasoning.

use std::{collections::BTreeMap, fmt::Write};

use super::{message::Message, wire::Cited};
use crate::{
    error::Result,
    inference::{
        event::{Citation, Event, Events, Finish, Source},
        media::Files,
    },
    media::kind::MediaKind,
    settings::ReasoningFormat,
};

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    pub reasoning: ReasoningFormat,
    /// Whether the text ends with a list of the sources that it cites.
    pub lists_sources: bool,
    /// Whether the text is JSON, to which nothing is added.
    pub is_json: bool,
}

/// How far the text has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Start,
    /// In the reasoning.
    Reasoning,
    /// In a reasoning whose last line is a video's progress.
    Progress,
    Answer,
}

/// The state of one answer's text.
#[derive(Debug, Default)]
pub struct Renderer {
    style: Style,
    phase: Phase,
    /// Whether some of the answer itself has been written.
    answered: bool,
    /// Whether anything readable has been written, of the answer or of the reasoning.
    visible: bool,
    /// Links to sources that came after the answer began, for its end.
    late_sources: String,
    /// The titles of the sources that were found, by address.
    titles: BTreeMap<String, String>,
    citations: Vec<Cited>,
}

impl Renderer {
    /// Returns a renderer of this style.
    pub fn new(style: Style) -> Self {
        Renderer { style, ..Self::default() }
    }

    /// Appends `events` to `out`, files as links, and clears them. Fails if the files' rows cannot be stored, and
    /// appends nothing then, because the links would be dead.
    pub async fn write_all(&mut self, events: &mut Events, files: &Files, out: &mut dyn Message) -> Result<()> {
        let mut addresses = files.addresses(events).await?.into_iter();
        for event in events.iter() {
            self.write(event, &mut || addresses.next().expect("every file has an address"), out);
        }
        events.clear();
        Ok(())
    }

    /// Appends one event to `out`. `address` returns this gateway's address of each file, in their order.
    pub fn write(&mut self, event: Event, address: &mut dyn FnMut() -> String, out: &mut dyn Message) {
        match event {
            Event::Text(text) => {
                self.begin_answer(out);
                let readable = !text.trim().is_empty();
                self.answered |= readable;
                self.visible |= readable;
                out.content().push_str(text);
            }
            Event::Reasoning(text) => {
                if let Some(reasoning) = self.open_reasoning(out) {
                    reasoning.push_str(text);
                    self.visible |= !text.trim().is_empty();
                }
            }
            Event::SealedReasoning(sealed) => out.reasoning_sealed(sealed),
            Event::Sources(sources) => self.sources(sources, out),
            Event::Citation(citation) => self.citation(citation, out),
            Event::ToolCallStart(start) => {
                self.begin_answer(out);
                self.visible = true;
                out.tool_call_start(start);
            }
            Event::ToolCallInput(input) => out.tool_call_input(input),
            Event::ToolCallEnd => out.tool_call_end(),
            Event::Refusal(text) => {
                self.begin_answer(out);
                self.visible = true;
                out.refusal(text);
            }
            Event::File(file) => {
                self.begin_answer(out);
                self.visible = true;
                self.file(file.kind, &address(), out.content());
            }
            // Only finished pictures are text.
            Event::Preview(_) => {}
            Event::Progress(percent) => self.progress(percent, out),
            Event::Withheld(kind) => {
                self.begin_answer(out);
                self.visible = true;
                out.content().push_str(match kind {
                    MediaKind::Image => "\n(A picture was withheld by Grok's content policy.)",
                    MediaKind::Video => "\n(A video was withheld by Grok's content policy.)",
                });
            }
        }
    }

    /// Returns whether nothing readable has been written. Hidden reasoning does not count.
    pub fn is_empty(&self) -> bool {
        !self.visible
    }

    /// Ends a complete answer: lists the sources that came during it, and those that it cites if the style says so.
    pub fn finish(&mut self, finish: Finish, out: &mut dyn Message) {
        self.close(out);
        let is_text = !self.style.is_json && finish != Finish::ToolCalls;
        if is_text && self.style.lists_sources && !self.citations.is_empty() {
            self.list_cited(out.content());
        }
        if is_text && !self.late_sources.is_empty() {
            out.content().push('\n');
            out.content().push_str(&self.late_sources);
        }
    }

    /// Returns the sources that the text cites, in its order.
    pub fn citations(&self) -> &[Cited] {
        &self.citations
    }

    /// Ends the reasoning, if the answer is in it.
    pub fn close(&mut self, out: &mut dyn Message) {
        if self.style.reasoning == ReasoningFormat::Raw {
            match self.phase {
                Phase::Reasoning => out.content().push_str("\n</think>\n"),
                Phase::Progress => out.content().push_str("</think>\n"),
                Phase::Start | Phase::Answer => {}
            }
        }
        self.phase = Phase::Answer;
    }

    fn begin_answer(&mut self, out: &mut dyn Message) {
        if self.phase != Phase::Answer {
            self.close(out);
        }
    }

    /// Returns the place of the reasoning, which is open then, or `None` if it is hidden or over.
    fn open_reasoning<'o>(&mut self, out: &'o mut dyn Message) -> Option<&'o mut String> {
        if self.phase == Phase::Answer || self.style.reasoning == ReasoningFormat::Hidden {
            return None;
        }
        let place = self.place(out);
        if self.phase == Phase::Start && self.style.reasoning == ReasoningFormat::Raw {
            place.push_str("<think>\n");
        }
        self.phase = Phase::Reasoning;
        Some(place)
    }

    fn place<'o>(&self, out: &'o mut dyn Message) -> &'o mut String {
        if self.style.reasoning == ReasoningFormat::Raw { out.content() } else { out.reasoning() }
    }

    fn sources(&mut self, sources: &[Source], out: &mut dyn Message) {
        for source in sources {
            self.titles.entry(source.url.clone()).or_insert_with(|| source.title.clone());
        }
        if let Some(reasoning) = self.open_reasoning(out) {
            write_list(sources, reasoning);
            self.visible = true;
        } else if self.phase == Phase::Answer {
            write_list(sources, &mut self.late_sources);
        }
    }

    fn citation(&mut self, citation: &Citation, out: &mut dyn Message) {
        self.begin_answer(out);
        (self.answered, self.visible) = (true, true);
        let start = out.content_length();
        let _ = write!(out.content(), "[[{}]]({})", citation.number, link_address(&citation.url));
        let url = citation.url.clone();
        let title = self.titles.get(&url).cloned().unwrap_or_else(|| url.clone());
        self.citations.push(Cited { start, end: out.content_length(), title, url });
    }

    /// Appends each cited source once, in the order of the first citation.
    fn list_cited(&self, out: &mut String) {
        out.push_str("\n\n");
        let mut listed: Vec<&str> = Vec::new();
        for Cited { title, url, .. } in &self.citations {
            if !listed.contains(&url.as_str()) {
                listed.push(url);
                let _ = writeln!(out, "{}. [{}]({})", listed.len(), link_text(title), link_address(url));
            }
        }
    }

    fn progress(&mut self, percent: u8, out: &mut dyn Message) {
        if self.style.reasoning == ReasoningFormat::Hidden || self.phase == Phase::Answer {
            return;
        }
        let is_raw = self.style.reasoning == ReasoningFormat::Raw;
        let place = self.place(out);
        match self.phase {
            Phase::Start if is_raw => place.push_str("<think>"),
            Phase::Reasoning => place.push('\n'),
            Phase::Start | Phase::Progress | Phase::Answer => {}
        }
        let _ = write!(place, "Video {percent}%");
        self.phase = Phase::Progress;
        if percent == 100 {
            self.close(out);
        } else {
            self.place(out).push('\n');
        }
    }

    fn file(&mut self, kind: MediaKind, address: &str, out: &mut String) {
        match kind {
            MediaKind::Image => {
                if std::mem::replace(&mut self.answered, true) {
                    out.push('\n');
                }
                let _ = write!(out, "![Generated Image]({address})");
            }
            MediaKind::Video => {
                let _ = writeln!(out, "<video src=\"{address}\" controls=\"controls\"></video>");
            }
        }
    }
}

fn write_list(sources: &[Source], out: &mut String) {
    for Source { title, url, preview } in sources {
        let (title, url, preview) = (link_text(title), link_address(url), link_title(preview));
        let _ = write!(out, "\n- [{title}]({url} \"{preview}\")");
    }
    out.push('\n');
}

/// Returns the text of a Markdown link, escaped.
fn link_text(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// Returns the address of a Markdown link, without characters that would end it.
fn link_address(url: &str) -> String {
    url.replace(['\n', '\r'], "").replace(' ', "%20").replace('(', "%28").replace(')', "%29")
}

/// Returns the title of a Markdown link, escaped.
fn link_title(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::answer::message::Collected;

    const RAW: Style = Style { reasoning: ReasoningFormat::Raw, lists_sources: false, is_json: false };
    const PARSED: Style = Style { reasoning: ReasoningFormat::Parsed, ..RAW };
    const HIDDEN: Style = Style { reasoning: ReasoningFormat::Hidden, ..RAW };

    /// Returns the complete message, and the renderer.
    fn message(style: Style, fill: impl FnOnce(&mut Events)) -> (Collected, Renderer) {
        let (mut events, mut renderer, mut out) = (Events::default(), Renderer::new(style), Collected::default());
        fill(&mut events);
        for event in events.iter() {
            renderer.write(event, &mut || "https://me/images/1".to_owned(), &mut out);
        }
        renderer.finish(Finish::Stop, &mut out);
        (out, renderer)
    }

    fn written(style: Style, fill: impl FnOnce(&mut Events)) -> String {
        message(style, fill).0.content
    }

    fn source(title: &str, url: &str) -> Source {
        Source { title: title.into(), url: url.into(), preview: String::new() }
    }

    #[test]
    fn reasoning_is_one_element_in_front_and_always_closes() {
        let fill = |events: &mut Events| {
            events.reasoning(|out| out.push_str("hm"));
            let source = Source { title: "[a]\nb".into(), url: "https://e.org/a (1)".into(), preview: "\"q\"".into() };
            events.sources(vec![source]);
            events.text(|out| out.push_str("yes"));
        };
        let list = "\n- [\\[a\\] b](https://e.org/a%20%281%29 \"'q'\")\n";
        assert_eq!(written(RAW, fill), format!("<think>\nhm{list}\n</think>\nyes"));
        assert_eq!(written(HIDDEN, fill), "yes");
        let parsed = message(PARSED, fill).0;
        assert_eq!((parsed.content, parsed.reasoning), ("yes".to_owned(), format!("hm{list}")));
        let thought = |events: &mut Events| {
            events.reasoning(|out| out.push_str("hm"));
        };
        assert_eq!(written(RAW, thought), "<think>\nhm\n</think>\n");
    }

    #[test]
    fn a_citation_is_a_numbered_link_in_the_text() {
        let fill = |events: &mut Events| {
            events.text(|out| out.push_str("930 km"));
            events.citation(Citation { number: 1, url: "https://e.org/ebro_(river)".into() });
            events.text(|out| out.push('.'));
        };
        assert_eq!(written(RAW, fill), "930 km[[1]](https://e.org/ebro_%28river%29).");
    }

    #[test]
    fn what_is_found_during_the_answer_follows_it() {
        let text = written(HIDDEN, |events| {
            events.text(|out| out.push_str("Yes."));
            events.sources(vec![Source { title: "a".into(), url: "https://e.org/a".into(), preview: "b\nc".into() }]);
            events.text(|out| out.push_str(" Indeed."));
        });
        assert_eq!(text, "Yes. Indeed.\n\n- [a](https://e.org/a \"b c\")\n");
    }

    #[test]
    fn a_citation_says_where_its_link_is_and_what_it_is_called() {
        let fill = |events: &mut Events| {
            events.sources(vec![source("Ebro", "https://e.org/ebro"), source("Other", "https://e.org/other")]);
            events.text(|out| out.push_str("é: 930 km"));
            events.citation(Citation { number: 1, url: "https://e.org/ebro".into() });
            events.text(|out| out.push_str(", and"));
            events.citation(Citation { number: 1, url: "https://e.org/ebro".into() });
        };
        for style in [RAW, HIDDEN, PARSED] {
            let (Collected { content, .. }, renderer) = message(style, fill);
            let characters: Vec<char> = content.chars().collect();
            assert_eq!(renderer.citations().len(), 2);
            for cited in renderer.citations() {
                let link: String = characters[cited.start as usize..cited.end as usize].iter().collect();
                assert_eq!((link.as_str(), cited.title.as_str()), ("[[1]](https://e.org/ebro)", "Ebro"));
            }
        }
        let listed = written(Style { lists_sources: true, ..HIDDEN }, fill);
        assert!(listed.ends_with("\n\n1. [Ebro](https://e.org/ebro)\n"), "{listed}");
    }

    #[test]
    fn a_withheld_picture_is_reported() {
        let text = written(RAW, |events| {
            events.text(|out| out.push_str("Here."));
            events.withheld(MediaKind::Image);
        });
        assert_eq!(text, "Here.\n(A picture was withheld by Grok's content policy.)");
    }
}
